//! Messages are the same however their stream is cut, none is longer than allowed, and framing them
//! again gives the stream back.

#![no_main]

mod support;

use aqueduct_operators::{Delimiter, Framing, LengthOf, frame, unframe};
use libfuzzer_sys::fuzz_target;
use support::{Streams, run};

const LONGEST: usize = 300;

const DELIMITERS: [&[u8]; 3] = [b"\0", b"\r\n", b"aaba"];

/// The framing that the first byte names, and its delimiter.
fn framing(word: u8) -> (Framing, &'static [u8]) {
    let length = |of| (Framing::Length(of), &[][..]);
    match word % 8 {
        0 => length(LengthOf::U8),
        1 => length(LengthOf::U16Big),
        2 => length(LengthOf::U16Little),
        3 => length(LengthOf::U32Big),
        4 => length(LengthOf::U32Little),
        place => {
            let bytes = DELIMITERS[usize::from(place) - 5];
            (Framing::Delimiter(Delimiter::new(bytes).expect("it has bytes")), bytes)
        }
    }
}

fuzz_target!(|input: &[u8]| {
    let Some((word, input)) = input.split_first() else { return };
    let Some(Streams { whole, cut }) = Streams::of(input) else { return };
    let (framing, delimiter) = framing(*word);
    let found = run(unframe(framing.clone(), LONGEST), [whole.clone()]);
    assert_eq!(found, run(unframe(framing.clone(), LONGEST), cut));

    let (mut messages, end) = found;
    assert!(messages.iter().all(|message| message.len() <= LONGEST));
    // The last message may have come without its delimiter, and then need not have room for one.
    let last = messages.pop_if(|_| !delimiter.is_empty() && end.is_ok()).unwrap_or_default();
    let (framed, written) = run(frame(framing), messages);
    written.expect("what was read in this framing can be written in it");
    let framed = framed.concat();
    let rest = whole.strip_prefix(&framed[..]).expect("what was read is what came");
    if end.is_ok() {
        let behind = rest.strip_prefix(&last[..]).expect("the last message is the last");
        assert!(behind.is_empty() || behind == delimiter);
    }
});

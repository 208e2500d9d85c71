//! Messages in a stream of bytes.

use aqueduct_operators::{
    Delimiter, EmptyDelimiter, FrameError, Framing, LengthOf, Transform, UnframeError, frame,
    unframe,
};
use bytes::Bytes;
use proptest::prelude::*;

use crate::support::{cut, even, run, run_joined, sizes};

const LENGTHS: [LengthOf; 5] =
    [LengthOf::U8, LengthOf::U16Big, LengthOf::U16Little, LengthOf::U32Big, LengthOf::U32Little];

fn ended_by(delimiter: &'static str) -> Framing {
    Framing::Delimiter(Delimiter::new(delimiter).unwrap())
}

/// The messages come out as they went in, in whatever chunks they lie.
fn check(framing: Framing, messages: Vec<Vec<u8>>, sizes: &[usize]) -> Result<(), TestCaseError> {
    let messages: Vec<Bytes> = messages.into_iter().map(Bytes::from).collect();
    let framed = run_joined(frame(framing.clone()), messages.clone())?;
    prop_assert_eq!(run(unframe(framing, 300), cut(framed, sizes))?, messages);
    Ok(())
}

proptest! {
    #[test]
    fn messages_with_lengths_come_out_as_they_went_in(
        of in proptest::sample::select(&LENGTHS[..]),
        messages in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..256), 0..9),
        sizes in sizes(),
    ) {
        check(Framing::Length(of), messages, &sizes)?;
    }

    #[test]
    fn messages_with_delimiters_come_out_as_they_went_in(
        delimiter in proptest::sample::select(vec!["\n", "\r\n", "--end--", "aba"]),
        messages in proptest::collection::vec("[abx-]{0,20}", 0..9),
        sizes in sizes(),
    ) {
        let framing = ended_by(delimiter);
        // Those that would end before their end are refused, as another test checks.
        let fits = |text: &String| {
            format!("{text}{delimiter}").find(delimiter) == Some(text.len())
        };
        let messages = messages.into_iter().filter(fits).map(String::into_bytes).collect();
        check(framing, messages, &sizes)?;
    }

    /// A delimiter that overlaps itself is found from the left, as in one piece of text.
    #[test]
    fn delimiters_are_found_from_the_left_however_the_bytes_are_cut(
        text in "[ab]{0,60}",
        delimiter in proptest::sample::select(vec!["a", "aa", "aba", "abab", "aabaa"]),
        sizes in sizes(),
    ) {
        let mut expected: Vec<&str> = text.split(delimiter).collect();
        if expected.last() == Some(&"") {
            expected.pop();
        }
        let found = run(unframe(ended_by(delimiter), 99), cut(text.clone(), &sizes))?;
        prop_assert_eq!(found, expected);
    }

    /// An error, and which one, does not depend on the chunks either.
    #[test]
    fn a_bound_is_the_same_however_the_bytes_are_cut(
        text in "[ab]{0,40}",
        delimiter in proptest::sample::select(vec!["b", "aa", "bab"]),
        sizes in sizes(),
    ) {
        let whole = run(unframe(ended_by(delimiter), 4), [text.clone().into()]);
        prop_assert_eq!(run(unframe(ended_by(delimiter), 4), cut(text, &sizes)), whole);
    }
}

#[test]
fn a_length_is_written_in_the_order_that_was_asked_for() {
    fn check(of: LengthOf, expected: &[u8]) {
        assert_eq!(run_joined(frame(Framing::Length(of)), [Bytes::from("ab")]).unwrap(), expected);
    }
    check(LengthOf::U8, b"\x02ab");
    check(LengthOf::U16Big, b"\x00\x02ab");
    check(LengthOf::U16Little, b"\x02\x00ab");
    check(LengthOf::U32Big, b"\x00\x00\x00\x02ab");
    check(LengthOf::U32Little, b"\x02\x00\x00\x00ab");
}

#[test]
fn a_message_may_be_as_long_as_the_bound_and_no_longer() {
    let length = || unframe(Framing::Length(LengthOf::U8), 3);
    assert_eq!(run(length(), even("\x03abc", 1)).unwrap(), ["abc"]);
    let above = UnframeError::LengthAbove { length: 4, longest: 3 };
    assert_eq!(run(length(), even("\x04abcd", 1)), Err(above));

    let marked = || unframe(ended_by("\r\n"), 3);
    assert_eq!(run(marked(), even("abc\r\nab\r", 1)).unwrap(), ["abc", "ab\r"]);
    let no_delimiter = UnframeError::NoDelimiter { longest: 3 };
    assert_eq!(run(marked(), even("abcd\r\n", 1)), Err(no_delimiter));
    assert_eq!(run(marked(), even("abc\r", 1)), Err(no_delimiter));
}

#[test]
fn a_length_above_the_bound_is_refused_before_anything_of_its_message_came() {
    let mut frames = unframe(Framing::Length(LengthOf::U32Big), 1 << 20);
    let refused = frames.apply(Bytes::from_static(&[0xff; 4]), &mut drop);
    let above = UnframeError::LengthAbove { length: u64::from(u32::MAX), longest: 1 << 20 };
    assert_eq!(refused, Err(above));
}

#[test]
fn an_input_that_ends_within_a_message_says_what_is_missing() {
    fn check(input: &'static [u8], missing: UnframeError) {
        let found = run(unframe(Framing::Length(LengthOf::U16Big), 99), even(input, 2));
        assert_eq!(found, Err(missing));
    }
    check(b"\x00\x05ab", UnframeError::Truncated { missing: 3 });
    check(b"\x00\x05", UnframeError::Truncated { missing: 5 });
    check(b"\x00\x01a\x00", UnframeError::TruncatedLength { missing: 1 });
}

#[test]
fn the_rest_behind_the_last_delimiter_is_a_message_if_there_is_any() {
    let found = |text: &'static str| run(unframe(ended_by(";"), 9), [text.into()]).unwrap();
    assert_eq!(found("a;b"), ["a", "b"]);
    assert_eq!(found("a;b;"), ["a", "b"]);
    assert_eq!(found("a;;"), ["a", ""]);
    assert_eq!(found(""), [""; 0]);
}

#[test]
fn a_message_that_has_no_room_behind_its_length_is_refused() {
    let framed = |length| run(frame(Framing::Length(LengthOf::U8)), [vec![0; length].into()]);
    assert_eq!(framed(255).unwrap()[0].len(), 256);
    assert_eq!(framed(256), Err(FrameError::TooLong { length: 256, most: 255 }));
}

#[test]
fn a_message_that_would_end_before_its_end_is_refused() {
    let framed = |text: &'static str| run(frame(ended_by("aa")), [text.into()]);
    assert_eq!(framed("bab").unwrap(), ["babaa"]);
    assert_eq!(framed("baab"), Err(FrameError::Delimiter { at: 1 }));
    // Its last byte and the first of the delimiter are one, too.
    assert_eq!(framed("ba"), Err(FrameError::Delimiter { at: 1 }));
}

#[test]
fn a_message_within_one_chunk_is_not_copied() {
    let chunk = Bytes::from("\x01a\x02bc");
    let found = run(unframe(Framing::Length(LengthOf::U8), 9), [chunk.clone()]).unwrap();
    assert_eq!(found[1].as_ptr(), chunk[3..].as_ptr());
}

#[test]
fn a_delimiter_has_one_byte_at_least() {
    assert_eq!(Delimiter::new(""), Err(EmptyDelimiter));
    assert_eq!(Delimiter::from(b'\n'), Delimiter::new("\n").unwrap());
    assert_eq!(frame(Framing::Delimiter(0.into())).kind(), "frame");
    assert_eq!(unframe(Framing::Delimiter(0.into()), 1).kind(), "unframe");
}

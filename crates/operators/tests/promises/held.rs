//! What a transform holds back: no more than it says, and where it counts exactly that.

use std::collections::VecDeque;

use aqueduct_operators::{
    Delimiter, Framing, LengthOf, Transform, count, filter, flat_map, frame, gzip, lines, map,
    unframe,
};
use bytes::Bytes;
use proptest::prelude::*;

use crate::support::{cut, sizes};

/// Feeds the chunks one by one, and compares what is held back after each with what the bytes say
/// that came out: as many as went in, but for those that are added to each item.
fn holds_what_has_not_come_out<T>(mut transform: T, chunks: Vec<Bytes>, added: usize)
where
    T: Transform<In = Bytes, Out = Bytes>,
    T::Error: std::fmt::Debug,
{
    // The first question has it count.
    let _ = transform.held();
    let mut ends = Vec::new();
    let mut come_out = 0;
    for chunk in chunks {
        ends.push(ends.last().unwrap_or(&0) + chunk.len());
        let mut items = VecDeque::from([chunk]);
        while transform.step(&mut items, &mut |item| come_out += item.len() + added).unwrap() {}
        let whole = ends.iter().filter(|end| **end <= come_out).count();
        assert_eq!(transform.held(), (ends.len() - whole) as u64, "{come_out} of {ends:?}");
    }
}

/// Each line as the pieces of two bytes that it is made of.
fn in_pieces(line: &Bytes) -> Vec<Bytes> {
    line.chunks(2).map(Bytes::copy_from_slice).collect()
}

proptest! {
    #[test]
    fn lines_hold_the_chunks_of_the_line_that_is_begun(text in "[ab\n]{0,200}", sizes in sizes()) {
        holds_what_has_not_come_out(lines(1000), cut(text, &sizes), 0);
    }

    #[test]
    fn messages_hold_the_chunks_of_the_one_that_is_begun(
        messages in prop::collection::vec("[ab]{0,9}", 0..30),
        sizes in sizes(),
    ) {
        let framing = || Framing::Length(LengthOf::U16Big);
        let framed: Vec<u8> = messages
            .iter()
            .flat_map(|text| [&[0, u8::try_from(text.len()).unwrap()], text.as_bytes()].concat())
            .collect();
        holds_what_has_not_come_out(unframe(framing(), 1000), cut(framed, &sizes), 2);
    }

    #[test]
    fn messages_hold_what_may_be_the_beginning_of_a_delimiter(
        text in "[a,]{0,200}",
        sizes in sizes(),
    ) {
        let framing = Framing::Delimiter(Delimiter::new(",,").unwrap());
        holds_what_has_not_come_out(unframe(framing, 1000), cut(text, &sizes), 2);
    }

    #[test]
    fn a_chain_holds_what_any_of_its_transforms_holds(text in "[ab\n]{0,200}", sizes in sizes()) {
        let pieces = flat_map(|line: Bytes| in_pieces(&line));
        let chain = lines(1000).then(map(|line| line)).then(pieces).then(lines(1000));
        holds_what_has_not_come_out(chain, cut(text, &sizes), 0);
    }
}

#[test]
fn what_is_filtered_out_is_not_held_behind_what_is() {
    let mut chain =
        map(|line: Bytes| line).then(filter(|line: &Bytes| line.len() > 1)).then(lines(99));
    let _ = chain.held();
    let mut held = |chunk: &'static str| {
        chain.apply(Bytes::from(chunk), &mut drop).unwrap();
        chain.held()
    };
    assert_eq!([held("x"), held("abc"), held("x"), held("x"), held("d\n")], [0, 1, 2, 3, 0]);
}

#[test]
fn what_is_of_use_only_as_a_whole_is_held_until_then_and_what_goes_through_is_not() {
    assert_eq!(count::<u64>().held(), u64::MAX);
    assert_eq!(gzip(1).unwrap().held(), u64::MAX);
    assert_eq!(lines(9).then(gzip(1).unwrap()).held(), u64::MAX);
    assert_eq!(map(|n: u64| n).then(filter(|_| true)).held(), 0);
    assert_eq!(frame(Framing::Length(LengthOf::U16Big)).held(), 0);
}

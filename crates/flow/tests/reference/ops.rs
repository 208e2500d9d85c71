//! What can happen to a link, and the links it happens to.

use aqueduct_flow::{Amount, Limits};
use proptest::prelude::*;

/// Something that happens at one end.
#[derive(Clone, Debug)]
pub(crate) enum Op {
    Write(Vec<u64>),
    /// The producer hears of so many publications and the next.
    Hear(usize),
    HearOfThePast,
    HearOfTheFuture,
    /// The producer looks at the control state.
    Look,
    LookAtThePast,
    Finish,
    Abort,
    Lend(usize),
    Commit(usize),
    CommitTooMuch,
    PutBack,
    Die,
    Rest,
    Discard(usize),
    ReadEnd,
    Hold(usize, &'static str),
    Release(usize, &'static str),
    Ask(u64),
    Stop,
}

pub(crate) fn op() -> impl Strategy<Value = Op> {
    let weight = || prop_oneof![9 => 0..12_u64, 1 => 20..80_u64];
    let side_and_name = || (0..2_usize, prop_oneof![Just("ann"), Just("bob")]);
    prop_oneof![
        100 => weight().prop_map(|weight| Op::Write(vec![weight])),
        20 => prop::collection::vec(weight(), 0..5).prop_map(Op::Write),
        80 => (0..3_usize).prop_map(Op::Hear),
        3 => Just(Op::HearOfThePast),
        3 => Just(Op::HearOfTheFuture),
        40 => Just(Op::Look),
        3 => Just(Op::LookAtThePast),
        1 => Just(Op::Finish),
        1 => Just(Op::Abort),
        80 => (1..9_usize).prop_map(Op::Lend),
        100 => (0..6_usize).prop_map(Op::Commit),
        3 => Just(Op::CommitTooMuch),
        6 => Just(Op::PutBack),
        8 => Just(Op::Die),
        40 => Just(Op::Rest),
        8 => (0..4_usize).prop_map(Op::Discard),
        8 => Just(Op::ReadEnd),
        10 => side_and_name().prop_map(|(side, name)| Op::Hold(side, name)),
        25 => side_and_name().prop_map(|(side, name)| Op::Release(side, name)),
        20 => (0..9_u64).prop_map(Op::Ask),
        1 => Just(Op::Stop),
    ]
}

/// Marks of which each part binds or does not, in any order of nearness, 0 included.
pub(crate) fn limits() -> impl Strategy<Value = Limits> {
    let part = |most: u64, least: u64| {
        let bound = (0..most, 0..most, least..most)
            .prop_map(|(low, more, most)| (low, low + more, low + more + most));
        prop_oneof![4 => bound, 1 => Just((u64::MAX, u64::MAX, u64::MAX))]
    };
    (part(5, 1), part(40, 0)).prop_map(|(items, bytes)| {
        let at = |items, bytes| Amount::new(items, bytes);
        Limits::new(at(items.0, bytes.0), at(items.1, bytes.1), at(items.2, bytes.2)).unwrap()
    })
}

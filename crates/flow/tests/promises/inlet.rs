//! What a consumer can rely on.

use aqueduct_flow::{
    Amount, Limits,
    Violation::{AfterTheEnd, CommittedTooMuch, Overflow},
    inlet::{
        Effect::{Publish, Tell},
        Inlet,
        Input::{Commit, Discard, End, Lend, PutBack, Rest, Return},
    },
};

use crate::{Check, MAX, items, one};

/// Publishes every 2 items or 20 bytes.
fn by_two() -> Check<Inlet> {
    Check(Inlet::with_quantum(Amount::new(2, 20)))
}

/// With 4 items in hand.
fn four_in_hand() -> Check<Inlet> {
    by_two().then(Lend(items(4)), []).shows(Inlet::in_hand, items(4))
}

/// Shows, for the first items of the stream, which of them come again.
fn again(inlet: &Inlet) -> [bool; 4] {
    [0, 1, 2, 3].map(|sequence| inlet.is_redelivered(sequence))
}

#[test]
fn f2_only_what_is_in_hand_is_committed() {
    by_two().forbids(Commit(items(1)), CommittedTooMuch).ignores(Commit(items(0)));
    four_in_hand().forbids(Commit(items(5)), CommittedTooMuch);
    by_two().then(Lend(one(5)), []).forbids(Commit(one(6)), CommittedTooMuch);
    four_in_hand().then(Return, []).forbids(Commit(items(1)), CommittedTooMuch);
    four_in_hand().then(PutBack, []).forbids(Commit(items(1)), CommittedTooMuch);
}

#[test]
fn f2_what_is_discarded_is_counted_and_its_credit_goes_back() {
    let given_up = by_two().then(Discard(one(5)), [Publish]).shows(Inlet::discarded, one(5));
    given_up.shows(Inlet::committed, one(5)).shows(Inlet::next_sequence, 1);
}

#[test]
fn f2_what_is_in_hand_is_discarded_first() {
    let given_up = four_in_hand().then(Discard(items(3)), [Publish]);
    let given_up = given_up.shows(Inlet::in_hand, items(1)).shows(Inlet::next_sequence, 4);
    given_up.then(Discard(items(2)), [Publish]).shows(Inlet::in_hand, items(0));
}

#[test]
fn f2_a_commit_is_not_counted_as_discarded() {
    four_in_hand().then(Commit(items(4)), [Publish]).shows(Inlet::discarded, items(0));
}

#[test]
fn f2_what_a_dead_consumer_had_in_hand_comes_again_marked() {
    let dead = four_in_hand().then(Commit(items(1)), []).then(Return, []);
    let dead = dead.shows(Inlet::next_sequence, 1).shows(Inlet::in_hand, items(0));
    dead.then(Lend(items(3)), []).shows(again, [true; 4]).shows(|it| it.is_redelivered(4), false);
}

#[test]
fn f2_what_never_was_in_hand_is_not_marked() {
    by_two().shows(again, [false; 4]).then(Return, []).shows(again, [false; 4]);
    let twice = by_two().then(Lend(items(2)), []).then(Return, []).then(Lend(items(1)), []);
    twice.then(Return, []).shows(again, [true, true, false, false]);
}

#[test]
fn f2_what_is_put_back_comes_again_unmarked() {
    let put_back = four_in_hand().then(Commit(items(1)), []).then(PutBack, []);
    put_back.shows(Inlet::next_sequence, 1).shows(again, [false; 4]);
}

#[test]
fn f2_no_total_wraps() {
    by_two().then(Lend(MAX), []).forbids(Lend(items(1)), Overflow);
    let used_up = || by_two().then(Lend(MAX), []).then(Commit(MAX), [Publish]);
    used_up().forbids(Commit(items(1)), Overflow).ignores(Commit(items(0))).ignores(Rest);
    used_up().forbids(Discard(items(1)), Overflow).forbids(Discard(Amount::new(0, 1)), Overflow);
    by_two().then(Discard(MAX), [Publish]).forbids(Discard(items(1)), Overflow);
}

#[test]
fn f5_the_end_is_told_once_and_nothing_is_lent_after_it() {
    let ended = || by_two().then(End, [Tell]);
    ended().forbids(End, AfterTheEnd).forbids(Lend(items(1)), AfterTheEnd);
    ended().ignores(Rest).ignores(Return).ignores(PutBack);
}

#[test]
fn f5_what_is_in_hand_at_the_end_can_be_committed() {
    let ended = four_in_hand().then(End, [Tell]).then(Commit(items(4)), [Publish]);
    ended.shows(Inlet::committed, items(4));
}

#[test]
fn f6_the_end_publishes_what_was_kept_back() {
    four_in_hand().then(Commit(items(1)), []).then(End, [Publish, Tell]).ignores(Rest);
}

#[test]
fn f7_a_total_is_published_when_the_quantum_is_reached_in_items_or_in_bytes() {
    four_in_hand().then(Commit(items(1)), []).then(Commit(items(1)), [Publish]);
    let heavy = || by_two().then(Lend(Amount::new(3, 60)), []);
    heavy().then(Commit(one(19)), []).then(Commit(Amount::new(0, 1)), [Publish]);
    heavy().then(Commit(one(20)), [Publish]).then(Commit(one(19)), []);
}

#[test]
fn f7_rest_publishes_what_the_quantum_kept_back_once() {
    four_in_hand().ignores(Rest).then(Commit(items(1)), []).then(Rest, [Publish]).ignores(Rest);
    let four = four_in_hand().then(Commit(items(1)), []).then(Rest, [Publish]);
    four.then(Commit(items(1)), []).then(Commit(items(1)), [Publish]);
}

#[test]
fn f7_what_was_kept_back_outlives_the_consumer() {
    four_in_hand().then(Commit(items(1)), []).then(Return, []).then(Rest, [Publish]);
    four_in_hand().then(Commit(items(1)), []).then(PutBack, []).then(Rest, [Publish]);
}

#[test]
fn f7_a_link_publishes_by_quarters_of_its_window_and_never_by_nothing() {
    let cases = [
        ((0, 0), 1),
        ((0, 3), 1),
        ((0, 7), 1),
        ((0, 8), 2),
        ((8, 16), 2),
        ((16, 16), 1),
        ((0, u64::MAX), u64::MAX / 4),
        // A part that does not bind is never due.
        ((u64::MAX, u64::MAX), u64::MAX),
    ];
    for ((low, high), quantum) in cases {
        let at = |mark| Amount::new(mark, mark);
        let limits = Limits::new(at(low), at(high), MAX).unwrap();
        assert_eq!(limits.quantum(), at(quantum), "{low}..{high}");
        assert_eq!(Inlet::new(&limits), Inlet::with_quantum(at(quantum)));
    }
}

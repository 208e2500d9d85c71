//! What a producer can rely on.

use aqueduct_flow::{
    Amount, Limits, Reason,
    Violation::{CommittedTooMuch, NeverFits, Overflow, TotalWentBack},
    outlet::{
        Control,
        Effect::{Accept, Done, Pause, RefuseFull, Resume},
        Input::{Abort, Committed, Control as Wish, Finish, Write},
        Outlet,
    },
};

use crate::{Check, MAX, items, one};

const PEER: Control = Control { peer: true, ..Control::FREE };
pub(crate) const USER: Control = Control { user: true, ..Control::FREE };
pub(crate) const BOTH: Control = Control { peer: true, ..USER };
pub(crate) const STOP: Control = Control { stop: true, ..Control::FREE };

const fn asked(asked: u64) -> Control {
    Control { asked, ..Control::FREE }
}

fn link(low: Amount, high: Amount, capacity: Amount) -> Check<Outlet> {
    Check(Outlet::new(Limits::new(low, high, capacity).unwrap()))
}

/// Low 1, high 2, capacity 4, in items without weight.
pub(crate) fn small() -> Check<Outlet> {
    link(items(1), items(2), items(4))
}

/// Low 10, high 20, capacity 40 bytes, in as many items as one likes.
pub(crate) fn weighed() -> Check<Outlet> {
    let bytes = |bytes| Amount::new(u64::MAX, bytes);
    link(bytes(10), bytes(20), bytes(40))
}

fn unlimited() -> Check<Outlet> {
    link(MAX, MAX, MAX)
}

#[test]
fn f1_the_capacity_can_be_reached_and_not_passed() {
    small().then(Write(items(4)), [Accept, Pause]).then(Write(items(1)), [RefuseFull]);
    weighed().then(Write(one(40)), [Accept, Pause]).then(Write(one(1)), [RefuseFull]);
}

#[test]
fn f1_a_refused_write_is_not_counted() {
    let full = small().then(Write(items(4)), [Accept, Pause]);
    full.then(Write(items(1)), [RefuseFull]).shows(Outlet::written, items(4));
}

#[test]
fn f1_a_part_of_a_write_is_never_taken() {
    let two = small().then(Write(items(2)), [Accept]);
    two.then(Write(items(3)), [RefuseFull, Pause]).shows(Outlet::held, items(2));
}

#[test]
fn f1_items_and_bytes_bind_both() {
    let both = || link(Amount::new(2, 20), Amount::new(2, 20), Amount::new(2, 20));
    both().then(Write(Amount::new(2, 2)), [Accept]).then(Write(one(1)), [RefuseFull, Pause]);
    both().then(Write(one(20)), [Accept]).then(Write(one(1)), [RefuseFull, Pause]);
}

#[test]
fn f1_an_item_heavier_than_capacity_is_taken_by_an_empty_link_only() {
    weighed().then(Write(one(41)), [Accept, Pause]).then(Write(one(0)), [RefuseFull]);
    weighed().then(Write(one(u64::MAX)), [Accept, Pause]);
    weighed().then(Write(one(0)), [Accept]).then(Write(one(41)), [RefuseFull, Pause]);
    weighed().then(Write(one(1)), [Accept]).then(Write(one(41)), [RefuseFull, Pause]);
}

#[test]
fn f1_several_items_that_never_fit_must_be_split() {
    small().forbids(Write(items(5)), NeverFits);
    weighed().forbids(Write(Amount::new(2, 41)), NeverFits);
    weighed().then(Write(one(40)), [Accept, Pause]).forbids(Write(Amount::new(2, 41)), NeverFits);
}

#[test]
fn f1_no_total_wraps() {
    unlimited().then(Write(MAX), [Accept]).forbids(Write(items(1)), Overflow);
    unlimited().then(Write(MAX), [Accept]).forbids(Write(Amount::new(0, 1)), Overflow);
    unlimited().then(Write(MAX), [Accept]).then(Write(items(0)), [Accept]);
    let used_up = unlimited().then(Write(MAX), [Accept]).then(Committed(MAX), []);
    used_up.forbids(Write(items(1)), Overflow).then(Finish, [Done]);
}

#[test]
fn f1_a_look_ahead_does_not_wrap() {
    let two = small().then(Write(items(2)), [Accept]);
    two.shows(|outlet| outlet.would_pass_high(MAX), true);
    unlimited().then(Write(MAX), [Accept]).shows(|outlet| outlet.would_pass_high(MAX), false);
}

#[test]
fn f2_held_is_what_was_written_and_not_committed() {
    let three = weighed().then(Write(Amount::new(3, 9)), [Accept]);
    three.then(Committed(one(4)), []).shows(Outlet::held, Amount::new(2, 5));
}

#[test]
fn f2_nothing_is_committed_that_was_not_written() {
    small().forbids(Committed(items(1)), CommittedTooMuch);
    weighed().then(Write(one(5)), [Accept]).forbids(Committed(one(6)), CommittedTooMuch);
    weighed().then(Write(one(5)), [Accept]).forbids(Committed(MAX), CommittedTooMuch);
}

#[test]
fn f2_a_committed_total_never_goes_back() {
    let half = || weighed().then(Write(Amount::new(2, 10)), [Accept]).then(Committed(one(5)), []);
    half().ignores(Committed(one(5)));
    half().forbids(Committed(one(4)), TotalWentBack);
    half().forbids(Committed(Amount::new(0, 10)), TotalWentBack);
}

#[test]
fn f3_a_push_producer_starts_running() {
    small().shows(|outlet| outlet.reasons().is_empty(), true).ignores(Wish(Control::FREE));
}

#[test]
fn f3_pause_comes_above_the_high_mark_and_not_at_it() {
    small().then(Write(items(2)), [Accept]).then(Write(items(1)), [Accept, Pause]);
    weighed().then(Write(one(20)), [Accept]).then(Write(one(1)), [Accept, Pause]);
    small().then(Write(items(2)), [Accept]).shows(|it| it.would_pass_high(items(0)), false);
    small().then(Write(items(2)), [Accept]).shows(|it| it.would_pass_high(items(1)), true);
}

#[test]
fn f3_a_second_reason_does_not_pause_twice() {
    let paused = small().then(Wish(PEER), [Pause]).then(Wish(BOTH), []);
    paused.then(Write(items(3)), [Accept]).then(Write(items(1)), [Accept]);
}

#[test]
fn f3_resume_waits_for_the_last_reason() {
    let paused = || small().then(Write(items(3)), [Accept, Pause]).then(Wish(BOTH), []);
    paused().then(Wish(USER), []).then(Wish(Control::FREE), []).then(Committed(items(2)), [Resume]);
    paused().then(Committed(items(3)), []).then(Wish(PEER), []).then(Wish(asked(9)), [Resume]);
}

#[test]
fn f7_resume_comes_at_the_low_mark_and_not_above_it() {
    let full = small().then(Write(items(4)), [Accept, Pause]);
    full.then(Committed(items(2)), []).then(Committed(items(3)), [Resume]);
    let full = weighed().then(Write(one(30)), [Accept, Pause]);
    full.then(Committed(Amount::new(1, 19)), []).then(Committed(Amount::new(1, 20)), [Resume]);
}

#[test]
fn f7_a_write_between_the_marks_does_not_resume() {
    let full = small().then(Write(items(3)), [Accept, Pause]);
    let between = full.then(Committed(items(1)), []).then(Write(items(0)), [Accept]);
    between.then(Committed(items(2)), [Resume]);
}

#[test]
fn f7_a_link_is_low_when_items_and_bytes_are() {
    let full = || {
        let both = link(Amount::new(1, 10), Amount::new(2, 20), Amount::new(4, 40));
        both.then(Write(Amount::new(4, 40)), [Accept, Pause])
    };
    full().then(Committed(Amount::new(3, 29)), []).then(Committed(Amount::new(3, 30)), [Resume]);
    full().then(Committed(Amount::new(2, 40)), []).then(Committed(Amount::new(3, 40)), [Resume]);
}

#[test]
fn f7_a_full_link_says_at_which_total_it_is_full_no_more() {
    let full = small().then(Write(items(4)), [Accept, Pause]);
    full.shows(Outlet::release_total, items(3)).then(Committed(items(3)), [Resume]);
}

#[test]
fn f7_what_was_refused_is_waited_for() {
    let marks = || link(items(3), items(3), items(4)).then(Write(items(3)), [Accept]);
    let refused = marks().then(Write(items(3)), [RefuseFull, Pause]);
    let refused = refused.shows(Outlet::release_total, items(2)).then(Committed(items(1)), []);
    refused.then(Committed(items(2)), [Resume]).then(Write(items(3)), [Accept, Pause]);
}

#[test]
fn f7_what_was_refused_is_forgotten_with_the_next_write_that_is_taken() {
    let marks = || link(items(2), items(4), items(8)).then(Write(items(4)), [Accept]);
    let refused = marks().then(Write(items(8)), [RefuseFull, Pause]);
    refused.then(Write(items(1)), [Accept]).then(Committed(items(3)), [Resume]);
}

#[test]
fn f7_an_item_heavier_than_capacity_waits_for_an_empty_link() {
    let refused = weighed().then(Write(Amount::new(2, 5)), [Accept]);
    let refused = refused.then(Write(one(41)), [RefuseFull, Pause]).then(Committed(one(5)), []);
    refused.then(Committed(Amount::new(2, 5)), [Resume]).then(Write(one(41)), [Accept, Pause]);
}

#[test]
fn f7_marks_of_zero_and_equal_marks_let_the_producer_go_on() {
    let zero = link(items(0), items(0), items(1)).then(Write(items(1)), [Accept, Pause]);
    zero.then(Committed(items(1)), [Resume]);
    let equal = link(items(2), items(2), items(4)).then(Write(items(3)), [Accept, Pause]);
    equal.then(Committed(items(1)), [Resume]);
}

#[test]
fn f10_a_wish_is_a_state_and_the_newest_one_holds() {
    let held = small().then(Wish(PEER), [Pause]).ignores(Wish(PEER)).then(Wish(USER), []);
    let held = held.shows(|it| it.reasons().contains(Reason::Peer), false);
    held.then(Wish(Control::FREE), [Resume]).ignores(Wish(Control::FREE));
}

#[test]
fn f10_demand_is_a_total() {
    let ask = |total| small().then(Write(items(1)), [Accept]).then(Wish(asked(total)), []);
    for (total, wanted) in [(0, 0), (1, 0), (2, 1), (3, 1), (u64::MAX, 1)] {
        ask(total).shows(Outlet::wanted, items(wanted));
    }
    ask(3).forbids(Wish(asked(2)), TotalWentBack).ignores(Wish(asked(3)));
}

#[test]
fn f10_who_is_paused_or_at_an_end_is_asked_for_nothing() {
    small()
        .shows(|outlet| outlet.wanted().items, 2)
        .then(Wish(PEER), [Pause])
        .shows(Outlet::wanted, items(0));
    let full = small().then(Write(items(3)), [Accept, Pause]).then(Committed(items(1)), []);
    full.shows(Outlet::wanted, items(0))
        .then(Committed(items(2)), [Resume])
        .shows(Outlet::wanted, items(1));
    small().then(Abort, []).shows(Outlet::wanted, items(0));
    weighed().then(Write(one(5)), [Accept]).shows(|outlet| outlet.wanted().bytes, 15);
}

#[test]
fn f10_an_empty_link_asks_for_one_item_whatever_the_marks() {
    let zero = link(items(0), items(0), items(1)).shows(|outlet| outlet.wanted().items, 1);
    zero.then(Write(items(1)), [Accept, Pause]).shows(Outlet::wanted, items(0));
}

#[test]
fn f1_what_earlier_registrations_left_takes_room_from_this_one() {
    let behind = |count| Wish(Control { behind: items(count), ..Control::FREE });
    // Low 1, high 2, capacity 4.
    let after = |count| small().then(behind(count), []).shows(Outlet::held, items(0));
    let full = after(3).then(Write(items(1)), [Accept, Pause]).then(Write(items(1)), [RefuseFull]);
    full.then(Committed(items(1)), []).then(behind(0), [Resume]).then(Write(items(1)), [Accept]);
    after(4).then(Write(items(1)), [RefuseFull, Pause]);
    // What is done is done when its own items are, whoever else's are not.
    after(3).then(Finish, [Done]);
}

//! How a producer's stream ends, and what comes after that: nothing.

use aqueduct_flow::{
    Amount,
    Violation::AfterTheEnd,
    outlet::{
        Control,
        Effect::{Accept, Done, Pause, RefuseClosed, Stop},
        Input::{Abort, Committed, Control as Wish, Finish, Write},
        Outlet, Phase,
    },
};

use crate::{
    MAX, items, one,
    outlet::{BOTH, STOP, USER, small, weighed},
};

#[test]
fn f3_who_finishes_or_is_stopped_while_paused_is_not_resumed() {
    let paused = || small().then(Write(items(3)), [Accept, Pause]).then(Wish(USER), []);
    paused().then(Finish, []).then(Wish(Control::FREE), []).then(Committed(items(3)), [Done]);
    paused().then(Wish(STOP), [Stop]).then(Wish(Control::FREE), []);
    paused().then(Abort, []).then(Wish(Control::FREE), []).then(Committed(items(3)), []);
}

#[test]
fn f5_stop_is_told_once() {
    small().then(Wish(STOP), [Stop]).ignores(Wish(STOP)).ignores(Wish(BOTH));
    small().then(Wish(STOP), [Stop]).ignores(Finish).ignores(Abort);
}

#[test]
fn f5_done_and_stop_exclude_each_other() {
    let finishing = || small().then(Write(items(1)), [Accept]).then(Finish, []);
    finishing().then(Wish(STOP), [Stop]).then(Committed(items(1)), []);
    finishing().then(Committed(items(1)), [Done]).ignores(Wish(STOP));
}

#[test]
fn f5_the_producer_ends_once() {
    small().then(Finish, [Done]).forbids(Finish, AfterTheEnd).ignores(Abort);
    small().then(Abort, []).forbids(Abort, AfterTheEnd).forbids(Finish, AfterTheEnd);
    let finishing = small().then(Write(items(1)), [Accept]).then(Finish, []);
    finishing.forbids(Finish, AfterTheEnd).then(Abort, []).then(Committed(items(1)), []);
}

#[test]
fn f5_a_closed_link_hands_everything_back() {
    for end in [Finish, Abort, Wish(STOP)] {
        let mut closed = small().then(Write(items(3)), [Accept, Pause]);
        assert!(closed.0.on(end).is_ok());
        let closed = closed.then(Write(items(0)), [RefuseClosed]).then(Write(MAX), [RefuseClosed]);
        closed.shows(Outlet::written, items(3)).shows(|it| it.reasons().is_empty(), true);
    }
}

#[test]
fn f6_finish_waits_for_the_last_item() {
    let finishing = weighed().then(Write(Amount::new(2, 5)), [Accept]).then(Finish, []);
    let last = finishing.then(Committed(one(5)), []).shows(Outlet::phase, Phase::Finishing);
    last.then(Committed(Amount::new(2, 5)), [Done]).shows(Outlet::phase, Phase::Done);
}

#[test]
fn f6_who_finishes_is_not_paused_any_more() {
    let finishing = small().then(Write(items(1)), [Accept]).then(Finish, []);
    finishing.ignores(Wish(BOTH)).shows(|it| it.reasons().is_empty(), true);
}

#[test]
fn f6_finish_of_an_empty_link_is_done_at_once() {
    small().then(Finish, [Done]);
    small().then(Write(items(1)), [Accept]).then(Committed(items(1)), []).then(Finish, [Done]);
}

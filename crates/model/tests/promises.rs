//! What the models promise: the protocol holds at every size in the short form, and each planted
//! mistake is found.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints the paths that it found"
)]

use aqueduct_model::{Mistake, PRESETS, Params, Registry, SlotModel, check, explore};
use stateright::{Checker, HasDiscoveries, Model};

/// The presets that take more than a few seconds without optimisation.
const SLOW: [&str; 6] = ["coarse", "held", "next", "aborted", "retired", "lost"];

/// Plants the mistake where it shows, and expects that it breaks this promise.
fn check_found(mistake: Mistake, promise: &str) {
    let (name, params) = mistake.shown_by();
    let report = check(SlotModel::new(params.with(mistake)).unwrap(), false);
    let Some(violation) = report.violation else {
        panic!("{} is not found in {name}", mistake.name());
    };
    println!("{}: {violation}", mistake.name());
    assert!(violation.property.starts_with(promise), "{} breaks {promise}", mistake.name());
}

#[test]
fn every_rule_holds_at_every_short_size_and_a_clean_end_can_be_reached_from_everywhere() {
    for one in PRESETS.iter().filter(|one| !one.long && !SLOW.contains(&one.name)) {
        let report = check(SlotModel::new(one.params).unwrap(), true);
        println!("{} {report}", one.name);
        assert!(report.is_good(), "{} {report}", one.name);
    }
}

#[test]
fn f7_a_second_look_is_needed_on_both_sides() {
    check_found(Mistake::NoSecondLookForRoom, "F7");
    check_found(Mistake::NoSecondLookAtRing, "F7");
}

#[test]
fn f7_who_was_refused_must_be_woken_for_room_and_who_is_paused_at_the_low_mark() {
    check_found(Mistake::NoWakeForRoom, "F7");
    check_found(Mistake::NoLowMarkTest, "F7");
}

#[test]
fn f7_a_hold_that_is_released_and_a_registration_that_is_reached_must_wake() {
    check_found(Mistake::NoWakeForRelease, "F7");
    check_found(Mistake::NoWakeBehind, "F7");
}

#[test]
fn f10_signals_at_each_crossing_would_queue() {
    check_found(Mistake::SignalPerCrossing, "F10");
}

#[test]
fn f10_messages_would_grow_with_the_data_and_the_state_in_their_place_does_not() {
    let most = |writes, mistake| {
        let (_, small) = Mistake::SignalPerCrossing.shown_by();
        let params = Params { writes, mistake, staging: false, items: [0, 1, 2], ..small };
        explore(&SlotModel::new(params).unwrap()).unwrap().signals
    };
    let sizes = [1, 2, 3];
    let messages = sizes.map(|writes| most(writes, Some(Mistake::SignalPerCrossing)));
    println!("messages that wait, for {sizes:?} items: {messages:?}");
    assert!(messages.is_sorted_by(|fewer, more| fewer < more));
    assert_eq!(sizes.map(|writes| most(writes, None)), [1; 3]);
}

#[test]
fn f8_an_older_epoch_must_not_be_obeyed() {
    check_found(Mistake::StaleEpochObeyed, "F8");
}

#[test]
fn f8_the_finish_of_a_producer_that_was_unregistered_must_not_end_the_stream() {
    check_found(Mistake::FinishOfTheRevoked, "F8");
}

#[test]
fn f2_an_item_must_not_be_committed_before_it_is_handled() {
    check_found(Mistake::CommitBeforeHandled, "F2");
}

#[test]
fn f2_credit_must_go_back_once_and_after_the_stop() {
    check_found(Mistake::CreditTwice, "F2");
    check_found(Mistake::CreditBeforeStop, "F6");
}

#[test]
fn f2_a_ring_that_nobody_reads_must_be_counted_to_the_last_item() {
    check_found(Mistake::NoSweep, "F2");
    check_found(Mistake::RingDroppedUnseen, "F2");
}

/// No promise is broken at any one moment: only a look at the whole graph finds it.
#[test]
fn a_moment_without_a_way_to_a_clean_end_is_found() {
    let params = Mistake::NoSweep.shown_by().1.with(Mistake::NoSweep);
    let trap = explore(&SlotModel::new(params).unwrap()).unwrap_err();
    println!("a trap after {} steps", trap.path.len());
    assert_eq!(trap.state.hub.limbo, [0], "the ring that nobody sweeps");
}

#[test]
fn f9_a_stop_must_be_told_once() {
    check_found(Mistake::StopToldTwice, "F9");
}

#[test]
fn f6_the_end_must_not_overtake_an_item() {
    check_found(Mistake::EndBeforeItems, "F6");
    check_found(Mistake::RingBeforeEnd, "F6");
}

#[test]
fn f3_who_lets_go_must_not_let_go_for_others() {
    check_found(Mistake::ReleaseForAll, "F3");
}

#[test]
fn a_total_must_not_be_taken_in_after_a_newer_one() {
    check_found(Mistake::TotalBeforeLook, "no machine");
}

#[test]
fn f1_what_a_producer_may_still_write_that_was_unregistered_must_be_counted() {
    check_found(Mistake::RevokedUncounted, "F1");
}

#[test]
fn f4_registration_is_linearizable() {
    let race = Registry { racers: 3, tries: 1, looks_first: false };
    let checker = race.checker().threads(1).spawn_bfs().join();
    println!("{} histories", checker.unique_state_count());
    checker.assert_properties();
}

#[test]
fn f4_a_slot_that_looks_and_then_registers_is_not_linearizable() {
    let race = Registry { racers: 2, tries: 1, looks_first: true };
    let any = HasDiscoveries::AnyFailures;
    let checker = race.checker().threads(1).finish_when(any).spawn_bfs().join();
    let path = checker.discovery("F4 registration is linearizable").unwrap();
    println!("the racers' turns: {:?}", path.into_actions());
}

#[test]
fn marks_that_contradict_each_other_make_no_model() {
    assert!(SlotModel::new(Params { items: [2, 1, 3], ..Params::SMALL }).is_err());
}

//! What a slot promises to those who register, and to its consumer.

use aqueduct_flow::slot::{
    AfterLoss::{self, Close as Closes, Reopen as Reopens},
    Effect::{EndOfStream, Open, Refuse, Release, StopNewcomer, StopProducer},
    Epoch,
    Input::{Abort, Close, ConsumerGone, Drained, Finish, Lost, Register, Unregister},
    Phase, Slot,
};

use crate::Check;

/// With one producer.
fn open(after_loss: AfterLoss) -> Check<Slot> {
    Check(Slot::new(after_loss)).then(Register, [Open])
}

/// The epoch of the first producer of any slot.
fn first() -> Epoch {
    open(Closes).0.epoch()
}

/// The first producer has left, and there is a second.
fn second(after_loss: AfterLoss) -> Check<Slot> {
    open(after_loss).then(Unregister(first()), [Release]).then(Register, [Open])
}

fn finishing() -> Check<Slot> {
    open(Closes).then(Finish(first()), [Release])
}

#[test]
fn f4_a_second_registration_is_refused_and_changes_nothing() {
    for registered in [open(Closes), second(Reopens), finishing(), open(Closes).then(Close, [])] {
        let before = registered.0.clone();
        registered.then(Register, [Refuse]).shows(Slot::clone, before);
    }
}

#[test]
fn f4_a_slot_is_free_when_its_producer_has_left() {
    let free = open(Closes).then(Unregister(first()), [Release]).shows(Slot::phase, Phase::Idle);
    free.then(Register, [Open]).shows(Slot::phase, Phase::Open);
}

#[test]
fn f4_who_comes_to_a_closed_slot_is_stopped() {
    let closed = Check(Slot::new(Reopens)).then(Close, [EndOfStream]);
    let before = closed.0.clone();
    closed.then(Register, [StopNewcomer]).shows(Slot::clone, before);
}

#[test]
fn f5_the_end_of_the_stream_is_told_once() {
    let left = open(Closes).then(Close, []).then(Unregister(first()), [Release, EndOfStream]);
    let idle = Check(Slot::new(Closes)).then(Close, [EndOfStream]);
    let drained = finishing().then(Drained(first()), [EndOfStream]);
    for closed in [left, idle, drained, open(Closes).then(Lost(first()), [Release, EndOfStream])] {
        let epoch = closed.0.epoch();
        let closed = closed.ignores(Close).ignores(Lost(epoch)).ignores(Drained(epoch));
        closed.ignores(Finish(epoch)).ignores(Unregister(epoch)).ignores(ConsumerGone);
    }
}

#[test]
fn f5_a_consumer_that_closes_waits_for_its_producer() {
    open(Reopens).then(Close, []).ignores(Close).then(Lost(first()), [Release, EndOfStream]);
    let finished = open(Reopens).then(Close, []).then(Finish(first()), [Release]);
    finished.then(Drained(first()), [EndOfStream]).shows(Slot::phase, Phase::Closed);
}

#[test]
fn f6_finish_closes_when_all_is_committed_and_not_before() {
    open(Closes).ignores(Drained(first()));
    let finishing = finishing().shows(Slot::phase, Phase::Finishing).ignores(Close);
    finishing.then(Drained(first()), [EndOfStream]).shows(Slot::phase, Phase::Closed);
}

#[test]
fn f6_a_producer_that_dies_after_its_finish_changes_nothing() {
    finishing().ignores(Lost(first())).ignores(Unregister(first())).ignores(Finish(first()));
}

#[test]
fn f8_each_registration_has_the_next_epoch() {
    Check(Slot::new(Closes)).shows(|slot| slot.epoch(), Epoch::default());
    open(Closes).shows(|slot| slot.epoch().number(), 1);
    second(Closes)
        .shows(|slot| slot.epoch().number(), 2)
        .shows(|slot| slot.epoch() > first(), true);
    open(Closes).then(Register, [Refuse]).shows(|slot| slot.epoch().number(), 1);
}

#[test]
fn f8_a_stale_epoch_changes_nothing() {
    for stale in [Epoch::default(), first()] {
        for slot in [second(Closes), second(Reopens), second(Closes).then(Close, [])] {
            let slot = slot.ignores(Unregister(stale)).ignores(Finish(stale)).ignores(Lost(stale));
            let epoch = slot.0.epoch();
            let slot = slot.ignores(Drained(stale)).then(Finish(epoch), [Release]);
            slot.ignores(Drained(stale)).ignores(Lost(stale)).then(Drained(epoch), [EndOfStream]);
        }
    }
}

#[test]
fn f8_whoever_left_already_changes_nothing() {
    let left = open(Closes).then(Unregister(first()), [Release]).ignores(Unregister(first()));
    left.ignores(Lost(first())).ignores(Finish(first())).ignores(Drained(first()));
}

#[test]
fn f9_a_consumer_gone_for_good_stops_its_producer_once() {
    for slot in [open(Closes), open(Reopens), second(Closes), finishing()] {
        let epoch = slot.0.epoch();
        let gone = slot.then(ConsumerGone, [StopProducer]).shows(Slot::phase, Phase::Closed);
        gone.ignores(ConsumerGone).ignores(Lost(epoch)).ignores(Drained(epoch)).ignores(Close);
    }
}

#[test]
fn f9_an_abort_from_outside_ends_every_stream_that_has_not_ended() {
    for slot in [open(Closes), open(Reopens), second(Closes), finishing()] {
        let ended = slot.then(Abort, [StopProducer, EndOfStream]);
        ended.shows(Slot::phase, Phase::Closed).ignores(Abort).ignores(ConsumerGone);
    }
    Check(Slot::new(Closes)).then(Abort, [EndOfStream]).ignores(Abort);
}

#[test]
fn f9_a_consumer_gone_without_a_producer_stops_nobody() {
    let idle = Check(Slot::new(Closes)).then(ConsumerGone, []);
    idle.shows(Slot::phase, Phase::Closed).then(Register, [StopNewcomer]);
}

#[test]
fn f9_a_dead_producer_ends_the_stream_once() {
    let dead = open(Closes).then(Lost(first()), [Release, EndOfStream]);
    dead.shows(Slot::phase, Phase::Closed).ignores(Lost(first())).ignores(ConsumerGone);
}

#[test]
fn f9_a_slot_that_reopens_waits_for_the_next_life() {
    let lost = open(Reopens).then(Lost(first()), [Release]).shows(Slot::phase, Phase::Idle);
    lost.ignores(Lost(first())).then(Register, [Open]);
}

//! Acknowledgement: what a producer may forget, through stages and past losses.

use aqueduct_link::{End, Inlet, Outlet, Slot, Turn, Unacknowledged};

use crate::support::{Watch, drain, fill, link};

/// A link whose producer wants to know, with the items 0 to 4 in it.
fn five() -> (Slot<u64>, Outlet<u64>, Inlet<u64>) {
    let (slot, mut outlet, mut inlet) = link(8, 8, 8);
    outlet.want_acknowledgements();
    fill(&mut outlet, 0..5);
    assert_eq!(Watch::new().turn(&mut inlet), Some(Turn::Items));
    (slot, outlet, inlet)
}

type Ends = (Outlet<u64>, Inlet<u64>);

/// The links before and behind a stage: items of the first link are committed there before what comes of them is handled.
fn stage() -> (Ends, Ends, [Slot<u64>; 2]) {
    let (before, source, mut inlet) = five();
    let (behind, mut outlet, sink) = link(8, 8, 8);
    inlet.set_by_receipt(true);
    outlet.want_acknowledgements();
    ((source, inlet), (outlet, sink), [before, behind])
}

#[test]
fn f11_a_commit_is_acknowledged_when_the_turn_is_over_and_not_before() {
    let (_slot, mut outlet, mut inlet) = five();
    let mut batch = inlet.batch(3);
    batch.take();
    batch.take();
    batch.take();
    assert_eq!((outlet.held().items, outlet.acknowledged()), (2, 0));
    inlet.rest();
    assert_eq!(outlet.acknowledged(), 3);
    assert_eq!(outlet.gauge().report().acknowledged, Some(3));
}

#[test]
fn who_does_not_want_to_know_is_told_nothing_and_who_wants_later_all() {
    let (_slot, mut outlet, mut inlet) = link(8, 8, 8);
    fill(&mut outlet, 0..5);
    drain(&mut inlet);
    let consumer = Watch::new();
    assert_eq!(consumer.turn(&mut inlet), None);
    assert_eq!(outlet.gauge().report().acknowledged, None);
    outlet.want_acknowledgements();
    assert_eq!(consumer.rings(), 1, "it sleeps, and is to say what it did");
    assert_eq!(consumer.turn(&mut inlet), None);
    assert_eq!(outlet.acknowledged(), 5);
}

#[test]
fn f7_who_waits_for_an_acknowledgement_is_woken_by_it_once() {
    let (_slot, mut outlet, mut inlet) = five();
    let producer = Watch::new();
    assert_eq!(producer.acknowledged(&mut outlet, 3), None);
    producer.rings();
    for wakes in [0, 0, 1, 0, 0] {
        let _ = inlet.batch(1).take();
        inlet.rest();
        assert_eq!(producer.rings(), wakes, "at {}", outlet.acknowledged());
    }
    assert_eq!(producer.acknowledged(&mut outlet, 3), Some(Ok(())));
}

#[test]
fn f11_an_item_that_died_with_its_consumer_is_never_acknowledged_nor_what_is_behind_it() {
    let (_slot, mut outlet, mut inlet) = five();
    let producer = Watch::new();
    assert_eq!(producer.acknowledged(&mut outlet, 5), None);
    producer.rings();
    let mut batch = inlet.batch(3);
    batch.take();
    batch.take();
    batch.take();
    inlet.mourn();
    assert_eq!(producer.rings(), 1, "it would wait for ever");
    drain(&mut inlet);
    assert_eq!((outlet.acknowledged(), outlet.lost()), (2, Some(2)));
    assert_eq!(producer.acknowledged(&mut outlet, 2), Some(Ok(())));
    assert_eq!(producer.acknowledged(&mut outlet, 3), Some(Err(Unacknowledged { from: 2 })));
}

#[test]
fn f11_what_is_discarded_is_not_acknowledged() {
    let (slot, mut outlet, mut inlet) = five();
    let _ = inlet.batch(2).take();
    inlet.rest();
    slot.abort("enough");
    let end = Watch::new().turn(&mut inlet);
    assert!(matches!(end, Some(Turn::End(End::Aborted { .. }))), "{end:?}");
    assert_eq!((outlet.acknowledged(), outlet.lost()), (1, Some(1)));
    let waits = Watch::new().acknowledged(&mut outlet, 5);
    assert_eq!(waits, Some(Err(Unacknowledged { from: 1 })));
}

#[test]
fn f11_what_nobody_is_left_to_take_is_not_waited_for() {
    let (_slot, mut outlet, mut inlet) = five();
    assert_eq!(inlet.batch(2).next(), Some(&0));
    inlet.stop("supper");
    let waits = Watch::new().acknowledged(&mut outlet, 1);
    assert_eq!(waits, Some(Err(Unacknowledged { from: 0 })));
}

#[test]
fn f11_the_last_items_are_acknowledged_with_the_end() {
    let (_slot, mut outlet, mut inlet) = five();
    outlet.finish();
    assert_eq!(inlet.batch(9).advance(5), 5);
    assert_eq!(Watch::new().turn(&mut inlet), Some(Turn::End(End::Finished)));
    assert_eq!(Watch::new().acknowledged(&mut outlet, 5), Some(Ok(())));
}

#[test]
fn f11_a_stage_acknowledges_what_it_took_when_what_it_made_is_acknowledged() {
    let ((mut source, mut inlet), (mut outlet, mut sink), _slots) = stage();
    // Two items make one; the fifth one waits for a sixth.
    let pairs = drain(&mut inlet);
    fill(&mut outlet, pairs.chunks_exact(2).map(|pair| pair[0] + pair[1]));
    let receipt = inlet.receipt(1).unwrap();
    assert!(inlet.receipt(1).is_none(), "there is nothing new");
    assert_eq!((source.held().items, source.acknowledged()), (0, 0));
    assert_eq!(drain(&mut sink), [1, 5]);
    assert_eq!(outlet.acknowledged(), 2);
    receipt.acknowledge();
    assert_eq!(source.acknowledged(), 4);
    inlet.receipt(0).unwrap().acknowledge();
    assert_eq!(source.acknowledged(), 5);
}

#[test]
fn f11_a_receipt_that_is_dropped_says_what_was_lost() {
    let ((mut source, mut inlet), _behind, _slots) = stage();
    let _ = inlet.batch(2).advance(2);
    let first = inlet.receipt(0).unwrap();
    let _ = inlet.batch(2).advance(2);
    let second = inlet.receipt(0).unwrap();
    first.acknowledge();
    drop(second);
    assert_eq!((source.acknowledged(), source.lost()), (2, Some(2)));
    let waits = Watch::new().acknowledged(&mut source, 3);
    assert_eq!(waits, Some(Err(Unacknowledged { from: 2 })));
}

#[test]
fn f11_what_a_stage_held_dies_with_it() {
    let ((source, mut inlet), _behind, _slots) = stage();
    let _ = inlet.batch(9).advance(5);
    inlet.receipt(2).unwrap().acknowledge();
    drop(inlet);
    assert_eq!((source.acknowledged(), source.lost()), (3, Some(3)));
}

#[test]
fn f11_a_receipt_covers_what_earlier_producers_left_to_acknowledge() {
    let (slot, mut first, mut inlet) = five();
    inlet.set_by_receipt(true);
    drain(&mut inlet);
    inlet.receipt(2).unwrap().acknowledge();
    first.unregister();
    let mut second = slot.register("second").unwrap();
    second.want_acknowledgements();
    fill(&mut second, 0..3);
    assert_eq!(Watch::new().turn(&mut inlet), Some(Turn::Items));
    assert_eq!(inlet.batch(1).advance(1), 1);
    assert!(inlet.receipt(3).is_none(), "the last three: one of the second, two of the first");
    let one_of_the_first = inlet.receipt(2).unwrap();
    let both = inlet.receipt(0).unwrap().and_older(one_of_the_first);
    assert_eq!((first.acknowledged(), second.acknowledged()), (3, 0));
    both.acknowledge();
    assert_eq!((first.acknowledged(), second.acknowledged()), (5, 1));
    assert_eq!((first.lost(), second.lost()), (None, None));
}

/// A stage by hand that writes everything to two consumers: what both have handled is acknowledged.
#[test]
fn f11_a_fan_out_acknowledges_what_the_slowest_has_handled() {
    let ((source, mut inlet), (mut left, mut left_sink), _slots) = stage();
    let (_slot, mut right, mut right_sink) = link(8, 8, 8);
    right.want_acknowledgements();
    let mut receipts = std::collections::VecDeque::new();
    while let Some(item) = inlet.batch(1).take() {
        fill(&mut left, [item]);
        fill(&mut right, [item]);
        receipts.push_back((left.written().items, inlet.receipt(0).unwrap()));
    }
    let mut acknowledge = |left: &Outlet<u64>, right: &Outlet<u64>| {
        let both = left.acknowledged().min(right.acknowledged());
        while receipts.front().is_some_and(|(at, _)| *at <= both) {
            let (_, receipt) = receipts.pop_front().unwrap();
            receipt.acknowledge();
        }
    };
    drain(&mut left_sink);
    acknowledge(&left, &right);
    assert_eq!(source.acknowledged(), 0);
    let _ = Watch::new().turn(&mut right_sink);
    assert_eq!(right_sink.batch(2).advance(2), 2);
    right_sink.rest();
    acknowledge(&left, &right);
    assert_eq!(source.acknowledged(), 2);
    drain(&mut right_sink);
    acknowledge(&left, &right);
    assert_eq!(source.acknowledged(), 5);
}

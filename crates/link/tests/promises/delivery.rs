//! Batches: lend, commit, put back, and what a panic leaves.

use std::panic::{AssertUnwindSafe, catch_unwind};

use aqueduct_link::{Inlet, Turn};

use crate::support::{Watch, drain, fill, link};

/// What a consumer sees of each item: itself, its number, whether it comes again.
fn seen(inlet: &mut Inlet<u64>) -> Vec<(u64, u64, bool)> {
    let _ = Watch::new().turn(inlet);
    let mut batch = inlet.batch(usize::MAX);
    let mut seen = Vec::new();
    while let Some(&item) = batch.next() {
        seen.push((item, batch.sequence(), batch.redelivered()));
    }
    seen
}

#[test]
fn a_panic_redelivers_exactly_the_item_in_hand_marked() {
    let (_slot, mut outlet, mut inlet) = link(8, 8, 8);
    fill(&mut outlet, 10..15);
    let _ = Watch::new().turn(&mut inlet);
    let died = catch_unwind(AssertUnwindSafe(|| {
        let mut batch = inlet.batch(usize::MAX);
        while let Some(&item) = batch.next() {
            if item == 12 {
                std::panic::resume_unwind(Box::new(()));
            }
        }
    }));
    assert!(died.is_err());
    assert_eq!(Watch::new().turn(&mut inlet), Some(Turn::Items));
    assert_eq!(seen(&mut inlet), [(12, 2, true), (13, 3, false), (14, 4, false)]);
    assert_eq!(outlet.gauge().report().redelivered, 1);
}

#[test]
fn an_item_that_is_put_back_comes_again_unmarked() {
    let (_slot, mut outlet, mut inlet) = link(8, 8, 8);
    fill(&mut outlet, 10..12);
    let _ = Watch::new().turn(&mut inlet);
    let mut batch = inlet.batch(2);
    assert_eq!(batch.next(), Some(&10));
    batch.put_back();
    assert_eq!((batch.len(), batch.sequence()), (2, 0));
    assert_eq!(seen(&mut inlet), [(10, 0, false), (11, 1, false)]);
    assert_eq!(outlet.gauge().report().redelivered, 0);
}

#[test]
fn an_item_that_was_taken_dies_with_its_handler() {
    let (_slot, mut outlet, mut inlet) = link(8, 8, 8);
    fill(&mut outlet, 10..13);
    let _ = Watch::new().turn(&mut inlet);
    let _ = catch_unwind(AssertUnwindSafe(|| {
        let mut batch = inlet.batch(usize::MAX);
        assert_eq!(batch.next(), Some(&10));
        let _gone = batch.take();
        std::panic::resume_unwind(Box::new(()));
    }));
    assert_eq!(seen(&mut inlet), [(12, 2, false)]);
}

#[test]
fn a_batch_lends_no_more_than_it_was_asked_for() {
    let (_slot, mut outlet, mut inlet) = link(8, 8, 8);
    fill(&mut outlet, 10..15);
    let _ = Watch::new().turn(&mut inlet);
    let mut batch = inlet.batch(2);
    assert_eq!((batch.len(), batch.is_empty()), (2, false));
    assert_eq!(batch.next(), Some(&10));
    assert_eq!(batch.len(), 1);
    assert_eq!(batch.take(), Some(11));
    assert_eq!(batch.next(), None);
    assert!(batch.is_empty());
    assert_eq!(drain(&mut inlet), [12, 13, 14]);
}

#[test]
fn what_is_shown_is_committed_by_advance_and_nothing_else() {
    let (_slot, mut outlet, mut inlet) = link(8, 8, 8);
    fill(&mut outlet, 0..6);
    let show = |batch: &mut aqueduct_link::Batch<'_, u64>| {
        batch.show(|first, second| [first, second].concat())
    };
    let _ = Watch::new().turn(&mut inlet);
    let mut batch = inlet.batch(5);
    assert_eq!(show(&mut batch), [0, 1, 2, 3, 4]);
    assert_eq!(show(&mut batch), [0, 1, 2, 3, 4]);
    assert_eq!(batch.advance(2), 2);
    assert_eq!(show(&mut batch), [2, 3, 4]);
    assert_eq!(batch.next(), Some(&2));
    assert_eq!(show(&mut batch), [2, 3, 4], "the one in hand is put back");
    assert_eq!(batch.advance(9), 3, "as many as there were");
    fill(&mut outlet, 6..12);
    let mut batch = inlet.batch(usize::MAX);
    assert_eq!(show(&mut batch), (5..12).collect::<Vec<_>>(), "in two pieces");
    assert_eq!(batch.advance(3), 3);
    assert_eq!(seen(&mut inlet).iter().map(|seen| seen.2).collect::<Vec<_>>(), [false; 4]);
}

#[test]
fn all_may_be_shown_and_committed_in_several_batches() {
    let (_slot, mut outlet, mut inlet) = link(1, 10, 16);
    fill(&mut outlet, 0..5);
    let _ = Watch::new().turn(&mut inlet);
    let mut batch = inlet.batch(2);
    batch.next();
    let all: Vec<u64> = batch.show_all(|first, second| [first, second].concat());
    assert_eq!((all, batch.advance(5)), (vec![0, 1, 2, 3, 4], 2), "no more than the batch has");
    assert_eq!(inlet.batch(9).show_all(|first, second| [first, second].concat()), [2, 3, 4]);
}

#[test]
fn what_came_back_is_shown_before_the_ring() {
    let (_slot, mut outlet, mut inlet) = link(8, 8, 8);
    fill(&mut outlet, 0..4);
    let _ = Watch::new().turn(&mut inlet);
    drop(inlet.lend_out(2));
    inlet.lease_failed();
    let mut batch = inlet.batch(3);
    assert_eq!(batch.show(|first, second| [first, second].concat()), [0, 1, 2]);
    assert_eq!(batch.advance(3), 3);
    assert_eq!(drain(&mut inlet), [3]);
}

#[test]
fn a_kept_slot_goes_on_where_its_consumer_died() {
    let (mut slot, mut outlet, mut inlet) = link(8, 8, 8);
    slot.keep();
    fill(&mut outlet, 10..14);
    let _ = Watch::new().turn(&mut inlet);
    let _ = catch_unwind(AssertUnwindSafe(move || {
        let mut batch = inlet.batch(usize::MAX);
        batch.next();
        batch.next();
        std::panic::resume_unwind(Box::new(()));
    }));
    fill(&mut outlet, 14..15);
    assert!(outlet.stopped().is_none());
    let mut inlet = slot.inlet().unwrap();
    assert_eq!(seen(&mut inlet), [(11, 1, true), (12, 2, false), (13, 3, false), (14, 4, false)]);
    inlet.rest();
    assert_eq!(Watch::new().flush(&mut outlet), Some(Ok(())));
}

#[test]
fn a_kept_slot_waits_for_a_lease_that_outlived_its_consumer() {
    let (mut slot, mut outlet, mut inlet) = link(8, 8, 8);
    slot.keep();
    fill(&mut outlet, 10..13);
    let _ = Watch::new().turn(&mut inlet);
    let lease = inlet.lend_out(2);
    drop(inlet);
    let mut inlet = slot.inlet().unwrap();
    let watch = Watch::new();
    assert_eq!(watch.turn(&mut inlet), None);
    drop(lease);
    assert_eq!(watch.rings(), 1);
    assert_eq!(seen(&mut inlet), [(10, 0, true), (11, 1, true), (12, 2, false)]);
}

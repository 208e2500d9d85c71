//! How a stream ends, for each end: once, in order, and with an account.

use std::panic::{AssertUnwindSafe, catch_unwind};

use aqueduct_link::{Amount, End, Inlet, Outlet, Slot, Turn, WriteError};

use crate::support::{Watch, drain, fill, last_words, link};

//= F5 F9
#[test]
fn f9_a_consumer_that_goes_stops_its_producer_once() {
    fn check(reason: &str, go: impl FnOnce(Inlet<u64>, Slot<u64>)) {
        let (slot, mut outlet, inlet) = link(1, 2, 3);
        fill(&mut outlet, 0..3);
        let watch = Watch::new();
        assert_eq!(watch.ready(&mut outlet), None);
        go(inlet, slot.clone());
        assert_eq!(watch.rings(), 1, "{reason}");
        for _ in 0..2 {
            let stopped = watch.ready(&mut outlet).unwrap().unwrap_err();
            assert_eq!(&*stopped.reason, reason);
            assert_eq!(outlet.write(9), Err(WriteError::Closed(9)));
        }
        slot.retire("and again");
        assert_eq!(watch.rings(), 0, "{reason}");
        assert_eq!(&*outlet.stopped().unwrap().reason, reason);
        assert_eq!(outlet.gauge().report().discarded, Amount::items(3));
    }
    check("the consumer is gone", |inlet, _| drop(inlet));
    check("supper", |inlet, _| inlet.stop("supper"));
    check("retired", |inlet, slot| {
        slot.keep();
        drop(inlet);
        slot.retire("retired");
    });
    check("the consumer panicked", |inlet, _| {
        let _ = catch_unwind(AssertUnwindSafe(move || {
            let _inlet = inlet;
            std::panic::resume_unwind(Box::new(()));
        }));
    });
}

//= F5 F9
#[test]
fn f9_a_dead_producer_ends_its_consumers_stream_once() {
    fn check(reason: &str, delivered: usize, die: impl FnOnce(Outlet<u64>)) {
        let (_slot, mut outlet, mut inlet) = link(1, 2, 4);
        let gauge = outlet.gauge();
        let watch = Watch::new();
        assert_eq!(watch.turn(&mut inlet), None);
        fill(&mut outlet, 0..2);
        assert_eq!(watch.rings(), 1);
        assert_eq!(drain(&mut inlet), [0, 1]);
        assert_eq!(watch.turn(&mut inlet), None);
        die(outlet);
        assert_eq!(watch.rings(), 1, "{reason}");
        let (items, end) = last_words(&mut inlet);
        assert_eq!(items.len(), delivered, "{reason}");
        let discarded = Amount::items(2 - delivered as u64);
        let reason = reason.into();
        let expected = End::Aborted { reason, discarded };
        assert_eq!(end, Some(expected.clone()));
        assert_eq!(watch.turn(&mut inlet), Some(Turn::End(expected)));
        assert_eq!(watch.rings(), 0);
        let report = gauge.report();
        assert_eq!(report.discarded, discarded);
        assert_eq!(report.committed, Amount::items(4));
    }
    check("the producer was dropped before it finished", 2, |outlet| {
        let mut outlet = outlet;
        fill(&mut outlet, 2..4);
    });
    check("the producer panicked", 2, |mut outlet| {
        let _ = catch_unwind(AssertUnwindSafe(move || {
            fill(&mut outlet, 2..4);
            std::panic::resume_unwind(Box::new(()));
        }));
    });
    check("fire", 0, |mut outlet| {
        fill(&mut outlet, 2..4);
        outlet.abort("fire");
        outlet.abort("fire again");
    });
}

//= F6
#[test]
fn f6_finish_comes_after_the_last_item_and_closes_when_all_is_committed() {
    let (slot, mut outlet, mut inlet) = link(1, 2, 4);
    fill(&mut outlet, 0..3);
    outlet.finish();
    outlet.finish();
    assert_eq!(outlet.write(9), Err(WriteError::Closed(9)));
    let watch = Watch::new();
    assert_eq!(watch.flush(&mut outlet), None);
    for _ in 0..3 {
        assert_eq!(watch.turn(&mut inlet), Some(Turn::Items));
        assert_eq!(watch.flush(&mut outlet), None);
        assert!(!slot.is_closed());
        assert!(inlet.batch(1).take().is_some());
    }
    assert_eq!(watch.turn(&mut inlet), Some(Turn::End(End::Finished)));
    assert!(slot.is_closed());
    assert_eq!(watch.flush(&mut outlet), Some(Ok(())));
}

//= F6
#[test]
fn f6_the_end_waits_for_an_item_in_hand() {
    let (_slot, mut outlet, mut inlet) = link(1, 2, 4);
    fill(&mut outlet, [7]);
    outlet.finish();
    assert_eq!(inlet.batch(1).next(), Some(&7));
    assert_eq!(last_words(&mut inlet), (vec![7], Some(End::Finished)));
}

#[test]
fn an_abort_after_finish_takes_nothing_back() {
    let (_slot, mut outlet, mut inlet) = link(1, 2, 4);
    fill(&mut outlet, [7]);
    outlet.finish();
    outlet.abort("too late");
    assert_eq!(last_words(&mut inlet), (vec![7], Some(End::Finished)));
}

//= F2
#[test]
fn f2_flush_never_takes_discarded_items_for_delivered_ones() {
    fn check(finish: impl FnOnce(&mut Outlet<u64>), poll_first: bool) {
        let (_slot, mut outlet, inlet) = link(1, 2, 4);
        fill(&mut outlet, 0..3);
        finish(&mut outlet);
        let watch = Watch::new();
        if poll_first {
            assert_eq!(watch.flush(&mut outlet), None);
        }
        inlet.stop("supper");
        assert_eq!(watch.rings(), usize::from(poll_first));
        let stopped = watch.flush(&mut outlet).unwrap().unwrap_err();
        assert_eq!(&*stopped.reason, "supper");
    }
    for poll_first in [true, false] {
        check(|_| {}, poll_first);
        check(Outlet::finish, poll_first);
        check(Outlet::unregister, poll_first);
    }
}

#[test]
fn flush_succeeds_when_all_was_committed_before_the_consumer_went() {
    let (_slot, mut outlet, mut inlet) = link(0, 16, 32);
    fill(&mut outlet, 0..3);
    outlet.finish();
    assert_eq!(drain(&mut inlet).len(), 3);
    drop(inlet);
    assert_eq!(Watch::new().flush(&mut outlet), Some(Ok(())));
    // Without a rest at the end of the turn too.
    let (_slot, mut outlet, mut inlet) = link(0, 16, 32);
    fill(&mut outlet, 0..3);
    let _ = Watch::new().turn(&mut inlet);
    assert_eq!(inlet.batch(3).advance(3), 3);
    drop(inlet);
    assert_eq!(Watch::new().flush(&mut outlet), Some(Ok(())));
}

//= F2
#[test]
fn f2_what_was_staged_when_the_consumer_went_is_counted() {
    fn check(end: impl FnOnce(Outlet<u64>)) {
        let (_slot, mut outlet, inlet) = link(4, 8, 16);
        let gauge = outlet.gauge();
        outlet.set_staging(true);
        fill(&mut outlet, 0..3);
        drop(inlet);
        end(outlet);
        let report = gauge.report();
        assert_eq!(report.written, Amount::items(3));
        assert_eq!(report.discarded, Amount::items(3));
        assert_eq!(report.committed, Amount::items(3));
    }
    check(drop);
    check(|mut outlet| outlet.spill());
    check(|mut outlet| assert_eq!(outlet.write(9), Err(WriteError::Closed(9))));
    check(|mut outlet| assert!(Watch::new().ready(&mut outlet).unwrap().is_err()));
    check(|mut outlet| outlet.finish());
    check(|mut outlet| outlet.unregister());
    check(|mut outlet| outlet.abort("fire"));
}

//= F2
#[test]
fn f2_a_consumer_that_is_retired_with_items_in_its_hands_gives_them_up_counted() {
    let (slot, mut outlet, mut inlet) = link(1, 2, 4);
    slot.keep();
    fill(&mut outlet, 0..3);
    let _ = Watch::new().turn(&mut inlet);
    assert_eq!(inlet.batch(1).take(), Some(0));
    slot.retire("retired");
    drop(inlet);
    assert_eq!(outlet.gauge().report().discarded, Amount::items(2));
}

#[test]
fn a_consumer_that_is_retired_alive_comes_to_an_end() {
    let (slot, mut outlet, mut inlet) = link(1, 2, 4);
    fill(&mut outlet, 0..2);
    let watch = Watch::new();
    assert_eq!(watch.turn(&mut inlet), Some(Turn::Items));
    slot.retire("retired");
    assert_eq!(drain(&mut inlet), [0, 1]);
    assert_eq!(watch.turn(&mut inlet), None);
    assert_eq!(outlet.write(9), Err(WriteError::Closed(9)));
    assert_eq!(watch.rings(), 1, "the producer has learned of it");
    assert_eq!(watch.turn(&mut inlet), Some(Turn::End(End::Abandoned)));
}

//= F2 F5
#[test]
fn f2_a_stream_aborted_from_outside_counts_what_was_written_before_the_producer_heard() {
    let (slot, mut outlet, mut inlet) = link(2, 5, 8);
    let gauge = outlet.gauge();
    outlet.set_staging(true);
    fill(&mut outlet, 0..2);
    outlet.spill();
    let watch = Watch::new();
    assert_eq!(watch.turn(&mut inlet), Some(Turn::Items));
    fill(&mut outlet, 2..3); // staged, and not seen by anybody
    slot.abort("enough");
    let (items, end) = last_words(&mut inlet);
    assert!(items.is_empty());
    // The consumer is told at once; what the producer had staged is counted when it hears of it.
    let discarded = Amount::items(2);
    assert_eq!(end, Some(End::Aborted { reason: "enough".into(), discarded }));
    assert_eq!(outlet.write(9), Err(WriteError::Closed(9)));
    drop(outlet);
    let report = gauge.report();
    assert_eq!((report.written, report.discarded), (Amount::items(3), Amount::items(3)));
    assert!(slot.is_closed());
}

//= F2 F9
#[test]
fn f9_an_abort_from_outside_reaches_a_stream_that_was_finished_and_one_that_was_left() {
    fn check(leave: impl FnOnce(&mut Outlet<u64>)) {
        let (slot, mut outlet, mut inlet) = link(1, 2, 4);
        fill(&mut outlet, 0..2);
        leave(&mut outlet);
        slot.abort("enough");
        let discarded = Amount::items(2);
        let end = End::Aborted { reason: "enough".into(), discarded };
        assert_eq!(last_words(&mut inlet), (vec![], Some(end)));
        assert_eq!(outlet.gauge().report().discarded, Amount::items(2));
        assert!(slot.is_closed());
    }
    check(Outlet::finish);
    check(Outlet::unregister);
}

//= F5
#[test]
fn f5_a_consumer_that_died_of_the_end_is_told_it_again() {
    let (mut slot, mut outlet, mut inlet) = link(1, 2, 4);
    slot.keep();
    fill(&mut outlet, 0..2);
    outlet.finish();
    assert_eq!(last_words(&mut inlet).1, Some(End::Finished));
    inlet.fail("the disk is full");
    let mut inlet = slot.inlet().unwrap();
    assert_eq!(last_words(&mut inlet), (vec![], Some(End::Finished)));
    assert_eq!(slot.end(), Some(End::Finished));
}

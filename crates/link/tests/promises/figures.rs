//! The account of an edge.

use std::time::Duration;

use aqueduct_link::{
    Amount, ByteCount, CHUNK_OVERHEAD, EdgeReport, LimitsError, MAX_ITEMS, Marks, Outlet, Reason,
    Slot, Watermarks, Weigh, kib,
};

use crate::support::{Watch, drain, fill, marks, parts, pass, timed};

/// Seconds paused: full, by the peer, by the user.
fn paused_for(report: &EdgeReport) -> [u64; 3] {
    assert_eq!(report.paused_for.map(|part| part.reason), Reason::ALL);
    report.paused_for.map(|part| part.time.as_secs())
}

#[test]
fn the_report_names_its_edge_and_counts_what_went_through() {
    let (_slot, mut outlet, mut inlet) = timed();
    let gauge = outlet.gauge();
    fill(&mut outlet, 0..4);
    outlet.spill();
    let report = gauge.report();
    assert_eq!((&*report.producer, &*report.consumer), ("counter", "printer"));
    assert_eq!(report.epoch.number(), 1);
    assert_eq!(report.written, Amount::items(4));
    assert_eq!(report.committed, Amount::ZERO);
    let _ = Watch::new().turn(&mut inlet);
    assert_eq!(inlet.batch(2).advance(2), 2);
    assert_eq!(gauge.report().committed, Amount::items(2));
    drop(inlet);
    drop(outlet);
    let report = gauge.report();
    assert_eq!(report.committed, report.written);
    assert_eq!(report.discarded, Amount::items(2));
    assert_eq!(report.peak, Amount::items(4));
}

#[test]
fn every_pause_is_counted_and_timed_by_its_reason() {
    let (_slot, mut outlet, mut inlet) = timed();
    let gauge = outlet.gauge();
    pass(1);
    assert_eq!(gauge.report().paused_now, None);
    fill(&mut outlet, 0..3);
    pass(2);
    let report = gauge.report();
    assert_eq!(report.paused_now, Some(Reason::Full));
    assert_eq!((report.pauses, paused_for(&report)), (1, [2, 0, 0]));
    drain(&mut inlet);
    pass(3);
    assert_eq!(Watch::new().ready(&mut outlet), Some(Ok(())));
    pass(100);
    for hold in [inlet.hold("peer"), outlet.hold("user")] {
        let _ = outlet.flow();
        pass(7);
        drop(hold);
        let _ = outlet.flow();
    }
    let report = gauge.report();
    assert_eq!(report.paused_now, None);
    assert_eq!(paused_for(&report)[0], 5);
    assert_eq!(report.paused(), Duration::from_secs(5 + 7 + 7));
}

#[test]
fn a_producer_that_has_ended_is_paused_no_more() {
    fn check(end: impl FnOnce(&mut Outlet<u64>)) {
        let (_slot, mut outlet, _inlet) = timed();
        fill(&mut outlet, 0..3);
        pass(2);
        end(&mut outlet);
        pass(50);
        let report = outlet.gauge().report();
        assert_eq!((report.paused_now, paused_for(&report)), (None, [2, 0, 0]));
    }
    check(Outlet::finish);
    check(Outlet::unregister);
    check(|outlet| outlet.abort("fire"));
}

#[test]
fn a_stop_ends_the_pause() {
    let (_slot, mut outlet, inlet) = timed();
    fill(&mut outlet, 0..3);
    pass(2);
    drop(inlet);
    assert!(Watch::new().ready(&mut outlet).unwrap().is_err());
    pass(50);
    assert_eq!(paused_for(&outlet.gauge().report()), [2, 0, 0]);
}

#[test]
fn the_peak_is_the_most_that_was_held_and_never_above_the_capacity() {
    let (_slot, mut outlet, mut inlet) = timed();
    for n in 0..50 {
        let _ = outlet.write(n);
        if n % 6 == 0 {
            drain(&mut inlet);
        }
        outlet.spill();
        assert!(outlet.gauge().report().peak.items <= 4);
    }
    drop(outlet);
    drain(&mut inlet);
    let (_slot, mut outlet, mut inlet) = timed();
    let gauge = outlet.gauge();
    for round in 0..3 {
        fill(&mut outlet, [round, round]);
        drain(&mut inlet);
        assert_eq!(Watch::new().ready(&mut outlet), Some(Ok(())));
    }
    drop(outlet);
    assert_eq!(gauge.report().peak, Amount::items(2));
}

#[test]
fn marks_of_either_unit_are_kept_as_one_type() {
    fn check(marks: impl Into<Marks<String>>, weight: u64) {
        let marks = marks.into();
        let kept = [marks, marks];
        assert_eq!(marks.counts_bytes(), weight > 0);
        let (_slot, mut outlet, _inlet) = parts(Slot::new("printer", kept[0]));
        fill(&mut outlet, ["three".to_owned()]);
        assert_eq!(outlet.written(), Amount::one(weight));
        assert_eq!(marks.weigh().map_or(0, |weigh| weigh(&"three".to_owned())), weight);
    }
    check(marks(1, 2, 4), 0);
    check(Watermarks::bytes(1000, 2000).unwrap(), 5 + CHUNK_OVERHEAD);
}

#[test]
fn a_chunk_is_charged_its_length_and_an_overhead() {
    fn check(item: impl Weigh) {
        assert_eq!(item.weight(), 5 + CHUNK_OVERHEAD);
    }
    check("12345");
    check("12345".to_owned());
    check(b"12345".to_vec());
    check(&b"12345"[..]);
    check(bytes::Bytes::from_static(b"12345"));
    check(bytes::BytesMut::from(&b"12345"[..]));
    check(b"12345".to_vec().into_boxed_slice());
}

#[test]
fn f1_pieces_of_large_blocks_keep_none_of_them_alive_behind_a_transform() {
    let marks = Watermarks::bytes(kib(64), kib(256)).unwrap();
    let (_slot, mut outlet, mut inlet) = parts(Slot::new("printer", marks));
    outlet.set_compacting(true);
    let blocks: Vec<_> = (0..100_u8).map(|n| bytes::Bytes::from(vec![n; 256 * 1024])).collect();
    fill(&mut outlet, blocks.iter().map(|block| block.slice(1000..1080)));
    assert!(blocks.iter().all(bytes::Bytes::is_unique));
    assert_eq!(outlet.held(), Amount::new(100, 100 * (80 + CHUNK_OVERHEAD)));
    let _ = Watch::new().turn(&mut inlet);
    let mut batch = inlet.batch(usize::MAX);
    let mut next = 0;
    batch.for_each(|piece| {
        assert_eq!(piece, &vec![next; 80]);
        next += 1;
    });
    assert_eq!(next, 100);
}

#[test]
fn the_account_is_kept_in_bytes_too() {
    let marks = Watermarks::<ByteCount>::bytes(1000, 2000).unwrap();
    let (_slot, mut outlet, mut inlet) = parts(Slot::new("printer", marks));
    fill(&mut outlet, ["one", "three", "five!"]);
    let weight = (3 + 5 + 5) + 3 * CHUNK_OVERHEAD;
    assert_eq!(outlet.written(), Amount::new(3, weight));
    let _ = Watch::new().turn(&mut inlet);
    let mut lease = inlet.lend_out(2).unwrap();
    lease.take();
    drop(lease);
    inlet.lease_failed();
    assert_eq!(drain(&mut inlet), ["three", "five!"]);
    assert_eq!(Watch::new().flush(&mut outlet), Some(Ok(())));
    let report = outlet.gauge().report();
    assert_eq!(report.written, Amount::new(3, weight));
    assert_eq!(report.committed, Amount::new(3, weight));
    assert_eq!(report.discarded, Amount::one(3 + CHUNK_OVERHEAD));
    assert_eq!(report.peak, Amount::new(3, weight));
}

#[test]
fn an_item_put_back_and_lent_again_is_redelivered_once() {
    let (_slot, mut outlet, mut inlet) = timed();
    fill(&mut outlet, [7]);
    let _ = Watch::new().turn(&mut inlet);
    inlet.batch(1).next();
    let mut batch = inlet.batch(1);
    for _ in 0..3 {
        batch.next();
        assert!(batch.redelivered());
        batch.put_back();
    }
    assert_eq!(drain(&mut inlet), [7]);
    assert_eq!(outlet.gauge().report().redelivered, 1);
}

#[test]
fn marks_that_contradict_each_other_are_refused() {
    fn check(low: u64, high: u64, capacity: u64) -> LimitsError {
        Watermarks::items_within(low, high, capacity).unwrap_err()
    }
    assert!(matches!(check(2, 1, 3), LimitsError::LowAboveHigh { .. }));
    assert!(matches!(check(1, 3, 2), LimitsError::HighAboveCapacity { .. }));
    assert!(matches!(check(0, 0, 0), LimitsError::NoRoom));
    let most = check(0, 1, MAX_ITEMS + 1);
    assert!(matches!(most, LimitsError::TooManyItems { .. }));
}

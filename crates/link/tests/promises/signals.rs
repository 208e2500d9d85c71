//! Pause, Resume, holds, demand and wake-ups.

use aqueduct_link::{
    Amount, ByteCount, CHUNK_OVERHEAD, Flow, Inlet, Lease, Reason, Slot, SlotOptions, Watermarks,
    WriteError,
};

use crate::support::{Watch, drain, fill, link, marks, parts};

//= F1
#[test]
fn f1_a_producer_that_ignores_pause_never_puts_more_than_the_capacity_in() {
    fn check(low: u64, high: u64, capacity: u64) {
        let (_slot, mut outlet, mut inlet) = link(low, high, capacity);
        let (mut accepted, mut handled) = (0, 0);
        for n in 0..200_u64 {
            match outlet.write(n) {
                Ok(_) => accepted += 1,
                Err(refused) => assert!(refused.is_full() && refused.into_item() == n),
            }
            assert!(accepted - handled <= capacity, "after {n}");
            assert!(outlet.held().items <= capacity, "after {n}");
            if n % 7 == 0 {
                handled += u64::from(inlet.batch(1).take().is_some());
            }
        }
        assert_eq!(accepted - handled, capacity);
    }
    check(0, 0, 1);
    check(1, 1, 1);
    check(1, 2, 3);
    check(4, 8, 16);
}

//= F1
#[test]
fn f1_a_link_is_bounded_in_bytes_too() {
    let capacity = 500;
    let marks = Watermarks::<ByteCount>::bytes_within(100, 300, capacity).unwrap();
    let (_slot, mut outlet, mut inlet) = parts(Slot::new("printer", marks));
    let mut held = 0;
    for n in 0..100_usize {
        let chunk = vec![0_u8; n * 13 % 150];
        let weight = chunk.len() as u64 + CHUNK_OVERHEAD;
        match outlet.write(chunk) {
            Ok(_) => held += weight,
            Err(refused) => assert!(refused.is_full() && held + weight > capacity),
        }
        assert!(held <= capacity);
        if n % 5 == 0 {
            let taken = inlet.batch(1).take();
            held -= taken.map_or(0, |chunk| chunk.len() as u64 + CHUNK_OVERHEAD);
        }
        assert_eq!(outlet.held().bytes, held, "after {n}");
    }
}

//= F1
#[test]
fn f1_an_overweight_item_is_taken_by_an_empty_link_only() {
    let marks = Watermarks::<ByteCount>::bytes_within(100, 200, 300).unwrap();
    let (_slot, mut outlet, mut inlet) = parts(Slot::new("printer", marks));
    let huge = || vec![0_u8; 1000];
    let watch = Watch::new();
    assert_eq!(outlet.write(vec![0; 1]), Ok(Flow::Go));
    assert_eq!(outlet.write(huge()), Err(WriteError::Full(huge())));
    assert_eq!(watch.ready(&mut outlet), None);
    assert_eq!(drain(&mut inlet).len(), 1);
    assert_eq!(watch.rings(), 1, "an empty link has room for it");
    assert_eq!(watch.ready(&mut outlet), Some(Ok(())));
    assert_eq!(outlet.write(huge()), Ok(Flow::Paused));
    assert!(outlet.write(Vec::new()).unwrap_err().is_full());
    assert_eq!(outlet.held(), Amount::one(1000 + CHUNK_OVERHEAD));
}

//= F3
#[test]
fn f3_pause_and_resume_balance_however_many_parties_pause() {
    let (slot, mut outlet, mut inlet) = link(1, 2, 4);
    let mut last = Flow::Go;
    let mut check = |outlet: &mut aqueduct_link::Outlet<u64>, flow, edges| {
        assert_eq!((outlet.flow(), outlet.edges()), (flow, edges));
        assert_eq!(outlet.edges() % 2 == 1, flow == Flow::Paused);
        last = flow;
    };
    check(&mut outlet, Flow::Go, 0);
    fill(&mut outlet, [0, 1, 2]);
    check(&mut outlet, Flow::Paused, 1);
    let first = slot.hold("first");
    let second = inlet.hold("second");
    let third = outlet.hold("third");
    assert_eq!(slot.holds(), ["first", "second", "third"]);
    check(&mut outlet, Flow::Paused, 1);
    drain(&mut inlet);
    assert_eq!(outlet.held(), Amount::ZERO);
    check(&mut outlet, Flow::Paused, 1);
    second.release();
    third.release();
    check(&mut outlet, Flow::Paused, 1);
    first.release();
    check(&mut outlet, Flow::Go, 2);
    let _hold = inlet.hold("again");
    check(&mut outlet, Flow::Paused, 3);
    assert_eq!(last, Flow::Paused);
}

#[test]
fn a_hold_stops_the_producer_and_not_the_drain() {
    let (_slot, mut outlet, mut inlet) = link(1, 2, 4);
    fill(&mut outlet, [7]);
    let hold = inlet.hold("supper");
    assert_eq!(outlet.flow(), Flow::Paused);
    assert!(outlet.reasons().contains(Reason::Peer));
    assert_eq!(drain(&mut inlet), [7]);
    drop(hold);
    assert_eq!(outlet.flow(), Flow::Go);
}

#[test]
fn a_hold_dropped_on_another_thread_wakes_the_producer_once() {
    let (_slot, mut outlet, inlet) = link::<u64>(1, 2, 4);
    let watch = Watch::new();
    let hold = inlet.hold("supper");
    assert_eq!(watch.ready(&mut outlet), None);
    std::thread::spawn(move || drop(hold)).join().unwrap();
    assert_eq!(watch.rings(), 1);
    assert_eq!(watch.ready(&mut outlet), Some(Ok(())));
}

#[test]
fn a_hold_is_felt_by_the_next_registration() {
    let (slot, mut outlet, inlet) = link::<u64>(1, 2, 4);
    let hold = inlet.hold("supper");
    outlet.unregister();
    let mut second = slot.register("second").unwrap();
    assert_eq!(second.flow(), Flow::Paused);
    drop(hold);
    assert_eq!(second.flow(), Flow::Go);
}

//= F7
#[test]
fn f7_a_parked_consumer_is_woken_once_for_each_burst() {
    for staging in [false, true] {
        let (_slot, mut outlet, mut inlet) = link(8, 16, 32);
        outlet.set_staging(staging);
        let watch = Watch::new();
        for burst in 0..3 {
            assert_eq!(watch.turn(&mut inlet), None);
            fill(&mut outlet, 0..5);
            outlet.spill();
            assert_eq!(watch.rings(), 1, "burst {burst}, staging {staging}");
            assert_eq!(drain(&mut inlet).len(), 5);
        }
        assert_eq!(watch.rings(), 0);
    }
}

//= F7
#[test]
fn f7_a_paused_producer_is_woken_once_for_each_low_mark() {
    let (_slot, mut outlet, mut inlet) = link(1, 3, 4);
    let watch = Watch::new();
    for round in 0..3 {
        fill(&mut outlet, 0..4 - u64::from(round > 0));
        assert_eq!(watch.ready(&mut outlet), None);
        let mut batch = inlet.batch(3);
        for expected in [0, 0, 1] {
            batch.next();
            batch.commit();
            assert_eq!(watch.rings(), expected, "round {round}");
        }
        assert_eq!(watch.ready(&mut outlet), Some(Ok(())), "round {round}");
    }
}

//= F7
#[test]
fn f7_a_refused_item_is_waited_for_until_there_is_room_for_it() {
    let marks = Watermarks::<ByteCount>::bytes_within(400, 400, 500).unwrap();
    let (_slot, mut outlet, mut inlet) = parts(Slot::new("printer", marks));
    let chunk = |weight: u64| vec![0_u8; (weight - CHUNK_OVERHEAD) as usize];
    fill(&mut outlet, [chunk(100), chunk(100), chunk(200)]);
    assert!(outlet.write(chunk(350)).unwrap_err().is_full());
    let watch = Watch::new();
    let mut batch = inlet.batch(3);
    for ready in [None, None, Some(Ok(()))] {
        batch.next();
        batch.commit();
        assert_eq!(watch.ready(&mut outlet), ready);
    }
    assert_eq!(outlet.write(chunk(350)), Ok(Flow::Go));
}

//= F7
#[test]
fn f7_a_consumer_that_waits_has_told_the_producer_all() {
    // The marks are published by quarters of eight: five commits are four told and one untold.
    let check = |then: &dyn Fn(&mut Inlet<u64>) -> Option<Lease<u64>>| {
        let (slot, mut outlet, mut inlet) = link(0, 16, 32);
        slot.keep();
        fill(&mut outlet, 0..6);
        let mut batch = inlet.batch(5);
        while batch.next().is_some() {}
        assert_eq!(outlet.held(), Amount::items(2));
        let lease = then(&mut inlet);
        assert_eq!(outlet.held(), Amount::items(1));
        drop(lease);
    };
    check(&|inlet| {
        inlet.rest();
        None
    });
    check(&|inlet| {
        let lease = inlet.lend_out(1);
        assert_eq!(Watch::new().turn(inlet), None, "the lease is out");
        lease
    });
}

//= F7
#[test]
fn f7_a_consumer_between_two_lives_has_told_the_producer_all() {
    let (slot, mut outlet, mut inlet) = link(0, 16, 32);
    slot.keep();
    fill(&mut outlet, 0..6);
    let mut batch = inlet.batch(5);
    while batch.next().is_some() {}
    drop(inlet);
    assert_eq!(outlet.held(), Amount::items(1));
}

//= F10
#[test]
fn f10_demand_is_a_total_and_bounds_what_is_wanted() {
    let options = SlotOptions { manual_demand: true, ..SlotOptions::default() };
    let (_slot, mut outlet, mut inlet) =
        parts(Slot::with_options("printer", marks(4, 8, 16), options));
    let watch = Watch::new();
    assert_eq!(outlet.wanted().items, 0);
    assert_eq!(watch.ready(&mut outlet), Some(Ok(())));
    inlet.ask(2);
    inlet.ask(3);
    assert_eq!(watch.rings(), 1, "two asks, one wake-up, one total");
    assert_eq!(outlet.wanted().items, 5);
    fill(&mut outlet, 0..5);
    assert_eq!(outlet.wanted().items, 0);
    inlet.ask(100);
    assert_eq!(outlet.wanted().items, 3, "no more than the marks allow");
    let _hold = inlet.hold("supper");
    assert_eq!(outlet.wanted(), Amount::ZERO);
}

#[test]
fn demand_asked_before_anybody_registers_is_for_the_first_who_does() {
    let options = SlotOptions { manual_demand: true, ..SlotOptions::default() };
    let mut slot = Slot::<u64>::with_options("printer", marks(4, 8, 16), options);
    let mut inlet = slot.inlet().unwrap();
    inlet.ask(3);
    let mut outlet = slot.register("counter").unwrap();
    assert_eq!(outlet.wanted().items, 3);
    outlet.unregister();
    inlet.ask(2);
    let mut second = slot.register("second").unwrap();
    assert_eq!(second.wanted().items, 2);
}

#[test]
fn staged_items_are_published_by_spill_by_a_pause_by_a_poll_and_by_the_end() {
    fn check(publish: impl FnOnce(&mut aqueduct_link::Outlet<u64>)) {
        let (_slot, mut outlet, mut inlet) = link(1, 3, 8);
        outlet.set_staging(true);
        fill(&mut outlet, [0, 1]);
        assert!(drain(&mut inlet).is_empty(), "they are kept back");
        assert_eq!(outlet.held(), Amount::items(2), "and count as held");
        publish(&mut outlet);
        assert_eq!(drain(&mut inlet)[..2], [0, 1]);
    }
    check(|outlet| outlet.spill());
    check(|outlet| outlet.set_staging(false));
    check(|outlet| fill(outlet, [2, 3]));
    check(|outlet| assert_eq!(Watch::new().ready(outlet), Some(Ok(()))));
    check(|outlet| assert_eq!(Watch::new().flush(outlet), None));
    check(|outlet| outlet.finish());
    check(|outlet| outlet.unregister());
    let (_slot, mut outlet, mut inlet) = link(1, 3, 8);
    outlet.set_staging(true);
    fill(&mut outlet, [0, 1]);
    drop(outlet);
    assert_eq!(drain(&mut inlet), [0, 1]);
}

//= F7
#[test]
fn f7_what_is_written_in_spite_of_a_pause_is_not_kept_back() {
    let (_slot, mut outlet, mut inlet) = link(0, 1, 4);
    outlet.set_staging(true);
    fill(&mut outlet, [0, 1]);
    assert_eq!(drain(&mut inlet), [0, 1]);
    let hold = inlet.hold("supper");
    fill(&mut outlet, [2]);
    assert_eq!(drain(&mut inlet), [2]);
    drop(hold);
    fill(&mut outlet, [3, 4]);
    assert_eq!(inlet.batch(1).take(), Some(3));
    fill(&mut outlet, [5]);
    assert_eq!(drain(&mut inlet), [4, 5]);
}

#[test]
fn write_all_takes_nothing_from_the_iterator_that_it_cannot_write() {
    fn check(low: u64, high: u64, capacity: u64, written: usize) {
        let (_slot, mut outlet, mut inlet) = link(low, high, capacity);
        let mut source = 0..10;
        assert_eq!(outlet.write_all(&mut source), Ok(written));
        assert_eq!(outlet.flow(), Flow::Paused);
        assert_eq!(source.next(), Some(written as u64));
        assert_eq!(outlet.write_all(&mut source), Ok(0));
        assert_eq!(source.next(), Some(written as u64 + 1));
        assert_eq!(drain(&mut inlet).len(), written);
        assert_eq!(Watch::new().ready(&mut outlet), Some(Ok(())));
        assert!(outlet.write_all(&mut source).unwrap() > 0);
    }
    check(1, 3, 8, 4);
    check(1, 3, 4, 4);
    // There is nothing between high mark and capacity: no write is both taken and too much.
    check(1, 4, 4, 4);
    check(0, 1, 1, 1);
}

#[test]
fn write_all_hands_back_the_one_item_that_is_too_heavy() {
    let marks = Watermarks::<ByteCount>::bytes_within(100, 150, 200).unwrap();
    let (_slot, mut outlet, _inlet) = parts(Slot::new("printer", marks));
    let mut source = [vec![1_u8; 10], vec![2; 90], vec![3; 1]].into_iter();
    let refused = outlet.write_all(&mut source).unwrap_err();
    assert_eq!(refused, WriteError::Full(vec![2; 90]));
    assert_eq!(source.next(), Some(vec![3; 1]));
}

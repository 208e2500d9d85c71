//! Who may write, and since when no more.

use aqueduct_link::{
    AfterLoss, End, Flow, Outlet, Slot, SlotOptions, Turn, Watermarks, WriteError,
};

use crate::support::{Watch, drain, fill, last_words, link, marks};

//= F4
#[test]
fn f4_a_second_registration_is_refused_by_name_and_changes_nothing() {
    let (slot, mut outlet, mut inlet) = link(1, 2, 3);
    fill(&mut outlet, [1]);
    let before = format!("{slot:?} {outlet:?} {inlet:?}");
    let refused = slot.register("second").unwrap_err();
    assert_eq!(
        (&*refused.producer, &*refused.incumbent, &*refused.consumer),
        ("second", "counter", "printer")
    );
    assert_eq!(
        refused.to_string(),
        "Cannot register producer second, because producer counter was never unregistered."
    );
    assert_eq!(format!("{slot:?} {outlet:?} {inlet:?}"), before);
    assert_eq!(slot.producer().as_deref(), Some("counter"));
    fill(&mut outlet, [2]);
    assert_eq!(drain(&mut inlet), [1, 2]);
}

//= F4
#[test]
fn f4_a_producer_that_has_finished_keeps_its_place_until_all_is_committed() {
    let (slot, mut outlet, mut inlet) = link(1, 2, 3);
    fill(&mut outlet, [1]);
    outlet.finish();
    drop(outlet);
    assert_eq!(&*slot.register("second").unwrap_err().incumbent, "counter");
    assert_eq!(last_words(&mut inlet), (vec![1], Some(End::Finished)));
    assert!(slot.is_closed());
    assert_eq!(slot.producer(), None);
}

//= F4
#[test]
fn f4_with_a_gone_consumer_an_outlet_is_stopped_from_the_beginning() {
    let (slot, outlet, inlet) = link(1, 2, 3);
    inlet.stop("supper");
    drop(outlet);
    let mut late = slot.register("late").unwrap();
    assert_eq!(&*late.stopped().unwrap().reason, "supper");
    assert!(late.is_closed());
    assert_eq!(late.write(7), Err(WriteError::Closed(7)));
    let stopped = Watch::new().ready(&mut late).unwrap().unwrap_err();
    assert_eq!(stopped.to_string(), "the consumer wants no more: supper");
}

//= F8
#[test]
fn f8_an_outlet_of_an_older_epoch_has_no_effect() {
    fn check(act: impl FnOnce(Outlet<u64>)) {
        let (slot, mut old, mut inlet) = link(1, 2, 8);
        fill(&mut old, [1, 2]);
        old.unregister();
        assert_eq!(slot.producer(), None);
        let mut new = slot.register("second").unwrap();
        fill(&mut new, [3]);
        act(old);
        assert_eq!(slot.producer().as_deref(), Some("second"));
        assert_eq!(slot.gauge().unwrap().report().epoch.number(), 2);
        fill(&mut new, [4]);
        let watch = Watch::new();
        assert_eq!(watch.turn(&mut inlet), Some(Turn::Items));
        assert_eq!(drain(&mut inlet), [1, 2], "the old ring is drained first");
        assert_eq!(drain(&mut inlet), [3, 4]);
        assert_eq!(watch.turn(&mut inlet), None, "the stream goes on");
        assert_eq!(watch.ready(&mut new), Some(Ok(())));
    }
    check(drop);
    check(|mut old| old.finish());
    check(|mut old| old.unregister());
    check(|mut old| old.abort("too late"));
    check(|mut old| assert_eq!(old.write(9), Err(WriteError::Closed(9))));
    check(|mut old| assert_eq!(old.write_all([9]), Err(WriteError::Closed(9))));
    check(|mut old| {
        old.set_staging(true);
        let _ = old.write(9);
        old.spill();
    });
}

//= F8
#[test]
fn f8_a_consumer_may_end_the_registration_and_what_was_written_is_delivered() {
    let slot = Slot::new("printer", marks(1, 2, 8));
    let mut inlet = slot.clone().inlet().unwrap();
    let mut old = slot.register("counter").unwrap();
    old.set_staging(true);
    fill(&mut old, [1, 2]);
    let watch = Watch::new();
    assert_eq!(watch.flush(&mut old), None);
    old.set_staging(true);
    fill(&mut old, [3]);
    slot.unregister();
    slot.unregister();
    assert_eq!(watch.rings(), 1);
    let mut new = slot.register("second").unwrap();
    assert_eq!(new.write(4), Err(WriteError::Full(4)), "the old one may still write");
    assert_eq!(old.write(9), Err(WriteError::Closed(9)));
    drop(old);
    assert_eq!(drain(&mut inlet), [1, 2, 3]);
    assert_eq!(watch.turn(&mut inlet), None, "it comes to the second");
    assert_eq!(watch.ready(&mut new), Some(Ok(())));
    fill(&mut new, [4]);
    assert_eq!(drain(&mut inlet), [4]);
    assert_eq!(new.write(5), Ok(Flow::Go));
    assert_eq!(slot.producer().as_deref(), Some("second"));
}

#[test]
fn f8_who_finishes_after_it_was_unregistered_does_not_end_the_stream() {
    let slot = Slot::new("printer", marks(1, 2, 8));
    let mut inlet = slot.clone().inlet().unwrap();
    let mut old = slot.register("counter").unwrap();
    fill(&mut old, [1]);
    slot.unregister();
    old.finish();
    let mut new = slot.register("second").unwrap();
    fill(&mut new, [2]);
    assert_eq!(drain(&mut inlet), [1]);
    assert_eq!(drain(&mut inlet), [2], "the stream goes on");
}

#[test]
fn a_producer_that_fails_is_reported_after_its_last_item() {
    let (_slot, mut outlet, mut inlet) = link(1, 2, 8);
    fill(&mut outlet, [1, 2]);
    outlet.fail("disk");
    let (items, end) = last_words(&mut inlet);
    assert_eq!(items, [1, 2]);
    assert_eq!(end.unwrap().to_string(), "aborted: disk");
}

#[test]
fn an_observer_does_not_keep_a_consumer_waiting() {
    let slot = Slot::<u64>::new("printer", marks(1, 2, 3));
    let observer = slot.observer();
    let mut consumer = slot;
    let mut inlet = consumer.inlet().unwrap();
    let turn = Watch::new().turn(&mut inlet);
    assert_eq!(turn, Some(Turn::End(End::Abandoned)));
    inlet.fail("bored");
    assert_eq!(observer.take_failure().as_deref(), Some("bored"));
}

#[test]
fn an_outlet_that_has_left_still_sees_its_items_committed() {
    let (_slot, mut outlet, mut inlet) = link(1, 2, 8);
    fill(&mut outlet, [1, 2]);
    outlet.unregister();
    let watch = Watch::new();
    assert_eq!(watch.flush(&mut outlet), None);
    drain(&mut inlet);
    assert_eq!(watch.rings(), 1);
    assert_eq!(watch.flush(&mut outlet), Some(Ok(())));
}

#[test]
fn a_slot_that_reopens_after_a_loss_waits_for_the_next_producer() {
    let options = SlotOptions { after_loss: AfterLoss::Reopen, ..SlotOptions::default() };
    let slot = Slot::with_options("printer", marks(1, 2, 8), options);
    let mut inlet = slot.clone().inlet().unwrap();
    let mut outlet = slot.register("counter").unwrap();
    fill(&mut outlet, [1, 2]);
    drop(outlet);
    assert_eq!(last_words(&mut inlet), (vec![1, 2], None));
    let mut second = slot.register("second").unwrap();
    fill(&mut second, [3]);
    second.abort("fire");
    assert_eq!(last_words(&mut inlet), (vec![], None), "aborted: given up");
    let mut third = slot.register("third").unwrap();
    fill(&mut third, [4]);
    third.finish();
    assert_eq!(last_words(&mut inlet), (vec![4], Some(End::Finished)));
}

#[test]
fn close_waits_for_the_registered_producer() {
    let (slot, mut outlet, mut inlet) = link(1, 2, 8);
    slot.close();
    assert_eq!(outlet.write(1), Ok(Flow::Go));
    outlet.unregister();
    assert_eq!(last_words(&mut inlet), (vec![1], Some(End::Finished)));
    let mut late = slot.register("late").unwrap();
    assert_eq!(late.write(2), Err(WriteError::Closed(2)));
}

#[test]
fn a_free_slot_closes_at_once_and_wakes_its_consumer() {
    let mut slot = Slot::<u64>::new("printer", marks(1, 2, 3));
    let mut inlet = slot.inlet().unwrap();
    let handle = slot.clone();
    let watch = Watch::new();
    assert_eq!(watch.turn(&mut inlet), None);
    handle.close();
    assert_eq!(watch.rings(), 1);
    assert_eq!(watch.turn(&mut inlet), Some(Turn::End(End::Abandoned)));
}

#[test]
fn a_registration_wakes_the_consumer_that_waits_for_one() {
    let mut slot = Slot::<u64>::new("printer", marks(1, 2, 3));
    let mut inlet = slot.inlet().unwrap();
    let handle = slot.clone();
    let watch = Watch::new();
    assert_eq!(watch.turn(&mut inlet), None);
    let _outlet = handle.register("counter").unwrap();
    assert_eq!(watch.rings(), 1);
    assert_eq!(watch.turn(&mut inlet), None);
}

#[test]
fn a_consumer_whom_nobody_can_reach_is_told_that_it_is_abandoned() {
    let mut slot = Slot::<u64>::new("printer", marks(1, 2, 3));
    let mut inlet = slot.inlet().unwrap();
    let handle = slot.clone();
    let watch = Watch::new();
    assert_eq!(watch.turn(&mut inlet), None);
    let mut outlet = handle.register("counter").unwrap();
    drop(handle);
    assert_eq!(watch.turn(&mut inlet), None, "a producer is registered");
    fill(&mut outlet, [1]);
    outlet.unregister();
    assert_eq!(
        last_words(&mut inlet),
        (vec![1], Some(End::Abandoned)),
        "nobody is left who could register"
    );
}

#[test]
fn the_last_handle_wakes_the_consumer_it_abandons() {
    let mut slot = Slot::<u64>::new("printer", marks(1, 2, 3));
    let mut inlet = slot.inlet().unwrap();
    let handles = [slot.clone(), slot.clone()];
    let watch = Watch::new();
    assert_eq!(watch.turn(&mut inlet), None);
    let [first, second] = handles;
    drop(first);
    assert_eq!(watch.rings(), 0);
    drop(second);
    assert_eq!(watch.rings(), 1);
    assert_eq!(watch.turn(&mut inlet), Some(Turn::End(End::Abandoned)));
}

#[test]
fn a_producer_whom_nobody_can_consume_from_is_stopped() {
    let slot = Slot::<u64>::new("printer", marks(1, 2, 3));
    let mut outlet = slot.register("counter").unwrap();
    fill(&mut outlet, [1]);
    let gauge = outlet.gauge();
    drop(slot);
    assert_eq!(outlet.write(2), Err(WriteError::Closed(2)));
    assert_eq!(gauge.report().discarded.items, 1);
}

#[test]
fn a_slot_serves_one_consumer_at_a_time() {
    let mut slot = Slot::<u64>::new("printer", marks(1, 2, 3));
    let mut handle = slot.clone();
    let _inlet = slot.inlet().unwrap();
    assert_eq!(&*handle.inlet().unwrap_err().consumer, "printer");
}

/// A waker runs whatever its executor pleases, and may come back to the very slot that wakes it.
#[test]
fn a_waker_may_ask_the_slot_that_wakes_it() {
    struct Nosy(Slot<u64>);
    impl std::task::Wake for Nosy {
        fn wake(self: std::sync::Arc<Self>) {
            let _ = (self.0.holds(), self.0.producer(), self.0.hold("nosy"));
        }
    }
    let mut slot = Slot::<u64>::new("printer", marks(1, 2, 3));
    let mut inlet = slot.inlet().unwrap();
    let waker = std::sync::Arc::new(Nosy(slot.clone())).into();
    let mut cx = std::task::Context::from_waker(&waker);
    assert!(inlet.poll_turn(&mut cx).is_pending());
    let mut outlet = slot.register("counter").unwrap();
    let hold = slot.hold("supper");
    assert!(outlet.poll_ready(&mut cx).is_pending());
    drop(hold);
    assert!(outlet.poll_ready(&mut cx).is_ready());
}

//= F1
#[test]
fn f1_who_was_unregistered_and_has_not_heard_of_it_counts_with_a_whole_capacity() {
    let mut slot = Slot::new("printer", Watermarks::items_within(1, 2, 4).unwrap());
    let mut deaf = slot.register("deaf").unwrap();
    slot.unregister();
    let mut next = slot.register("next").unwrap();
    let watch = Watch::new();
    assert!(next.write(1).is_err(), "the deaf one may still write four");
    assert_eq!(watch.ready(&mut next), None);
    let mut inlet = slot.inlet().unwrap();
    assert_eq!(watch.turn(&mut inlet), None);
    assert!(deaf.write(0).is_err(), "now it has heard");
    assert_eq!(watch.turn(&mut inlet), None);
    assert_eq!(watch.ready(&mut next), Some(Ok(())));
    assert!((1..5).all(|item| next.write(item).is_ok()));
    assert_eq!(watch.turn(&mut inlet), Some(Turn::Items));
    assert_eq!(drain(&mut inlet), [1, 2, 3, 4]);
}

#[test]
fn f1_registrations_that_come_and_go_hold_no_more_than_one_link_together() {
    let slot = Slot::new("printer", Watermarks::items_within(1, 2, 4).unwrap());
    let mut written = Vec::new();
    for producer in 0..100_u64 {
        let mut outlet = slot.register(format!("producer {producer}")).unwrap();
        for item in 0..10 {
            if outlet.write(producer * 10 + item).is_ok() {
                written.push(producer * 10 + item);
            }
        }
        outlet.unregister();
    }
    assert_eq!(written, [0, 1, 2, 3], "the capacity is four, whoever writes");

    // The next one waits until its turn comes, then writes as if nobody had been there.
    let mut outlet = slot.register("patient").unwrap();
    let watch = Watch::new();
    assert!(outlet.write(1000).is_err());
    assert_eq!(watch.ready(&mut outlet), None);
    let mut inlet = slot.clone().inlet().unwrap();
    assert_eq!(watch.turn(&mut inlet), Some(Turn::Items));
    assert_eq!(drain(&mut inlet), [0, 1, 2, 3]);
    assert_eq!(watch.turn(&mut inlet), None);
    assert_eq!(watch.ready(&mut outlet), Some(Ok(())));
    for item in 1000..1004 {
        assert!(outlet.write(item).is_ok());
    }
    assert_eq!(watch.turn(&mut inlet), Some(Turn::Items));
    assert_eq!(drain(&mut inlet), [1000, 1001, 1002, 1003]);
}

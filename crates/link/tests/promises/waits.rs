//! How long a consumer waits, and how long a registration lasts.

use std::{
    task::{Context, Waker},
    time::Duration,
};

use aqueduct_link::{EdgeReport, End, Inlet, Slot, Turn};

use crate::support::{Watch, drain, fill, pass, timed};

/// How often the consumer waited, and for how many seconds.
fn waited(report: &EdgeReport) -> (u64, u64) {
    (report.waits, report.waited.as_secs())
}

#[test]
fn a_consumer_waits_from_finding_nothing_until_it_finds_an_item() {
    let (_slot, mut outlet, mut inlet) = timed();
    let (gauge, watch) = (outlet.gauge(), Watch::new());
    pass(1);
    assert_eq!(waited(&gauge.report()), (0, 0), "nobody has looked");
    for _ in 0..3 {
        assert_eq!(watch.turn(&mut inlet), None);
        pass(2);
    }
    assert_eq!(waited(&gauge.report()), (1, 6), "the wait that lasts is counted");
    fill(&mut outlet, [1, 2]);
    assert_eq!(watch.turn(&mut inlet), Some(Turn::Items));
    pass(100);
    assert_eq!(waited(&gauge.report()), (1, 6), "a consumer that is busy does not wait");
    drain(&mut inlet);
    assert_eq!(watch.turn(&mut inlet), None);
    pass(3);
    outlet.finish();
    assert_eq!(watch.turn(&mut inlet), Some(Turn::End(End::Finished)));
    pass(100);
    assert_eq!(waited(&gauge.report()), (2, 9), "the end ends the wait");
}

#[test]
fn a_consumer_that_rests_dies_or_is_being_made_does_not_wait() {
    fn check(then: impl FnOnce(Inlet<u64>) -> Option<Inlet<u64>>) {
        let (slot, outlet, mut inlet) = timed();
        slot.keep();
        assert_eq!(Watch::new().turn(&mut inlet), None);
        pass(1);
        let kept = then(inlet);
        pass(50);
        assert_eq!(waited(&outlet.gauge().report()), (1, 1));
        drop(kept);
    }
    check(|mut inlet| {
        inlet.rest();
        Some(inlet)
    });
    check(|inlet| {
        drop(inlet);
        None
    });
    let (_slot, outlet, mut inlet) = timed();
    assert!(inlet.poll_end(&mut Context::from_waker(Waker::noop())).is_pending());
    pass(50);
    assert_eq!(waited(&outlet.gauge().report()), (0, 0));
}

#[test]
fn each_registration_has_its_own_waits_and_its_own_time() {
    let (slot, mut first, mut inlet) = timed();
    let _whoever_may_register = slot.clone();
    let watch = Watch::new();
    let began = first.gauge().report().began;
    assert_eq!(watch.turn(&mut inlet), None);
    pass(2);
    first.unregister();
    pass(3);
    assert_eq!(watch.turn(&mut inlet), None);
    pass(10);
    let report = first.gauge().report();
    assert_eq!((waited(&report), report.running), ((1, 5), Duration::from_secs(5)));
    assert_eq!(report.began, began);
    let second = slot.register("second").unwrap();
    pass(4);
    assert_eq!(watch.turn(&mut inlet), None);
    pass(1);
    let report = second.gauge().report();
    assert_eq!((waited(&report), report.running), ((1, 1), Duration::from_secs(5)));
    assert_eq!(report.began, began + Duration::from_secs(2 + 3 + 10));
}

#[test]
fn a_registration_runs_until_all_is_delivered_or_given_up() {
    fn check(end: impl FnOnce(&Slot<u64>, Inlet<u64>)) {
        let (slot, mut outlet, inlet) = timed();
        fill(&mut outlet, [1]);
        pass(2);
        outlet.finish();
        pass(3);
        assert_eq!(outlet.gauge().report().running, Duration::from_secs(5));
        end(&slot, inlet);
        pass(50);
        assert_eq!(outlet.gauge().report().running, Duration::from_secs(5));
    }
    check(|_, mut inlet| {
        drain(&mut inlet);
        assert_eq!(Watch::new().turn(&mut inlet), Some(Turn::End(End::Finished)));
    });
    check(|_, inlet| drop(inlet));
    check(|slot, mut inlet| {
        slot.abort("fire");
        assert!(matches!(Watch::new().turn(&mut inlet), Some(Turn::End(_))));
    });
}

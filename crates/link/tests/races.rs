//! What only real threads can show: races for a slot, a million items through tiny links, and
//! that nothing leaks.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::{
    pin::pin,
    sync::{
        Arc, Barrier,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake},
    thread::{self, Thread},
};

use aqueduct_link::{Inlet, Items, Outlet, Slot, Turn, Watermarks};

struct Unpark(Thread);

impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}

fn block_on<R>(future: impl Future<Output = R>) -> R {
    let waker = Arc::new(Unpark(thread::current())).into();
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(result) => return result,
            Poll::Pending => thread::park(),
        }
    }
}

fn marks(low: u64, high: u64, capacity: u64) -> Watermarks<Items> {
    Watermarks::items_within(low, high, capacity).unwrap()
}

//= F4
#[test]
fn f4_of_eight_who_race_for_a_slot_one_wins_and_seven_learn_who() {
    const ROUNDS: usize = 10_000;
    const RACERS: usize = 8;
    let marks = marks(1, 2, 3);
    let slots: Vec<_> = (0..ROUNDS).map(|_| Slot::<u64>::new("printer", marks)).collect();
    let start = Barrier::new(RACERS);
    let race = |racer: usize| {
        let mut results = Vec::with_capacity(ROUNDS);
        start.wait();
        for slot in &slots {
            results.push(slot.register(format!("racer {racer}")));
        }
        results
    };
    let results: Vec<Vec<_>> = thread::scope(|scope| {
        let race = &race;
        let racers: Vec<_> = (0..RACERS).map(|racer| scope.spawn(move || race(racer))).collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    for round in 0..ROUNDS {
        let of_round = || results.iter().map(|results| &results[round]);
        let winner = of_round().position(Result::is_ok).unwrap();
        let winner = format!("racer {winner}");
        let refused: Vec<_> = of_round().filter_map(|result| result.as_ref().err()).collect();
        assert_eq!(refused.len(), RACERS - 1, "round {round}");
        assert!(refused.iter().all(|refused| *refused.incumbent == *winner));
        assert!(refused.iter().all(|refused| *refused.producer != *winner));
        assert_eq!(slots[round].producer().as_deref(), Some(&*winner));
    }
}

/// Writes `0..count`, waiting for room where there is none.
fn produce(mut outlet: Outlet<u64>, count: u64, staging: bool) {
    outlet.set_staging(staging);
    block_on(async {
        for item in 0..count {
            while outlet.write(item).is_err() {
                outlet.ready().await.unwrap();
            }
        }
        outlet.close().await.unwrap();
    });
}

/// Reads to the end; returns how many came, all in order.
fn consume(mut inlet: Inlet<u64>) -> u64 {
    let mut expected = 0;
    loop {
        match block_on(inlet.turn()) {
            Turn::Items => {
                let mut batch = inlet.batch(64);
                while let Some(&item) = batch.next() {
                    assert_eq!(item, expected);
                    expected += 1;
                }
                inlet.rest();
            }
            Turn::End(end) => {
                assert!(end.is_finished());
                return expected;
            }
        }
    }
}

//= F7
#[test]
fn f7_a_million_items_pass_through_tiny_links_in_order() {
    fn check(marks: Watermarks<Items>, count: u64, staging: bool) {
        let mut slot = Slot::new("printer", marks);
        let outlet = slot.register("counter").unwrap();
        let gauge = outlet.gauge();
        let inlet = slot.inlet().unwrap();
        let producer = thread::spawn(move || produce(outlet, count, staging));
        assert_eq!(consume(inlet), count);
        producer.join().unwrap();
        let report = gauge.report();
        assert_eq!(report.written.items, count);
        assert_eq!(report.committed.items, count);
        assert!(report.peak.items <= marks.limits().capacity().items);
        assert_eq!((report.discarded.items, report.redelivered), (0, 0));
    }
    // The smallest links turn the flow at each item: that is the point, and takes its time.
    check(marks(0, 0, 1), 50_000, false);
    check(marks(0, 1, 2), 50_000, false);
    check(marks(1, 2, 3), 50_000, true);
    check(marks(16, 48, 64), 1_000_000, false);
    check(marks(16, 48, 64), 1_000_000, true);
}

/// Counts how many of it there are.
struct Counted(Arc<AtomicUsize>);

impl Counted {
    fn new(alive: &Arc<AtomicUsize>) -> Self {
        alive.fetch_add(1, SeqCst);
        Self(alive.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_sub(1, SeqCst);
    }
}

/// What one end does last; all pairs of them are tried.
#[derive(Clone, Copy, Debug)]
enum Last {
    Drop,
    Finish,
    Unregister,
    Abort,
    Forever,
}

#[derive(Clone, Copy, Debug)]
enum Goes {
    Drop,
    Stop,
    Drain,
    InHand,
    WithLease,
    LeaseLater,
    Kept,
    Retired,
}

const LASTS: [Last; 5] = [Last::Drop, Last::Finish, Last::Unregister, Last::Abort, Last::Forever];

const GOES: [Goes; 8] = [
    Goes::Drop,
    Goes::Stop,
    Goes::Drain,
    Goes::InHand,
    Goes::WithLease,
    Goes::LeaseLater,
    Goes::Kept,
    Goes::Retired,
];

fn leave(mut outlet: Outlet<Counted>, last: Last) -> Option<Outlet<Counted>> {
    match last {
        Last::Drop => {}
        Last::Finish => outlet.finish(),
        Last::Unregister => outlet.unregister(),
        Last::Abort => outlet.abort("fire"),
        Last::Forever => return Some(outlet),
    }
    None
}

fn go(slot: &Slot<Counted>, mut inlet: Inlet<Counted>, goes: Goes) {
    match goes {
        Goes::Drop => {}
        Goes::Stop => inlet.stop("supper"),
        Goes::Drain => while inlet.batch(1).take().is_some() {},
        Goes::InHand => drop(inlet.batch(1).next().is_some()),
        Goes::WithLease => drop((inlet.lend_out(2), inlet)),
        Goes::LeaseLater => {
            let lease = inlet.lend_out(2);
            drop(inlet);
            drop(lease);
        }
        Goes::Kept => {
            slot.keep();
            drop(inlet);
        }
        Goes::Retired => {
            slot.keep();
            slot.retire("retired");
        }
    }
}

#[test]
fn every_item_of_a_thousand_links_is_dropped_however_they_end() {
    let alive = Arc::new(AtomicUsize::new(0));
    let mut links = 0;
    for last in LASTS {
        for goes in GOES {
            for round in 0..25 {
                links += 1;
                let mut slot = Slot::new("printer", marks(1, 2, 4));
                let mut outlet = slot.register("counter").unwrap();
                outlet.set_staging(round % 2 == 0);
                let inlet = slot.inlet().unwrap();
                for _ in 0..round % 5 {
                    let _ = outlet.write(Counted::new(&alive));
                }
                let hold = (round % 3 == 0).then(|| slot.hold("supper"));
                let late = if round % 2 == 0 {
                    let late = leave(outlet, last);
                    go(&slot, inlet, goes);
                    late
                } else {
                    go(&slot, inlet, goes);
                    leave(outlet, last)
                };
                let kept = matches!(goes, Goes::Kept);
                if !kept && late.is_none() {
                    let left = alive.load(SeqCst);
                    assert_eq!(left, 0, "{last:?} {goes:?} {round}, with the slot still there");
                }
                drop((slot, late, hold));
                assert_eq!(alive.load(SeqCst), 0, "{last:?} {goes:?} {round}");
            }
        }
    }
    assert_eq!(links, 1000);
    assert_eq!(Arc::strong_count(&alive), 1);
}

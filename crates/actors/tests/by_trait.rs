//! Producers and consumers by trait: all arrives, once, in order; what is committed, and when.

#![allow(clippy::unwrap_used, reason = "this is how a test fails")]

mod common;

use std::{
    rc::Rc,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use aqueduct_actors::{Exit, Next, Shell};
use aqueduct_link::{CHUNK_OVERHEAD, Flow, Items, Slot, Watermarks};
use common::{Step, *};

const MANY: u64 = 1_000_000;

async fn all_arrive(count: u64, marks: Watermarks<Items>, apart: bool) {
    let tally = Tally::new();
    let slot = Slot::new("taker", marks);
    let outlet = slot.register("counter").unwrap();
    let gauge = outlet.gauge();
    let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
    let elsewhere = apart.then(Elsewhere::new);
    let start = move || Shell::pull("counter", Count::to(count), outlet).start();
    let counter = match &elsewhere {
        Some(elsewhere) => elsewhere.call(start).await,
        None => start(),
    };
    assert_eq!(within("the producer", counter.finished()).await.unwrap(), Exit::Done);
    assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
    tally.assert_all(count);
    let report = gauge.report();
    assert_eq!((report.written.items, report.committed.items), (count, count));
    assert_eq!((report.discarded.items, report.redelivered), (0, 0));
    assert!(report.peak.items <= marks.limits().capacity().items, "{report:?}");
}

#[test]
fn f1_f2_a_million_arrive_with_tiny_marks() {
    system(all_arrive(MANY, marks(1, 2), false));
}

#[test]
fn f1_f2_all_arrive_with_tiny_marks_across_arbiters() {
    // Two items, then a sleep and a wake-up: some ten thousand items a second.
    system(all_arrive(50_000, marks(1, 2), true));
}

#[test]
fn f1_f2_all_arrive_where_the_marks_leave_no_room_beyond() {
    system(all_arrive(100_000, within_capacity(0, 1, 1), false));
    system(all_arrive(100_000, within_capacity(256, 256, 256), true));
}

#[test]
fn f1_f2_a_million_arrive_with_medium_marks() {
    system(all_arrive(MANY, marks(64, 256), false));
}

#[test]
fn f1_f2_a_million_arrive_with_medium_marks_across_arbiters() {
    system(all_arrive(MANY, marks(64, 256), true));
}

#[test]
fn f1_f2_a_million_arrive_with_large_marks() {
    system(all_arrive(MANY, marks(20_000, 100_000), false));
}

#[test]
fn f1_f2_a_million_arrive_with_large_marks_across_arbiters() {
    system(all_arrive(MANY, marks(20_000, 100_000), true));
}

/// Starts a consumer whose work waits at a gate, gives it three items, and sees that none is
/// committed before the gate opens.
async fn commits_behind_the_gate(lease: bool) {
    let (tally, gate, calls) = (Tally::new(), Gate::new(), Arc::new(AtomicU64::new(0)));
    let slot = Slot::new("taker", marks(2, 8));
    let mut outlet = slot.register("writer").unwrap();
    let consume = {
        let (tally, gate, calls) = (tally.clone(), gate.clone(), calls.clone());
        move |batch: &mut aqueduct_actors::Batch<'_, u64>, _: &std::task::Waker| {
            calls.fetch_add(1, SeqCst);
            let items: Vec<u64> = if lease {
                // It is dropped with the items in it: that alone commits nothing.
                batch.lease().unwrap().iter().copied().collect()
            } else {
                vec![*batch.next().unwrap()]
            };
            let (tally, gate) = (tally.clone(), gate.clone());
            Step::later(async move {
                gate.passed().await;
                items.into_iter().for_each(|item| tally.add(item));
                Ok(())
            })
        }
    };
    let taker = Shell::consumer("taker", consume_by(&tally, consume), &slot).unwrap().start();
    for item in 0..3 {
        assert_eq!(outlet.write(item).unwrap(), Flow::Go);
    }
    until("the first call", || calls.load(SeqCst) > 0).await;
    let_others_run().await;
    assert_eq!(calls.load(SeqCst), 1, "nothing else is delivered meanwhile");
    assert_eq!(outlet.held().items, 3, "nothing is committed meanwhile");
    gate.open();
    within("the flush", outlet.close()).await.unwrap();
    within("the consumer", taker.finished()).await.unwrap();
    tally.assert_all(3);
    assert_eq!(calls.load(SeqCst), if lease { 1 } else { 3 });
}

#[test]
fn f2_a_lease_is_committed_when_the_work_ends() {
    system(commits_behind_the_gate(true));
}

#[test]
fn f2_an_item_in_hand_is_committed_when_the_work_ends() {
    system(commits_behind_the_gate(false));
}

#[test]
fn f2_an_item_that_waits_stays_in_front_and_is_not_marked() {
    system(async {
        let (tally, bell, calls) = (Tally::new(), Bell::default(), Arc::new(AtomicU64::new(0)));
        let slot = Slot::new("taker", marks(2, 8));
        let mut outlet = slot.register("writer").unwrap();
        let gauge = outlet.gauge();
        let consume = {
            let (tally, bell, calls) = (tally.clone(), bell.clone(), calls.clone());
            consume_by(&tally.clone(), move |batch, waker| {
                let call = calls.fetch_add(1, SeqCst);
                while let Some(item) = batch.next().copied() {
                    assert!(!batch.redelivered());
                    // Each item is refused once.
                    if tally.count() == call {
                        bell.keep(waker);
                        return Ok(Step::Wait);
                    }
                    assert_eq!(batch.sequence(), item);
                    tally.add(item);
                }
                Ok(Step::Done)
            })
        };
        let taker = Shell::consumer("taker", consume, &slot).unwrap().start();
        for item in 0..5 {
            let _ = outlet.write(item).unwrap();
        }
        outlet.finish();
        for refused in 0..5 {
            until("a call", || calls.load(SeqCst) == refused + 1).await;
            let_others_run().await;
            assert_eq!(calls.load(SeqCst), refused + 1, "it is not called before it is woken");
            assert_eq!(gauge.report().committed.items, refused);
            bell.ring();
        }
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(5);
        assert_eq!(gauge.report().redelivered, 0);
    });
}

#[test]
fn a_pull_producer_that_waits_is_called_when_it_is_woken() {
    system(async {
        let (tally, bell, there) = (Tally::new(), Bell::default(), Arc::new(AtomicU64::new(0)));
        let slot = Slot::new("taker", marks(2, 8));
        let outlet = slot.register("counter").unwrap();
        let produce = {
            let (bell, there, mut next) = (bell.clone(), there.clone(), 0);
            produce_by(&tally, move |wanted, out, waker| {
                assert!(wanted.items() > 0);
                next += out.extend(next..there.load(SeqCst));
                bell.keep(waker);
                Ok(if next == 10 { Next::Done } else { Next::Wait })
            })
        };
        let counter = Shell::pull("counter", produce, outlet).start();
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        for more in 1..=10 {
            until("the call after what came", || bell.is_kept()).await;
            there.store(more, SeqCst);
            bell.ring();
            until("what came", || tally.count() == more).await;
        }
        within("the producer", counter.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(10);
    });
}

#[test]
fn a_pull_producer_is_never_asked_for_more_than_the_high_mark() {
    system(async {
        let tally = Tally::new();
        let slot = Slot::new("taker", marks(5, 20));
        let outlet = slot.register("counter").unwrap();
        let (gauge, mut next) = (outlet.gauge(), 0);
        let produce = produce_by(&tally, move |wanted, out, _| {
            assert!((1..=20).contains(&wanted.items()), "{wanted:?}");
            next += out.extend(next..next + wanted.items());
            Ok(if next >= 10_000 { Next::Done } else { Next::More })
        });
        let counter = Shell::pull("counter", produce, outlet).start();
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        within("the producer", counter.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        assert_eq!(gauge.report().peak.items, 20);
        assert_eq!(gauge.report().pauses, 0, "who does as he is asked is never paused");
    });
}

#[test]
fn f1_an_item_too_heavy_waits_and_is_written_first() {
    system(async {
        // With their overhead: light, too heavy for the rest, heavier than the capacity, light…
        let sizes = [10, 100, 900, 5_000, 1, 5_000, 5_000, 0, 900, 900, 10, 9_999];
        let seen = Arc::new(Mutex::new(Vec::new()));
        let tally = Tally::new();
        let marks = Watermarks::bytes_within(500, 1_000, 1_500).unwrap();
        let slot = Slot::new("taker", marks);
        let outlet = slot.register("heavy").unwrap();
        let gauge = outlet.gauge();
        let mut items = sizes.into_iter().map(|size| vec![0u8; size]);
        let produce = produce_by(&tally, move |_, out, _| {
            out.extend(&mut items);
            Ok(if items.len() == 0 { Next::Done } else { Next::More })
        });
        let consume = {
            let seen = seen.clone();
            consume_by(&tally, move |batch, _| {
                while let Some(item) = batch.next() {
                    let item: &Vec<u8> = item;
                    seen.lock().unwrap().push(item.len());
                }
                Ok(Step::Done)
            })
        };
        let taker = Shell::consumer("taker", consume, &slot).unwrap().start();
        let heavy = Shell::pull("heavy", produce, outlet).start();
        within("the producer", heavy.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        assert_eq!(*seen.lock().unwrap(), sizes);
        assert_eq!(gauge.report().peak.bytes, 9_999 + CHUNK_OVERHEAD, "alone in its link");
    });
}

#[test]
fn items_need_not_be_send_on_one_arbiter() {
    system(async {
        let tally = Tally::new();
        let slot = Slot::new("taker", marks(1, 4));
        let outlet = slot.register("counter").unwrap();
        let alive = Rc::new(());
        let mut items = (0..1000u32).map({
            let alive = alive.clone();
            move |n| (u64::from(n), alive.clone())
        });
        let produce = produce_by(&tally, move |_, out, _| {
            out.extend(&mut items);
            Ok(if items.len() == 0 { Next::Done } else { Next::More })
        });
        let consume = {
            let tally = tally.clone();
            consume_by(&tally.clone(), move |batch, _| {
                while let Some((n, _)) = batch.next() {
                    tally.add(*n);
                }
                Ok(Step::Done)
            })
        };
        let taker = Shell::consumer("taker", consume, &slot).unwrap().start();
        let counter = Shell::pull("counter", produce, outlet).start();
        within("the producer", counter.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(1000);
        drop((taker, counter));
        assert_eq!(Rc::strong_count(&alive), 1, "every item was dropped");
    });
}

//! Deaths in unusual places: in a future, at the end, while giving up, in a factory, in a drop.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use actix::prelude::*;
use aqueduct_actors::{Batch, Cause, Consumed, Consumer, Ctx, End, Exit, Failure, Shell, Verdict};
use aqueduct_link::{Amount, Slot};
use common::*;

fn again(_: &Cause) -> Verdict {
    Verdict::Rebuild(Duration::ZERO)
}

/// Builds up to `most` lives.
fn at_most(most: u64) -> impl FnMut(&Cause) -> Verdict {
    let mut failures = 0;
    move |_| {
        failures += 1;
        if failures < most { Verdict::Rebuild(Duration::ZERO) } else { Verdict::GiveUp }
    }
}

/// Where a consumer dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Where {
    InConsume,
    /// In the future of `Later`, with three items in a lease.
    InFutureWithLease,
    /// The same, with an error.
    FailsInFutureWithLease,
    /// In the future of `Later`, with an item in hand.
    InFutureWithItem,
    InEnd,
    InFutureOfEnd,
}

impl Where {
    const ALL: [Self; 6] = [
        Self::InConsume,
        Self::InFutureWithLease,
        Self::FailsInFutureWithLease,
        Self::InFutureWithItem,
        Self::InEnd,
        Self::InFutureOfEnd,
    ];

    /// How many items are in its hands when it dies.
    fn in_hand(self) -> u64 {
        match self {
            Self::InConsume | Self::InFutureWithItem => 1,
            Self::InFutureWithLease | Self::FailsInFutureWithLease => 10,
            Self::InEnd | Self::InFutureOfEnd => 0,
        }
    }
}

/// A consumer that dies in its first `deaths` lives.
struct Dying {
    place: Where,
    deaths: u64,
    lives: Arc<AtomicU64>,
    tally: Arc<Tally>,
}

impl Dying {
    fn is_doomed(&self) -> bool {
        self.lives.load(SeqCst) <= self.deaths
    }
}

type Lives = (Arc<AtomicU64>, Arc<Tally>);

fn dying(
    place: Where,
    deaths: u64,
) -> (Lives, impl Fn() -> std::future::Ready<Result<Dying, Failure>>) {
    let (lives, tally) = (Arc::new(AtomicU64::new(0)), Tally::new());
    let shared = (lives.clone(), tally.clone());
    let make = move || {
        lives.fetch_add(1, SeqCst);
        let (lives, tally) = (lives.clone(), tally.clone());
        std::future::ready(Ok(Dying { place, deaths, lives, tally }))
    };
    (shared, make)
}

impl Consumer for Dying {
    type Item = u64;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        let (doomed, tally, place) = (self.is_doomed(), self.tally.clone(), self.place);
        match place {
            Where::InFutureWithLease | Where::FailsInFutureWithLease => {
                let lease = batch.lease().unwrap();
                Ok(Consumed::later(async move {
                    tokio::task::yield_now().await;
                    if doomed && place == Where::InFutureWithLease {
                        panic!("{PLANTED} in a future");
                    } else if doomed {
                        return Err(Failure::message("planted in a future"));
                    }
                    for (at, item) in lease.iter().enumerate() {
                        if at < lease.redelivered() {
                            tally.mark_redelivered();
                        }
                        tally.add(*item);
                    }
                    Ok(())
                }))
            }
            Where::InFutureWithItem => {
                let item = *batch.next().unwrap();
                if batch.redelivered() {
                    tally.mark_redelivered();
                }
                Ok(Consumed::later(async move {
                    tokio::task::yield_now().await;
                    if doomed {
                        panic!("{PLANTED} in a future");
                    }
                    tally.add(item);
                    Ok(())
                }))
            }
            Where::InConsume | Where::InEnd | Where::InFutureOfEnd => {
                while let Some(item) = batch.next().copied() {
                    if batch.redelivered() {
                        tally.mark_redelivered();
                    }
                    if doomed && place == Where::InConsume {
                        panic!("{PLANTED} in consume");
                    }
                    tally.add(item);
                }
                Ok(Consumed::Done)
            }
        }
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Failure> {
        let doomed = self.is_doomed();
        match self.place {
            Where::InEnd if doomed => panic!("{PLANTED} in end"),
            Where::InFutureOfEnd => {
                let (tally, end) = (self.tally.clone(), end.clone());
                Ok(Consumed::later(async move {
                    tokio::task::yield_now().await;
                    if doomed {
                        panic!("{PLANTED} in end");
                    }
                    tally.end(&end);
                    Ok(())
                }))
            }
            _ => {
                self.tally.end(end);
                Ok(Consumed::Done)
            }
        }
    }
}

#[test]
fn f2_f5_what_was_in_hand_comes_again_wherever_a_consumer_dies() {
    hide_planted_panics();
    for place in Where::ALL {
        system(async move {
            let ((lives, tally), make) = dying(place, 3);
            let slot = Slot::new("dying", marks(10, 20));
            let mut outlet = slot.register("writer").unwrap();
            outlet.write_all(0..10).unwrap();
            let dying = Shell::consumer_made_later("dying", &slot).unwrap().made_by(make);
            let dying = dying.start_under(again);
            within(&format!("the flush, {place:?}"), outlet.close()).await.unwrap();
            assert_eq!(within("the consumer", dying.finished()).await.unwrap(), Exit::Done);
            tally.assert_all(10);
            let report = outlet.gauge().report();
            assert_eq!(lives.load(SeqCst), 4, "{place:?}");
            // The mark stays for the next life; each return counts.
            assert_eq!(tally.redelivered() > 0, place.in_hand() > 0, "{place:?}");
            assert_eq!(report.redelivered, 3 * place.in_hand(), "{place:?}");
            assert_eq!((report.committed.items, report.discarded.items), (10, 0), "{place:?}");
        });
    }
}

#[test]
fn f2_f9_a_consumer_that_is_given_up_stops_its_producer_and_says_why() {
    hide_planted_panics();
    for place in Where::ALL {
        system(async move {
            let ((lives, tally), make) = dying(place, u64::MAX);
            let slot = Slot::new("place", marks(10, 20));
            let mut outlet = slot.register("writer").unwrap();
            let gauge = outlet.gauge();
            outlet.write_all(0..10).unwrap();
            let dying = Shell::consumer_made_later("dying", &slot).unwrap().made_by(make);
            let dying = dying.start_under(at_most(3));
            let what = match place {
                Where::InConsume => "panicked: planted in consume",
                Where::FailsInFutureWithLease => "planted in a future",
                Where::InFutureWithLease | Where::InFutureWithItem => {
                    "panicked: planted in a future"
                }
                Where::InEnd | Where::InFutureOfEnd => "panicked: planted in end",
            };
            if place.in_hand() == 0 {
                // All was delivered, so that it is only the consumer who failed.
                let _ = within("the flush", outlet.close()).await;
            }
            let error = within("the consumer", dying.finished()).await.unwrap_err();
            assert_eq!(error.to_string(), format!("dying: {what}"));
            assert_eq!(lives.load(SeqCst), 3, "nobody is made in order to be given up: {place:?}");
            if place.in_hand() > 0 {
                let stopped = within("the stop", outlet.ready()).await.unwrap_err();
                assert_eq!(&*stopped.reason, format!("dying: {what}"));
            }
            assert_eq!(tally.ends(), []);
            let (report, handled) = (gauge.report(), tally.count());
            assert_eq!(report.committed.items, 10, "{place:?}");
            assert_eq!(report.discarded, Amount::items(10 - handled), "counted: {place:?}");
        });
    }
}

#[test]
fn f9_a_pull_producer_is_stopped_once_with_the_name_and_the_panic_of_its_consumer() {
    hide_planted_panics();
    for apart in [false, true] {
        system(async move {
            let produced = Tally::new();
            let (_, make) = dying(Where::InConsume, u64::MAX);
            let slot = Slot::new("place", marks(1, 2));
            let outlet = slot.register("counter").unwrap();
            let dying = Shell::consumer_made_later("printer", &slot).unwrap().made_by(make);
            let dying = dying.start_under(at_most(5));
            let elsewhere = apart.then(Elsewhere::new);
            let count = Count { next: 0, end: u64::MAX, tally: produced.clone() };
            let start = move || Shell::pull("counter", count, outlet).start();
            let counter = match &elsewhere {
                Some(elsewhere) => elsewhere.call(start).await,
                None => start(),
            };
            let why = "printer: panicked: planted in consume";
            assert_eq!(within("it", dying.finished()).await.unwrap_err().to_string(), why);
            let exit = within("the producer", counter.finished()).await.unwrap();
            assert_eq!(exit, Exit::Stopped(why.into()));
            assert_eq!(produced.stops(), [why]);
        });
    }
}

/// A message that kills.
struct Kill;

impl Message for Kill {
    type Result = ();
}

impl Handler<Kill> for Shell<Count> {
    type Result = ();

    fn handle(&mut self, _: Kill, _: &mut Context<Self>) {
        panic!("{PLANTED} in a handler");
    }
}

#[test]
fn f6_a_producer_that_dies_after_its_last_item_still_waits_for_the_commit() {
    hide_planted_panics();
    system(async {
        let (tally, gate) = (Tally::new(), Gate::new());
        let slot = Slot::new("taker", marks(8, 16));
        let outlet = slot.register("counter").unwrap();
        let gauge = outlet.gauge();
        let counter = Shell::pull_made_later("counter", outlet)
            .made_by(|| std::future::ready(Ok::<_, Failure>(Count::to(10))))
            .start_under(again);
        until("the last item", || gauge.report().written.items == 10).await;
        let_others_run().await;
        assert!(counter.address().send(Kill).await.is_err());
        let waits = {
            let (tally, gate) = (tally.clone(), gate.clone());
            consume_by(&tally.clone(), move |batch, _| {
                let (lease, tally, gate) = (batch.lease().unwrap(), tally.clone(), gate.clone());
                Step::later(async move {
                    gate.passed().await;
                    lease.iter().for_each(|item| tally.add(*item));
                    Ok(())
                })
            })
        };
        let taker = Shell::consumer("taker", waits, &slot).unwrap().start();
        let_others_run().await;
        gate.open();
        assert_eq!(within("the producer", counter.finished()).await.unwrap(), Exit::Done);
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        tally.assert_all(10);
    });
}

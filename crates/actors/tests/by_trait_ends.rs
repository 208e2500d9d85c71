//! Stages, and how streams end by trait: each end is told once, behind the last item.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use aqueduct_actors::{
    Batch, Consumed, Consumer, Ctx, End, Exit, Failure, Next, Outbox, Shell, Stage,
};
use aqueduct_link::{Amount, Slot};
use common::*;

/// Makes of each number what `make` says, and passes nothing on after `enough` numbers.
struct Each<F> {
    make: F,
    enough: u64,
    taken: u64,
    rest: VecDeque<u64>,
    finishes: Arc<AtomicU64>,
}

fn each<F: Fn(u64) -> Vec<u64>>(make: F) -> Each<F> {
    let rest = VecDeque::new();
    Each { make, enough: u64::MAX, taken: 0, rest, finishes: Arc::default() }
}

impl<F> Each<F> {
    /// Writes what is left; returns whether all is written.
    fn write_rest(&mut self, out: &mut Outbox<'_, u64>) -> bool {
        while let Some(item) = self.rest.front() {
            if out.is_paused() {
                return false;
            }
            let _ = out.write(*item).unwrap();
            self.rest.pop_front();
        }
        !out.is_paused()
    }
}

impl<F: Fn(u64) -> Vec<u64> + 'static> Stage for Each<F> {
    type In = u64;
    type Out = u64;
    type Error = Infallible;

    fn process(
        &mut self,
        batch: &mut Batch<'_, u64>,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        while self.write_rest(out) {
            if self.taken == self.enough {
                return Ok(Next::Done);
            }
            let Some(item) = batch.next() else { break };
            self.rest.extend((self.make)(*item));
            self.taken += 1;
        }
        Ok(Next::More)
    }

    fn finish(
        &mut self,
        _: &End,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        self.finishes.fetch_add(1, SeqCst);
        self.write_rest(out);
        Ok(if self.rest.is_empty() { Next::Done } else { Next::More })
    }
}

/// Runs numbers below `count` through the stage between links of these marks.
async fn through<S: Stage<In = u64, Out = u64>>(
    count: u64,
    (low, high): (u64, u64),
    stage: S,
) -> (Arc<Tally>, Arc<Tally>, Exit, Exit) {
    let (tally, produced) = (Tally::new(), Tally::new());
    let last = Slot::new("taker", marks(low, high));
    let first = Slot::new("stage", marks(low, high));
    let out = last.register("stage").unwrap();
    let outlet = first.register("counter").unwrap();
    let gauges = [outlet.gauge(), out.gauge()];
    let taker = Shell::consumer("taker", Take(tally.clone()), &last).unwrap().start();
    let stage = Shell::stage("stage", stage, &first, out).unwrap().start();
    let count = Count { next: 0, end: count, tally: produced.clone() };
    let counter = Shell::pull("counter", count, outlet).start();
    let counted = within("the producer", counter.finished()).await.unwrap();
    let staged = within("the stage", stage.finished()).await.unwrap();
    assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
    for gauge in gauges {
        assert!(gauge.report().peak.items <= 2 * high, "{:?}", gauge.report());
    }
    (tally, produced, counted, staged)
}

#[test]
fn f1_f2_a_stage_that_expands_passes_everything_on_under_pressure() {
    system(async {
        for marks in [(0, 1), (1, 2), (64, 256)] {
            let stage = each(|n| vec![3 * n, 3 * n + 1, 3 * n + 2]);
            let (tally, _, counted, staged) = through(50_000, marks, stage).await;
            tally.assert_all(150_000);
            assert_eq!((counted, staged), (Exit::Done, Exit::Done));
        }
    });
}

#[test]
fn f1_f2_a_stage_that_filters_passes_the_rest_on() {
    system(async {
        for marks in [(0, 1), (1, 2), (64, 256)] {
            let stage = each(|n| if n % 1000 == 0 { vec![n / 1000] } else { vec![] });
            let (tally, ..) = through(100_000, marks, stage).await;
            tally.assert_all(100);
        }
    });
}

#[test]
fn f5_a_stage_that_keeps_everything_back_writes_it_at_the_end() {
    system(async {
        let (all, collected) = (Mutex::new(Vec::new()), 1000);
        let stage = each(move |n| {
            let mut all = all.lock().unwrap();
            all.push(n);
            if n == collected - 1 { std::mem::take(&mut *all) } else { vec![] }
        });
        let finishes = stage.finishes.clone();
        let (tally, ..) = through(collected, (1, 2), stage).await;
        tally.assert_all(collected);
        assert!(finishes.load(SeqCst) > 1, "it is called again while it has more");
    });
}

#[test]
fn f5_a_stage_that_is_done_stops_its_producer_and_ends_its_consumer() {
    system(async {
        for marks in [(0, 1), (1, 2), (64, 256)] {
            let stage = Each { enough: 1_000, ..each(|n| vec![n]) };
            let (tally, produced, counted, staged) = through(u64::MAX, marks, stage).await;
            tally.assert_all(1_000);
            assert_eq!(produced.stops(), ["stage has enough"], "stopped once, and told why");
            assert_eq!(counted, Exit::Stopped("stage has enough".into()));
            assert_eq!(staged, Exit::Done);
        }
    });
}

#[test]
fn f9_a_consumer_that_goes_stops_its_producer_once_through_a_stage() {
    system(async {
        let (tally, produced) = (Tally::new(), Tally::new());
        let last = Slot::new("taker", marks(1, 2));
        let first = Slot::new("stage", marks(1, 2));
        let out = last.register("stage").unwrap();
        let outlet = first.register("counter").unwrap();
        let fails = {
            let tally = tally.clone();
            consume_by(&tally.clone(), move |batch, _| {
                while let Some(item) = batch.next().copied() {
                    if item == 100 {
                        return Err(Failure::message("the disk is full"));
                    }
                    tally.add(item);
                }
                Ok(Step::Done)
            })
        };
        let taker = Shell::consumer("taker", fails, &last).unwrap().start();
        let stage = Shell::stage("stage", each(|n| vec![n]), &first, out).unwrap().start();
        let count = Count { next: 0, end: u64::MAX, tally: produced.clone() };
        let counter = Shell::pull("counter", count, outlet).start();
        let reason = "taker: the disk is full";
        let error = within("the consumer", taker.finished()).await.unwrap_err();
        assert_eq!(error.to_string(), reason);
        let stopped = Exit::Stopped(reason.into());
        assert_eq!(within("the stage", stage.finished()).await.unwrap(), stopped);
        assert_eq!(within("the producer", counter.finished()).await.unwrap(), stopped);
        assert_eq!(produced.stops(), [reason]);
        assert_eq!((tally.count(), tally.ends()), (100, vec![]), "nobody is left to be told");
    });
}

/// A producer that writes 100 numbers and then fails: the consumer has all of them, then the end.
async fn lost_after_100(panics: bool, apart: bool) {
    let tally = Tally::new();
    let slot = Slot::new("taker", marks(1, 2));
    let outlet = slot.register("counter").unwrap();
    let gauge = outlet.gauge();
    let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
    let start = move || {
        let mut next = 0;
        let fails = produce_by(&Tally::new(), move |wanted, out, _| {
            next += out.extend(next..100.min(next + wanted.items()));
            match next {
                100 if panics => panic!("{PLANTED} in produce"),
                100 => Err(Failure::message("the disk is gone")),
                _ => Ok(Next::More),
            }
        });
        Shell::pull("counter", fails, outlet).start()
    };
    let elsewhere = apart.then(Elsewhere::new);
    let counter = match &elsewhere {
        Some(elsewhere) => elsewhere.call(start).await,
        None => start(),
    };
    let why =
        if panics { "counter: panicked: planted in produce" } else { "counter: the disk is gone" };
    let error = within("the producer", counter.finished()).await.unwrap_err();
    assert_eq!(error.to_string(), why);
    assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
    let end = End::Aborted { reason: why.into(), discarded: Amount::ZERO };
    assert_eq!((tally.count(), tally.ends()), (100, vec![end]));
    assert_eq!(gauge.report().committed.items, 100);
}

#[test]
fn f9_a_producer_that_fails_ends_its_consumer_after_everything_accepted() {
    hide_planted_panics();
    for (panics, apart) in [(false, false), (false, true), (true, false), (true, true)] {
        system(lost_after_100(panics, apart));
    }
}

#[test]
fn f9_a_failure_goes_through_a_stage_after_everything_accepted() {
    system(async {
        let tally = Tally::new();
        let last = Slot::new("taker", marks(1, 2));
        let first = Slot::new("stage", marks(1, 2));
        let out = last.register("stage").unwrap();
        let mut outlet = first.register("writer").unwrap();
        let taker = Shell::consumer("taker", Take(tally.clone()), &last).unwrap().start();
        let twice = each(|n| vec![2 * n, 2 * n + 1]);
        let stage = Shell::stage("stage", twice, &first, out).unwrap().start();
        for n in 0..50 {
            within("room", outlet.ready()).await.unwrap();
            let _ = outlet.write(n).unwrap();
        }
        outlet.fail("the cable was cut");
        assert_eq!(within("the stage", stage.finished()).await.unwrap(), Exit::Done);
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        let end = End::Aborted { reason: "the cable was cut".into(), discarded: Amount::ZERO };
        assert_eq!((tally.count(), tally.ends()), (100, vec![end]));
    });
}

/// A consumer whose end takes several turns.
struct EndsLater(Arc<Tally>, u64);

impl Consumer for EndsLater {
    type Item = u64;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        while let Some(item) = batch.next() {
            self.0.add(*item);
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, ctx: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Failure> {
        self.1 += 1;
        if self.1 < 3 {
            ctx.waker().wake_by_ref();
            return Ok(Consumed::Wait);
        }
        let (tally, end) = (self.0.clone(), end.clone());
        Ok(Consumed::later(async move {
            tokio::task::yield_now().await;
            tally.end(&end);
            Ok(())
        }))
    }
}

#[test]
fn f5_a_consumer_may_take_its_time_for_the_end() {
    system(async {
        let tally = Tally::new();
        let slot = Slot::new("taker", marks(1, 4));
        let outlet = slot.register("counter").unwrap();
        let taker = Shell::consumer("taker", EndsLater(tally.clone(), 0), &slot).unwrap();
        let taker = taker.start();
        let counter = Shell::pull("counter", Count::to(10), outlet).start();
        within("the producer", counter.finished()).await.unwrap();
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        tally.assert_all(10);
    });
}

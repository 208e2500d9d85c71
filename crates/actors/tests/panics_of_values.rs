//! Values that die while they are made, dropped or paused: the shell makes another all the same.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use aqueduct_actors::{
    Batch, Cause, Consumed, Consumer, Ctx, End, Exit, Failure, Next, Outbox, PushProducer, Shell,
    Verdict,
};
use aqueduct_link::{Reasons, Slot};
use common::*;

fn again(_: &Cause) -> Verdict {
    Verdict::Rebuild(Duration::ZERO)
}

/// A consumer that panics, and once more when it is dropped.
struct DiesTwice(Arc<Tally>, bool);

impl Consumer for DiesTwice {
    type Item = u64;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        while let Some(item) = batch.next() {
            assert!(!self.1, "planted in consume");
            self.0.add(*item);
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Failure> {
        self.0.end(end);
        Ok(Consumed::Done)
    }
}

impl Drop for DiesTwice {
    fn drop(&mut self) {
        assert!(!self.1, "planted in a drop");
    }
}

#[test]
fn f2_a_consumer_that_panics_in_its_drop_is_made_anew() {
    hide_planted_panics();
    system(async {
        let (tally, lives) = (Tally::new(), Arc::new(AtomicU64::new(0)));
        let slot = Slot::new("taker", marks(8, 16));
        let mut outlet = slot.register("writer").unwrap();
        outlet.write_all(0..10).unwrap();
        let (made, counted) = (tally.clone(), lives.clone());
        let taker = Shell::consumer_made_later("taker", &slot)
            .unwrap()
            .made_by(move || {
                let doomed = counted.fetch_add(1, SeqCst) < 3;
                std::future::ready(Ok::<_, Failure>(DiesTwice(made.clone(), doomed)))
            })
            .start_under(again);
        within("the flush", outlet.close()).await.unwrap();
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        tally.assert_all(10);
        assert_eq!(lives.load(SeqCst), 4);
    });
}

#[test]
fn f9_a_consumer_that_panics_in_its_drop_still_says_why_it_is_given_up() {
    hide_planted_panics();
    system(async {
        let slot = Slot::new("taker", marks(8, 16));
        let mut outlet = slot.register("writer").unwrap();
        outlet.write_all(0..10).unwrap();
        let doomed = DiesTwice(Tally::new(), true);
        let taker = Shell::consumer("taker", doomed, &slot).unwrap().start();
        let error = within("the consumer", taker.finished()).await.unwrap_err();
        assert_eq!(error.to_string(), "taker: panicked: planted in consume");
        let stopped = within("the stop", outlet.flush()).await;
        let reason = stopped.map_err(|stopped| stopped.reason.to_string());
        assert!(reason.is_ok() || reason == Err(error.to_string()));
        assert_eq!(outlet.gauge().report().discarded.items, 10);
    });
}

#[test]
fn a_factory_that_fails_or_panics_is_asked_again() {
    hide_planted_panics();
    system(async {
        let (tally, asked) = (Tally::new(), Arc::new(AtomicU64::new(0)));
        let slot = Slot::new("taker", marks(8, 16));
        let mut outlet = slot.register("writer").unwrap();
        outlet.write_all(0..10).unwrap();
        let (made, counted) = (tally.clone(), asked.clone());
        let taker = Shell::consumer_made_later("taker", &slot)
            .unwrap()
            .made_by(move || {
                let asked = counted.fetch_add(1, SeqCst);
                assert!(asked != 0, "planted in a factory");
                let made = made.clone();
                async move {
                    tokio::task::yield_now().await;
                    assert!(asked != 1, "planted in the future of a factory");
                    if asked == 2 {
                        return Err(Failure::message("the database is away"));
                    }
                    Ok(Take(made))
                }
            })
            .start_under(again);
        within("the flush", outlet.close()).await.unwrap();
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        tally.assert_all(10);
        assert_eq!((asked.load(SeqCst), tally.redelivered()), (4, 0));
    });
}

/// A push producer that dies when it is paused.
struct DiesPaused {
    next: Arc<AtomicU64>,
    told: Arc<Mutex<Vec<&'static str>>>,
}

impl PushProducer for DiesPaused {
    type Item = u64;
    type Error = Infallible;

    fn run(
        &mut self,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let next = self.next.load(SeqCst);
        self.next.fetch_add(out.extend(next..100), SeqCst);
        Ok(if self.next.load(SeqCst) == 100 { Next::Done } else { Next::More })
    }

    fn paused(&mut self, _: Reasons, _: &mut Ctx<'_, Self>) {
        let mut told = self.told.lock().unwrap();
        told.push("paused");
        let dies = told.len() == 2;
        drop(told);
        assert!(!dies, "planted in paused");
    }

    fn resumed(&mut self, _: &mut Ctx<'_, Self>) {
        self.told.lock().unwrap().push("resumed");
    }
}

#[test]
fn f3_a_push_producer_that_is_made_anew_while_paused_is_told_so() {
    hide_planted_panics();
    system(async {
        let (tally, told) = (Tally::new(), Arc::new(Mutex::new(Vec::new())));
        let next = Arc::new(AtomicU64::new(0));
        let slot = Slot::new("taker", marks(10, 60));
        let outlet = slot.register("pushing").unwrap();
        let seen = told.clone();
        let pushing = Shell::push_made_later("pushing", outlet)
            .made_by(move || {
                seen.lock().unwrap().push("made");
                let (next, told) = (next.clone(), seen.clone());
                std::future::ready(Ok::<_, Failure>(DiesPaused { next, told }))
            })
            .start_under(again);
        until("the second life", || told.lock().unwrap().len() > 2).await;
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        within("the producer", pushing.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(100);
        let expected = ["made", "paused", "made", "paused", "resumed"];
        assert_eq!(*told.lock().unwrap(), expected, "in each life a resume balances a pause");
    });
}

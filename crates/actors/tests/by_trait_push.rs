//! Push producers by trait: they run until they are paused, and are told so in turn.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    convert::Infallible,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
};

use aqueduct_actors::{Ctx, Next, Outbox, PushProducer, Shell};
use aqueduct_link::{Flow, Reason, Reasons, Slot, Stopped};
use common::*;

/// A push producer that counts, and writes down what it is told.
struct Pushing {
    next: u64,
    end: u64,
    told: Arc<Mutex<Vec<Option<Reasons>>>>,
    /// Whether its last item crossed the mark.
    ends_paused: Arc<AtomicBool>,
}

impl PushProducer for Pushing {
    type Item = u64;
    type Error = Infallible;

    fn run(
        &mut self,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let told = self.told.lock().unwrap();
        assert!(told.len().is_multiple_of(2), "it is not called while it is paused");
        drop(told);
        self.next += out.extend(self.next..self.end);
        if self.next < self.end {
            return Ok(Next::More);
        }
        self.ends_paused.store(out.is_paused(), SeqCst);
        Ok(Next::Done)
    }

    fn paused(&mut self, why: Reasons, _: &mut Ctx<'_, Self>) {
        self.told.lock().unwrap().push(Some(why));
    }

    fn resumed(&mut self, _: &mut Ctx<'_, Self>) {
        self.told.lock().unwrap().push(None);
    }

    fn stopped(&mut self, why: Stopped, _: &mut Ctx<'_, Self>) {
        panic!("stopped: {}", why.reason);
    }
}

#[test]
fn f3_pauses_and_resumes_of_a_push_producer_balance() {
    system(async {
        let (tally, told) = (Tally::new(), Arc::new(Mutex::new(Vec::new())));
        let slot = Slot::new("taker", marks(1, 4));
        let outlet = slot.register("pushing").unwrap();
        let gauge = outlet.gauge();
        let ends_paused = Arc::<AtomicBool>::default();
        let pushing =
            Pushing { next: 0, end: 10_001, told: told.clone(), ends_paused: ends_paused.clone() };
        let pushing = Shell::push("pushing", pushing, outlet).start();
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        within("the producer", pushing.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(10_001);
        let told = told.lock().unwrap();
        // Five items cross the high mark of 4, the rest of four crosses the low one.
        let pauses = told.iter().flatten().count() as u64;
        // Who is done is told nothing more.
        assert_eq!(gauge.report().pauses, pauses + u64::from(ends_paused.load(SeqCst)));
        for (at, told) in told.iter().enumerate() {
            assert_eq!(told.is_some(), at % 2 == 0, "they alternate, a pause first");
            assert!(told.is_none_or(|why| why.contains(Reason::Full)));
        }
        assert!(told.len() > 1_000);
    });
}

#[test]
fn f3_a_hold_pauses_a_push_producer_and_not_what_is_in_the_link() {
    system(async {
        let (tally, told) = (Tally::new(), Arc::new(Mutex::new(Vec::new())));
        let slot = Slot::new("taker", marks(1, 4));
        let holds = [slot.hold("a person"), slot.hold("a budget")];
        let mut outlet = slot.register("pushing").unwrap();
        assert_eq!(outlet.write(0).unwrap(), Flow::Paused, "held from the beginning");
        let pushing =
            Pushing { next: 1, end: 100, told: told.clone(), ends_paused: Arc::default() };
        let pushing = Shell::push("pushing", pushing, outlet).start();
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        until("what is in the link", || tally.count() == 1).await;
        let [first, second] = holds;
        drop(first);
        let_others_run().await;
        assert_eq!((tally.count(), told.lock().unwrap().len()), (1, 1), "one holds it still");
        drop(second);
        within("the producer", pushing.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(100);
    });
}

#[test]
fn f2_a_push_producer_may_count_on_what_extend_says_it_wrote() {
    system(async {
        let (tally, told) = (Tally::new(), Arc::default());
        // Where the marks leave no room beyond, the item that finds none waits in the shell.
        let slot = Slot::new("taker", within_capacity(1, 4, 4));
        let outlet = slot.register("pushing").unwrap();
        let pushing = Pushing { next: 0, end: 1_000, told, ends_paused: Arc::default() };
        let pushing = Shell::push("pushing", pushing, outlet).start();
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        within("the producer", pushing.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(1_000);
    });
}

//! Draining: a producer makes no more, and all that it made is delivered.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    cell::Cell,
    convert::Infallible,
    future::{pending, ready},
    rc::Rc,
    time::Duration,
};

use actix::AsyncContext;
use aqueduct_actors::{
    Ctx, Demand, Drain, End, Exit, Failure, Next, Outbox, PullProducer, PushProducer, Running,
    Shell, Verdict,
};
use aqueduct_link::{Reasons, Slot, Stopped};
use common::{
    transforms::{AtTheEnd, Expand, Fussy},
    *,
};

/// Drains it; it ends well, and its consumer is told so behind all that it wrote.
async fn check<B: 'static>(slot: &Slot<u64>, producer: &Running<B>) -> u64 {
    producer.address().send(Drain).await.unwrap();
    let tally = Tally::new();
    let taker = Shell::consumer("taker", Take(tally.clone()), slot).unwrap().start();
    assert_eq!(within("the producer", producer.finished()).await.unwrap(), Exit::Done);
    assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
    let written = slot.gauge().unwrap().report().written.items;
    tally.assert_all(written);
    written
}

#[test]
fn ten_thousand_items_in_the_link_are_all_delivered() {
    system(async {
        let slot = Slot::new("taker", marks(1_000, 10_000));
        let outlet = slot.register("counter").unwrap();
        let gauge = outlet.gauge();
        let counter = Shell::pull("counter", Count::to(u64::MAX), outlet).start();
        until("ten thousand", || gauge.report().written.items >= 10_000).await;
        assert_eq!(check(&slot, &counter).await, 10_000);
    });
}

#[test]
fn a_producer_that_waits_for_its_source_is_ended_at_once() {
    system(async {
        let (asked, tally) = (Rc::new(Cell::new(0)), Tally::new());
        let slot = Slot::new("taker", marks(8, 16));
        let counted = asked.clone();
        let quiet = produce_by(&tally, move |_, out, _| {
            counted.set(counted.get() + 1);
            out.extend(0..3);
            Ok(Next::Wait)
        });
        let quiet = Shell::pull("quiet", quiet, slot.register("quiet").unwrap()).start();
        until("the wait", || asked.get() == 1).await;
        assert_eq!(check(&slot, &quiet).await, 3);
        assert_eq!(asked.get(), 1, "it is not asked again");
        assert!(tally.stops().is_empty(), "its consumer did not stop it");
    });
}

#[test]
fn a_producer_that_is_still_being_made_ends_too() {
    system(async {
        let slot = Slot::new("taker", marks(8, 16));
        let outlet = slot.register("listener").unwrap();
        let listener = Shell::pull_made_later("listener", outlet)
            .made_by(pending::<Result<Count, Failure>>)
            .start();
        let_others_run().await;
        listener.address().send(Drain).await.unwrap();
        let taker = Shell::consumer("taker", Take(Tally::new()), &slot).unwrap().start();
        assert_eq!(within("the listener", listener.finished()).await.unwrap(), Exit::Done);
        within("the consumer", taker.finished()).await.unwrap();
        // It is not told that this was all: nothing is not what it should replace a file with.
        assert!(matches!(slot.end(), Some(End::Aborted { .. })));
    });
}

/// A push producer that never has enough, and that nobody may tell the wrong thing.
struct Pushing(u64);

impl PushProducer for Pushing {
    type Item = u64;
    type Error = Infallible;

    fn run(
        &mut self,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        self.0 += out.extend(self.0..);
        Ok(Next::More)
    }

    fn paused(&mut self, _: Reasons, _: &mut Ctx<'_, Self>) {}

    fn resumed(&mut self, _: &mut Ctx<'_, Self>) {
        panic!("it is called no more");
    }

    fn stopped(&mut self, _: Stopped, _: &mut Ctx<'_, Self>) {
        panic!("its consumer did not stop it");
    }
}

#[test]
fn a_push_producer_ends_also_while_it_is_paused() {
    system(async {
        let slot = Slot::new("taker", marks(8, 16));
        let outlet = slot.register("pushing").unwrap();
        let gauge = outlet.gauge();
        let pushing = Shell::push("pushing", Pushing(0), outlet).start();
        until("the pause", || gauge.report().paused_now.is_some()).await;
        let _held = slot.hold("a person");
        assert_eq!(check(&slot, &pushing).await, 17, "one crossed the mark of 16");
    });
}

#[test]
fn what_a_transform_holds_is_written_before_the_end() {
    system(async {
        let slot = Slot::new("taker", marks(8, 16));
        let outlet = slot.register("counter").unwrap();
        let mut source = 0..1_000;
        let counter = produce_by(&Tally::new(), move |wanted, out, _| {
            out.extend(source.by_ref().take(wanted.items() as usize));
            Ok(if source.is_empty() { Next::Wait } else { Next::More })
        });
        let counter = std::sync::Mutex::new(Some(counter));
        let counter = Shell::pull_through("counter", AtTheEnd::default(), outlet)
            .made_by(move || ready(counter.lock().unwrap().take().ok_or(Failure::message("dead"))))
            .start();
        let_others_run().await;
        assert_eq!(check(&slot, &counter).await, 1_000);
    });
}

/// An endless producer of what becomes a million each.
struct Millions;

impl PullProducer for Millions {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        out.extend([1_000_000]);
        Ok(Next::More)
    }
}

#[test]
fn what_was_made_is_transformed_before_the_end() {
    system(async {
        let slot = Slot::new("taker", marks(8, 16));
        let outlet = slot.register("counter").unwrap();
        let gauge = outlet.gauge();
        let counter = Shell::pull_through("counter", Expand::default(), outlet)
            .made_by(|| ready(Ok::<_, Failure>(Millions)))
            .start();
        until("the pause", || gauge.report().paused_now.is_some()).await;
        let written = check(&slot, &counter).await;
        assert_eq!(written, 1_000_000, "it is not asked again");
    });
}

#[test]
fn a_drain_in_the_wait_before_a_restart_counts_for_the_next_life() {
    system(async {
        let (failed, lives) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(0)));
        let slot = Slot::new("taker", marks(8, 16));
        let outlet = slot.register("dying").unwrap();
        let (fails, counted) = (failed.clone(), lives.clone());
        let dying = Shell::pull_made_later("dying", outlet)
            .made_by(move || {
                let counted = counted.clone();
                async move {
                    counted.set(counted.get() + 1);
                    Ok::<_, Failure>(produce_by(&Tally::new(), |_, out, _| {
                        out.extend(0..5);
                        Err(Failure::message("the source is away"))
                    }))
                }
            })
            .start_under(move |_| {
                fails.set(true);
                Verdict::Rebuild(Duration::from_millis(50))
            });
        until("the failure", || failed.get()).await;
        dying.address().do_send(Drain);
        assert_eq!(check(&slot, &dying).await, 5);
        assert_eq!(lives.get(), 1, "it is not made anew");
    });
}

/// Has itself drained in the turn in which it makes these.
struct DrainsItself(Rc<Cell<u64>>);

impl PullProducer for DrainsItself {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, u64>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        self.0.set(self.0.get() + 1);
        ctx.address().do_send(Drain);
        out.extend([0, 3, 1, 7, 2]);
        Ok(Next::More)
    }
}

#[test]
fn a_producer_whose_transform_fails_as_it_is_drained_stays_drained() {
    system(async {
        let asked = Rc::new(Cell::new(0));
        let slot = Slot::new("taker", marks(8, 16));
        let outlet = slot.register("counter").unwrap();
        let counted = asked.clone();
        let fussy = Fussy { fails: 4, panics: 1_000, finishes: true };
        let counter = Shell::pull_through("counter", fussy, outlet)
            .made_by(move || ready(Ok::<_, Failure>(DrainsItself(counted.clone()))))
            .start_under(|_| Verdict::Rebuild(Duration::ZERO));
        until("the failure", || asked.get() == 1).await;
        assert_eq!(check(&slot, &counter).await, 3, "all but the bad ones, 3 and 7");
        assert_eq!(asked.get(), 1, "it is not asked again");
    });
}

#[test]
fn consumers_and_stages_take_no_notice() {
    system(async {
        let (from, to) = (Slot::new("middle", marks(8, 16)), Slot::new("taker", marks(8, 16)));
        let tally = Tally::new();
        let taker = Shell::consumer("taker", Take(tally.clone()), &to).unwrap().start();
        let outlet = to.register("middle").unwrap();
        let middle = Shell::transform("middle", Expand::default(), &from, outlet).unwrap().start();
        taker.address().send(Drain).await.unwrap();
        middle.address().send(Drain).await.unwrap();
        let mut outlet = from.register("writer").unwrap();
        for _ in 0..100 {
            within("the write", outlet.send(7)).await.unwrap();
        }
        within("the flush", outlet.close()).await.unwrap();
        within("the transform", middle.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(700);
    });
}

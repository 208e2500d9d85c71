//! Plain actors that consume: the answer to a `Write` is its commit, whatever kind it is of.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use actix::prelude::*;
use aqueduct_actors::{Attach, Exit, Failure, Shell, Write};
use aqueduct_link::{Amount, Gauge, Slot};
use common::*;

/// A plain consumer that shows each write to a function, and answers when its gate is open.
struct Plain {
    slot: Slot<u64>,
    tally: Arc<Tally>,
    gate: Arc<Gate>,
    writes: Arc<AtomicU64>,
    stopped: Arc<AtomicU64>,
}

impl Plain {
    fn new(slot: Slot<u64>) -> Self {
        let (writes, stopped) = (Arc::default(), Arc::default());
        Self { slot, tally: Tally::new(), gate: Gate::new(), writes, stopped }
    }

    fn open(self) -> Self {
        self.gate.open();
        self
    }

    fn take(&self, write: &Write<u64>) {
        self.writes.fetch_add(1, SeqCst);
        for (at, item) in write.iter().enumerate() {
            self.tally.add(*item);
            if at < write.redelivered() {
                self.tally.mark_redelivered();
            }
        }
        if let Some(end) = &write.end {
            self.tally.end(end);
        }
    }
}

/// Declares the plain consumer of this name whose handler answers in this way.
macro_rules! answers {
    ($name:ident, $result:ty, $answer:expr) => {
        struct $name(Plain);

        impl Actor for $name {
            type Context = Context<Self>;

            fn started(&mut self, ctx: &mut Context<Self>) {
                self.0.slot.attach(ctx);
            }

            fn stopped(&mut self, _: &mut Context<Self>) {
                self.0.stopped.fetch_add(1, SeqCst);
            }
        }

        impl Handler<Write<u64>> for $name {
            type Result = $result;

            fn handle(&mut self, write: Write<u64>, ctx: &mut Context<Self>) -> Self::Result {
                let answer: fn(&mut Plain, Write<u64>, &mut Context<Self>) -> $result = $answer;
                answer(&mut self.0, write, ctx)
            }
        }
    };
}

type Answer = Result<(), Failure>;

answers!(AtOnce, Answer, |me, write, _| {
    me.take(&write);
    Ok(())
});

answers!(ByFuture, ResponseFuture<Answer>, |me, write, _| {
    me.take(&write);
    let gate = me.gate.clone();
    Box::pin(async move {
        gate.passed().await;
        drop(write);
        Ok(())
    })
});

answers!(ByActFuture, ResponseActFuture<ByActFuture, Answer>, |me, write, _| {
    let gate = me.gate.clone();
    let waits = fut::wrap_future(async move { gate.passed().await });
    me.writes.fetch_add(1, SeqCst);
    Box::pin(waits.map(move |(), me: &mut ByActFuture, _| {
        me.0.writes.fetch_sub(1, SeqCst);
        me.0.take(&write);
        Ok(())
    }))
});

answers!(Atomically, AtomicResponse<Atomically, Answer>, |me, write, _| {
    let gate = me.gate.clone();
    let waits = fut::wrap_future(async move { gate.passed().await });
    me.writes.fetch_add(1, SeqCst);
    AtomicResponse::new(Box::pin(waits.map(move |(), me: &mut Atomically, _| {
        me.0.writes.fetch_sub(1, SeqCst);
        me.0.take(&write);
        Ok(())
    })))
});

/// Numbers from a producer by trait to this consumer, on one arbiter or two.
async fn all_come_to<A: Actor<Context = Context<A>>>(
    count: u64,
    apart: bool,
    make: impl FnOnce(Plain) -> A,
) {
    let slot = Slot::new("plain", marks(64, 256));
    let outlet = slot.register("counter").unwrap();
    let plain = Plain::new(slot).open();
    let tally = plain.tally.clone();
    let _address = make(plain).start();
    let elsewhere = apart.then(Elsewhere::new);
    let start = move || Shell::pull("counter", Count::to(count), outlet).start();
    let counter = match &elsewhere {
        Some(elsewhere) => elsewhere.call(start).await,
        None => start(),
    };
    assert_eq!(within("the producer", counter.finished()).await.unwrap(), Exit::Done);
    until("the end", || !tally.ends().is_empty()).await;
    tally.assert_all(count);
}

#[test]
fn f2_all_comes_to_every_kind_of_handler() {
    for apart in [false, true] {
        system(all_come_to(1_000_000, apart, AtOnce));
        system(all_come_to(100_000, apart, ByFuture));
        system(all_come_to(100_000, apart, ByActFuture));
        system(all_come_to(100_000, apart, Atomically));
    }
}

/// Nothing is committed, and nothing else delivered, before the answer.
async fn the_answer_commits<A: Actor<Context = Context<A>>>(make: impl FnOnce(Plain) -> A) {
    let slot = Slot::new("plain", marks(2, 8));
    let mut outlet = slot.register("writer").unwrap();
    let plain = Plain::new(slot);
    let (tally, gate, writes) = (plain.tally.clone(), plain.gate.clone(), plain.writes.clone());
    let _address = make(plain).start();
    outlet.write_all([0, 1, 2]).unwrap();
    until("the first write", || writes.load(SeqCst) == 1).await;
    outlet.write_all([3, 4]).unwrap();
    let_others_run().await;
    assert_eq!(writes.load(SeqCst), 1, "the next write waits for the answer");
    assert_eq!(outlet.held().items, 5, "nothing is committed before the answer");
    gate.open();
    within("the flush", outlet.close()).await.unwrap();
    until("the end", || !tally.ends().is_empty()).await;
    tally.assert_all(5);
}

#[test]
fn f2_the_answer_of_a_future_is_the_commit() {
    system(the_answer_commits(ByFuture));
    system(the_answer_commits(ByActFuture));
    system(the_answer_commits(Atomically));
}

answers!(TwiceThenFails, Answer, |me, write, _| {
    if me.writes.load(SeqCst) == 2 {
        return Err(Failure::message("the disk is full"));
    }
    me.take(&write);
    Ok(())
});

answers!(TwiceThenPanics, Answer, |me, write, _| {
    if me.writes.load(SeqCst) == 2 {
        panic!("{PLANTED} in a handler");
    }
    me.take(&write);
    Ok(())
});

answers!(Forgets, ResponseActFuture<Forgets, Answer>, |me, write, ctx| {
    me.writes.fetch_add(1, SeqCst);
    ctx.stop();
    drop(write);
    Box::pin(fut::wrap_future(std::future::pending()))
});

/// A consumer that dies with its third write of 64 items in hand: with a slot that waits for its
/// next life, all of it comes again, marked, and nothing else; without, the producer is stopped.
async fn dies_with_a_write<A: Actor<Context = Context<A>>>(
    make: impl Fn(Plain) -> A,
    handled: u64,
    reason: &str,
) {
    for kept in [true, false] {
        let slot = Slot::new("plain", marks(500, 1000));
        let mut outlet = slot.register("writer").unwrap();
        let gauge: Gauge = outlet.gauge();
        if kept {
            slot.keep();
        }
        outlet.write_all(0..300).unwrap();
        let (first, observer) = (Plain::new(slot.clone()), slot.observer());
        let (tally, stopped) = (first.tally.clone(), first.stopped.clone());
        drop(slot);
        let _first = make(first).start();
        until("its end", || stopped.load(SeqCst) == 1).await;
        assert_eq!(tally.count(), handled);
        let_others_run().await;
        if !kept {
            let stopped = within("the stop", outlet.ready()).await.unwrap_err();
            assert_eq!(&*stopped.reason, reason);
            let report = gauge.report();
            let dropped = Amount::items(300 - handled);
            assert_eq!((report.committed.items, report.discarded), (300, dropped), "F2");
            continue;
        }
        let second = Plain { tally: tally.clone(), ..Plain::new(observer) };
        let _second = AtOnce(second).start();
        within("the flush", outlet.close()).await.unwrap();
        until("the end", || !tally.ends().is_empty()).await;
        tally.assert_all(300);
        assert_eq!((tally.redelivered(), gauge.report().redelivered), (64, 64));
    }
}

#[test]
fn f2_what_a_failed_handler_had_in_hand_comes_again_marked() {
    hide_planted_panics();
    system(dies_with_a_write(TwiceThenFails, 128, "the disk is full"));
    system(dies_with_a_write(Forgets, 0, "the consumer is gone"));
}

#[test]
fn f2_what_a_panicked_handler_had_in_hand_comes_again_marked() {
    hide_planted_panics();
    system(dies_with_a_write(TwiceThenPanics, 128, "the consumer panicked"));
}

answers!(Waits, Answer, |me, write, ctx| {
    me.take(&write);
    let gate = me.gate.clone();
    ctx.wait(fut::wrap_future(async move { gate.passed().await }));
    Ok(())
});

answers!(StopsItself, Answer, |me, write, ctx| {
    me.take(&write);
    ctx.stop();
    Ok(())
});

#[test]
fn a_context_that_waits_is_given_nothing_meanwhile() {
    system(async {
        let slot = Slot::new("plain", marks(500, 1000));
        let mut outlet = slot.register("writer").unwrap();
        outlet.write_all(0..300).unwrap();
        let plain = Plain::new(slot);
        let (tally, gate, writes) = (plain.tally.clone(), plain.gate.clone(), plain.writes.clone());
        let _address = Waits(plain).start();
        until("the first write", || writes.load(SeqCst) > 0).await;
        let_others_run().await;
        assert_eq!(tally.count(), 64, "ctx.wait holds for writes as for messages");
        gate.open();
        within("the flush", outlet.close()).await.unwrap();
        until("the end", || !tally.ends().is_empty()).await;
        tally.assert_all(300);
    });
}

#[test]
fn f9_an_actor_that_stops_itself_is_given_nothing_more() {
    system(async {
        let slot = Slot::new("plain", marks(500, 1000));
        let mut outlet = slot.register("writer").unwrap();
        outlet.write_all(0..300).unwrap();
        let plain = Plain::new(slot);
        let (tally, stopped) = (plain.tally.clone(), plain.stopped.clone());
        let _address = StopsItself(plain).start();
        until("its end", || stopped.load(SeqCst) == 1).await;
        let_others_run().await;
        let stopped = within("the stop", outlet.ready()).await.unwrap_err();
        assert_eq!(&*stopped.reason, "the consumer is gone");
        assert_eq!(tally.count(), 64);
        assert_eq!(outlet.gauge().report().discarded.items, 300 - 64, "what it answered counts");
    });
}

#[test]
fn f4_the_second_actor_that_attaches_to_a_slot_stops() {
    system(async {
        let slot = Slot::new("plain", marks(2, 8));
        let outlet = slot.register("counter").unwrap();
        let (first, second) = (Plain::new(slot.clone()), Plain::new(slot));
        let tally = first.tally.clone();
        let (first_stopped, second_stopped) = (first.stopped.clone(), second.stopped.clone());
        let first = AtOnce(first).start();
        let second = AtOnce(second).start();
        until("its end", || second_stopped.load(SeqCst) == 1).await;
        assert!(first.connected() && !second.connected());
        let counter = Shell::pull("counter", Count::to(100), outlet).start();
        within("the producer", counter.finished()).await.unwrap();
        until("the end", || !tally.ends().is_empty()).await;
        tally.assert_all(100);
        drop(first);
        until("the end of the first", || first_stopped.load(SeqCst) == 1).await;
    });
}

/// A plain consumer of items that cannot cross a thread.
struct OfRcs(Slot<Rc<u64>>, Arc<Tally>);

impl Actor for OfRcs {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.0.attach(ctx);
    }
}

impl Handler<Write<Rc<u64>>> for OfRcs {
    type Result = ResponseActFuture<Self, Answer>;

    fn handle(&mut self, mut write: Write<Rc<u64>>, _: &mut Context<Self>) -> Self::Result {
        Box::pin(async {}.into_actor(self).map(move |(), me, _| {
            while let Some(item) = write.take() {
                me.1.add(*item);
            }
            if let Some(end) = &write.end {
                me.1.end(end);
            }
            Ok(())
        }))
    }
}

#[test]
fn items_of_plain_actors_need_not_be_send_on_one_arbiter() {
    system(async {
        let (slot, tally) = (Slot::new("plain", marks(2, 8)), Tally::new());
        let mut outlet = slot.register("writer").unwrap();
        let _address = OfRcs(slot, tally.clone()).start();
        for item in 0..1000 {
            within("room", outlet.ready()).await.unwrap();
            let _ = outlet.write(Rc::new(item)).unwrap();
        }
        within("the flush", outlet.close()).await.unwrap();
        until("the end", || !tally.ends().is_empty()).await;
        tally.assert_all(1000);
    });
}

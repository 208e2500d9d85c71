//! `ctx.wait` and `ctx.stop` hold for what comes by trait as they hold for messages.

#![allow(clippy::unwrap_used, reason = "this is how a test fails")]

mod common;

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
};

use actix::prelude::*;
use aqueduct_actors::{
    Batch, Consumed, Consumer, Ctx, Demand, Exit, Next, Outbox, PullProducer, Shell, Stage,
};
use aqueduct_link::Slot;
use common::*;

/// Handles one item a call, and then has its context wait, or stop.
#[derive(Clone)]
struct Once {
    handled: Arc<AtomicU64>,
    gate: Arc<Gate>,
    stops: bool,
}

impl Once {
    fn new(stops: bool) -> Self {
        Self { handled: Arc::default(), gate: Gate::new(), stops }
    }

    fn then<B>(&self, ctx: &mut Ctx<'_, B>) {
        self.handled.fetch_add(1, SeqCst);
        if self.stops {
            ctx.stop();
        } else {
            let gate = self.gate.clone();
            ctx.wait(fut::wrap_future(async move { gate.passed().await }));
        }
    }
}

impl Consumer for Once {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        batch.next().unwrap();
        self.then(ctx);
        Ok(Consumed::Done)
    }
}

impl Stage for Once {
    type In = u64;
    type Out = u64;
    type Error = Infallible;

    fn process(
        &mut self,
        batch: &mut Batch<'_, u64>,
        out: &mut Outbox<'_, u64>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let _ = out.write(*batch.next().unwrap()).unwrap();
        self.then(ctx);
        Ok(Next::More)
    }
}

impl PullProducer for Once {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, u64>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let _ = out.write(self.handled.load(SeqCst)).unwrap();
        self.then(ctx);
        Ok(if self.handled.load(SeqCst) == 10 { Next::Done } else { Next::More })
    }
}

/// Starts it between ten items and a consumer, as one of the three.
async fn handles_one(stops: bool, kind: &str) {
    let (once, tally) = (Once::new(stops), Tally::new());
    let first = Slot::new("first", marks(8, 16));
    let last = Slot::new("last", marks(8, 16));
    let mut outlet = first.register("writer").unwrap();
    let out = last.register("once").unwrap();
    outlet.write_all(0..10).unwrap();
    outlet.finish();
    let made = once.clone();
    let end: std::pin::Pin<Box<dyn Future<Output = Exit>>> = match kind {
        "consumer" => {
            let running = Shell::consumer(kind, made, &first).unwrap().start();
            Box::pin(async move { running.finished().await.unwrap() })
        }
        "stage" => {
            let running = Shell::stage(kind, made, &first, out).unwrap().start();
            Box::pin(async move { running.finished().await.unwrap() })
        }
        _ => {
            let running = Shell::pull(kind, made, out).start();
            Box::pin(async move { running.finished().await.unwrap() })
        }
    };
    let taker = Shell::consumer("taker", Take(tally.clone()), &last).unwrap().start();
    until("the first item", || once.handled.load(SeqCst) > 0).await;
    let_others_run().await;
    assert_eq!(once.handled.load(SeqCst), 1, "{kind}, stops: {stops}");
    if kind != "consumer" {
        assert_eq!(tally.count(), 1, "what it wrote is published meanwhile");
    }
    once.gate.open();
    let exit = within("its end", end).await;
    if stops {
        assert_eq!(exit, Exit::Stopped("the actor was stopped".into()));
        assert_eq!(once.handled.load(SeqCst), 1, "{kind}");
        return;
    }
    assert_eq!(exit, Exit::Done);
    assert_eq!(once.handled.load(SeqCst), 10, "{kind}");
    if kind != "consumer" {
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(10);
    }
}

#[test]
fn a_context_that_waits_is_called_by_nobody_meanwhile() {
    for kind in ["consumer", "stage", "producer"] {
        system(handles_one(false, kind));
    }
}

#[test]
fn f9_who_stops_himself_is_called_no_more() {
    for kind in ["consumer", "stage", "producer"] {
        system(handles_one(true, kind));
    }
}

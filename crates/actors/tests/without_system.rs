//! What works in a plain tokio runtime, without an actix `System`, and what is missing there.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    time::Duration,
};

use actix::prelude::*;
use aqueduct_actors::{
    Attach, Exit, Failure, InletStream, OutletSink, Shell, StreamProducer, Verdict, Write,
};
use aqueduct_link::Slot;
use common::*;
use futures_util::{StreamExt, stream};

fn plain_runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

/// A plain consumer whose handler answers with a future, and that has a timer.
struct Plain {
    slot: Slot<u64>,
    tally: std::sync::Arc<Tally>,
    ticked: bool,
}

impl Actor for Plain {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.slot.attach(ctx);
        ctx.run_later(Duration::from_millis(1), |me, _| me.ticked = true);
    }
}

impl Handler<Write<u64>> for Plain {
    type Result = ResponseFuture<Result<(), Failure>>;

    fn handle(&mut self, write: Write<u64>, _: &mut Context<Self>) -> Self::Result {
        let tally = self.tally.clone();
        Box::pin(async move {
            tokio::task::yield_now().await;
            write.iter().for_each(|item| tally.add(*item));
            if let Some(end) = &write.end {
                tally.end(end);
            }
            Ok(())
        })
    }
}

#[test]
fn actors_by_trait_and_by_handler_run_in_a_local_set_of_a_plain_runtime() {
    hide_planted_panics();
    let local = tokio::task::LocalSet::new();
    local.block_on(&plain_runtime(), async {
        assert!(System::try_current().is_none());
        // By trait, with a restart.
        let (tally, slot) = (Tally::new(), Slot::new("taker", marks(4, 16)));
        let outlet = slot.register("stream").unwrap();
        let (made, lives) = (tally.clone(), std::cell::Cell::new(0));
        let taker = Shell::consumer_made_later("taker", &slot)
            .unwrap()
            .made_by(move || {
                lives.set(lives.get() + 1);
                assert!(lives.get() > 1, "planted in a factory");
                std::future::ready(Ok::<_, Failure>(Take(made.clone())))
            })
            .start_under(|_| Verdict::Rebuild(Duration::ZERO));
        let items = StreamProducer::new(stream::iter(0..10_000u64));
        let source = Shell::pull("stream", items, outlet).start();
        assert_eq!(within("the producer", source.finished()).await.unwrap(), Exit::Done);
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        tally.assert_all(10_000);
        // By handler.
        let (tally, slot) = (Tally::new(), Slot::new("plain", marks(4, 16)));
        let outlet = slot.register("counter").unwrap();
        let plain = Plain { slot, tally: tally.clone(), ticked: false };
        let _address = plain.start();
        let source = Shell::pull("counter", Count::to(10_000), outlet).start();
        assert_eq!(within("the producer", source.finished()).await.unwrap(), Exit::Done);
        until("the end", || !tally.ends().is_empty()).await;
        tally.assert_all(10_000);
    });
}

#[test]
fn streams_and_sinks_at_a_link_need_no_runtime_of_actix() {
    // Not even a local set: they are plain futures, and may be spawned on any runtime.
    plain_runtime().block_on(async {
        let (tally, mut slot) = (Tally::new(), Slot::new("stream", marks(4, 16)));
        let sink = OutletSink::new(slot.register("sink").unwrap());
        let mut items = InletStream::new(slot.inlet().unwrap());
        let forward = tokio::spawn(stream::iter((0..10_000u64).map(Ok)).forward(sink));
        while let Some(item) = within("an item", items.next()).await {
            tally.add(item);
        }
        within("forward", forward).await.unwrap().unwrap();
        tally.end(items.end().unwrap());
        tally.assert_all(10_000);
    });
}

fn panic_text(call: impl FnOnce()) -> String {
    let panic = catch_unwind(AssertUnwindSafe(call)).unwrap_err();
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap().to_owned()
}

#[test]
fn actors_outside_of_a_local_set_panic_and_say_so() {
    plain_runtime().block_on(async {
        let slot = Slot::new("taker", marks(4, 16));
        let taker = Shell::consumer("taker", Take(Tally::new()), &slot).unwrap();
        let text = panic_text(|| drop(taker.start()));
        assert!(text.contains("`spawn_local` called from outside of a `task::LocalSet`"), "{text}");
        let text = panic_text(|| drop(Arbiter::new()));
        assert!(text.contains("System is not running"), "{text}");
    });
}

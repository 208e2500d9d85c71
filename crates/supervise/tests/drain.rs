//! Draining a supervisor: all that was made is delivered, and everybody ends well.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    cell::Cell,
    convert::Infallible,
    future::{Future, Ready, ready},
    rc::Rc,
    time::Duration,
};

use actix::System;
use aqueduct_actors::{
    Batch, Consumed, Consumer, Ctx, Demand, End, Exit, Next, Outbox, PullProducer, PushProducer,
    Stage,
};
use aqueduct_link::{Slot, Watermarks};
use aqueduct_operators::map;
use aqueduct_supervise::{Arbiters, Supervisor};

/// After this time a test that has not ended is taken to hang.
const PATIENCE: Duration = Duration::from_secs(60);

async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} hangs"),
    }
}

/// Writes numbers for ever, when it is asked or until it is paused.
#[derive(Default)]
struct Endless(u64);

impl PullProducer for Endless {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        self.0 += out.extend(self.0..self.0 + wanted.items());
        Ok(Next::More)
    }
}

impl PushProducer for Endless {
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
}

/// Passes numbers on, one by one.
struct Pass;

impl Stage for Pass {
    type In = u64;
    type Out = u64;
    type Error = Infallible;

    fn process(
        &mut self,
        batch: &mut Batch<'_, u64>,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        while !out.is_paused() {
            let Some(number) = batch.take() else { break };
            out.extend([number]);
        }
        Ok(Next::More)
    }
}

/// Counts numbers on from 0, and is told the end.
#[derive(Clone, Default)]
struct InOrder(Rc<Cell<u64>>, Rc<Cell<Option<bool>>>);

impl Consumer for InOrder {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(number) = batch.next() {
            assert_eq!(*number, self.0.replace(number + 1));
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        self.1.set(Some(end.is_finished()));
        Ok(Consumed::Done)
    }
}

fn new<T: Default>() -> Ready<Result<T, Infallible>> {
    ready(Ok(T::default()))
}

fn slot(supervisor: &Supervisor, name: &str) -> Slot<u64> {
    supervisor.slot(name, Watermarks::items(8, 32).unwrap()).unwrap()
}

/// Drains it when its last link has carried something; then everybody ends well, and nothing is
/// left on the way.
async fn check(supervisor: &Supervisor, last: &Slot<u64>, seen: &InOrder) {
    let carried = || last.gauge().is_some_and(|gauge| gauge.report().committed.items > 1_000);
    within("the stream", async {
        while !carried() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    supervisor.drain();
    supervisor.drain();
    let report = within("the supervisor", supervisor.finished()).await.unwrap();
    for child in &report.children {
        assert!(matches!(child.end, Some(Ok(Exit::Done))), "{child:?}");
    }
    for edge in &report.edges {
        assert_eq!((edge.written, edge.discarded.items), (edge.committed, 0), "{edge}");
        assert_eq!(edge.written.items, seen.0.get());
    }
    assert_eq!(seen.1.get(), Some(true), "the consumer is told that this is all");
}

#[test]
fn what_is_on_the_way_through_stages_and_transforms_is_delivered() {
    System::new().block_on(async {
        let (supervisor, seen) = (Supervisor::new("all"), InOrder::default());
        let slots = ["stage", "transform", "taker"].map(|name| slot(&supervisor, name));
        let [stage, transform, taker] = &slots;
        let taken = seen.clone();
        supervisor
            .consumer(taker, move || ready(Ok::<_, Infallible>(taken.clone())))
            .start()
            .unwrap();
        supervisor.transform(transform, taker, map(|number: u64| number)).start().unwrap();
        supervisor.stage(stage, transform, || ready(Ok::<_, Infallible>(Pass))).start().unwrap();
        supervisor.producer("endless", stage, new::<Endless>).start().unwrap();
        check(&supervisor, taker, &seen).await;
    });
}

#[test]
fn push_producers_drain_with_their_transforms() {
    System::new().block_on(async {
        let (supervisor, seen) = (Supervisor::new("all"), InOrder::default());
        let taker = slot(&supervisor, "taker");
        let taken = seen.clone();
        supervisor
            .consumer(&taker, move || ready(Ok::<_, Infallible>(taken.clone())))
            .start()
            .unwrap();
        let as_it_is = map(|number: u64| number);
        supervisor.push_producer_through("push", &taker, new::<Endless>, as_it_is).start().unwrap();
        check(&supervisor, &taker, &seen).await;
    });
}

#[test]
fn a_producer_on_another_arbiter_hears_of_it() {
    System::new().block_on(async {
        let (supervisor, seen) = (Supervisor::new("all"), InOrder::default());
        let arbiters = Arbiters::start(1).unwrap();
        let taker = slot(&supervisor, "taker");
        let taken = seen.clone();
        supervisor
            .consumer(&taker, move || ready(Ok::<_, Infallible>(taken.clone())))
            .start()
            .unwrap();
        let producer = supervisor.producer("endless", &taker, new::<Endless>);
        producer.start_on(&arbiters.get(0)).await.unwrap();
        check(&supervisor, &taker, &seen).await;
    });
}

#[test]
fn a_child_that_starts_after_the_drain_is_drained_too() {
    System::new().block_on(async {
        let (supervisor, seen) = (Supervisor::new("all"), InOrder::default());
        let taker = slot(&supervisor, "taker");
        supervisor.drain();
        let taken = seen.clone();
        supervisor
            .consumer(&taker, move || ready(Ok::<_, Infallible>(taken.clone())))
            .start()
            .unwrap();
        supervisor.producer("endless", &taker, new::<Endless>).start().unwrap();
        within("the supervisor", supervisor.finished()).await.unwrap();
        // It never began, so that its consumer is not told that this was all.
        assert_eq!((seen.0.get(), seen.1.get()), (0, Some(false)));
    });
}

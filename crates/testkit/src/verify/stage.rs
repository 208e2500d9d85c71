//! Verifies stages, and transforms as stages.

mod rules;

use std::{fmt, future::Future};

use aqueduct_actors::{Failure, Shell, Stage};
use aqueduct_link::{AlreadyTaken, Items, Outlet, Slot, Turn, Watermarks};
use aqueduct_operators::Transform;

use super::subject::{Make, Show, Started, ended_well, made, making, not_made};
use crate::{Broken, Scope, TestConsumer, TestProducer, within};

/// How many items go in.
const ITEMS: u64 = 400;

type Start<I, O> = Box<dyn FnOnce(&Slot<I>, Outlet<O>) -> Result<Box<dyn Started>, AlreadyTaken>>;

/// A stage or a transform to verify: how it is made, what it is given, and what comes of it.
pub struct StageVerification<I, O> {
    start: Make<Start<I, O>>,
    item: Box<dyn Fn(u64) -> I>,
    show: Show<O>,
    is_never_empty: bool,
}

/// A stage that runs, and the other ends of its two links.
struct Fixture<I, O> {
    running: Box<dyn Started>,
    producer: TestProducer<I>,
    consumer: TestConsumer<O>,
}

impl<I: 'static, O: 'static> StageVerification<I, O> {
    /// Returns what verifies the stage that `make` makes, with the items that `item` makes of their
    /// numbers, counted from 0.
    ///
    /// `show` appends what an item says to what was seen, so that streams can be compared which
    /// are cut into items in different ways.
    pub fn stage<S, F, E>(
        make: impl Fn() -> F + 'static,
        item: impl Fn(u64) -> I + 'static,
        show: impl Fn(&O, &mut Vec<u8>) + 'static,
    ) -> Self
    where
        S: Stage<In = I, Out = O>,
        F: Future<Output = Result<S, E>> + 'static,
        E: Into<Failure>,
    {
        let start = making(move || {
            let stage = make();
            async move {
                let stage = stage.await.map_err(Into::into)?;
                let start: Start<I, O> = Box::new(move |slot, outlet| {
                    let shell = Shell::stage("the subject", stage, slot, outlet)?;
                    Ok(Box::new(shell.start()))
                });
                Ok::<_, Failure>(start)
            }
        });
        Self { start, item: Box::new(item), show: Box::new(show), is_never_empty: false }
    }

    /// As [`stage`](Self::stage), for a transform as an actor of its own.
    pub fn transform<T>(
        make: impl Fn() -> T + 'static,
        item: impl Fn(u64) -> I + 'static,
        show: impl Fn(&O, &mut Vec<u8>) + 'static,
    ) -> Self
    where
        T: Transform<In = I, Out = O> + 'static,
        T::Error: Into<Failure> + 'static,
    {
        let start = making(move || {
            let transform = make();
            let start: Start<I, O> = Box::new(move |slot, outlet| {
                let shell = Shell::transform("the subject", transform, slot, outlet)?;
                Ok(Box::new(shell.start()))
            });
            std::future::ready(Ok::<_, Failure>(start))
        });
        Self { start, item: Box::new(item), show: Box::new(show), is_never_empty: false }
    }

    /// A stream of no items is an error for it: that case is left out.
    #[must_use]
    pub const fn never_empty(mut self) -> Self {
        self.is_never_empty = true;
        self
    }

    async fn start(
        &self,
        into: Watermarks<Items>,
        out: Watermarks<Items>,
    ) -> Result<Fixture<I, O>, Broken> {
        self.start_in(&Scope::default(), into, out).await
    }

    async fn start_in(
        &self,
        scope: &Scope,
        into: Watermarks<Items>,
        out: Watermarks<Items>,
    ) -> Result<Fixture<I, O>, Broken> {
        let consumer = TestConsumer::of(scope.slot("the stage's consumer", out));
        let consumer = consumer.map_err(|error| not_made(&error))?;
        let start = made(&self.start).await?;
        let outlet = consumer.slot().register("the subject").map_err(|error| not_made(&error))?;
        let slot = scope.slot("the stage", into);
        let running = start(&slot, outlet).map_err(|error| not_made(&error))?;
        let producer = TestProducer::register(&slot).map_err(|error| not_made(&error))?;
        Ok(Fixture { running, producer, consumer })
    }

    async fn feed(&self, producer: &mut TestProducer<I>, items: u64) -> Result<(), Broken> {
        for n in 0..items {
            // What wants no more of it is done, and may say so.
            if producer.outlet().stopped().is_some() {
                break;
            }
            let sent = producer.send((self.item)(n)).await;
            if producer.outlet().stopped().is_none() {
                sent?;
            }
        }
        Ok(())
    }

    /// Feeds it all items, takes what comes of them, and returns what that says.
    async fn run(
        &self,
        into: Watermarks<Items>,
        out: Watermarks<Items>,
        mut most: impl FnMut() -> u64,
    ) -> Result<Vec<u8>, Broken> {
        let Fixture { running, mut producer, mut consumer } = self.start(into, out).await?;
        let feeding = async {
            self.feed(&mut producer, ITEMS).await?;
            producer.finish();
            Ok(())
        };
        let taking = async {
            let mut seen = Vec::new();
            while let Turn::Items = within("an item, or the end", consumer.turn()).await? {
                for item in consumer.take_up_to(usize::try_from(most()).unwrap_or(1)) {
                    (self.show)(&item, &mut seen);
                }
            }
            Ok::<_, Broken>(seen)
        };
        let ((), seen) = tokio::try_join!(feeding, taking)?;
        ended_well(&*running).await?;
        Ok(seen)
    }
}

impl<I, O> fmt::Debug for StageVerification<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StageVerification").finish_non_exhaustive()
    }
}

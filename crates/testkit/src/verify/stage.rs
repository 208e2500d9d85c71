//! Verifies stages, and transforms as stages.

use std::{fmt, future::Future};

use aqueduct_actors::{Failure, Shell, Stage};
use aqueduct_link::{AlreadyTaken, End, Items, Outlet, Slot, Turn, Watermarks};
use aqueduct_operators::Transform;

use super::{
    producer::marks,
    seed::Seed,
    subject::{
        Make, Show, Started, ended_somehow, ended_well, gives_its_thread_back, made, making,
        not_made,
    },
};
use crate::{Broken, Checked, TestConsumer, TestProducer, Verdict, let_others_run};

/// How many items go in.
const ITEMS: u64 = 400;

/// How many items are offered to a stage whose consumer takes nothing.
const OFFERED: u64 = 20_000;

/// How many items a stage may take in the turn in which its consumer becomes full.
const TURN: u64 = aqueduct_actors::TURN_ITEMS as u64;

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
        let consumer = TestConsumer::new(out).map_err(|error| not_made(&error))?;
        let start = made(&self.start).await?;
        let outlet = consumer.slot().register("the subject").map_err(|error| not_made(&error))?;
        let slot = Slot::new("the subject", into);
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
            while let Turn::Items = crate::within("an item, or the end", consumer.turn()).await? {
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

    /// Once its consumer is full it takes no more than a turn's worth: what it holds is bounded.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f1_it_takes_no_more_while_its_consumer_is_full(&self) -> Verdict {
        let mut fixture = self.start(marks(2, 4)?, marks(0, 1)?).await?;
        let (mut taken, mut full_at) = (0, None);
        while taken < OFFERED {
            if fixture.producer.outlet().flow() == aqueduct_link::Flow::Paused {
                let_others_run().await;
            }
            if fixture.producer.outlet().write((self.item)(taken)).is_err() {
                return Ok(Checked::Kept);
            }
            taken += 1;
            let full = fixture.consumer.slot().gauge().map(|gauge| gauge.report().paused_now);
            if full_at.is_none() && full.flatten().is_some() {
                full_at = Some(taken);
            }
            if full_at.is_some_and(|at| taken > at + 2 * TURN) {
                let got = format!("{taken} items taken, the consumer full since item {full_at:?}");
                let advice = "stop taking when Outbox::is_paused(), and put back what is in hand";
                return Err(Broken::new("no more items than a turn's worth", got, advice));
            }
        }
        Ok(Checked::Skipped("it never filled its consumer"))
    }

    /// What comes out is the same, however fast it is fed, and however it is taken.
    ///
    /// # Errors
    /// [`Broken`] if it is not so; the seed repeats the portions.
    pub async fn required_f2_the_same_comes_out_however_it_goes_in(&self) -> Verdict {
        let mut seed = Seed::new();
        let number = seed.seed;
        let first = self.run(marks(0, 1)?, marks(0, 1)?, || 1).await?;
        for (into, out) in [((0, 256), (0, 1)), ((0, 1), (0, 256)), ((16, 64), (4, 32))] {
            let (into, out) = (marks(into.0, into.1)?, marks(out.0, out.1)?);
            let seen = self.run(into, out, || seed.up_to(64)).await;
            if seen.map_err(|broken| broken.with_seed(number))? != first {
                let got = "something else when it was fed and taken faster or slower";
                let advice = "take an item from the batch only when there is room for what comes \
                              of it, and keep what belongs to the next";
                let broken = Broken::new("the same stream, however it is cut", got, advice);
                return Err(broken.with_seed(number));
            }
        }
        Ok(Checked::Kept)
    }

    /// A finished stream comes out finished, with all that was left, whatever the number of items.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f6_the_end_goes_through_it_behind_the_last_item(&self) -> Verdict {
        let least = usize::from(self.is_never_empty);
        for items in [0, 1, 65].into_iter().skip(least) {
            let Fixture { running, mut producer, mut consumer } =
                self.start(marks(64, 128)?, marks(4096, 4096)?).await?;
            self.feed(&mut producer, items).await?;
            producer.finish();
            let (_, end) = consumer.expect_end().await?;
            if end != End::Finished {
                let advice = "answer Done in finish() when what is left is written";
                return Err(Broken::new("a finished stream", end.to_string(), advice));
            }
            ended_well(&*running).await?;
        }
        Ok(Checked::Kept)
    }

    /// A stream that is aborted ends it, and does not come out as a finished one.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_an_abort_goes_through_it(&self) -> Verdict {
        for items in [0, 1, 65] {
            let Fixture { running, mut producer, mut consumer } =
                self.start(marks(64, 128)?, marks(4096, 4096)?).await?;
            self.feed(&mut producer, items).await?;
            // Whoever has enough has the time to say so.
            let_others_run().await;
            let _ = producer.outlet().flow();
            let wants_no_more = producer.outlet().stopped().is_some();
            producer.abort("the check aborts it");
            let (_, end) = consumer.expect_end().await?;
            if end == End::Finished && !wants_no_more {
                let advice = "look at the end that finish() is told";
                return Err(Broken::new("an aborted stream", end.to_string(), advice));
            }
            ended_somehow(&*running).await?;
        }
        Ok(Checked::Kept)
    }

    /// When its consumer wants no more, its producer is stopped, and its work ends.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_a_stop_goes_through_it(&self) -> Verdict {
        let mut fixture = self.start(marks(8, 16)?, marks(8, 16)?).await?;
        self.feed(&mut fixture.producer, 4).await?;
        fixture.consumer.stop();
        fixture.producer.expect_stopped().await?;
        ended_somehow(&*fixture.running).await?;
        Ok(Checked::Kept)
    }

    /// It lets others on its thread have their turns while it works.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f10_it_gives_its_thread_back(&self) -> Verdict {
        gives_its_thread_back(self.run(marks(8, 64)?, marks(8, 64)?, || 64)).await?;
        Ok(Checked::Kept)
    }
}

impl<I, O> fmt::Debug for StageVerification<I, O> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StageVerification").finish_non_exhaustive()
    }
}

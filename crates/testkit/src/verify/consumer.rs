//! Verifies consumers.

use std::{fmt, future::Future, rc::Rc};

use aqueduct_actors::{Consumer, Failure, Running, Shell};
use aqueduct_link::{Slot, Watermarks};

use super::{
    seed::Seed,
    subject::{Make, ended_somehow, ended_well, gives_its_thread_back, made, making, not_made},
};
use crate::{Broken, Checked, TestProducer, Verdict, let_others_run};

/// How many items a check writes, where it writes many.
const ITEMS: u64 = 600;

/// A consumer to verify: how it is made, and what it is given.
///
/// ```
/// # use std::convert::Infallible;
/// # use aqueduct_actors::{Batch, Consumed, Consumer, Ctx};
/// # struct Printer;
/// # impl Consumer for Printer {
/// #     type Item = u64;
/// #     type Error = Infallible;
/// #     fn consume(&mut self, batch: &mut Batch<'_, u64>, _: &mut Ctx<'_, Self>)
/// #         -> Result<Consumed<Self>, Infallible> {
/// #         while batch.next().is_some() {}
/// #         Ok(Consumed::Done)
/// #     }
/// # }
/// # fn main() {}
/// use aqueduct_testkit::{ConsumerVerification, verify_consumer};
///
/// verify_consumer!(printer, ConsumerVerification::new(|| async { Ok::<_, Infallible>(Printer) }, |n| n));
/// ```
pub struct ConsumerVerification<C: Consumer> {
    make: Make<C>,
    item: Box<dyn Fn(u64) -> C::Item>,
    handled: Option<Rc<dyn Fn() -> Vec<u64>>>,
}

/// A consumer that runs, and the other end of its link.
struct Fixture<C: Consumer> {
    running: Running<C>,
    producer: TestProducer<C::Item>,
    slot: Slot<C::Item>,
}

impl<C: Consumer> ConsumerVerification<C> {
    /// Returns what verifies the consumer that `make` makes, with the items that `item` makes of
    /// their numbers, counted from 0.
    ///
    /// Each check makes a consumer of its own, in an actix system.
    pub fn new<F, E>(
        make: impl Fn() -> F + 'static,
        item: impl Fn(u64) -> C::Item + 'static,
    ) -> Self
    where
        F: Future<Output = Result<C, E>> + 'static,
        E: Into<Failure>,
    {
        Self { make: making(make), item: Box::new(item), handled: None }
    }

    /// Looks also at what the consumer really did: the numbers of the items that it has handled
    /// since it was made, in that order.
    #[must_use]
    pub fn handled_by(mut self, handled: impl Fn() -> Vec<u64> + 'static) -> Self {
        self.handled = Some(Rc::new(handled));
        self
    }

    async fn start(&self) -> Result<Fixture<C>, Broken> {
        let marks = Watermarks::items(64, 128).map_err(|error| not_made(&error))?;
        let slot = Slot::new("the subject", marks);
        let consumer = made(&self.make).await?;
        let shell = Shell::consumer("the subject", consumer, &slot);
        let running = shell.map_err(|error| not_made(&error))?.start();
        let producer = TestProducer::register(&slot).map_err(|error| not_made(&error))?;
        Ok(Fixture { running, producer, slot: slot.observer() })
    }

    async fn feed(
        &self,
        fixture: &mut Fixture<C>,
        numbers: std::ops::Range<u64>,
    ) -> Result<(), Broken> {
        for n in numbers {
            fixture.producer.send((self.item)(n)).await?;
        }
        Ok(())
    }

    /// Looks that these are handled, each once and in order.
    fn saw(&self, items: u64) -> Result<(), Broken> {
        let Some(handled) = &self.handled else { return Ok(()) };
        let (handled, all) = (handled(), (0..items).collect::<Vec<_>>());
        if handled == all {
            return Ok(());
        }
        let at = handled.iter().zip(&all).take_while(|(one, other)| one == other).count();
        let got = match handled.get(at) {
            Some(other) => format!("item {other} in place of item {at}"),
            None => format!("only the first {at}"),
        };
        let advice = "handle each item that next() lends before it is called again";
        Err(Broken::new(format!("{items} items handled, in order"), got, advice))
    }

    /// All items are written, and after a finished stream each of them is handled, once and in
    /// order: none is given up, none is left.
    ///
    /// Order is looked at with [`handled_by`](Self::handled_by) only.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f2_every_item_is_handled_once_and_in_order(&self) -> Verdict {
        let mut fixture = self.start().await?;
        self.feed(&mut fixture, 0..ITEMS).await?;
        fixture.producer.expect_handled().await?;
        fixture.producer.finish();
        ended_well(&fixture.running).await?;
        self.saw(ITEMS)?;
        nothing_is_given_up(&fixture)
    }

    /// An item is handled though none comes behind it.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f2_an_item_is_handled_without_another_behind_it(&self) -> Verdict {
        let mut fixture = self.start().await?;
        for n in 0..8 {
            self.feed(&mut fixture, n..n + 1).await?;
            let handled = fixture.producer.expect_handled().await;
            let advice = "commit an item when it is handled, not when the next one comes";
            handled.map_err(|broken| broken.advising(advice))?;
            self.saw(n + 1)?;
        }
        Ok(Checked::Kept)
    }

    /// The end of a finished stream comes behind its last item, and the work ends well, whatever
    /// the number of items.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f6_the_end_comes_behind_the_last_item(&self) -> Verdict {
        for items in [0, 1, 63, 64, 65, 300] {
            let mut fixture = self.start().await?;
            self.feed(&mut fixture, 0..items).await?;
            fixture.producer.finish();
            ended_well(&fixture.running).await?;
            let _ = nothing_is_given_up(&fixture)?;
        }
        Ok(Checked::Kept)
    }

    /// It goes on with each burst of items, however large, after it has waited for it.
    ///
    /// # Errors
    /// [`Broken`] if it is not so; the seed repeats the bursts.
    pub async fn required_f7_it_comes_back_after_it_has_waited(&self) -> Verdict {
        let mut seed = Seed::new();
        let number = seed.seed;
        let mut fixture = self.start().await?;
        let mut next = 0;
        let advice = "a consumer that answers Wait gives ctx.waker() to what it waits for";
        for _ in 0..20 {
            let burst = seed.up_to(200);
            let handled = async {
                self.feed(&mut fixture, next..next + burst).await?;
                fixture.producer.expect_handled().await
            };
            let handled = handled.await;
            handled.map_err(|broken| broken.advising(advice).with_seed(number))?;
            next += burst;
            let_others_run().await;
        }
        Ok(Checked::Kept)
    }

    /// A stream that is aborted ends it, well or with an error, before any item and in the middle.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_an_abort_ends_it(&self) -> Verdict {
        for items in [0, 1, 100] {
            let mut fixture = self.start().await?;
            self.feed(&mut fixture, 0..items).await?;
            fixture.producer.abort("the check aborts it");
            ended_somehow(&fixture.running).await?;
        }
        Ok(Checked::Kept)
    }

    /// When its producer dies, it gets all that was accepted, and then comes to its end.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_the_death_of_its_producer_ends_it_behind_the_last_item(
        &self,
    ) -> Verdict {
        let mut fixture = self.start().await?;
        self.feed(&mut fixture, 0..100).await?;
        fixture.producer.outlet().fail("the check lets it die");
        ended_somehow(&fixture.running).await?;
        self.saw(100)?;
        nothing_is_given_up(&fixture)
    }

    /// When it is gone for good, its producer is stopped, and the work ends.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_when_it_goes_its_producer_is_stopped(&self) -> Verdict {
        let mut fixture = self.start().await?;
        self.feed(&mut fixture, 0..10).await?;
        fixture.slot.retire("the check wants no more of it");
        fixture.producer.expect_stopped().await?;
        ended_somehow(&fixture.running).await?;
        Ok(Checked::Kept)
    }

    /// It lets others on its thread have their turns while it handles items.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f10_it_gives_its_thread_back(&self) -> Verdict {
        let mut fixture = self.start().await?;
        gives_its_thread_back(async {
            self.feed(&mut fixture, 0..64).await?;
            fixture.producer.expect_handled().await
        })
        .await?;
        Ok(Checked::Kept)
    }
}

/// What was written is committed, and nothing of it was given up.
fn nothing_is_given_up<C: Consumer>(fixture: &Fixture<C>) -> Verdict {
    let Some(report) = fixture.slot.gauge().map(|gauge| gauge.report()) else {
        return Ok(Checked::Skipped("nobody was registered"));
    };
    if report.committed == report.written && report.discarded.is_zero() {
        return Ok(Checked::Kept);
    }
    let got = format!(
        "{} committed, {} of them given up",
        report.committed.items, report.discarded.items
    );
    let advice = "answer Done when all that was lent is handled, and Wait until then";
    Err(Broken::new(format!("{} items handled", report.written.items), got, advice))
}

impl<C: Consumer> fmt::Debug for ConsumerVerification<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsumerVerification").finish_non_exhaustive()
    }
}

//! Verifies producers.

mod rules;

use std::{fmt, future::Future};

use aqueduct_actors::{Failure, PullProducer, PushProducer, Shell};
use aqueduct_link::{Items, Outlet, Slot, Turn, Watermarks};

use super::subject::{Make, Show, Started, made, making, not_made};
use crate::{Broken, TestConsumer, within};

/// How many items of a producer are looked at, where it has more.
const ITEMS: usize = 600;

type Start<T> = Box<dyn FnOnce(Outlet<T>) -> Box<dyn Started>>;

/// A producer to verify: how it is made, and what its items say.
///
/// ```
/// use std::convert::Infallible;
///
/// use aqueduct_actors::StreamProducer;
/// use aqueduct_testkit::{ProducerVerification, verify_producer};
/// # use aqueduct_actors::{Ctx, Demand, Next, Outbox, PullProducer};
/// # struct Ten(u64);
/// # impl PullProducer for Ten {
/// #     type Item = u64;
/// #     type Error = Infallible;
/// #     fn produce(&mut self, wanted: Demand, out: &mut Outbox<'_, u64>, _: &mut Ctx<'_, Self>)
/// #         -> Result<Next, Infallible> {
/// #         self.0 += out.extend(self.0..10.min(self.0 + wanted.items()));
/// #         Ok(if self.0 == 10 { Next::Done } else { Next::More })
/// #     }
/// # }
///
/// verify_producer!(ten, ProducerVerification::pull(|| async { Ok::<_, Infallible>(Ten(0)) },
///     |n: &u64, seen| seen.extend(n.to_be_bytes())));
/// # fn main() {}
/// ```
pub struct ProducerVerification<T> {
    start: Make<Start<T>>,
    show: Show<T>,
    is_endless: bool,
    is_asked: bool,
}

/// A producer that runs, and the other end of its link.
struct Fixture<T> {
    running: Box<dyn Started>,
    consumer: TestConsumer<T>,
}

impl<T> Fixture<T> {
    /// Is done with the producer before another is made, since what it reads may be there for one at
    /// a time. How it ends is looked at elsewhere.
    async fn over(mut self) {
        self.consumer.stop();
        let _ = within("the end of its work", self.running.ended()).await;
    }
}

impl<T: 'static> ProducerVerification<T> {
    /// Returns what verifies the pull producer that `make` makes.
    ///
    /// `show` appends what an item says to what was seen, so that streams can be compared which
    /// are cut into items in different ways.
    pub fn pull<P, F, E>(
        make: impl Fn() -> F + 'static,
        show: impl Fn(&T, &mut Vec<u8>) + 'static,
    ) -> Self
    where
        P: PullProducer<Item = T>,
        F: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure>,
    {
        let subject = Self::of(make, show, |producer, outlet| {
            Box::new(Shell::pull("the subject", producer, outlet).start())
        });
        Self { is_asked: true, ..subject }
    }

    /// As [`pull`](Self::pull), for a push producer.
    pub fn push<P, F, E>(
        make: impl Fn() -> F + 'static,
        show: impl Fn(&T, &mut Vec<u8>) + 'static,
    ) -> Self
    where
        P: PushProducer<Item = T>,
        F: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure>,
    {
        Self::of(make, show, |producer, outlet| {
            Box::new(Shell::push("the subject", producer, outlet).start())
        })
    }

    fn of<P: 'static, F, E>(
        make: impl Fn() -> F + 'static,
        show: impl Fn(&T, &mut Vec<u8>) + 'static,
        start: fn(P, Outlet<T>) -> Box<dyn Started>,
    ) -> Self
    where
        F: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure>,
    {
        let start = making(move || {
            let producer = make();
            async move {
                let producer = producer.await.map_err(Into::into)?;
                let started: Start<T> = Box::new(move |outlet| start(producer, outlet));
                Ok::<_, Failure>(started)
            }
        });
        Self { start, show: Box::new(show), is_endless: false, is_asked: false }
    }

    /// The producer never comes to an end: what is promised of its end is skipped.
    #[must_use]
    pub const fn endless(mut self) -> Self {
        self.is_endless = true;
        self
    }

    async fn start(&self, marks: Watermarks<Items>) -> Result<Fixture<T>, Broken> {
        self.start_for(Slot::new("the test's consumer", marks)).await
    }

    async fn start_for(&self, slot: Slot<T>) -> Result<Fixture<T>, Broken> {
        let consumer = TestConsumer::of(slot).map_err(|error| not_made(&error))?;
        let start = made(&self.start).await?;
        let outlet = consumer.slot().register("the subject").map_err(|error| not_made(&error))?;
        Ok(Fixture { running: start(outlet), consumer })
    }

    /// Takes up to this many items at a time, [`ITEMS`] in all; returns what they say, and whether
    /// that was all there is.
    async fn read(
        &self,
        marks: Watermarks<Items>,
        mut most: impl FnMut() -> u64,
    ) -> Result<(Vec<u8>, bool), Broken> {
        let mut fixture = self.start(marks).await?;
        let (mut seen, mut taken) = (Vec::new(), 0);
        let mut is_all = false;
        while taken < ITEMS {
            let Turn::Items = within("an item, or the end", fixture.consumer.turn()).await? else {
                is_all = true;
                break;
            };
            for item in fixture.consumer.take_up_to(usize::try_from(most()).unwrap_or(ITEMS)) {
                (self.show)(&item, &mut seen);
                taken += 1;
            }
        }
        fixture.over().await;
        Ok((seen, is_all))
    }

    /// Whether it has as many items as this; a producer is made to find out.
    async fn has(&self, items: u64) -> Result<bool, Broken> {
        let mut fixture = self.start(marks(0, 1)?).await?;
        let mut taken = 0;
        while taken < items {
            let Turn::Items = within("an item, or the end", fixture.consumer.turn()).await? else {
                break;
            };
            taken += fixture.consumer.take_up_to(1).len() as u64;
        }
        fixture.over().await;
        Ok(taken >= items)
    }
}

pub(super) fn marks(low: u64, high: u64) -> Result<Watermarks<Items>, Broken> {
    Watermarks::items(low, high).map_err(|error| not_made(&error))
}

impl<T> fmt::Debug for ProducerVerification<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProducerVerification")
            .field("is_endless", &self.is_endless)
            .finish_non_exhaustive()
    }
}

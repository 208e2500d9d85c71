//! Verifies producers.

use std::{fmt, future::Future};

use aqueduct_actors::{Failure, PullProducer, PushProducer, Shell};
use aqueduct_link::{End, Items, Outlet, Turn, Watermarks};

use super::{
    seed::Seed,
    subject::{
        Make, Show, Started, ended_somehow, ended_well, gives_its_thread_back, made, making,
        not_made,
    },
};
use crate::{Broken, Checked, TestConsumer, Verdict, let_others_run, until, within};

/// How many items of a producer are looked at, where it has more.
const ITEMS: usize = 600;

/// The high mark of a link that nothing is taken from.
const HIGH: u64 = 4;

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
}

/// A producer that runs, and the other end of its link.
struct Fixture<T> {
    running: Box<dyn Started>,
    consumer: TestConsumer<T>,
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
        Self::of(make, show, |producer, outlet| {
            Box::new(Shell::pull("the subject", producer, outlet).start())
        })
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
        Self { start, show: Box::new(show), is_endless: false }
    }

    /// The producer never comes to an end: what is promised of its end is skipped.
    #[must_use]
    pub const fn endless(mut self) -> Self {
        self.is_endless = true;
        self
    }

    async fn start(&self, marks: Watermarks<Items>) -> Result<Fixture<T>, Broken> {
        let consumer = TestConsumer::new(marks).map_err(|error| not_made(&error))?;
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
        while taken < ITEMS {
            let Turn::Items = within("an item, or the end", fixture.consumer.turn()).await? else {
                return Ok((seen, true));
            };
            for item in fixture.consumer.take_up_to(usize::try_from(most()).unwrap_or(ITEMS)) {
                (self.show)(&item, &mut seen);
                taken += 1;
            }
        }
        Ok((seen, false))
    }

    /// What is written is the same, whether it is taken one by one, as fast as it comes, or in
    /// portions of any size.
    ///
    /// # Errors
    /// [`Broken`] if it is not so; the seed repeats the portions.
    pub async fn required_f2_the_same_comes_whatever_the_demand(&self) -> Verdict {
        let mut seed = Seed::new();
        let number = seed.seed;
        let (mut first, mut all) = self.read(marks(0, 1)?, || 1).await?;
        for (low, high) in [(0, 64), (8, 9), (100, 300)] {
            let read = self.read(marks(low, high)?, || seed.up_to(high)).await;
            let (mut next, is_all) = read.map_err(|broken| broken.with_seed(number))?;
            if !(all && is_all) {
                let both = first.len().min(next.len());
                first.truncate(both);
                next.truncate(both);
            }
            all |= is_all;
            if next != first {
                let at = first.iter().zip(&next).take_while(|(one, other)| one == other).count();
                let got = format!("another one at byte {at} of what the items say");
                let advice = "count what extend() took, and what write() handed back is not gone";
                let broken = Broken::new("the same stream, however it is taken", got, advice);
                return Err(broken.with_seed(number));
            }
        }
        Ok(Checked::Kept)
    }

    /// While somebody holds the flow, nothing is written; then it goes on.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f3_nothing_is_written_while_it_is_held(&self) -> Verdict {
        let mut fixture = self.start(marks(8, 16)?).await?;
        for _ in 0..5 {
            within("an item, or the end", fixture.consumer.turn()).await?;
            fixture.consumer.pause();
            let_others_run().await;
            drop(fixture.consumer.take_what_is_there());
            if fixture.consumer.has_ended() {
                break;
            }
            fixture.consumer.expect_no_write().await?;
            fixture.consumer.resume();
        }
        Ok(Checked::Kept)
    }

    /// All is written before its end, the end comes once, and its work ends well.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f6_its_end_comes_behind_the_last_item(&self) -> Verdict {
        if self.is_endless {
            return Ok(Checked::Skipped("the producer has no end"));
        }
        let mut fixture = self.start(marks(8, 16)?).await?;
        let (_, end) = fixture.consumer.expect_end().await?;
        if end != End::Finished {
            let advice = "answer Done when all is written, and an error where it is not";
            return Err(Broken::new("a finished stream", end.to_string(), advice));
        }
        ended_well(&*fixture.running).await?;
        Ok(Checked::Kept)
    }

    /// Each time that there is room again, more is written, or the end.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f7_it_goes_on_whenever_there_is_room(&self) -> Verdict {
        let mut fixture = self.start(marks(0, 2)?).await?;
        for round in 0..100 {
            let turn = within("an item, or the end", fixture.consumer.turn()).await;
            let turn = turn.map_err(|broken| {
                let got = format!("nothing, after it was paused {round} times");
                let advice = "a producer that answers Wait gives ctx.waker() to what it waits for; \
                              one that has more answers More";
                Broken { got, ..broken.advising(advice) }
            })?;
            if matches!(turn, Turn::End(_)) {
                break;
            }
            let_others_run().await;
            drop(fixture.consumer.take_what_is_there());
        }
        Ok(Checked::Kept)
    }

    /// When its consumer wants no more, its work ends: before the first item, and in the middle.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f9_a_stop_ends_it(&self) -> Verdict {
        for items in [0, 1, 5] {
            let mut fixture = self.start(marks(8, 16)?).await?;
            for _ in 0..items {
                if let Turn::Items = within("an item, or the end", fixture.consumer.turn()).await? {
                    drop(fixture.consumer.take_up_to(1));
                }
            }
            fixture.consumer.stop();
            ended_somehow(&*fixture.running).await?;
        }
        Ok(Checked::Kept)
    }

    /// Where nothing is taken, it writes up to the high mark, and at most the item that passes it.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f10_it_writes_no_more_than_is_wanted(&self) -> Verdict {
        let marks =
            Watermarks::items_within(0, HIGH, 64 * HIGH).map_err(|error| not_made(&error))?;
        let fixture = self.start(marks).await?;
        let held = || {
            let report = fixture.consumer.slot().gauge().map(|gauge| gauge.report());
            report.map_or(0, |report| report.written.items)
        };
        let full = until("as much as the mark allows, or all", || {
            held() >= HIGH || fixture.consumer.slot().producer().is_none()
        });
        full.await?;
        let_others_run().await;
        if held() <= HIGH + 1 {
            return Ok(Checked::Kept);
        }
        let got = format!("{} items in a link that is full with {HIGH}", held());
        let advice = "write what is wanted, and stop when Outbox::is_paused() or at Flow::Paused";
        Err(Broken::new(format!("at most {} items", HIGH + 1), got, advice))
    }

    /// It lets others on its thread have their turns while it makes items.
    ///
    /// # Errors
    /// [`Broken`] if it is not so.
    pub async fn required_f10_it_gives_its_thread_back(&self) -> Verdict {
        gives_its_thread_back(self.read(marks(8, 64)?, || 64)).await?;
        Ok(Checked::Kept)
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

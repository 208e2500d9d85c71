//! What a producer is, by trait.

use aqueduct_link::{Amount, Reasons, Stopped};

use crate::{Ctx, Failure, Outbox};

/// What a producer says when its turn is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Next {
    /// There is more: call again as soon as more is wanted.
    More,
    /// There is nothing now: the producer has given [`Ctx::waker`] to whatever it waits for.
    Wait,
    /// That was all: the consumer is told behind the last item.
    Done,
}

/// How much is wanted of a pull producer.
///
/// More may be written than is wanted, up to the capacity of the link; it is wiser not to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Demand(Amount);

impl Demand {
    /// Returns a demand of this much, for whoever runs a producer inside another.
    #[must_use]
    pub const fn new(amount: Amount) -> Self {
        Self(amount)
    }

    /// The number of items wanted; at least 1.
    #[must_use]
    pub const fn items(self) -> u64 {
        self.0.items
    }

    /// The number of bytes wanted; `u64::MAX` where items are not weighed.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0.bytes
    }
}

/// A source that makes items when it is asked: a file, a query, a generator.
///
/// It is never paused; it is just not asked.
pub trait PullProducer: Sized + 'static {
    /// What it makes.
    type Item: 'static;
    /// Why it may fail.
    type Error: Into<Failure> + 'static;

    /// Whether it is told what it may forget, by [`acknowledged`](Self::acknowledged). Default: no,
    /// and nobody counts.
    const WANTS_ACKNOWLEDGEMENTS: bool = false;

    /// Writes up to `wanted` items.
    ///
    /// # Errors
    /// An error ends this life of the producer; a supervisor may give it another. What it wrote
    /// stays written.
    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, Self::Item>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error>;

    /// The consumer wants no more, for good; called once.
    fn stopped(&mut self, why: Stopped, ctx: &mut Ctx<'_, Self>) {
        let _ = (why, ctx);
    }

    /// The consumers at the end have handled all that came of its first items, so many in all, and
    /// it may forget them: where [`WANTS_ACKNOWLEDGEMENTS`](Self::WANTS_ACKNOWLEDGEMENTS).
    ///
    /// Called between its turns, with a larger number each time, and with the largest until then
    /// where its value was made anew: items are counted since the registration, over all lives.
    /// A life that is done ends only when all it wrote is acknowledged, or lost.
    fn acknowledged(&mut self, items: u64, ctx: &mut Ctx<'_, Self>) {
        let _ = (items, ctx);
    }

    /// The item of this number was lost with an actor that died of it: neither it nor what comes
    /// behind it will be acknowledged. Called once a life, where acknowledgements are wanted.
    ///
    /// Whoever must not lose it ends here, and begins again behind what was acknowledged.
    fn lost(&mut self, from: u64, ctx: &mut Ctx<'_, Self>) {
        let _ = (from, ctx);
    }
}

/// A source that runs by itself until it is paused: a subscription, a sensor, a socket.
///
/// It starts running. Pauses and resumes balance.
pub trait PushProducer: Sized + 'static {
    /// What it makes.
    type Item: 'static;
    /// Why it may fail.
    type Error: Into<Failure> + 'static;

    /// Whether it is told what it may forget, by [`acknowledged`](Self::acknowledged). Default: no,
    /// and nobody counts.
    const WANTS_ACKNOWLEDGEMENTS: bool = false;

    /// Writes what there is; called at the start, after each resume, and when its waker was woken,
    /// but not while paused.
    ///
    /// # Errors
    /// An error ends this life of the producer; a supervisor may give it another.
    fn run(
        &mut self,
        out: &mut Outbox<'_, Self::Item>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error>;

    /// Write no more; called once, before one [`resumed`](Self::resumed).
    fn paused(&mut self, why: Reasons, ctx: &mut Ctx<'_, Self>) {
        let _ = (why, ctx);
    }

    /// Go on.
    fn resumed(&mut self, ctx: &mut Ctx<'_, Self>) {
        let _ = ctx;
    }

    /// The consumer wants no more, for good; called once.
    fn stopped(&mut self, why: Stopped, ctx: &mut Ctx<'_, Self>) {
        let _ = (why, ctx);
    }

    /// The consumers at the end have handled all that came of its first items, so many in all, and
    /// it may forget them: where [`WANTS_ACKNOWLEDGEMENTS`](Self::WANTS_ACKNOWLEDGEMENTS).
    ///
    /// Called between its turns, with a larger number each time, and with the largest until then
    /// where its value was made anew: items are counted since the registration, over all lives.
    /// A life that is done ends only when all it wrote is acknowledged, or lost.
    fn acknowledged(&mut self, items: u64, ctx: &mut Ctx<'_, Self>) {
        let _ = (items, ctx);
    }

    /// The item of this number was lost with an actor that died of it: neither it nor what comes
    /// behind it will be acknowledged. Called once a life, where acknowledgements are wanted.
    ///
    /// Whoever must not lose it ends here, and begins again behind what was acknowledged.
    fn lost(&mut self, from: u64, ctx: &mut Ctx<'_, Self>) {
        let _ = (from, ctx);
    }
}

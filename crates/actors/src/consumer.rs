//! What a consumer is, by trait.

use std::{fmt, future::Future, pin::Pin};

use aqueduct_link::{Batch, End};

use crate::{Ctx, Failure};

/// What a consumer says when its turn is over.
pub enum Consumed<C: Consumer> {
    /// What was lent is handled: the item in hand is committed.
    Done,
    /// The item in hand, if there is one, is not handled: it stays in front. The consumer has
    /// given [`Ctx::waker`] to whatever it waits for.
    Wait,
    /// The work goes on in this future; what the batch lent out, and the item in hand, are
    /// committed when it ends well. Nothing else is delivered meanwhile.
    Later(Pin<Box<dyn Future<Output = Result<(), C::Error>>>>),
}

impl<C: Consumer> Consumed<C> {
    /// Returns [`Consumed::Later`] with this future.
    pub fn later(work: impl Future<Output = Result<(), C::Error>> + 'static) -> Self {
        Self::Later(Box::pin(work))
    }
}

impl<C: Consumer> fmt::Debug for Consumed<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Done => "Done",
            Self::Wait => "Wait",
            Self::Later(_) => "Later(..)",
        })
    }
}

/// Something that takes items.
///
/// # Back-pressure
/// It needs to do nothing for it: what it does not take stays in the link, and at the high mark the
/// producer is paused.
pub trait Consumer: Sized + 'static {
    /// What it takes.
    type Item: 'static;
    /// Why it may fail.
    type Error: Into<Failure> + 'static;

    /// Whether what it has handled may not be safe yet, and [`held`](Self::held) says how much of it.
    /// Default: no, what is committed is acknowledged when the turn is over.
    const HOLDS: bool = false;

    /// Takes items from the batch, as many as it likes.
    ///
    /// # Errors
    /// An error ends this life of the consumer; the item in hand comes again to the next one,
    /// marked, if there is a supervisor who gives it one.
    fn consume(
        &mut self,
        batch: &mut Batch<'_, Self::Item>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Self::Error>;

    /// Nothing more will come; called once, when everything before is handled. The place to flush,
    /// to close, to give a file its final name, or to take it away.
    ///
    /// # Errors
    /// As for [`consume`](Self::consume).
    fn end(&mut self, end: &End, ctx: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Self::Error> {
        let _ = (end, ctx);
        Ok(Consumed::Done)
    }

    /// How many of the last items that it committed are not safe yet, and so not
    /// [acknowledged](aqueduct_link::Outlet::want_acknowledgements); asked where it
    /// [`HOLDS`](Self::HOLDS), after each turn. Default: all, until a stream that was finished has
    /// [ended](Self::end) well.
    fn held(&mut self) -> u64 {
        if Self::HOLDS { u64::MAX } else { 0 }
    }
}

//! What a stage is: a consumer and a producer in one.

use aqueduct_link::{Batch, End};

use crate::{Ctx, Failure, Fate, Next, Outbox};

/// Takes items on one side and gives items on the other.
///
/// It is called only while the flow behind it runs, so that a slow consumer pauses a fast producer
/// through any number of stages.
pub trait Stage: Sized + 'static {
    /// What it takes.
    type In: 'static;
    /// What it gives.
    type Out: 'static;
    /// Why it may fail.
    type Error: Into<Failure> + 'static;

    /// Whether something of what it has taken may stay inside when a turn is over.
    ///
    /// Default: true, which is always right; `false` says that [`held`](Self::held) is always 0.
    const HOLDS: bool = true;

    /// It knows the [`fate`](Self::fate) of each item.
    #[doc(hidden)]
    const COUNTS: bool = false;

    /// Takes items from the batch and writes what comes of them; it had better stop when
    /// [`Outbox::is_paused`].
    ///
    /// [`Next::More`] commits the item in hand; [`Next::Wait`] leaves it in front, and
    /// [`Next::Done`] commits it and wants no more of them: the producer is stopped, and the
    /// consumer is told the end.
    ///
    /// # Errors
    /// An error ends this life of the stage; the item in hand comes again to the next one.
    fn process(
        &mut self,
        batch: &mut Batch<'_, Self::In>,
        out: &mut Outbox<'_, Self::Out>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error>;

    /// Returns whether something is left to do for what was taken: then it is called also where
    /// nothing comes in, with a batch that may be empty. Default: no.
    fn is_busy(&self) -> bool {
        false
    }

    /// How many of the last items it committed have something left inside that was not written: a
    /// producer that waits until its items are
    /// [acknowledged](aqueduct_link::Outlet::want_acknowledgements) must not forget those.
    ///
    /// Default: all, until it has finished. That is always right, but acknowledges nothing sooner.
    fn held(&mut self) -> u64 {
        if Self::HOLDS { u64::MAX } else { 0 }
    }

    /// What became of each item it took, in place of [`held`](Self::held), where it counts them itself.
    #[doc(hidden)]
    fn fate(&mut self, written: u64, lost: Option<u64>) -> Fate {
        let _ = written;
        Fate { done: 0, lost }
    }

    /// Nothing comes in at this moment: the place to write what has waited for a time, by a timer
    /// that is polled here and in [`process`](Self::process) with [`Ctx::task`].
    ///
    /// # Errors
    /// As for [`process`](Self::process).
    fn idle(
        &mut self,
        out: &mut Outbox<'_, Self::Out>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<(), Self::Error> {
        let _ = (out, ctx);
        Ok(())
    }

    /// Nothing more will come in: writes what is left. Called again while it answers
    /// [`Next::More`].
    ///
    /// `end` says how the stream ended: what was cut off had better not look like what is complete.
    ///
    /// # Errors
    /// As for [`process`](Self::process).
    fn finish(
        &mut self,
        end: &End,
        out: &mut Outbox<'_, Self::Out>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error> {
        let _ = (end, out, ctx);
        Ok(Next::Done)
    }
}

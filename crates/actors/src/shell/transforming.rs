//! A transform as an actor between two links.

use std::fmt;

use aqueduct_link::{Batch, End, Name};
use aqueduct_operators::Transform;

use super::{fused::Fused, kept::Kept, noted::Fate};
use crate::{Ctx, Failure, Next, Outbox, Stage};

/// The value of an actor that only transforms; see [`Shell::transform`](crate::Shell::transform).
pub struct Transforming<T: Transform> {
    name: Name,
    /// All lives share it, so that what the transform holds outlives a failure.
    hands: Kept<Hands<T>>,
    /// It goes on with an item of a former turn: the link does not know that one any more.
    goes_on: bool,
}

struct Hands<T: Transform> {
    fused: Fused<T>,
    /// The number of the item that was taken last.
    sequence: u64,
}

impl<T> Transforming<T>
where
    T: Transform,
    T::Error: Into<Failure>,
{
    pub(super) fn new(name: Name, transform: T) -> Self {
        let hands = Hands { fused: Fused::new(transform), sequence: 0 };
        Self { name, hands: Kept::new(hands), goes_on: false }
    }

    /// Returns the value of another life, with the same transform.
    pub(super) fn next_life(&self) -> Self {
        Self { name: self.name.clone(), hands: self.hands.clone(), goes_on: false }
    }
}

impl<T> Stage for Transforming<T>
where
    T: Transform + 'static,
    T::Error: Into<Failure> + 'static,
{
    type In = T::In;
    type Out = T::Out;
    type Error = Failure;

    const COUNTS: bool = true;

    fn fate(&mut self, written: u64, lost: Option<u64>) -> Fate {
        let fused = &mut self.hands.get().fused;
        fused.keep_note();
        fused.fate(written, lost)
    }

    fn process(
        &mut self,
        batch: &mut Batch<'_, T::In>,
        out: &mut Outbox<'_, T::Out>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        let hands = &mut *self.hands.get();
        self.goes_on = !hands.fused.is_idle();
        let mut written = hands.fused.work(out)?;
        self.goes_on = false;
        // Taken right before it is transformed: what fails next to it stays in the link.
        while written
            && !hands.fused.is_done()
            && !out.is_paused()
            && let Some(item) = batch.take()
        {
            written = hands.fused.take(item, out)?;
        }
        hands.fused.rest();
        hands.sequence = batch.sequence().saturating_sub(1);
        Ok(if hands.fused.is_done() { Next::Done } else { Next::More })
    }

    fn is_busy(&self) -> bool {
        let fused = &self.hands.get().fused;
        !fused.is_idle() || fused.is_done()
    }

    fn finish(
        &mut self,
        end: &End,
        out: &mut Outbox<'_, T::Out>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        // A hash of what was cut off is the hash of nothing that anybody has.
        if matches!(end, End::Aborted { .. }) {
            return Ok(Next::Done);
        }
        let fused = &mut self.hands.get().fused;
        let written = fused.work(out)? && fused.finish(out)?;
        Ok(if written { Next::Done } else { Next::More })
    }
}

impl<T: Transform> Drop for Transforming<T> {
    fn drop(&mut self) {
        if self.goes_on {
            let (consumer, sequence) = (&self.name, self.hands.get().sequence);
            tracing::warn!(%consumer, sequence, "a transform died with an item it had begun");
        }
    }
}

impl<T: Transform> fmt::Debug for Transforming<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Transforming").field("name", &self.name).finish_non_exhaustive()
    }
}

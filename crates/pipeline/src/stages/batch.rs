//! A stage that makes batches.

use std::convert::Infallible;

use aqueduct_actors::{Batch, Ctx, End, Next, Outbox, Stage};
use aqueduct_link::Clock;
use aqueduct_operators::{Batcher, Batching};

use super::Alarm;

/// A stage that puts items together to batches, as [`Batching`] says.
///
/// A batch that was begun lies in the stage and not in a link: its items are lost if the stage is
/// dropped with its arbiter, and delivered in every other case.
#[derive(Debug)]
pub struct Batches<T> {
    batcher: Batcher<T>,
    clock: Clock,
    alarm: Alarm,
}

impl<T> Batches<T> {
    /// Returns a stage that makes such batches; items are weighed by `weigh`, if bytes count.
    #[must_use]
    pub fn new(batching: Batching, weigh: Option<fn(&T) -> u64>) -> Self {
        Self {
            batcher: Batcher::new(batching, weigh),
            clock: Clock::default(),
            alarm: Alarm::default(),
        }
    }

    /// Gives the batch that was begun, if its time has come; otherwise sets the alarm for it.
    fn give_if_due(&mut self, out: &mut Outbox<'_, Vec<T>>, ctx: &Ctx<'_, Self>)
    where
        T: 'static,
    {
        // It would be handed to nobody.
        if out.is_paused() {
            return;
        }
        let Some(due) = self.batcher.due_at() else { return };
        let left = due.saturating_sub(self.clock.now());
        if left.is_zero() || self.alarm.rings(left, &mut ctx.task()) {
            out.extend(self.batcher.flush());
        }
    }
}

impl<T: 'static> Stage for Batches<T> {
    type In = T;
    type Out = Vec<T>;
    type Error = Infallible;

    fn held(&mut self) -> u64 {
        self.batcher.len() as u64
    }

    fn process(
        &mut self,
        batch: &mut Batch<'_, T>,
        out: &mut Outbox<'_, Vec<T>>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let now = self.clock.now();
        while !out.is_paused() {
            let Some(item) = batch.take() else { break };
            out.extend(self.batcher.push(item, now));
        }
        self.give_if_due(out, ctx);
        Ok(Next::More)
    }

    fn idle(
        &mut self,
        out: &mut Outbox<'_, Vec<T>>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<(), Infallible> {
        self.give_if_due(out, ctx);
        Ok(())
    }

    fn finish(
        &mut self,
        _: &End,
        out: &mut Outbox<'_, Vec<T>>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        out.extend(self.batcher.flush());
        Ok(Next::Done)
    }
}

//! A stage that lets items pass at a rate.

use std::{convert::Infallible, marker::PhantomData};

use aqueduct_actors::{Batch, Ctx, Next, Outbox, Stage};
use aqueduct_link::Clock;
use aqueduct_operators::{Rate, RateLimit};

use super::Alarm;

/// A stage that lets items pass at a [`Rate`], and waits in between: what comes faster fills the
/// link before it, and pauses whoever is behind that.
#[derive(Debug)]
pub struct RateLimited<T> {
    limit: RateLimit,
    clock: Clock,
    alarm: Alarm,
    item: PhantomData<fn(T)>,
}

impl<T> RateLimited<T> {
    /// Returns a stage with this rate; its time begins now.
    #[must_use]
    pub fn new(rate: Rate) -> Self {
        let clock = Clock::default();
        Self {
            limit: RateLimit::new(rate, clock.now()),
            clock,
            alarm: Alarm::default(),
            item: PhantomData,
        }
    }
}

impl<T: 'static> Stage for RateLimited<T> {
    type In = T;
    type Out = T;
    type Error = Infallible;

    const HOLDS: bool = false;

    fn process(
        &mut self,
        batch: &mut Batch<'_, T>,
        out: &mut Outbox<'_, T>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let now = self.clock.now();
        let mut allowed = self.limit.allow(now);
        while allowed > 0 && !out.is_paused() {
            let Some(item) = batch.take() else { return Ok(Next::More) };
            out.extend([item]);
            self.limit.spend(1);
            allowed -= 1;
        }
        if allowed > 0 {
            return Ok(Next::More);
        }
        let wait = self.limit.next_at().saturating_sub(now);
        // The alarm may have rung between the look at the clock and here.
        Ok(if self.alarm.rings(wait, &mut ctx.task()) { Next::More } else { Next::Wait })
    }
}

//! How producers are called: pull and push.

use aqueduct_link::{Reasons, Stopped};

use crate::{Ctx, Demand, Failure, Next, Outbox, PullProducer, PushProducer};

/// How a kind of producer is called.
pub(super) trait Kind<P: 'static> {
    type Item: 'static;

    /// What is written may be pieces of what was read.
    const TRANSFORMS: bool = false;

    /// Tells the flow to a producer that wants to know it: why it is paused, or nothing.
    fn tell(&mut self, producer: &mut P, reasons: Reasons, ctx: &mut Ctx<'_, P>);

    /// Has it write.
    fn call(
        &mut self,
        producer: &mut P,
        wanted: Demand,
        out: &mut Outbox<'_, Self::Item>,
        ctx: &mut Ctx<'_, P>,
    ) -> Result<Next, Failure>;

    /// Returns whether more may be written without the producer.
    fn has_rest(&self) -> bool {
        false
    }

    /// Writes what is left of what was made, without the producer; done when that is all.
    fn rest(&mut self, out: &mut Outbox<'_, Self::Item>) -> Result<Next, Failure> {
        let _ = out;
        Ok(Next::Done)
    }

    fn stopped(&mut self, producer: &mut P, why: Stopped, ctx: &mut Ctx<'_, P>);
}

/// It is asked, and never paused.
pub(super) struct Pull;

impl<P: PullProducer> Kind<P> for Pull {
    type Item = P::Item;

    fn tell(&mut self, _: &mut P, _: Reasons, _: &mut Ctx<'_, P>) {}

    fn call(
        &mut self,
        producer: &mut P,
        wanted: Demand,
        out: &mut Outbox<'_, P::Item>,
        ctx: &mut Ctx<'_, P>,
    ) -> Result<Next, Failure> {
        producer.produce(wanted, out, ctx).map_err(Into::into)
    }

    fn stopped(&mut self, producer: &mut P, why: Stopped, ctx: &mut Ctx<'_, P>) {
        producer.stopped(why, ctx);
    }
}

/// It runs, and is told to pause and to resume.
pub(super) struct Push;

impl<P: PushProducer> Kind<P> for Push {
    type Item = P::Item;

    fn tell(&mut self, producer: &mut P, reasons: Reasons, ctx: &mut Ctx<'_, P>) {
        if reasons.is_empty() {
            producer.resumed(ctx);
        } else {
            producer.paused(reasons, ctx);
        }
    }

    fn call(
        &mut self,
        producer: &mut P,
        _: Demand,
        out: &mut Outbox<'_, P::Item>,
        ctx: &mut Ctx<'_, P>,
    ) -> Result<Next, Failure> {
        producer.run(out, ctx).map_err(Into::into)
    }

    fn stopped(&mut self, producer: &mut P, why: Stopped, ctx: &mut Ctx<'_, P>) {
        producer.stopped(why, ctx);
    }
}

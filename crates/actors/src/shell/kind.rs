//! How producers are called: pull and push.

use aqueduct_link::{Reasons, Stopped};

use super::noted::Fate;
use crate::{Ctx, Demand, Failure, Next, Outbox, PullProducer, PushProducer};

/// How a kind of producer is called.
pub(super) trait Kind<P: 'static> {
    type Item: 'static;

    /// What is written may be pieces of what was read.
    const TRANSFORMS: bool = false;

    /// The producer wants to know what it may forget.
    const ACKNOWLEDGED: bool;

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

    /// What became of the producer's items, when so many of those that were written are done with, and
    /// this one is the first that was lost.
    fn fate(&mut self, written: u64, lost: Option<u64>) -> Fate {
        Fate { done: written, lost }
    }

    fn tell_acknowledged(&mut self, producer: &mut P, items: u64, ctx: &mut Ctx<'_, P>);

    fn tell_lost(&mut self, producer: &mut P, from: u64, ctx: &mut Ctx<'_, P>);

    /// The producer is never done: when it says so, that is a failure.
    fn last(&mut self);

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
#[derive(Default)]
pub(super) struct Pull {
    lasts: bool,
}

impl<P: PullProducer> Kind<P> for Pull {
    type Item = P::Item;

    const ACKNOWLEDGED: bool = P::WANTS_ACKNOWLEDGEMENTS;

    fn tell(&mut self, _: &mut P, _: Reasons, _: &mut Ctx<'_, P>) {}

    fn call(
        &mut self,
        producer: &mut P,
        wanted: Demand,
        out: &mut Outbox<'_, P::Item>,
        ctx: &mut Ctx<'_, P>,
    ) -> Result<Next, Failure> {
        unless_done(self.lasts, producer.produce(wanted, out, ctx).map_err(Into::into)?)
    }

    fn tell_acknowledged(&mut self, producer: &mut P, items: u64, ctx: &mut Ctx<'_, P>) {
        producer.acknowledged(items, ctx);
    }

    fn tell_lost(&mut self, producer: &mut P, from: u64, ctx: &mut Ctx<'_, P>) {
        producer.lost(from, ctx);
    }

    fn last(&mut self) {
        self.lasts = true;
    }

    fn stopped(&mut self, producer: &mut P, why: Stopped, ctx: &mut Ctx<'_, P>) {
        producer.stopped(why, ctx);
    }
}

/// It runs, and is told to pause and to resume.
#[derive(Default)]
pub(super) struct Push {
    lasts: bool,
}

/// Who lasts is never done.
fn unless_done(lasts: bool, next: Next) -> Result<Next, Failure> {
    if lasts && next == Next::Done {
        return Err(Failure::message("it is done, and is to go on for ever"));
    }
    Ok(next)
}

impl<P: PushProducer> Kind<P> for Push {
    type Item = P::Item;

    const ACKNOWLEDGED: bool = P::WANTS_ACKNOWLEDGEMENTS;

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
        unless_done(self.lasts, producer.run(out, ctx).map_err(Into::into)?)
    }

    fn tell_acknowledged(&mut self, producer: &mut P, items: u64, ctx: &mut Ctx<'_, P>) {
        producer.acknowledged(items, ctx);
    }

    fn tell_lost(&mut self, producer: &mut P, from: u64, ctx: &mut Ctx<'_, P>) {
        producer.lost(from, ctx);
    }

    fn last(&mut self) {
        self.lasts = true;
    }

    fn stopped(&mut self, producer: &mut P, why: Stopped, ctx: &mut Ctx<'_, P>) {
        producer.stopped(why, ctx);
    }
}

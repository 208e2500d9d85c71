//! Lets a producer write when it may.

use std::{
    any::Any,
    marker::PhantomData,
    task::{Context, Poll, ready},
};

use actix::AsyncContext;
use aqueduct_link::{Amount, Name, Outlet, Reasons, Stopped, WriteError};

use super::{Role, TURN_ITEMS};
use crate::{Ctx, Demand, Failure, Next, Outbox, PullProducer, PushProducer};

/// How a kind of producer is called.
pub(super) trait Kind<P: 'static> {
    type Item: 'static;

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

pub(super) struct Producing<P: 'static, K: Kind<P>> {
    kind: K,
    outlet: Option<Outlet<K::Item>>,
    /// The item that the link had no room for.
    waiting: Option<K::Item>,
    /// How many edges of the flow were told.
    told: u64,
    finished: bool,
    producer: PhantomData<fn(P)>,
}

impl<P: 'static, K: Kind<P>> Producing<P, K> {
    pub(super) fn new(kind: K, mut outlet: Outlet<K::Item>) -> Self {
        outlet.set_staging(true);
        Self {
            kind,
            outlet: Some(outlet),
            waiting: None,
            told: 0,
            finished: false,
            producer: PhantomData,
        }
    }

    /// Waits until something is wanted, and tells the producer the edges of the flow.
    fn wanted(
        &mut self,
        inner: &mut P,
        ctx: &mut Ctx<'_, P>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Amount, Stopped>> {
        let Some(outlet) = &mut self.outlet else { return Poll::Pending };
        loop {
            let wanted = outlet.poll_wanted(task);
            //= F3: edges are told in turn, also where several passed since the last turn.
            let edges = outlet.edges();
            while self.told < edges {
                // Of many, the last two tell all: a pause and a resume between cancel out.
                self.told += 1 + (edges - self.told - 1) / 2 * 2;
                let running = self.told.is_multiple_of(2);
                let reasons = if running { Reasons::NONE } else { outlet.reasons() };
                self.kind.tell(inner, reasons, ctx);
            }
            let wanted = ready!(wanted)?;
            let Some(item) = self.waiting.take() else { return Poll::Ready(Ok(wanted)) };
            if let Err(WriteError::Full(item)) = outlet.write(item) {
                self.waiting = Some(item);
            }
        }
    }

    /// Writes what waits, finishes, and waits until all is committed.
    fn close(
        &mut self,
        inner: &mut P,
        ctx: &mut Ctx<'_, P>,
        task: &mut Context<'_>,
    ) -> Poll<Result<(), Stopped>> {
        if self.waiting.is_some() {
            ready!(self.wanted(inner, ctx, task))?;
        }
        let Some(outlet) = &mut self.outlet else { return Poll::Ready(Ok(())) };
        outlet.finish();
        outlet.poll_flush(task)
    }

    /// Has the producer write for one turn; ready when it has written its last, and all is
    /// committed.
    fn work(
        &mut self,
        inner: &mut P,
        ctx: &mut Ctx<'_, P>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Result<(), Stopped>, Failure>> {
        let mut left = TURN_ITEMS as u64;
        while !self.finished {
            let wanted = match ready!(self.wanted(inner, ctx, task)) {
                Ok(wanted) => wanted,
                Err(stopped) => return Poll::Ready(Ok(Err(stopped))),
            };
            let Some(outlet) = &mut self.outlet else { break };
            // Who called `ctx.wait` or `ctx.stop` is asked for nothing meanwhile.
            if ctx.waiting() {
                outlet.spill();
                return Poll::Pending;
            }
            let mut out = Outbox::new(outlet, &mut self.waiting);
            let next = self.kind.call(inner, Demand::new(wanted), &mut out, ctx)?;
            let written = out.written();
            left = left.saturating_sub(written);
            match next {
                Next::Done => self.finished = true,
                Next::Wait => {
                    outlet.spill();
                    return Poll::Pending;
                }
                // Other mail has a turn, also when a producer writes nothing and wants more.
                Next::More if left == 0 || written == 0 => {
                    outlet.spill();
                    ctx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Next::More => {}
            }
        }
        self.close(inner, ctx, task).map(Ok)
    }
}

impl<P: 'static, K: Kind<P>> Role<P> for Producing<P, K> {
    fn turn(
        &mut self,
        inner: &mut P,
        ctx: &mut Ctx<'_, P>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Option<Name>, Failure>> {
        let Err(stopped) = ready!(self.work(inner, ctx, task))? else {
            return Poll::Ready(Ok(None));
        };
        let reason = stopped.reason.clone();
        self.outlet = None;
        self.kind.stopped(inner, stopped, ctx);
        Poll::Ready(Ok(Some(reason)))
    }

    fn is_over(&mut self, task: &mut Context<'_>) -> bool {
        let Some(outlet) = &mut self.outlet else { return true };
        matches!(outlet.poll_ready(task), Poll::Ready(Err(_)))
    }

    //= F3: a value that is made anew starts running, and is told if it is paused.
    fn reborn(&mut self) {
        self.told -= self.told % 2;
    }

    fn give_up(&mut self, reason: &Name) {
        if let Some(mut outlet) = self.outlet.take() {
            outlet.fail(reason.clone());
        }
    }

    fn place(&self) -> Option<&dyn Any> {
        None
    }
}

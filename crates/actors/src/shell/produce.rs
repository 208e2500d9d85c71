//! Lets a producer write when it may.

use std::{
    marker::PhantomData,
    task::{Context, Poll, ready},
};

use actix::AsyncContext;
use aqueduct_link::{Amount, Name, Outlet, Reasons, Stopped, WriteError};

use super::{Place, Role, TURN_ITEMS, kept::Kept, kind::Kind, noted::Fate};
use crate::{Ctx, Demand, Failure, Next, Outbox};

/// What a life of a producer knows of what it may forget.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct ToldAcks {
    /// So many items, from the first on.
    items: u64,
    /// That one was lost.
    lost: bool,
}

/// A producer that is paused hears of what is acknowledged in parts of the window of this size.
const PAUSED_PART: u64 = 16;

pub(super) struct Producing<P: 'static, K: Kind<P> + 'static> {
    kind: K,
    outlet: Option<Outlet<K::Item>>,
    /// The item that the link had no room for.
    waiting: Option<K::Item>,
    /// How many edges of the flow were told.
    told: u64,
    finished: bool,
    /// There was a producer in some life.
    began: bool,
    /// The producer is not called any more.
    drained: bool,
    /// What this life of the producer was told.
    told_acks: ToldAcks,
    producer: PhantomData<fn(P)>,
}

impl<P: 'static, K: Kind<P> + 'static> Producing<P, K> {
    pub(super) fn new(kind: K, mut outlet: Outlet<K::Item>) -> Self {
        outlet.set_staging(true);
        outlet.set_compacting(K::TRANSFORMS);
        if K::ACKNOWLEDGED {
            outlet.want_acknowledgements();
        }
        Self {
            kind,
            outlet: Some(outlet),
            waiting: None,
            told: 0,
            finished: false,
            began: false,
            drained: false,
            told_acks: ToldAcks::default(),
            producer: PhantomData,
        }
    }

    pub(super) fn boxed(kept: Kept<Self>) -> Box<dyn Role<P>> {
        Box::new(kept)
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

    /// Tells the producer what it may forget; ready when there will be nothing more to tell.
    fn tell_acks(
        &mut self,
        inner: &mut P,
        ctx: &mut Ctx<'_, P>,
        task: &mut Context<'_>,
    ) -> Poll<()> {
        loop {
            let Some(outlet) = &mut self.outlet else { return Poll::Ready(()) };
            let (acknowledged, lost) = (outlet.acknowledged(), outlet.lost());
            let Fate { done: items, lost } = self.kind.fate(acknowledged, lost);
            let told = &mut self.told_acks;
            if items > told.items {
                told.items = items;
                self.kind.tell_acknowledged(inner, items, ctx);
            }
            if let Some(from) = lost.filter(|_| !std::mem::replace(&mut told.lost, lost.is_some()))
            {
                self.kind.tell_lost(inner, from, ctx);
            }
            let written = outlet.written().items;
            if acknowledged == written || outlet.lost().is_some() {
                return Poll::Ready(());
            }
            let next = acks_to_wait_for(outlet, acknowledged, self.finished);
            let _ = ready!(outlet.poll_acknowledged(task, next));
        }
    }

    /// Writes what is left without the producer, finishes, and waits until all is committed.
    fn leave(&mut self, task: &mut Context<'_>) -> Poll<Result<Result<(), Stopped>, Failure>> {
        let Some(outlet) = &mut self.outlet else { return Poll::Ready(Ok(Ok(()))) };
        let mut left = TURN_ITEMS as u64;
        while !self.finished {
            if let Err(stopped) = ready!(room(outlet, &mut self.waiting, task)) {
                return Poll::Ready(Ok(Err(stopped)));
            }
            let mut out = Outbox::new(outlet, &mut self.waiting);
            self.finished = self.kind.rest(&mut out)? == Next::Done;
            let written = out.written();
            left = left.saturating_sub(written);
            if !self.finished && (left == 0 || written == 0) {
                outlet.spill();
                task.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        if self.waiting.is_some()
            && let Err(stopped) = ready!(room(outlet, &mut self.waiting, task))
        {
            return Poll::Ready(Ok(Err(stopped)));
        }
        outlet.finish();
        outlet.poll_flush(task).map(Ok)
    }
}

/// The acknowledged total at which it is worth to be woken: who is paused and has more to write goes
/// on at the low mark, and hears of it in parts of the window; who waits, at the next item.
pub(super) fn acks_to_wait_for<T>(outlet: &Outlet<T>, acknowledged: u64, finished: bool) -> u64 {
    let paused = !finished && !outlet.reasons().is_empty();
    let more = if paused { outlet.limits().high().items / PAUSED_PART } else { 1 };
    acknowledged.saturating_add(more.max(1)).min(outlet.written().items)
}

/// Waits until the flow runs and the item is written that the link had no room for.
pub(super) fn room<T>(
    outlet: &mut Outlet<T>,
    waiting: &mut Option<T>,
    task: &mut Context<'_>,
) -> Poll<Result<(), Stopped>> {
    loop {
        ready!(outlet.poll_ready(task))?;
        let Some(item) = waiting.take() else { return Poll::Ready(Ok(())) };
        if let Err(WriteError::Full(item)) = outlet.write(item) {
            *waiting = Some(item);
        }
    }
}

impl<P: 'static, K: Kind<P> + 'static> Role<P> for Producing<P, K> {
    fn turn(
        &mut self,
        inner: &mut P,
        ctx: &mut Ctx<'_, P>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Option<Name>, Failure>> {
        if K::ACKNOWLEDGED {
            let _ = self.tell_acks(inner, ctx, task);
        }
        let work = self.work(inner, ctx, task);
        if K::ACKNOWLEDGED {
            // Only what was written just now is new; a life ends when all of it is told.
            let before = self.told_acks;
            let told = self.tell_acks(inner, ctx, task);
            match work {
                Poll::Ready(Ok(Ok(()))) => ready!(told),
                // It may have waited for just this.
                Poll::Pending if self.told_acks != before => task.waker().wake_by_ref(),
                Poll::Ready(_) | Poll::Pending => {}
            }
        }
        let Err(stopped) = ready!(work)? else {
            return Poll::Ready(Ok(None));
        };
        let reason = stopped.reason.clone();
        self.outlet = None;
        self.kind.stopped(inner, stopped, ctx);
        Poll::Ready(Ok(Some(reason)))
    }

    fn without(&mut self, task: &mut Context<'_>) -> Poll<Result<Option<Name>, Failure>> {
        if self.drained {
            let left = ready!(self.leave(task))?;
            return Poll::Ready(Ok(left.err().map(|stopped| stopped.reason)));
        }
        let Some(outlet) = &mut self.outlet else { return Poll::Ready(Ok(None)) };
        match outlet.poll_ready(task) {
            Poll::Ready(Err(_)) => Poll::Ready(Ok(None)),
            Poll::Ready(Ok(())) | Poll::Pending => Poll::Pending,
        }
    }

    fn last_words(
        &mut self,
        inner: &mut P,
        ctx: &mut Ctx<'_, P>,
        task: &mut Context<'_>,
    ) -> Poll<()> {
        if K::ACKNOWLEDGED { self.tell_acks(inner, ctx, task) } else { Poll::Ready(()) }
    }

    fn drain(&mut self) {
        self.drained = true;
        // Who has nothing more to write needs no room for it: a pause does not keep him.
        self.finished |= !self.kind.has_rest();
    }

    fn begin(&mut self) {
        self.began = true;
    }

    fn has_begun(&self) -> bool {
        self.began
    }

    fn is_drained(&self) -> bool {
        self.drained
    }

    //= F3: a value that is made anew starts running, and is told if it is paused.
    fn reborn(&mut self, _: &Name) {
        self.told -= self.told % 2;
        self.told_acks = ToldAcks::default();
    }

    fn give_up(&mut self, reason: &Name) {
        if let Some(mut outlet) = self.outlet.take() {
            outlet.fail(reason.clone());
        }
    }

    fn last(&mut self) {
        self.kind.last();
    }

    fn place(&self) -> Option<Place> {
        None
    }
}

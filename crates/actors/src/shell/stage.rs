//! Lets a stage take on one side and write on the other.

use std::task::{Context, Poll, ready};

use actix::AsyncContext;
use aqueduct_link::{AlreadyTaken, End, Inlet, Name, Outlet, Slot, Turn};
use aqueduct_operators::Trail;

use super::{
    Place, Role, TURN_ITEMS,
    kept::Kept,
    noted::Fate,
    produce::{acks_to_wait_for, room},
};
use crate::{Ctx, Failure, Next, Outbox, Stage, budget::Budget};

/// What a stage knows of what it took, since somebody wants to know.
struct Owes {
    /// So much was taken before.
    before: u64,
    trail: Trail,
}

pub(super) struct Staging<S: Stage> {
    slot: Slot<S::In>,
    inlet: Option<Inlet<S::In>>,
    /// The inlet was taken.
    opened: bool,
    outlet: Option<Outlet<S::Out>>,
    /// The item that the link had no room for.
    waiting: Option<S::Out>,
    /// The end of what comes in, once it is there.
    end: Option<End>,
    /// The stage has written its last.
    finished: bool,
    /// Where whoever feeds the stage wants acknowledgements.
    owes: Option<Box<Owes>>,
    budget: Budget,
}

impl<S: Stage> Staging<S> {
    /// The caller's handle goes on counting as one who may register.
    pub(super) fn at(slot: &Slot<S::In>, mut outlet: Outlet<S::Out>) -> Self {
        let slot = slot.observer();
        let budget = Budget::new(slot.clock());
        outlet.set_staging(true);
        outlet.set_compacting(true);
        Self {
            slot,
            inlet: None,
            opened: false,
            outlet: Some(outlet),
            waiting: None,
            end: None,
            finished: false,
            owes: None,
            budget,
        }
    }

    pub(super) fn boxed(kept: Kept<Self>) -> Box<dyn Role<S>> {
        Box::new(kept)
    }

    /// Waits until the flow behind the stage runs.
    fn ready(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Name>> {
        let Some(outlet) = &mut self.outlet else {
            return Poll::Pending;
        };
        let room = room(outlet, &mut self.waiting, task);
        if room.is_pending()
            && let Some(inlet) = &mut self.inlet
        {
            // Nothing is wanted of whoever feeds a stage that is paused.
            inlet.rest();
        }
        room.map_err(|stopped| stopped.reason)
    }

    /// Takes items, writes what comes of them; ready when nothing more will be taken.
    fn work(
        &mut self,
        left: &mut usize,
        inner: &mut S,
        ctx: &mut Ctx<'_, S>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Result<(), Name>, Failure>> {
        while self.end.is_none() {
            if let Err(reason) = ready!(self.ready(task)) {
                return Poll::Ready(Ok(Err(reason)));
            }
            let (Some(inlet), Some(outlet)) = (&mut self.inlet, &mut self.outlet) else {
                break;
            };
            // Who called `ctx.wait` or `ctx.stop` is given nothing meanwhile.
            if ctx.waiting() {
                inlet.rest();
                return Poll::Pending;
            }
            if !inner.is_busy() {
                let turn = inlet.poll_turn(task);
                if self.owes.is_none() && inlet.wants_receipts() {
                    outlet.want_acknowledgements();
                    let owes = Owes { before: inlet.taken(), trail: Trail::default() };
                    self.owes = Some(Box::new(owes));
                    // The first question has it count.
                    inner.fate(0, None);
                    inner.held();
                }
                match turn {
                    Poll::Ready(Turn::Items) => {}
                    Poll::Ready(Turn::End(end)) => {
                        self.end = Some(end);
                        break;
                    }
                    Poll::Pending => {
                        let mut out = Outbox::new(outlet, &mut self.waiting);
                        inner.idle(&mut out, ctx).map_err(Into::into)?;
                        outlet.spill();
                        return Poll::Pending;
                    }
                }
            }
            let mut batch = inlet.batch(*left);
            let first = batch.sequence();
            let mut out = Outbox::new(outlet, &mut self.waiting);
            let next = inner.process(&mut batch, &mut out, ctx).map_err(Into::into)?;
            match next {
                Next::More | Next::Done => batch.commit(),
                Next::Wait => batch.put_back(),
            }
            let handled = usize::try_from(batch.sequence() - first).unwrap_or(*left);
            inlet.rest();
            if let Some(owes) = &mut self.owes {
                owes.note(out.given(), inlet.taken(), inner);
            }
            match next {
                Next::More => {}
                Next::Wait => {
                    outlet.spill();
                    return Poll::Pending;
                }
                Next::Done => {
                    self.end = Some(End::Finished);
                    if let Some(inlet) = self.inlet.take() {
                        inlet.stop(format!("{} has enough", self.slot.consumer()));
                    }
                }
            }
            *left = left.saturating_sub(handled);
            if *left == 0 || handled == 0 {
                outlet.spill();
                ctx.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        Poll::Ready(Ok(Ok(())))
    }

    /// Has the stage write what is left, once nothing more comes in.
    fn finish(
        &mut self,
        inner: &mut S,
        ctx: &mut Ctx<'_, S>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Result<(), Name>, Failure>> {
        let mut left = TURN_ITEMS as u64;
        while !self.finished {
            if let Err(reason) = ready!(self.ready(task)) {
                return Poll::Ready(Ok(Err(reason)));
            }
            let Some(outlet) = &mut self.outlet else {
                break;
            };
            let mut out = Outbox::new(outlet, &mut self.waiting);
            let end = self.end.as_ref().unwrap_or(&End::Finished);
            let next = inner.finish(end, &mut out, ctx).map_err(Into::into)?;
            let written = out.written();
            left = left.saturating_sub(written);
            match next {
                Next::Done => self.finished = true,
                Next::More if written > 0 && left > 0 => {}
                Next::More => {
                    outlet.spill();
                    ctx.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Next::Wait => {
                    outlet.spill();
                    return Poll::Pending;
                }
            }
        }
        if self.waiting.is_some() {
            return self.ready(task).map(Ok);
        }
        Poll::Ready(Ok(Ok(())))
    }

    /// Passes the end on, and waits until all is committed.
    fn close(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Name>> {
        let Some(outlet) = &mut self.outlet else {
            return Poll::Ready(Ok(()));
        };
        match &self.end {
            Some(End::Aborted { reason, .. }) => outlet.fail(reason.clone()),
            Some(_) | None => outlet.finish(),
        }
        outlet.poll_flush(task).map_err(|stopped| stopped.reason)
    }

    /// Acknowledges what came in when what came of it is acknowledged; ready when that is all, or
    /// nothing more will be.
    fn acknowledge(&mut self, inner: &mut S, task: &mut Context<'_>) -> Poll<()> {
        loop {
            let (Some(owes), Some(outlet)) = (&mut self.owes, &mut self.outlet) else {
                return Poll::Ready(());
            };
            let Some(inlet) = &mut self.inlet else { return Poll::Ready(()) };
            let (acknowledged, written) = (outlet.acknowledged(), outlet.written().items);
            let fate = owes.fate(acknowledged, outlet.lost(), inner);
            let taken = inlet.taken().saturating_sub(owes.before);
            let held = match fate.done {
                _ if self.finished && acknowledged == written => 0,
                // Nor is it known what became of those before.
                0 => u64::MAX,
                done => taken.saturating_sub(done),
            };
            if let Some(receipt) = inlet.receipt(held) {
                receipt.acknowledge();
            }
            if let Some(lost) = fate.lost {
                inlet.lose(taken.saturating_sub(lost));
            }
            if acknowledged == written || outlet.lost().is_some() {
                return Poll::Ready(());
            }
            let next = acks_to_wait_for(outlet, acknowledged, self.finished);
            let _ = ready!(outlet.poll_acknowledged(task, next));
        }
    }

    /// The stage has died: what it had taken and not written is lost.
    fn lose_what_was_held(&mut self) {
        let (Some(owes), Some(inlet)) = (&mut self.owes, &mut self.inlet) else { return };
        let Some(outlet) = &self.outlet else { return };
        // Who counts says itself what he has died with.
        if S::COUNTS {
            return;
        }
        let taken = inlet.taken().saturating_sub(owes.before);
        if !S::HOLDS {
            let written = outlet.written().items + u64::from(self.waiting.is_some());
            owes.trail.note(written, taken.saturating_sub(u64::from(inlet.gave_away())));
        }
        inlet.lose(taken.saturating_sub(owes.trail.come_out()));
    }

    /// Nobody wants what the stage makes: whoever feeds it is told.
    fn stop(&mut self, reason: Name) -> Name {
        self.outlet = None;
        if let Some(inlet) = self.inlet.take() {
            inlet.stop(reason.clone());
        }
        reason
    }
}

impl Owes {
    /// Notes that what was taken is written, in all so many items, but for what the stage holds.
    fn note<S: Stage>(&mut self, written: u64, taken: u64, stage: &mut S) {
        if !S::COUNTS {
            let held = if S::HOLDS { stage.held() } else { 0 };
            self.trail.note(written, taken.saturating_sub(self.before).saturating_sub(held));
        }
    }

    /// What became of what was taken, when so much of what was written is done with, and this is the
    /// first item of it that was lost.
    fn fate<S: Stage>(&mut self, written: u64, lost: Option<u64>, stage: &mut S) -> Fate {
        if S::COUNTS {
            return stage.fate(written, lost);
        }
        let done = self.trail.done(written);
        Fate { done, lost: lost.map(|_| done) }
    }
}

impl<S: Stage> Role<S> for Staging<S> {
    fn open(&mut self) -> Result<(), AlreadyTaken> {
        if !self.opened {
            let mut inlet = self.slot.inlet()?;
            inlet.set_by_receipt(true);
            self.inlet = Some(inlet);
            self.opened = true;
        }
        Ok(())
    }

    fn turn(
        &mut self,
        inner: &mut S,
        ctx: &mut Ctx<'_, S>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Option<Name>, Failure>> {
        let mut left = self.budget.begin();
        let work = self.work(&mut left, inner, ctx, task);
        self.budget.end(left == 0);
        let worked = match work? {
            Poll::Ready(Ok(())) => self.finish(inner, ctx, task)?,
            stopped_or_pending => stopped_or_pending,
        };
        let closed = match worked {
            Poll::Ready(Ok(())) => self.close(task),
            stopped_or_pending => stopped_or_pending,
        };
        let told = self.acknowledge(inner, task);
        if let Err(reason) = ready!(closed) {
            return Poll::Ready(Ok(Some(self.stop(reason))));
        }
        told.map(|()| Ok(None))
    }

    fn without(&mut self, task: &mut Context<'_>) -> Poll<Result<Option<Name>, Failure>> {
        let (Some(inlet), Some(outlet)) = (&mut self.inlet, &mut self.outlet) else {
            return Poll::Ready(Ok(None));
        };
        let is_over = matches!(outlet.poll_ready(task), Poll::Ready(Err(_)))
            || matches!(inlet.poll_end(task), Poll::Ready(end) if !end.is_finished());
        if is_over { Poll::Ready(Ok(None)) } else { Poll::Pending }
    }

    fn close(&mut self) {
        self.slot.close();
    }

    fn reborn(&mut self, why: &Name) {
        self.slot.died_of(why.clone());
        self.lose_what_was_held();
        self.inlet.iter_mut().for_each(Inlet::mourn);
    }

    fn give_up(&mut self, reason: &Name) {
        if let Some(mut outlet) = self.outlet.take() {
            outlet.fail(reason.clone());
        }
        if let Some(mut inlet) = self.inlet.take() {
            inlet.mourn();
            inlet.stop(reason.clone());
        }
    }

    fn place(&self) -> Option<Place> {
        Some(Box::new(self.slot.observer()))
    }
}

//! Lets a consumer take what comes to its slot.

use std::{
    any::Any,
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix::AsyncContext;
use aqueduct_link::{AlreadyTaken, End, Inlet, Name, Slot, Turn};

use super::Role;
use crate::{Consumed, Consumer, Ctx, Failure, budget::Budget};

type Work<C> = Pin<Box<dyn Future<Output = Result<(), <C as Consumer>::Error>>>>;

pub(super) struct Consuming<C: Consumer> {
    slot: Slot<C::Item>,
    inlet: Option<Inlet<C::Item>>,
    /// Work that goes on over several turns.
    work: Option<Work<C>>,
    /// The end was told and is being worked on.
    ending: bool,
    budget: Budget,
}

impl<C: Consumer> Consuming<C> {
    /// Takes the slot's inlet; the caller's handle goes on counting as one who may register.
    pub(super) fn new(slot: &Slot<C::Item>) -> Result<Self, AlreadyTaken> {
        let mut slot = slot.observer();
        let inlet = slot.inlet()?;
        let budget = Budget::new(slot.clock());
        Ok(Self { slot, inlet: Some(inlet), work: None, ending: false, budget })
    }

    /// Goes on with the work that a former turn left.
    fn finish_work(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        if let Some(work) = &mut self.work {
            let result = ready!(work.as_mut().poll(task));
            self.work = None;
            if let Some(inlet) = &mut self.inlet {
                match result {
                    Ok(()) => {
                        inlet.lease_handled();
                        inlet.commit();
                    }
                    Err(error) => {
                        inlet.lease_failed();
                        return Poll::Ready(Err(error.into()));
                    }
                }
            }
        }
        Poll::Ready(Ok(()))
    }

    /// Tells the consumer the end; ready with false while there is work left to do.
    fn tell_end(
        &mut self,
        inner: &mut C,
        end: &End,
        ctx: &mut Ctx<'_, C>,
    ) -> Poll<Result<bool, Failure>> {
        if std::mem::replace(&mut self.ending, true) {
            return Poll::Ready(Ok(true));
        }
        match inner.end(end, ctx).map_err(Into::into)? {
            Consumed::Done => Poll::Ready(Ok(true)),
            Consumed::Wait => {
                self.ending = false;
                Poll::Pending
            }
            Consumed::Later(work) => {
                self.work = Some(work);
                Poll::Ready(Ok(false))
            }
        }
    }

    /// Hands over batches until there are no more items, or none are left of this turn's.
    fn take_turn(
        &mut self,
        left: &mut usize,
        inner: &mut C,
        ctx: &mut Ctx<'_, C>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Option<Name>, Failure>> {
        loop {
            ready!(self.finish_work(task))?;
            let Some(inlet) = &mut self.inlet else {
                return Poll::Ready(Ok(None));
            };
            // Who called `ctx.wait` or `ctx.stop` is given nothing meanwhile.
            if ctx.waiting() {
                inlet.rest();
                return Poll::Pending;
            }
            if let Turn::End(end) = ready!(inlet.poll_turn(task)) {
                if ready!(self.tell_end(inner, &end, ctx))? {
                    return Poll::Ready(Ok(None));
                }
                continue;
            }
            if *left == 0 {
                ctx.waker().wake_by_ref();
                return Poll::Pending;
            }
            let mut batch = inlet.batch(*left);
            let first = batch.sequence();
            let consumed = inner.consume(&mut batch, ctx).map_err(Into::into)?;
            match &consumed {
                Consumed::Done => batch.commit(),
                Consumed::Wait => batch.put_back(),
                Consumed::Later(_) => {}
            }
            let handled = usize::try_from(batch.sequence() - first).unwrap_or(*left);
            inlet.rest();
            match consumed {
                Consumed::Done => {}
                Consumed::Wait => return Poll::Pending,
                Consumed::Later(work) => self.work = Some(work),
            }
            *left = left.saturating_sub(handled);
            // Other mail has a turn, also when a consumer takes nothing of what it is offered.
            if self.work.is_none() && handled == 0 {
                *left = 0;
            }
        }
    }
}

impl<C: Consumer> Role<C> for Consuming<C> {
    fn turn(
        &mut self,
        inner: &mut C,
        ctx: &mut Ctx<'_, C>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Option<Name>, Failure>> {
        let mut left = self.budget.begin();
        let turn = self.take_turn(&mut left, inner, ctx, task);
        self.budget.end(left == 0);
        turn
    }

    fn without(&mut self, task: &mut Context<'_>) -> Poll<Result<Option<Name>, Failure>> {
        let Some(inlet) = &mut self.inlet else { return Poll::Ready(Ok(None)) };
        match inlet.poll_end(task) {
            Poll::Ready(end) if !end.is_finished() => Poll::Ready(Ok(None)),
            Poll::Ready(_) | Poll::Pending => Poll::Pending,
        }
    }

    fn reborn(&mut self) {
        self.inlet.iter_mut().for_each(Inlet::mourn);
        self.work = None;
        self.ending = false;
    }

    fn give_up(&mut self, reason: &Name) {
        self.work = None;
        if let Some(mut inlet) = self.inlet.take() {
            inlet.mourn();
            inlet.stop(reason.clone());
        }
    }

    fn place(&self) -> Option<&dyn Any> {
        Some(&self.slot)
    }
}

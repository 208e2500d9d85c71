//! Lets a consumer take what comes to its slot.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix::AsyncContext;
use aqueduct_link::{AlreadyTaken, End, Inlet, Name, Slot, Turn};

use super::{Place, Role, kept::Kept};
use crate::{Consumed, Consumer, Ctx, Failure, budget::Budget};

type Work<C> = Pin<Box<dyn Future<Output = Result<(), <C as Consumer>::Error>>>>;

/// The role of a consumer.
pub(super) struct Consuming<C: Consumer> {
    post: Kept<Post<C::Item>>,
    /// Work that goes on over several turns; it belongs to one arbiter, and to one life.
    work: Option<Work<C>>,
}

/// The consumer's end of its slot.
pub(super) struct Post<T> {
    slot: Slot<T>,
    inlet: Option<Inlet<T>>,
    /// The inlet was taken.
    opened: bool,
    /// The end was told and is being worked on.
    ending: bool,
    /// The stream has finished.
    finished: bool,
    budget: Budget,
}

impl<C: Consumer> Consuming<C> {
    /// Returns the role at this post, which may be that of an earlier actor.
    pub(super) fn boxed(post: Kept<Post<C::Item>>) -> Box<dyn Role<C>> {
        Box::new(Self { post, work: None })
    }
}

impl<T> Post<T> {
    /// The caller's handle goes on counting as one who may register.
    pub(super) fn at(slot: &Slot<T>) -> Self {
        let slot = slot.observer();
        let budget = Budget::new(slot.clock());
        Self { slot, inlet: None, opened: false, ending: false, finished: false, budget }
    }
}

impl<T: 'static> Post<T> {
    /// Goes on with the work that a former turn left.
    fn finish_work<C: Consumer<Item = T>>(
        &mut self,
        ongoing: &mut Option<Work<C>>,
        task: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        if let Some(work) = ongoing {
            let result = ready!(work.as_mut().poll(task));
            *ongoing = None;
            if let Some(inlet) = &mut self.inlet {
                match result {
                    Ok(()) => {
                        inlet.lease_handled();
                        inlet.commit();
                        inlet.handled();
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

    /// Acknowledges what is committed, but for the last items, so many.
    fn acknowledge(&mut self, held: u64) {
        if let Some(receipt) = self.inlet.as_mut().and_then(|inlet| inlet.receipt(held)) {
            receipt.acknowledge();
        }
    }

    /// Tells the consumer the end; ready with false while there is work left to do.
    fn tell_end<C: Consumer<Item = T>>(
        &mut self,
        ongoing: &mut Option<Work<C>>,
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
                *ongoing = Some(work);
                Poll::Ready(Ok(false))
            }
        }
    }

    /// Hands over batches until there are no more items, or none are left of this turn's.
    fn take_turn<C: Consumer<Item = T>>(
        &mut self,
        left: &mut usize,
        ongoing: &mut Option<Work<C>>,
        inner: &mut C,
        ctx: &mut Ctx<'_, C>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Option<Name>, Failure>> {
        loop {
            ready!(self.finish_work::<C>(ongoing, task))?;
            let Some(inlet) = &mut self.inlet else {
                return Poll::Ready(Ok(None));
            };
            // Who called `ctx.wait` or `ctx.stop` is given nothing meanwhile.
            if ctx.waiting() {
                inlet.rest();
                return Poll::Pending;
            }
            if let Turn::End(end) = ready!(inlet.poll_turn(task)) {
                self.finished = end.is_finished();
                if ready!(self.tell_end(ongoing, inner, &end, ctx))? {
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
            match consumed {
                Consumed::Done | Consumed::Wait => inlet.rest(),
                Consumed::Later(_) => inlet.rest_busy(),
            }
            match consumed {
                Consumed::Done => {}
                Consumed::Wait => return Poll::Pending,
                Consumed::Later(work) => *ongoing = Some(work),
            }
            *left = left.saturating_sub(handled);
            // Other mail has a turn, also when a consumer takes nothing of what it is offered.
            if ongoing.is_none() && handled == 0 {
                *left = 0;
            }
        }
    }
}

impl<C: Consumer> Role<C> for Consuming<C> {
    fn open(&mut self) -> Result<(), AlreadyTaken> {
        let post = &mut *self.post.get();
        if !post.opened {
            let mut inlet = post.slot.inlet()?;
            inlet.set_by_receipt(C::HOLDS);
            post.inlet = Some(inlet);
            post.opened = true;
        }
        Ok(())
    }

    fn turn(
        &mut self,
        inner: &mut C,
        ctx: &mut Ctx<'_, C>,
        task: &mut Context<'_>,
    ) -> Poll<Result<Option<Name>, Failure>> {
        let post = &mut *self.post.get();
        let mut left = post.budget.begin();
        let turn = post.take_turn(&mut left, &mut self.work, inner, ctx, task);
        post.budget.end(left == 0);
        if C::HOLDS && self.work.is_none() {
            let is_safe = post.ending && post.finished && matches!(turn, Poll::Ready(Ok(None)));
            post.acknowledge(if is_safe { 0 } else { inner.held() });
        }
        turn
    }

    fn without(&mut self, task: &mut Context<'_>) -> Poll<Result<Option<Name>, Failure>> {
        let post = &mut *self.post.get();
        let Some(inlet) = &mut post.inlet else { return Poll::Ready(Ok(None)) };
        match inlet.poll_end(task) {
            Poll::Ready(end) if !end.is_finished() => Poll::Ready(Ok(None)),
            Poll::Ready(_) | Poll::Pending => Poll::Pending,
        }
    }

    fn close(&mut self) {
        self.post.get().slot.close();
    }

    fn reborn(&mut self, why: &Name) {
        self.work = None;
        let post = &mut *self.post.get();
        post.slot.died_of(why.clone());
        post.inlet.iter_mut().for_each(Inlet::mourn);
        if C::HOLDS {
            post.inlet.iter_mut().for_each(|inlet| inlet.lose(u64::MAX));
        }
        post.ending = false;
    }

    fn give_up(&mut self, reason: &Name) {
        self.work = None;
        let inlet = self.post.get().inlet.take();
        if let Some(mut inlet) = inlet {
            inlet.mourn();
            inlet.stop(reason.clone());
        }
    }

    fn place(&self) -> Option<Place> {
        Some(Box::new(self.post.get().slot.observer()))
    }
}

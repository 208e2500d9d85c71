//! Delivers batches to the handler of a plain actor, and takes its answer for the commit.

use std::{
    future::Future,
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix::{
    Actor, ActorContext, ActorFuture, AsyncContext, Handler,
    dev::{MessageResponse, OneshotSender},
};
use aqueduct_link::{Clock, Inlet, Turn};
use tokio::sync::oneshot;

use crate::{Failure, Write, budget::Budget};

/// The most items in one [`Write`].
const WRITE_ITEMS: usize = 64;

type Answer = oneshot::Receiver<Result<(), Failure>>;

/// The driver of one inlet.
pub(super) struct Delivery<T> {
    inlet: Option<Inlet<T>>,
    /// What the handler was given last is not answered yet.
    answer: Option<Answer>,
    /// The end was delivered.
    ended: bool,
    budget: Budget,
}

impl<T: 'static> Delivery<T> {
    pub(super) const fn new(inlet: Inlet<T>, clock: Clock) -> Self {
        Self { inlet: Some(inlet), answer: None, ended: false, budget: Budget::new(clock) }
    }

    /// Waits for the handler's answer, if one is due.
    fn settle(&mut self, task: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        let Some(answer) = &mut self.answer else {
            return Poll::Ready(Ok(()));
        };
        let answered = ready!(Pin::new(answer).poll(task));
        self.answer = None;
        let result = answered
            .unwrap_or_else(|_| Err(Failure::message("the handler was dropped without an answer")));
        if let Some(inlet) = &mut self.inlet {
            match &result {
                Ok(()) => inlet.lease_handled(),
                Err(_) => inlet.lease_failed(),
            }
        }
        Poll::Ready(result)
    }

    fn deliver<A>(&mut self, write: Write<T>, act: &mut A, ctx: &mut A::Context)
    where
        A: Actor + Handler<Write<T>>,
    {
        let (sender, answer): (OneshotSender<_>, _) = oneshot::channel();
        // Before the call, so that the batch is known to be out if the handler panics.
        self.answer = Some(answer);
        act.handle(write, ctx).handle(ctx, Some(sender));
    }

    /// Delivers until there are no more items, or none are left of this turn's.
    fn take_turn<A>(
        &mut self,
        left: &mut usize,
        act: &mut A,
        ctx: &mut A::Context,
        task: &mut Context<'_>,
    ) -> Poll<()>
    where
        A: Actor<Context = actix::Context<A>> + Handler<Write<T>>,
    {
        loop {
            if let Err(failure) = ready!(self.settle(task)) {
                tracing::error!(%failure, "a consumer failed");
                if let Some(inlet) = self.inlet.take() {
                    inlet.fail(failure.to_string());
                }
                ctx.stop();
                return Poll::Ready(());
            }
            let Some(inlet) = self.inlet.as_mut().filter(|_| !self.ended) else {
                return Poll::Ready(());
            };
            // A handler that called `ctx.wait` or `ctx.stop` is given nothing meanwhile.
            if ctx.waiting() {
                inlet.rest();
                return Poll::Pending;
            }
            match ready!(inlet.poll_turn(task)) {
                Turn::Items if *left == 0 => {
                    inlet.rest();
                    task.waker().wake_by_ref();
                    return Poll::Pending;
                }
                Turn::Items => {
                    if let Some(lease) = inlet.lend_out((*left).min(WRITE_ITEMS)) {
                        *left -= lease.len();
                        self.deliver(Write::items(lease), act, ctx);
                    }
                }
                Turn::End(end) => {
                    self.ended = true;
                    self.deliver(Write::end(end), act, ctx);
                }
            }
        }
    }
}

/// Nothing in it is ever pinned in place.
impl<T> Unpin for Delivery<T> {}

impl<A, T> ActorFuture<A> for Delivery<T>
where
    A: Actor<Context = actix::Context<A>> + Handler<Write<T>>,
    T: 'static,
{
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        act: &mut A,
        ctx: &mut A::Context,
        task: &mut Context<'_>,
    ) -> Poll<()> {
        let this = self.get_mut();
        let mut left = this.budget.begin();
        let turn = this.take_turn(&mut left, act, ctx, task);
        this.budget.end(left == 0);
        turn
    }
}

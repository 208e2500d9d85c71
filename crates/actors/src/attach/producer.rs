//! Delivers the signals of an outlet to the handlers of a plain actor.

use std::{
    marker::PhantomData,
    pin::Pin,
    task::{Context, Poll},
};

use actix::{Actor, ActorFuture, AsyncContext, Handler};
use aqueduct_link::{Outlet, Stopped};

use crate::{Pause, Resume, Stop};

/// The driver of the outlet that `get` finds in its actor.
pub(super) struct Signals<T, F> {
    get: F,
    /// Edges told, of the outlet that was there the last time.
    told: u64,
    /// The number of its registration, to see when the actor has put another one there.
    registration: u64,
    stopped: bool,
    item: PhantomData<fn() -> T>,
}

impl<T, F> Signals<T, F> {
    pub(super) const fn new(get: F) -> Self {
        Self { get, told: 0, registration: 0, stopped: false, item: PhantomData }
    }

    /// Takes in what is new at the outlet: how many edges there were, and whether it is stopped.
    fn look<A>(&mut self, act: &mut A, task: &mut Context<'_>) -> (u64, Option<Stopped>, bool)
    where
        F: Fn(&mut A) -> &mut Outlet<T>,
    {
        let outlet = (self.get)(act);
        if self.registration != outlet.number() {
            self.registration = outlet.number();
            self.told = 0;
            self.stopped = false;
            // The actor may write after this was polled.
            outlet.set_wakes_driver(true);
        }
        let over = match outlet.poll_ready(task) {
            Poll::Ready(Ok(())) if outlet.is_closed() => outlet.poll_flush(task).is_ready(),
            Poll::Ready(Ok(())) | Poll::Pending => false,
            Poll::Ready(Err(_)) => true,
        };
        (outlet.edges(), outlet.stopped(), over)
    }
}

/// Nothing in it is ever pinned in place.
impl<T, F> Unpin for Signals<T, F> {}

impl<A, T, F> ActorFuture<A> for Signals<T, F>
where
    A: Actor<Context = actix::Context<A>> + Handler<Pause> + Handler<Resume> + Handler<Stop>,
    F: Fn(&mut A) -> &mut Outlet<T> + 'static,
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
        loop {
            // A handler that called `ctx.wait` or `ctx.stop` is told nothing meanwhile.
            if ctx.waiting() {
                return Poll::Pending;
            }
            let (edges, stopped, over) = this.look(act, task);
            if let Some(stopped) = stopped.filter(|_| !std::mem::replace(&mut this.stopped, true)) {
                act.handle(Stop::from(stopped), ctx);
                continue;
            }
            if over {
                return Poll::Ready(());
            }
            if this.told >= edges {
                return Poll::Pending;
            }
            // Of many edges, the last two tell all: a pause and a resume between cancel out.
            this.told += 1 + (edges - this.told - 1) / 2 * 2;
            if this.told.is_multiple_of(2) {
                act.handle(Resume, ctx);
            } else {
                let reasons = (this.get)(act).reasons();
                act.handle(Pause { reasons }, ctx);
            }
            // What the handler wrote may have turned the flow again.
        }
    }
}

//! The lives of a plain actor.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::{Arc, Mutex, PoisonError},
    task::{self, Poll},
};

use actix::{Actor, ActorContext, AsyncContext, Context, WeakAddr, dev::ContextFut};
use aqueduct_actors::{ActorError, Cause, Exit, Failure, Keeper};
use aqueduct_link::Name;
use tokio::sync::watch;

use super::place::Places;
use crate::{
    nurse::{Body, Life},
    post::Post,
};

/// A plain actor: one life after the other, each with an address of its own.
pub(super) struct Plain<A: Actor, F> {
    pub(super) factory: Arc<Mutex<F>>,
    pub(super) shared: Arc<Shared<A>>,
}

pub(super) struct Shared<A: Actor> {
    pub(super) name: Name,
    /// It is made anew also when it ends well.
    pub(super) lasts: bool,
    pub(super) places: Places,
    pub(super) address: watch::Sender<Option<WeakAddr<A>>>,
}

impl<A, F, U, E> Body for Plain<A, F>
where
    A: Actor<Context = Context<A>>,
    F: Fn() -> U + 'static,
    U: Future<Output = Result<A, E>> + 'static,
    E: Into<Failure> + 'static,
{
    fn live(&self, mut post: Post, mut cause: Option<Cause>) -> Life {
        let (factory, shared) = (self.factory.clone(), self.shared.clone());
        let mut context = shared.new_context();
        Box::pin(async move {
            let end = loop {
                if let Some(cause) = cause.take() {
                    let told = cause.to_string();
                    shared.places.iter().for_each(|place| place.died_of(told.as_str().into()));
                    if let Err(last) = post.next_life(cause).await {
                        break Err(last);
                    }
                    tracing::warn!(actor = %shared.name, cause = told, "the actor is made anew");
                }
                let make = || factory.lock().unwrap_or_else(PoisonError::into_inner)();
                match shared.one_life(context, make, &mut post).await {
                    Ok(()) if !shared.lasts || post.stops() => break Ok(()),
                    Ok(()) => cause = Some(Cause::Failed(Failure::message(LASTS))),
                    Err(failed) => cause = Some(failed),
                }
                // The new address is good at once: what is sent meanwhile waits in its mailbox.
                context = shared.new_context();
            };
            shared.ended(end)
        })
    }

    fn give_up(&self, reason: &Name) {
        self.shared.retire(reason);
    }
}

const LASTS: &str = "it was stopped, and is to go on for ever";

impl<A: Actor<Context = Context<A>>> Shared<A> {
    fn new_context(&self) -> Context<A> {
        let context = Context::new();
        self.address.send_replace(Some(context.address().downgrade()));
        context
    }

    /// Makes the actor and polls it until it has stopped, or is not to live any longer.
    async fn one_life<U, E>(
        &self,
        context: Context<A>,
        make: impl FnOnce() -> U,
        post: &mut Post,
    ) -> Result<(), Cause>
    where
        U: Future<Output = Result<A, E>>,
        E: Into<Failure>,
    {
        let making = pin!(async move { make().await });
        let made = unless_halted(post, making).await?;
        let actor = made.map_err(|error| Cause::Failed(error.into()))?;
        post.began();
        let mut life = Buried(Some(context.into_future(actor)));
        poll_fn(|cx| self.poll_life(&mut life, post, cx)).await?;
        drop(life);
        // A handler that answers with an error stops its actor; its slot knows why.
        match self.places.iter().find_map(|place| place.failure()) {
            Some(reason) => Err(Cause::Failed(Failure::message(&*reason))),
            None => Ok(()),
        }
    }

    fn poll_life(
        &self,
        life: &mut Buried<A>,
        post: &mut Post,
        cx: &mut task::Context<'_>,
    ) -> Poll<Result<(), Cause>> {
        let Some(life) = &mut life.0 else { return Poll::Ready(Ok(())) };
        if let Poll::Ready(end) = poll_catching(Pin::new(&mut *life), cx) {
            return Poll::Ready(end);
        }
        if let Poll::Ready(cause) = post.poll_halt(cx) {
            return Poll::Ready(Err(cause));
        }
        if post.stops() && self.places.iter().all(|place| place.is_over()) {
            life.ctx().stop();
            return poll_catching(Pin::new(life), cx);
        }
        Poll::Pending
    }

    fn ended(&self, end: Result<(), Cause>) -> Result<Exit, ActorError> {
        let reason: Name = match &end {
            Ok(()) => format!("{} was stopped", self.name).into(),
            Err(cause) => {
                tracing::error!(actor = %self.name, %cause, "the actor failed for good");
                format!("{}: {cause}", self.name).into()
            }
        };
        self.retire(&reason);
        end.map(|()| Exit::Stopped("the actor was stopped".into()))
            .map_err(|cause| ActorError { actor: self.name.clone(), cause })
    }

    fn retire(&self, reason: &Name) {
        for place in &*self.places {
            place.retire(reason.clone());
        }
    }
}

/// A life whose stop hooks, which run while it is dropped, may panic once more.
struct Buried<A: Actor<Context = Context<A>>>(Option<ContextFut<A, Context<A>>>);

impl<A: Actor<Context = Context<A>>> Drop for Buried<A> {
    fn drop(&mut self) {
        let life = self.0.take();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(move || drop(life))) {
            tracing::error!(panic = %Cause::panicked(&*panic), "an actor panicked while it was dropped");
        }
    }
}

/// Polls the future to its end, to its panic, or until this life is to end.
async fn unless_halted<U: Future>(
    post: &mut Post,
    mut future: Pin<&mut U>,
) -> Result<U::Output, Cause> {
    poll_fn(|cx| match poll_catching(future.as_mut(), cx) {
        Poll::Ready(end) => Poll::Ready(end),
        Poll::Pending => post.poll_halt(cx).map(Err),
    })
    .await
}

fn poll_catching<U: Future>(
    future: Pin<&mut U>,
    cx: &mut task::Context<'_>,
) -> Poll<Result<U::Output, Cause>> {
    match catch_unwind(AssertUnwindSafe(|| future.poll(cx))) {
        Ok(poll) => poll.map(Ok),
        Err(panic) => Poll::Ready(Err(Cause::panicked(&*panic))),
    }
}

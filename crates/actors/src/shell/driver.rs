//! The one future of a shell: it makes the inner value, then lets the role take its turns.

use std::{
    pin::Pin,
    task::{Context, Poll, ready},
};

use actix::{ActorContext, ActorFuture};
use aqueduct_link::Name;

use super::{
    Shell,
    outcome::{Cause, Exit, LifeEnd},
};
use crate::{Ctx, Failure};

#[derive(Debug)]
pub(super) struct Driver;

impl<B: 'static> ActorFuture<Shell<B>> for Driver {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        shell: &mut Shell<B>,
        context: &mut actix::Context<Shell<B>>,
        task: &mut Context<'_>,
    ) -> Poll<()> {
        let end = match ready!(shell.poll_life(context, task)) {
            Ok(()) => LifeEnd::Well(Exit::Done),
            Err(failure) => LifeEnd::Badly(Cause::Failed(failure)),
        };
        shell.outcome.life_ended(end);
        context.stop();
        Poll::Ready(())
    }
}

impl<B: 'static> Shell<B> {
    fn poll_life(
        &mut self,
        context: &mut actix::Context<Self>,
        task: &mut Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        if self.role.is_drained() {
            self.building = None;
            if !self.role.has_begun() {
                self.role.give_up(&"drained before it began".into());
                return Poll::Ready(Ok(()));
            }
            let left = self.role.without(task);
            if let Some(inner) = &mut self.inner {
                let told = self.role.last_words(inner, &mut Ctx::new(context, task.waker()), task);
                if matches!(left, Poll::Ready(Ok(None))) {
                    ready!(told);
                }
            }
            return self.with_exit(left);
        }
        if self.inner.is_none() {
            let Some(building) = &mut self.building else {
                return Poll::Ready(Err(Failure::message("there is no factory to make it anew")));
            };
            match building.as_mut().poll(task) {
                Poll::Ready(made) => {
                    self.inner = Some(made?);
                    self.role.begin();
                    self.outcome.began();
                }
                // A listener may wait for its peer for ever, when nobody needs it any more.
                Poll::Pending => {
                    let over = self.role.without(task);
                    return self.with_exit(over);
                }
            }
            self.building = None;
        }
        let Some(inner) = &mut self.inner else {
            return Poll::Pending;
        };
        let result = self.role.turn(inner, &mut Ctx::new(context, task.waker()), task);
        self.with_exit(result)
    }

    /// Notes the reason of a life that ended because nobody wants more.
    fn with_exit(&self, result: Poll<Result<Option<Name>, Failure>>) -> Poll<Result<(), Failure>> {
        result.map_ok(|stopped| {
            if let Some(reason) = stopped {
                self.outcome.life_ended(LifeEnd::Well(Exit::Stopped(reason)));
            }
        })
    }
}

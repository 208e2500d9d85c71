//! Who decides about the lives of an actor.

use std::{
    future::{Future, ready},
    task::{Context, Poll},
    time::Duration,
};

use super::Cause;

/// What is done about a life that ended badly.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The value is made anew after this time.
    Rebuild(Duration),
    /// That was it: the other ends of its links are told.
    GiveUp,
}

/// Decides about the lives of an actor.
pub trait Keeper: 'static {
    /// The value of a life is made.
    fn began(&mut self) {}

    /// A life ended badly, and its value is dropped: what now?
    ///
    /// It may take its time; the actor has no life meanwhile, and its mail waits.
    fn judge(&mut self, cause: &Cause) -> impl Future<Output = Verdict>;

    /// Ready when this life is to end, or the wait for the next one, though nothing has failed;
    /// [`judge`](Self::judge) is asked then.
    fn poll_halt(&mut self, task: &mut Context<'_>) -> Poll<Cause> {
        let _ = task;
        Poll::Pending
    }
}

/// A closure that decides at once.
pub(super) struct Judge<F>(pub(super) F);

impl<F: FnMut(&Cause) -> Verdict + 'static> Keeper for Judge<F> {
    fn judge(&mut self, cause: &Cause) -> impl Future<Output = Verdict> {
        ready((self.0)(cause))
    }
}

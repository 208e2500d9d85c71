//! What a producer or consumer in a shell is given beside its data.

use std::{
    fmt,
    ops::{Deref, DerefMut},
    task::{self, Waker},
};

use actix::Context;

use crate::Shell;

/// The actix context of the shell, and the waker of its turn.
///
/// It dereferences to [`actix::Context`], so that timers, futures, addresses and `stop` work as in
/// any actor.
pub struct Ctx<'a, B: 'static> {
    context: &'a mut Context<Shell<B>>,
    waker: &'a Waker,
}

impl<'a, B: 'static> Ctx<'a, B> {
    pub(crate) const fn new(context: &'a mut Context<Shell<B>>, waker: &'a Waker) -> Self {
        Self { context, waker }
    }

    /// The waker that has the shell called again: for whoever answers `Wait`.
    #[must_use]
    pub const fn waker(&self) -> &'a Waker {
        self.waker
    }

    /// A task context around that waker, for polling sockets, streams and futures.
    #[must_use]
    pub fn task(&self) -> task::Context<'a> {
        task::Context::from_waker(self.waker)
    }
}

impl<B: 'static> Deref for Ctx<'_, B> {
    type Target = Context<Shell<B>>;

    fn deref(&self) -> &Self::Target {
        self.context
    }
}

impl<B: 'static> DerefMut for Ctx<'_, B> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        self.context
    }
}

impl<B: 'static> fmt::Debug for Ctx<'_, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ctx").finish_non_exhaustive()
    }
}

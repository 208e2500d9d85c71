//! What of an actor outlives it: its role, with its ends of links and what is in hand of them.
//!
//! Whoever makes shells keeps it too, so that one shell can follow another, on another arbiter if
//! need be. Nobody ever waits for the lock: at any time one shell lives.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task,
};

use aqueduct_link::{AlreadyTaken, Name};

use super::{Place, Role};
use crate::{Ctx, Failure};

pub(super) struct Kept<R>(Arc<Mutex<R>>);

impl<R> Kept<R> {
    pub(super) fn new(role: R) -> Self {
        Self(Arc::new(Mutex::new(role)))
    }

    /// A panic that comes out of a turn leaves the role as it is: what that means is decided in
    /// [`Role::reborn`].
    pub(super) fn get(&self) -> MutexGuard<'_, R> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<R> Clone for Kept<R> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<B: 'static, R: Role<B>> Role<B> for Kept<R> {
    fn open(&mut self) -> Result<(), AlreadyTaken> {
        self.get().open()
    }

    fn turn(
        &mut self,
        inner: &mut B,
        ctx: &mut Ctx<'_, B>,
        task: &mut task::Context<'_>,
    ) -> task::Poll<Result<Option<Name>, Failure>> {
        self.get().turn(inner, ctx, task)
    }

    fn without(
        &mut self,
        task: &mut task::Context<'_>,
    ) -> task::Poll<Result<Option<Name>, Failure>> {
        self.get().without(task)
    }

    fn last_words(
        &mut self,
        inner: &mut B,
        ctx: &mut Ctx<'_, B>,
        task: &mut task::Context<'_>,
    ) -> task::Poll<()> {
        self.get().last_words(inner, ctx, task)
    }

    fn drain(&mut self) {
        self.get().drain();
    }

    fn close(&mut self) {
        self.get().close();
    }

    fn begin(&mut self) {
        self.get().begin();
    }

    fn has_begun(&self) -> bool {
        self.get().has_begun()
    }

    fn is_drained(&self) -> bool {
        self.get().is_drained()
    }

    fn last(&mut self) {
        self.get().last();
    }

    fn reborn(&mut self, why: &Name) {
        self.get().reborn(why);
    }

    fn give_up(&mut self, reason: &Name) {
        self.get().give_up(reason);
    }

    fn place(&self) -> Option<Place> {
        self.get().place()
    }
}

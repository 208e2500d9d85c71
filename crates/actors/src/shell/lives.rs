//! Shells that follow each other, with the same ends of links.

use std::{
    future::Future,
    sync::{Arc, Mutex, PoisonError},
};

use aqueduct_link::{AlreadyTaken, Name};

use super::{Role, Shell, kept::Kept};
use crate::Failure;

/// What makes the shells of an actor, one after the other: each has the ends of links of the one
/// before, and what that had in hand of them.
///
/// It can be sent to another arbiter where the items and the factory can.
pub trait Lives<B: 'static>: 'static {
    /// Takes the consumer's end of its slot, where there is one; to be called before the first
    /// actor is made.
    ///
    /// # Errors
    /// [`AlreadyTaken`] while another consumer has the slot.
    fn open(&self) -> Result<(), AlreadyTaken>;

    /// Returns the shell of the next actor; the one before must be gone.
    fn shell(&self) -> Shell<B>;

    /// There will be no next actor: the other ends of its links are told why.
    fn give_up(&self, reason: &Name);
}

/// What outlives the shells that have it.
struct Line<B, R, F> {
    name: Name,
    kept: Kept<R>,
    /// Makes the role of a shell of what is kept.
    role: fn(Kept<R>) -> Box<dyn Role<B>>,
    factory: Arc<Mutex<F>>,
}

/// Returns what makes shells, whose values are made by this factory.
pub(super) fn line<B, R, F, U, E>(
    name: Name,
    kept: R,
    role: fn(Kept<R>) -> Box<dyn Role<B>>,
    factory: F,
) -> impl Lives<B> + use<B, R, F, U, E>
where
    B: 'static,
    R: 'static,
    F: Fn() -> U + 'static,
    U: Future<Output = Result<B, E>> + 'static,
    E: Into<Failure>,
{
    Line { name, kept: Kept::new(kept), role, factory: Arc::new(Mutex::new(factory)) }
}

impl<B, R, F, U, E> Lives<B> for Line<B, R, F>
where
    B: 'static,
    R: 'static,
    F: Fn() -> U + 'static,
    U: Future<Output = Result<B, E>> + 'static,
    E: Into<Failure>,
{
    fn open(&self) -> Result<(), AlreadyTaken> {
        (self.role)(self.kept.clone()).open()
    }

    fn shell(&self) -> Shell<B> {
        let role = (self.role)(self.kept.clone());
        let factory = self.factory.clone();
        // One shell lives at a time, so that nobody waits here.
        let make = move || factory.lock().unwrap_or_else(PoisonError::into_inner)();
        Shell::new(self.name.clone(), role).made_by(make)
    }

    fn give_up(&self, reason: &Name) {
        (self.role)(self.kept.clone()).give_up(reason);
    }
}

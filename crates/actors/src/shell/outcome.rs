//! How an actor ended, for whoever waits for it.

use std::{
    any::Any,
    cell::{Cell, RefCell},
    fmt,
    rc::Rc,
    sync::{Arc, OnceLock},
    time::Duration,
};

use actix::Addr;
use aqueduct_link::Name;
use tokio::sync::Notify;

use super::Shell;
use crate::Failure;

/// How an actor in a shell ended well.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Exit {
    /// All its work is done.
    Done,
    /// It was told to stop: its consumer wanted no more, or somebody stopped the actor.
    Stopped(Name),
}

/// How an actor in a shell ended badly.
#[derive(Clone, Debug)]
pub struct ActorError {
    /// Which actor.
    pub actor: Name,
    /// Why.
    pub cause: Cause,
}

/// Why a life of an actor ended badly.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Cause {
    /// It answered with an error.
    Failed(Failure),
    /// It panicked, with this message.
    Panicked(Name),
    /// Its arbiter is gone, or its task was ended, and the actor with it.
    Vanished,
    /// It was ended, to be made anew with others or not at all.
    Halted(Name),
    /// It was told to stop, did not within this time, and was ended.
    Overdue(Duration),
}

impl Cause {
    /// Returns the cause that `catch_unwind` caught.
    #[must_use]
    pub fn panicked(panic: &(dyn Any + Send)) -> Self {
        let text = panic.downcast_ref::<&str>().copied();
        let text = text.or_else(|| panic.downcast_ref::<String>().map(String::as_str));
        Self::Panicked(text.unwrap_or("without a message").into())
    }
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => failure.fmt(f),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::Vanished => f.write_str("its arbiter or its task is gone"),
            Self::Halted(reason) => write!(f, "was ended: {reason}"),
            Self::Overdue(time) => write!(f, "did not stop within {time:?}, and was ended"),
        }
    }
}

impl fmt::Display for ActorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.actor, self.cause)
    }
}

impl std::error::Error for ActorError {}

/// How one life of an actor ended.
#[derive(Clone, Debug)]
pub(super) enum LifeEnd {
    Well(Exit),
    Badly(Cause),
}

/// How the last life ended, once it has.
#[derive(Debug, Default)]
pub(super) struct Ending {
    /// Nothing of it is known if the actor went without a word.
    how: OnceLock<Option<LifeEnd>>,
    told: Notify,
}

impl Ending {
    /// Tells it; the first word counts.
    fn tell(&self, end: Option<LifeEnd>) {
        if self.how.set(end).is_ok() {
            self.told.notify_waiters();
        }
    }

    async fn wait(&self) -> Option<LifeEnd> {
        // From here on it hears of it.
        let told = self.told.notified();
        if self.how.get().is_none() {
            told.await;
        }
        self.how.get().cloned().flatten()
    }
}

/// The part of a shell that is seen from outside of it.
#[derive(Clone, Default)]
pub(super) struct Outcome(Rc<Inner>);

#[derive(Default)]
struct Inner {
    life: RefCell<Option<LifeEnd>>,
    /// The value was made, and nobody has heard of it.
    began: Cell<bool>,
    /// The actor is to live until its streams end.
    lasts: Cell<bool>,
    /// Why the last life ended badly.
    death: RefCell<Option<Name>>,
    /// Set before the last `restarting`: this is no restart but the end.
    last_words: RefCell<Option<Name>>,
    end: Arc<Ending>,
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.end.tell(None);
    }
}

impl Outcome {
    /// This life is over; the first word counts.
    pub(super) fn life_ended(&self, end: LifeEnd) {
        self.0.life.borrow_mut().get_or_insert(end);
    }

    pub(super) fn take_life(&self) -> Option<LifeEnd> {
        self.0.life.borrow_mut().take()
    }

    /// The value of this life is made.
    pub(super) fn began(&self) {
        self.0.began.set(true);
    }

    pub(super) fn take_began(&self) -> bool {
        self.0.began.replace(false)
    }

    pub(super) fn last(&self) {
        self.0.lasts.set(true);
    }

    pub(super) fn lasts(&self) -> bool {
        self.0.lasts.get()
    }

    pub(super) fn set_death(&self, reason: Name) {
        *self.0.death.borrow_mut() = Some(reason);
    }

    pub(super) fn death(&self) -> Name {
        self.0.death.borrow().clone().unwrap_or_else(|| "not known".into())
    }

    pub(super) fn set_last_words(&self, reason: Name) {
        *self.0.last_words.borrow_mut() = Some(reason);
    }

    pub(super) fn last_words(&self) -> Option<Name> {
        self.0.last_words.borrow().clone()
    }

    /// The last life is over.
    pub(super) fn ended(&self, end: LifeEnd) {
        self.0.end.tell(Some(end));
    }

    pub(super) fn ending(&self) -> Arc<Ending> {
        self.0.end.clone()
    }
}

/// An actor in a shell that runs: its address, and its end when it comes.
pub struct Running<B: 'static> {
    name: Name,
    address: Addr<Shell<B>>,
    end: Arc<Ending>,
}

impl<B: 'static> Running<B> {
    pub(super) fn new(name: Name, address: Addr<Shell<B>>, end: Arc<Ending>) -> Self {
        Self { name, address, end }
    }

    /// The name of the actor.
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The address of the shell; it stays through restarts.
    pub fn address(&self) -> &Addr<Shell<B>> {
        &self.address
    }

    /// Waits until the actor has ended for good.
    ///
    /// # Errors
    /// [`ActorError`] if it ended badly.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn finished(&self) -> Result<Exit, ActorError> {
        match self.end.wait().await {
            Some(LifeEnd::Well(exit)) => Ok(exit),
            Some(LifeEnd::Badly(cause)) => Err(ActorError { actor: self.name.clone(), cause }),
            None => Err(ActorError { actor: self.name.clone(), cause: Cause::Vanished }),
        }
    }
}

impl<B: 'static> Clone for Running<B> {
    fn clone(&self) -> Self {
        Self { name: self.name.clone(), address: self.address.clone(), end: self.end.clone() }
    }
}

impl<B: 'static> fmt::Debug for Running<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("name", &self.name).finish_non_exhaustive()
    }
}

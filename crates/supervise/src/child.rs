//! A child that runs.

use std::{
    fmt,
    future::Future,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use actix::{Actor, Addr, WeakAddr};
use aqueduct_actors::{ActorError, Cause, Exit};
use aqueduct_link::Name;
use tokio::sync::watch;

use crate::line::Line;

pub(crate) type EndSender = watch::Sender<Option<Result<Exit, ActorError>>>;
pub(crate) type EndReceiver = watch::Receiver<Option<Result<Exit, ActorError>>>;
pub(crate) type End = Pin<Box<dyn Future<Output = Result<Exit, ActorError>> + Send>>;

/// A child: the way to its address, how often it was restarted, and its end when it comes.
pub struct Child<A: Actor> {
    pub(crate) name: Name,
    pub(crate) address: watch::Receiver<Option<WeakAddr<A>>>,
    pub(crate) restarts: Restarts,
    pub(crate) line: Arc<Line>,
    pub(crate) end: EndReceiver,
}

/// How often a child was restarted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Restarts(Arc<AtomicU32>);

impl Restarts {
    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

impl<A: Actor> Child<A> {
    /// The child's name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The child's address while it lives.
    ///
    /// A child by trait keeps it, unless its arbiter goes away or it is [killed](Self::kill); a
    /// plain actor has a new one after each restart.
    /// Neither this handle nor the supervisor keeps a plain actor alive: it stops, as any actor,
    /// when its last address goes and its links have ended.
    #[must_use]
    pub fn address(&self) -> Option<Addr<A>> {
        self.address.borrow().as_ref().and_then(WeakAddr::upgrade)
    }

    /// How often the child was made anew.
    #[must_use]
    pub fn restarts(&self) -> u32 {
        self.restarts.get()
    }

    /// Ends the child's actor on the spot, in whatever it is doing, as when its arbiter goes away:
    /// that is a failure, and what comes after it is decided as after any other.
    ///
    /// For tests of what survives.
    pub fn kill(&self) {
        self.line.kill();
    }

    /// Waits until the child has ended for good.
    ///
    /// # Errors
    /// [`ActorError`] if it ended badly.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn finished(&self) -> Result<Exit, ActorError> {
        wait(self.name.clone(), self.end.clone()).await
    }
}

pub(crate) async fn wait(name: Name, mut end: EndReceiver) -> Result<Exit, ActorError> {
    let end = end.wait_for(Option::is_some).await.ok().and_then(|end| end.clone());
    end.unwrap_or(Err(ActorError { actor: name, cause: Cause::Vanished }))
}

impl<A: Actor> Clone for Child<A> {
    fn clone(&self) -> Self {
        Self {
            name: self.name.clone(),
            address: self.address.clone(),
            restarts: self.restarts.clone(),
            line: self.line.clone(),
            end: self.end.clone(),
        }
    }
}

impl<A: Actor> fmt::Debug for Child<A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Child")
            .field("name", &self.name)
            .field("restarts", &self.restarts())
            .finish_non_exhaustive()
    }
}

//! Plain actix actors under supervision.

use std::{
    fmt,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::Poll,
};

use actix::{Actor, AsyncContext, Context, WeakAddr};
use actix_rt::{Arbiter, ArbiterHandle};
use aqueduct_actors::{ActorError, Cause, Exit, Failure};
use aqueduct_link::{Name, Slot};
use tokio::sync::{oneshot, watch};

use crate::{Child, Restart, StartError, Supervisor, child::Restarts, policy::Failures, spec::now};

/// A plain actor that is about to start.
///
/// ```no_run
/// # use actix::prelude::*;
/// # use aqueduct_actors::{Attach, Failure, Write};
/// # use aqueduct_link::{Slot, Watermarks};
/// # use aqueduct_supervise::Supervisor;
/// # use std::convert::Infallible;
/// # struct Printer { slot: Slot<u64> }
/// # impl Actor for Printer { type Context = Context<Self>; }
/// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
/// let supervisor = Supervisor::new("plain");
/// let slot = supervisor.slot::<u64>("printer", Watermarks::items(64, 256)?)?;
/// let place = slot.observer(); // a handle that does not count as one who may register
/// supervisor
///     .actor("printer", move || {
///         let slot = place.observer();
///         async { Ok::<_, Infallible>(Printer { slot }) }
///     })
///     .consuming(&slot)
///     .start()?;
/// # Ok(()) }
/// ```
#[must_use = "a child starts with `start` or `start_on`"]
pub struct PlainSpec<F> {
    supervisor: Supervisor,
    name: Name,
    restart: Restart,
    factory: F,
    places: Vec<Box<dyn Place + Send>>,
}

/// A slot that waits for the next life of its consumer.
trait Place {
    fn failure(&self) -> Option<Name>;
    fn retire(&self, reason: Name);
}

impl<T> Place for Slot<T> {
    fn failure(&self) -> Option<Name> {
        self.take_failure()
    }

    fn retire(&self, reason: Name) {
        Slot::retire(self, reason);
    }
}

impl<F> PlainSpec<F> {
    pub(crate) fn new(supervisor: &Supervisor, name: Name, factory: F) -> Self {
        Self {
            supervisor: supervisor.clone(),
            name,
            restart: Restart::default(),
            factory,
            places: Vec::new(),
        }
    }

    /// What happens when the child fails; [`Restart::transient`] unless told.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Says that the actor attaches to this slot, which from now on waits for the actor's next life
    /// with all that is not committed.
    pub fn consuming<T: Send + 'static>(mut self, slot: &Slot<T>) -> Self {
        slot.keep();
        self.places.push(Box::new(slot.observer()));
        self
    }

    /// Starts the child on the arbiter of this thread.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started then.
    pub fn start<A, U, E>(self) -> Result<Child<A>, StartError>
    where
        A: Actor<Context = Context<A>>,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<A, E>> + 'static,
        E: Into<Failure>,
    {
        if Arbiter::try_current().is_none() {
            return Err(StartError::NoArbiter { child: self.name });
        }
        let child = start_here(self.name, self.factory, self.restart, self.places);
        self.supervisor.adopt(&child, None);
        Ok(child)
    }

    /// Starts the child on another arbiter.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started then.
    ///
    /// # Cancel safety
    /// If it is dropped, the child starts all the same, and the supervisor does not know it.
    pub async fn start_on<A, U, E>(self, arbiter: &ArbiterHandle) -> Result<Child<A>, StartError>
    where
        A: Actor<Context = Context<A>>,
        F: Fn() -> U + Send + 'static,
        U: Future<Output = Result<A, E>> + 'static,
        E: Into<Failure>,
    {
        let (tell, told) = oneshot::channel();
        let name = self.name.clone();
        arbiter.spawn_fn(move || {
            // Whoever waits for it may have gone; the child runs all the same.
            let _ = tell.send(start_here(self.name, self.factory, self.restart, self.places));
        });
        let child = told.await.map_err(|_| StartError::DeadArbiter { child: name })?;
        self.supervisor.adopt(&child, None);
        Ok(child)
    }
}

fn start_here<A, F, U, E>(
    name: Name,
    factory: F,
    restart: Restart,
    places: Vec<Box<dyn Place + Send>>,
) -> Child<A>
where
    A: Actor<Context = Context<A>>,
    F: Fn() -> U + 'static,
    U: Future<Output = Result<A, E>> + 'static,
    E: Into<Failure>,
{
    let context = Context::new();
    let (address, addresses) = watch::channel(context.address().downgrade());
    let (end, ended) = watch::channel(None);
    let restarts = Restarts::default();
    let lives = Lives {
        name: name.clone(),
        factory,
        failures: Failures::new(restart),
        restarts: restarts.clone(),
        places,
        address,
    };
    actix_rt::spawn(async move {
        end.send_replace(Some(lives.run(context).await));
    });
    Child { name, address: addresses, restarts, end: ended }
}

/// One life of a plain actor after the other.
struct Lives<A: Actor, F> {
    name: Name,
    factory: F,
    failures: Failures,
    restarts: Restarts,
    places: Vec<Box<dyn Place + Send>>,
    address: watch::Sender<WeakAddr<A>>,
}

impl<A, F, U, E> Lives<A, F>
where
    A: Actor<Context = Context<A>>,
    F: Fn() -> U,
    U: Future<Output = Result<A, E>>,
    E: Into<Failure>,
{
    async fn run(mut self, mut context: Context<A>) -> Result<Exit, ActorError> {
        let end = loop {
            let Err(cause) = self.one_life(context).await else {
                break Ok(Exit::Stopped("the actor was stopped".into()));
            };
            let Some(wait) = self.failures.failed(now()) else {
                tracing::error!(actor = %self.name, %cause, "the actor failed for good");
                break Err(ActorError { actor: self.name.clone(), cause });
            };
            tracing::warn!(actor = %self.name, %cause, ?wait, "the actor failed, and is made anew");
            // The new address is good at once: what is sent meanwhile waits in its mailbox.
            context = Context::new();
            self.address.send_replace(context.address().downgrade());
            self.restarts.add();
            tokio::time::sleep(wait).await;
        };
        let reason: Name = match &end {
            Ok(_) => format!("{} was stopped", self.name).into(),
            Err(error) => error.to_string().into(),
        };
        for place in &self.places {
            place.retire(reason.clone());
        }
        end
    }

    async fn one_life(&self, context: Context<A>) -> Result<(), Cause> {
        let factory = &self.factory;
        let mut making = Box::pin(async move { factory().await });
        let made = catching(making.as_mut()).await?;
        let actor = made.map_err(|error| Cause::Failed(error.into()))?;
        let mut life = context.into_future(actor);
        let result = catching(Pin::new(&mut life)).await;
        // Its stop hooks run while it is dropped, and may panic once more.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(move || drop(life))) {
            tracing::error!(panic = %Cause::panicked(&*panic), "an actor panicked while it was dropped");
        }
        result?;
        // A handler that answers with an error stops its actor; its slot knows why.
        match self.places.iter().find_map(|place| place.failure()) {
            Some(reason) => Err(Cause::Failed(Failure::message(&*reason))),
            None => Ok(()),
        }
    }
}

/// Polls the future to its end, or to its panic.
async fn catching<F: Future>(mut future: Pin<&mut F>) -> Result<F::Output, Cause> {
    poll_fn(|cx| {
        let poll = AssertUnwindSafe(|| future.as_mut().poll(cx));
        match catch_unwind(poll) {
            Ok(poll) => poll.map(Ok),
            Err(panic) => Poll::Ready(Err(Cause::panicked(&*panic))),
        }
    })
    .await
}

impl<F> fmt::Debug for PlainSpec<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

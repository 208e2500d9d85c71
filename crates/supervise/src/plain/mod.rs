//! Plain actix actors under supervision.

mod lives;
mod place;

use std::{
    fmt,
    future::Future,
    sync::{Arc, Mutex},
    time::Duration,
};

use actix::{Actor, Context};
use actix_rt::{Arbiter, ArbiterHandle};
use aqueduct_actors::Failure;
use aqueduct_link::{Name, Slot};
use tokio::sync::{oneshot, watch};

use self::{
    lives::{Plain, Shared},
    place::{Place, Places},
};
use crate::{
    Arbiters, Child, Restart, StartError, Supervisor,
    line::Line,
    nurse::{Home, Nursed, Seat},
    spec::STOP_WITHIN,
    supervisor::Ways,
};

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
    stop_within: Duration,
    factory: F,
    places: Vec<Box<dyn Place + Send + Sync>>,
}

impl<F> PlainSpec<F> {
    pub(crate) fn new(supervisor: &Supervisor, name: Name, factory: F) -> Self {
        Self {
            supervisor: supervisor.clone(),
            name,
            restart: Restart::default(),
            stop_within: STOP_WITHIN,
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

    /// How long the child may take to stop in good order, when its supervisor
    /// [stops](Supervisor::stop); 5 s unless told.
    ///
    /// A plain actor is asked to stop when its streams have ended; its slots are closed.
    pub fn stop_within(mut self, time: Duration) -> Self {
        self.stop_within = time;
        self
    }

    /// Starts the child on the arbiter of this thread, where it stays.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started then.
    pub fn start<A, U, E>(self) -> Result<Child<A>, StartError>
    where
        A: Actor<Context = Context<A>>,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<A, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        let Some(here) = Arbiter::try_current() else {
            return Err(StartError::NoArbiter { child: self.name });
        };
        self.here(Home::Fixed(here), Nursed::settled)
    }

    /// Starts the child on another arbiter, where it stays: with that it is lost.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started then.
    ///
    /// # Cancel safety
    /// If it is dropped, the child starts all the same.
    pub async fn start_on<A, U, E>(self, arbiter: &ArbiterHandle) -> Result<Child<A>, StartError>
    where
        A: Actor<Context = Context<A>>,
        F: Fn() -> U + Send + 'static,
        U: Future<Output = Result<A, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        self.start_at(Home::Fixed(arbiter.clone())).await
    }

    /// Starts the child on one of these arbiters, in turn. When that one goes away, another takes
    /// its place, and the child is made anew there: that is a failure like any other.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started then.
    ///
    /// # Cancel safety
    /// If it is dropped, the child starts all the same.
    pub async fn start_among<A, U, E>(self, arbiters: &Arbiters) -> Result<Child<A>, StartError>
    where
        A: Actor<Context = Context<A>>,
        F: Fn() -> U + Send + 'static,
        U: Future<Output = Result<A, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        self.start_at(Home::among(arbiters)).await
    }

    async fn start_at<A, U, E>(self, home: Home) -> Result<Child<A>, StartError>
    where
        A: Actor<Context = Context<A>>,
        F: Fn() -> U + Send + 'static,
        U: Future<Output = Result<A, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        let (tell, told) = oneshot::channel();
        let name = self.name.clone();
        home.arbiter().spawn_fn(move || {
            // Whoever waits for it may have gone; the child runs all the same.
            let _ = tell.send(self.here(home, Nursed::mobile));
        });
        told.await.map_err(|_| StartError::DeadArbiter { child: name })?
    }

    fn here<A, U, E>(
        self,
        home: Home,
        nursed: impl FnOnce(Plain<A, F>, Seat) -> Nursed<Plain<A, F>>,
    ) -> Result<Child<A>, StartError>
    where
        A: Actor<Context = Context<A>>,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<A, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        let Self { supervisor, name, restart, stop_within, factory, places } = self;
        let (address, addresses) = watch::channel(None);
        let places: Arc<[_]> = places.into();
        let line = Arc::new(Line::default());
        let ways = ways(places.clone(), line.clone(), stop_within);
        let shared =
            Arc::new(Shared { name: name.clone(), lasts: restart.is_permanent(), places, address });
        let body = Plain { factory: Arc::new(Mutex::new(factory)), shared };
        let (seat, end) = supervisor.seat(name.clone(), restart, line.clone(), ways, home);
        let (restarts, who) = (seat.restarts.clone(), seat.who);
        nursed(body, seat).start();
        supervisor.welcome(who);
        Ok(Child { name, address: addresses, restarts, line, end })
    }
}

/// Its slots are closed, and it is asked to stop when what came to them is delivered.
fn ways(places: Places, line: Arc<Line>, stop_within: Duration) -> Ways {
    let stop = move || {
        places.iter().for_each(|place| place.close());
        line.stop();
    };
    Ways { drain: None, stop: Arc::new(stop), stop_within }
}

impl<F> fmt::Debug for PlainSpec<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PlainSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

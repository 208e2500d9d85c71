//! A child by trait that is about to start.

use std::{
    fmt,
    marker::PhantomData,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use actix::{Addr, WeakAddr};
use actix_rt::{Arbiter, ArbiterHandle};
use aqueduct_actors::{Cause, Close, Drain, Lives, Shell};
use aqueduct_link::Name;
use tokio::sync::{oneshot, watch};

use crate::{
    Arbiters, Child, Restart, StartError, Supervisor,
    line::Line,
    nurse::{Body, Home, Life, Nursed, Seat},
    post::Post,
    supervisor::Ways,
};

/// How long a child may take to stop, unless told otherwise.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(5);

/// A child that is about to start; `L` makes its actors, of which `B` is the value.
#[must_use = "a child starts with `start` or `start_on`"]
pub struct Spec<B, L> {
    supervisor: Supervisor,
    name: Name,
    restart: Restart,
    stop_within: Duration,
    lives: Result<L, StartError>,
    value: PhantomData<fn() -> B>,
}

impl<B: 'static, L: Lives<B>> Spec<B, L> {
    pub(crate) fn new(supervisor: &Supervisor, name: Name, lives: Result<L, StartError>) -> Self {
        Self {
            supervisor: supervisor.clone(),
            name,
            restart: Restart::default(),
            stop_within: STOP_WITHIN,
            lives,
            value: PhantomData,
        }
    }

    /// What happens when the child fails; [`Restart::transient`] unless told.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// How long the child may take to stop in good order, when its supervisor
    /// [stops](Supervisor::stop); 5 s unless told.
    pub fn stop_within(mut self, time: Duration) -> Self {
        self.stop_within = time;
        self
    }

    /// Starts the child on the arbiter of this thread, where it stays.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started then.
    pub fn start(self) -> Result<Child<Shell<B>>, StartError> {
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
    pub async fn start_on(self, arbiter: &ArbiterHandle) -> Result<Child<Shell<B>>, StartError>
    where
        L: Send,
    {
        self.start_at(Home::Fixed(arbiter.clone())).await
    }

    /// Starts the child on one of these arbiters, in turn. When that one goes away, another takes
    /// its place, and the child moves there with its ends of links and all that is not committed:
    /// that is a failure like any other.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started then.
    ///
    /// # Cancel safety
    /// If it is dropped, the child starts all the same.
    pub async fn start_among(self, arbiters: &Arbiters) -> Result<Child<Shell<B>>, StartError>
    where
        L: Send,
    {
        self.start_at(Home::among(arbiters)).await
    }

    async fn start_at(self, home: Home) -> Result<Child<Shell<B>>, StartError>
    where
        L: Send,
    {
        let (tell, told) = oneshot::channel();
        let name = self.name.clone();
        let dead = move |_| StartError::DeadArbiter { child: name };
        home.arbiter().spawn_fn(move || {
            // Whoever waits for it may have gone; the child runs all the same.
            let _ = tell.send(self.here(home, Nursed::mobile));
        });
        told.await.map_err(dead)?
    }

    fn here(
        self,
        home: Home,
        nursed: impl FnOnce(Living<B, L>, Seat) -> Nursed<Living<B, L>>,
    ) -> Result<Child<Shell<B>>, StartError> {
        let Self { supervisor, name, restart, stop_within, lives, .. } = self;
        let lives = lives?;
        lives.open()?;
        let (address, addresses) = watch::channel(None);
        let told = Arc::new(Told::default());
        let ways = ways(addresses.clone(), told.clone(), stop_within);
        let body = Living { lives, lasts: restart.is_permanent(), address, told };
        let line = Arc::new(Line::default());
        let (seat, end) = supervisor.seat(name.clone(), restart, line.clone(), ways, home);
        let (restarts, who) = (seat.restarts.clone(), seat.who);
        nursed(body, seat).start();
        supervisor.welcome(who);
        Ok(Child { name, address: addresses, restarts, line, end })
    }
}

/// Reaches the child by its address, without keeping it alive.
fn ways<B: 'static>(
    address: watch::Receiver<Option<WeakAddr<Shell<B>>>>,
    told: Arc<Told>,
    stop_within: Duration,
) -> Ways {
    let tell = move |stops: bool| {
        told.drain.store(true, Relaxed);
        told.stop.fetch_or(stops, Relaxed);
        let address = address.borrow().as_ref().and_then(WeakAddr::upgrade);
        address.iter().for_each(|address| told.to(address));
    };
    let tell = Arc::new(tell);
    let drain = tell.clone();
    Ways {
        drain: Some(Arc::new(move || drain(false))),
        stop: Arc::new(move || tell(true)),
        stop_within,
    }
}

/// What the child was told, for its next actor too: mail dies with the one that has not read it.
///
/// Who tells stores it before he looks for the address, and a new actor looks for it behind the
/// address that it has put there; the lock around the address orders both.
#[derive(Debug, Default)]
struct Told {
    drain: AtomicBool,
    stop: AtomicBool,
}

impl Told {
    /// Tells it this actor; twice is as once.
    fn to<B: 'static>(&self, address: &Addr<Shell<B>>) {
        if self.drain.load(Relaxed) {
            address.do_send(Drain);
        }
        if self.stop.load(Relaxed) {
            address.do_send(Close);
        }
    }
}

/// A child by trait: one shell after the other.
pub(crate) struct Living<B: 'static, L> {
    lives: L,
    lasts: bool,
    address: watch::Sender<Option<WeakAddr<Shell<B>>>>,
    told: Arc<Told>,
}

impl<B: 'static, L: Lives<B>> Body for Living<B, L> {
    fn live(&self, post: Post, cause: Option<Cause>) -> Life {
        let shell = self.lives.shell();
        let shell = if self.lasts { shell.lasting() } else { shell };
        let (address, lives) = shell.lives_under(post, cause);
        self.address.send_replace(Some(address.downgrade()));
        self.told.to(&address);
        Box::pin(lives)
    }

    fn give_up(&self, reason: &Name) {
        self.lives.give_up(reason);
    }
}

impl<B, L> fmt::Debug for Spec<B, L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec").field("name", &self.name).finish_non_exhaustive()
    }
}

//! A child by trait that is about to start.

use std::{fmt, sync::Arc, time::Duration};

use actix_rt::{Arbiter, ArbiterHandle};
use aqueduct_actors::{Drain, Shell, Verdict};
use aqueduct_link::{Clock, Name};
use tokio::sync::{oneshot, watch};

use crate::{
    Child, Restart, StartError, Supervisor, child::Restarts, policy::Failures, supervisor::Drainer,
};

/// A child that is about to start; `F` makes its shell, on its arbiter.
#[must_use = "a child starts with `start` or `start_on`"]
pub struct Spec<F> {
    supervisor: Supervisor,
    name: Name,
    restart: Restart,
    shell: Result<F, StartError>,
}

impl<F> Spec<F> {
    pub(crate) fn new(supervisor: &Supervisor, name: Name, shell: Result<F, StartError>) -> Self {
        Self { supervisor: supervisor.clone(), name, restart: Restart::default(), shell }
    }

    /// What happens when the child fails; [`Restart::transient`] unless told.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// Starts the child on the arbiter of this thread.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started then.
    pub fn start<B: 'static>(self) -> Result<Child<Shell<B>>, StartError>
    where
        F: FnOnce() -> Result<Shell<B>, StartError>,
    {
        if Arbiter::try_current().is_none() {
            return Err(StartError::NoArbiter { child: self.name });
        }
        let child = start_here(self.name, self.shell?, self.restart)?;
        self.supervisor.adopt(&child, Some(drainer(&child)));
        Ok(child)
    }

    /// Starts the child on another arbiter.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started then.
    ///
    /// # Cancel safety
    /// If it is dropped, the child starts all the same, and the supervisor does not know it.
    pub async fn start_on<B: 'static>(
        self,
        arbiter: &ArbiterHandle,
    ) -> Result<Child<Shell<B>>, StartError>
    where
        F: FnOnce() -> Result<Shell<B>, StartError> + Send + 'static,
    {
        let (tell, told) = oneshot::channel();
        let (name, restart, shell) = (self.name.clone(), self.restart, self.shell?);
        arbiter.spawn_fn(move || {
            // Whoever waits for it may have gone; the child runs all the same.
            let _ = tell.send(start_here(name, shell, restart));
        });
        let dead = |_| StartError::DeadArbiter { child: self.name.clone() };
        let child = told.await.map_err(dead)??;
        self.supervisor.adopt(&child, Some(drainer(&child)));
        Ok(child)
    }
}

impl<F> fmt::Debug for Spec<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spec").field("name", &self.name).finish_non_exhaustive()
    }
}

fn start_here<B: 'static>(
    name: Name,
    shell: impl FnOnce() -> Result<Shell<B>, StartError>,
    restart: Restart,
) -> Result<Child<Shell<B>>, StartError> {
    let restarts = Restarts::default();
    let counted = restarts.clone();
    let mut failures = Failures::new(restart);
    let running = shell()?.start_under(move |_| match failures.failed(now()) {
        Some(after) => {
            counted.add();
            Verdict::Rebuild(after)
        }
        None => Verdict::GiveUp,
    });
    let (end, ended) = watch::channel(None);
    let (_, address) = watch::channel(running.address().downgrade());
    actix_rt::spawn(async move {
        end.send_replace(Some(running.finished().await));
    });
    Ok(Child { name, address, restarts, end: ended })
}

/// Tells the child to drain, without keeping it alive.
fn drainer<B: 'static>(child: &Child<Shell<B>>) -> Drainer {
    let address = child.address.clone();
    Arc::new(move || {
        if let Some(address) = address.borrow().upgrade() {
            address.do_send(Drain);
        }
    })
}

/// The time for the failures of children, which only ever is compared with itself.
pub(crate) fn now() -> Duration {
    Clock::default().now()
}

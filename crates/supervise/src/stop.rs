//! Stopping in order: the child that was started last first, each in its time.

use std::time::Duration;

use aqueduct_actors::{ActorError, Cause};
use tokio::time::timeout;

use crate::{Report, Supervisor, SupervisorError, child::wait};

/// How long a child that was ended may take to be gone: longer only if a handler keeps its arbiter.
const LAST_WAIT: Duration = Duration::from_secs(1);

impl Supervisor {
    /// Stops all children in good order, the one that was started last first, and waits for each.
    ///
    /// A producer makes no more, and what it made is delivered; a consumer serves the producer that
    /// is registered, and nobody after it; a plain actor is stopped when its streams have ended; a
    /// supervisor stops its own children so.
    /// A child that has not ended [in its time](crate::Spec::stop_within) is ended: what it has not
    /// delivered is dropped and counted, and the other ends of its links are told.
    /// A child that starts meanwhile is stopped too.
    ///
    /// # Errors
    /// [`SupervisorError`] with the child that failed first, or that did not stop in time.
    ///
    /// # Cancel safety
    /// Those that were told to stop do so; stop again to go on.
    pub async fn stop(&self) -> Result<Report, SupervisorError> {
        let mut stuck = None;
        let mut stopped = 0;
        loop {
            let children = self.begin_to_stop();
            if children == stopped {
                break;
            }
            for who in (stopped..children).rev() {
                let failed = self.stop_child(who).await.err();
                stuck = stuck.or(failed);
            }
            stopped = children;
        }
        match stuck {
            Some(cause) => Err(SupervisorError { cause, report: self.report() }),
            None => self.finished().await,
        }
    }

    /// Stops one child; fails if it is still there.
    async fn stop_child(&self, who: usize) -> Result<(), ActorError> {
        let Some((name, ways, end)) = self.child(who) else { return Ok(()) };
        if end.borrow().is_some() {
            return Ok(());
        }
        (ways.stop)();
        if timeout(ways.stop_within, wait(name.clone(), end.clone())).await.is_ok() {
            return Ok(());
        }
        let cause = Cause::Overdue(ways.stop_within);
        tracing::error!(child = %name, %cause, "the child is ended");
        self.end(who, cause.clone());
        let gone = timeout(LAST_WAIT, wait(name.clone(), end)).await;
        gone.map(|_| ()).map_err(|_| {
            tracing::error!(child = %name, "the child is still there: a handler keeps its arbiter");
            ActorError { actor: name, cause }
        })
    }

    /// A child has failed for good: all are stopped, on whatever arbiter there is.
    pub(crate) fn escalate(&self, who: usize) {
        if let Some((name, ..)) = self.child(who) {
            tracing::error!(child = %name, supervisor = %self.name(), "the failure of a child stops the others");
        }
        self.begin_to_stop();
        let stop = |supervisor: Self| async move {
            // How it ends is told where the supervisor is waited for.
            let _ = supervisor.stop().await;
        };
        let found = self.homes(who).iter().any(|home| home.spawn(stop(self.clone())));
        if !found {
            tracing::error!(supervisor = %self.name(), "no arbiter is left to stop the children on");
        }
    }
}

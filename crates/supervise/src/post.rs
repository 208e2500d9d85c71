//! A child's place in its supervisor, as its actor sees it.

use std::{
    future::{Future, poll_fn},
    pin::pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use aqueduct_actors::{Cause, Keeper, Verdict};
use tokio::time::Instant;

use crate::{Supervisor, child::Restarts, line::Line, policy::Input};

/// A child's place in its supervisor: what happens to the child is told there, and what is decided
/// is heard.
pub(crate) struct Post {
    supervisor: Supervisor,
    who: usize,
    line: Arc<Line>,
    restarts: Restarts,
    /// When the value of this life was made.
    born: Option<Instant>,
}

impl Post {
    pub(crate) fn new(
        supervisor: Supervisor,
        who: usize,
        line: Arc<Line>,
        restarts: Restarts,
    ) -> Self {
        Self { supervisor, who, line, restarts, born: None }
    }

    /// Returns whether the child was asked to end in good order.
    pub(crate) fn stops(&self) -> bool {
        self.line.stops()
    }

    /// Waits until it is decided whether there is another life, and until it is time for that.
    ///
    /// # Errors
    /// The cause after which there is none.
    pub(crate) async fn next_life(&mut self, mut cause: Cause) -> Result<(), Cause> {
        loop {
            match self.judge(&cause).await {
                Verdict::GiveUp => return Err(cause),
                Verdict::Rebuild(after) => match self.wait(after).await {
                    None => return Ok(()),
                    Some(halted) => cause = halted,
                },
            }
        }
    }

    async fn wait(&mut self, time: Duration) -> Option<Cause> {
        // A timer would take its time also for no time.
        if time.is_zero() {
            return None;
        }
        let mut over = pin!(tokio::time::sleep(time));
        poll_fn(|cx| match self.poll_halt(cx) {
            Poll::Ready(cause) => Poll::Ready(Some(cause)),
            Poll::Pending => over.as_mut().poll(cx).map(|()| None),
        })
        .await
    }
}

impl Keeper for Post {
    fn began(&mut self) {
        self.born = Some(Instant::now());
        self.supervisor.tell(self.who, Input::Began);
    }

    async fn judge(&mut self, cause: &Cause) -> Verdict {
        let lived = self.born.take().map_or(Duration::ZERO, |born| born.elapsed());
        let input = match cause {
            Cause::Halted(_) | Cause::Overdue(_) => Input::Halted,
            _ => Input::Failed { lived, dice: self.supervisor.dice() },
        };
        self.supervisor.tell(self.who, input);
        let verdict = loop {
            match poll_fn(|_| self.line.poll_verdict()).await {
                Some(verdict) => break verdict,
                None => self.supervisor.tell(self.who, Input::Halted),
            }
        };
        if verdict != Verdict::GiveUp {
            self.restarts.add();
        }
        verdict
    }

    fn poll_halt(&mut self, _: &mut Context<'_>) -> Poll<Cause> {
        self.line.poll_halt()
    }
}

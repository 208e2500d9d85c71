//! The threads of one run.

use actix::{Arbiter, ArbiterHandle};
use tokio::sync::oneshot;

/// Where the two ends run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Both on one arbiter.
    Same,
    /// Each on an arbiter of its own.
    Cross,
    /// In processes, which a program relays between; the arbiter has nothing to do.
    Process,
    /// In processes, from a file to a connection.
    FileTcp,
    /// In processes, from a file to a file.
    FileFile,
}

impl Mode {
    /// Its name in the results.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Same => "same",
            Self::Cross => "cross",
            Self::Process => "process",
            Self::FileTcp => "file-tcp",
            Self::FileFile => "file-file",
        }
    }
}

/// Fresh arbiters for one run, so that no run inherits what another left behind.
#[derive(Debug)]
pub(crate) struct Bed {
    arbiters: Vec<Arbiter>,
}

/// The handles of the arbiters of a [`Bed`].
#[derive(Clone, Debug)]
pub(crate) struct Places {
    /// Where the producer runs.
    pub(crate) producer: ArbiterHandle,
    /// Where the consumer runs.
    pub(crate) consumer: ArbiterHandle,
}

impl Bed {
    /// Starts the arbiters.
    pub(crate) fn new(mode: Mode) -> Self {
        let count = if mode == Mode::Cross { 2 } else { 1 };
        Self { arbiters: (0..count).map(|_| Arbiter::new()).collect() }
    }

    /// Where the two ends run.
    pub(crate) fn places(&self) -> Option<Places> {
        let (first, last) = (self.arbiters.first()?, self.arbiters.last()?);
        Some(Places { producer: first.handle(), consumer: last.handle() })
    }

    /// Stops the arbiters, and waits until their threads are gone.
    pub(crate) fn clear(self) {
        for arbiter in &self.arbiters {
            arbiter.stop();
        }
        for arbiter in self.arbiters {
            // A thread that panicked has been told as a run that was not verified.
            drop(arbiter.join());
        }
    }
}

/// Has an arbiter build something, waits until it is there and until what it started has run for
/// the first time.
pub(crate) async fn build<R: Send + 'static>(
    place: &ArbiterHandle,
    build: impl FnOnce() -> R + Send + 'static,
) -> Result<R, String> {
    let (answer, built) = oneshot::channel();
    place.spawn(async move {
        let result = build();
        tokio::task::yield_now().await;
        // Nobody waits for a run that was given up.
        drop(answer.send(result));
    });
    built.await.map_err(|_| "an arbiter died while the run was built".into())
}

//! Why a child could not be started.

use aqueduct_link::{AlreadyTaken, Name, RuntimeError};

/// There is a slot of this name already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is a consumer {name} already: each consumer of a supervisor needs its own name")]
pub struct NameTaken {
    /// The name.
    pub name: Name,
}

/// A child could not be started.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The consumer has a producer.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The slot has a consumer.
    #[error(transparent)]
    Taken(#[from] AlreadyTaken),
    /// There is no arbiter on this thread.
    #[error(
        "{child} cannot start here, because this thread has no actix arbiter: \
         run inside actix::System, or use start_on with an arbiter of Arbiters"
    )]
    NoArbiter {
        /// Which child.
        child: Name,
    },
    /// The arbiter has stopped.
    #[error("{child} cannot start, because its arbiter has stopped: choose one that runs")]
    DeadArbiter {
        /// Which child.
        child: Name,
    },
    /// The operating system gave no thread.
    #[error("no thread for an arbiter: {reason}")]
    NoThread {
        /// What it said.
        reason: Name,
    },
}

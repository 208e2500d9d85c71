//! How the program fails: what is said, and with which exit code.

use std::process::ExitCode;

use aqueduct::{
    actors::Cause,
    endpoints::EndpointError,
    supervise::{StartError, SupervisorError},
};

/// Why the program did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It could not be done; this says why, and what to do about it.
    Failed(String),
    /// Somebody interrupted it.
    Interrupted,
}

impl Failure {
    /// Says it on stderr, and returns the exit code.
    #[allow(clippy::print_stderr, reason = "stderr is where a program says why it failed")]
    pub(crate) fn tell(&self) -> ExitCode {
        match self {
            Self::Failed(why) => {
                eprintln!("error: {why}");
                ExitCode::from(1)
            }
            Self::Interrupted => {
                eprintln!("interrupted: nothing was finished");
                ExitCode::from(130)
            }
        }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

impl From<&SupervisorError> for Failure {
    fn from(error: &SupervisorError) -> Self {
        match &error.cause.cause {
            Cause::Failed(failure) => Self::Failed(failure.to_string()),
            cause => Self::Failed(format!(
                "{}: {cause}; this is a bug, please report it",
                error.cause.actor
            )),
        }
    }
}

/// Returns whether all that happened is that the reader of our stdout had enough.
pub(crate) fn reader_left(error: &SupervisorError) -> bool {
    let Cause::Failed(failure) = &error.cause.cause else { return false };
    let endpoint = failure.error().downcast_ref::<EndpointError>();
    endpoint.is_some_and(|error| error.is_broken_pipe() && error.endpoint() == "stdout")
}

//! How the program fails: what is said, and with which exit code.

use std::{fmt, process::ExitCode};

use aqueduct::{endpoints::EndpointError, pipeline::PipelineError};

use crate::screen;

/// Why the program did not do what it was asked to.
#[derive(Debug)]
pub(crate) enum Failure {
    /// It could not be done; this says why, and what to do about it.
    Failed(String),
    /// Something was typed that cannot be meant.
    Usage(String),
    /// A file has mistakes; this tells them all, unless they are told already.
    Mistaken(String),
    /// Several of these.
    Several(Vec<Failure>),
    /// Somebody interrupted it, or it took too long to drain.
    Interrupted,
}

impl Failure {
    /// Says it on stderr, and returns the exit code.
    pub(crate) fn tell(&self) -> ExitCode {
        let text = self.to_string();
        if !text.is_empty() {
            screen::say(&text);
        }
        ExitCode::from(self.code())
    }

    fn code(&self) -> u8 {
        match self {
            Self::Failed(_) => 1,
            Self::Usage(_) | Self::Mistaken(_) => 2,
            Self::Several(failures) => failures.iter().map(Self::code).max().unwrap_or(1),
            Self::Interrupted => 130,
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(why) | Self::Usage(why) => write!(f, "error: {why}"),
            Self::Mistaken(told) => f.write_str(told.trim_end()),
            Self::Several(failures) => {
                let texts = failures.iter().map(Self::to_string).filter(|text| !text.is_empty());
                f.write_str(&texts.collect::<Vec<_>>().join("\n\n"))
            }
            Self::Interrupted => f.write_str("interrupted: what was not complete is not kept"),
        }
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Failed(error.to_string())
    }
}

/// Returns whether all that happened is that the reader of our stdout had enough.
pub(crate) fn reader_left(error: &PipelineError) -> bool {
    let endpoint = error.source.error().downcast_ref::<EndpointError>();
    endpoint.is_some_and(|error| error.is_broken_pipe() && error.endpoint() == "stdout")
}

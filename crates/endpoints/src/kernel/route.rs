//! Which way the bytes of a link went.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

/// How bytes get from one end of a link to the other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Way {
    /// They are read into the process, and written.
    #[default]
    User,
    /// `sendfile(2)`.
    Sendfile,
    /// `splice(2)`, through a pipe.
    Splice,
    /// `copy_file_range(2)`.
    CopyFileRange,
}

impl Way {
    /// The system call, or `read` where bytes are read.
    #[must_use]
    pub const fn call(self) -> &'static str {
        match self {
            Self::User => "read",
            Self::Sendfile => "sendfile",
            Self::Splice => "splice",
            Self::CopyFileRange => "copy_file_range",
        }
    }
}

/// `user`, or `kernel: sendfile`.
impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User => f.write_str("user"),
            way => write!(f, "kernel: {}", way.call()),
        }
    }
}

/// What a [`SpanConsumer`](crate::SpanConsumer) tells of its way; clones share it.
#[derive(Clone, Debug, Default)]
pub struct Route(Arc<Mutex<Told>>);

#[derive(Clone, Debug, Default)]
struct Told {
    way: Way,
    cause: Option<String>,
}

impl Route {
    /// The way of the latest bytes; [`Way::User`] while none have moved.
    #[must_use]
    pub fn way(&self) -> Way {
        self.with(|told| told.way)
    }

    /// The call that could not do it, and why, if the way is not the first choice.
    #[must_use]
    pub fn cause(&self) -> Option<String> {
        self.with(|told| told.cause.clone())
    }

    pub(super) fn takes(&self, way: Way) {
        self.with(|told| told.way = way);
    }

    pub(super) fn leaves(&self, way: Way, why: impl fmt::Display) {
        self.with(|told| told.cause = Some(format!("{}: {why}", way.call())));
    }

    fn with<T>(&self, look: impl FnOnce(&mut Told) -> T) -> T {
        look(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

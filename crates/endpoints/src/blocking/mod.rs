//! Reads and writes that block, one in flight, off the arbiter's thread.
//!
//! Files have no readiness (epoll refuses them), and descriptors that other processes share must
//! not be made non-blocking; so both are read and written where blocking is allowed.

mod reading;
mod shelf;
mod writing;

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    sync::mpsc::{SyncSender, sync_channel},
    task::{Context, Poll},
    thread,
};

use tokio::{sync::oneshot, task::JoinHandle};

pub(crate) use reading::Reading;
pub(crate) use shelf::Shelf;
pub(crate) use writing::Writing;

type Job = Box<dyn FnOnce() + Send>;

/// Who does the blocking.
#[derive(Clone)]
pub(crate) enum Crew {
    /// The runtime's pool: for what ends soon, since a runtime waits for it when it shuts down.
    Pool,
    /// A thread of its own that nobody waits for: for what may block for ever.
    Thread(SyncSender<Job>),
}

impl Crew {
    /// Starts a thread of this name; it ends with the last clone of the crew.
    pub(crate) fn thread(name: &str) -> io::Result<Self> {
        let (jobs, inbox) = sync_channel::<Job>(1);
        thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || inbox.into_iter().for_each(|job| job()))?;
        Ok(Self::Thread(jobs))
    }

    /// Starts this work; one at a time.
    pub(crate) fn start<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Flight<T> {
        match self {
            Self::Pool => Flight::Pool(tokio::task::spawn_blocking(work)),
            Self::Thread(jobs) => {
                let (done, landing) = oneshot::channel();
                // If the thread is gone, the landing tells it.
                let _ = jobs.send(Box::new(move || drop(done.send(work()))));
                Flight::Thread(landing)
            }
        }
    }
}

impl fmt::Debug for Crew {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Pool => "Pool",
            Self::Thread(_) => "Thread",
        })
    }
}

/// Work that a crew has in hand.
///
/// Dropping it does not end the work.
#[derive(Debug)]
pub(crate) enum Flight<T> {
    Pool(JoinHandle<T>),
    Thread(oneshot::Receiver<T>),
}

impl<T> Future for Flight<T> {
    type Output = io::Result<T>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut *self {
            Self::Pool(work) => Pin::new(work).poll(task).map_err(io::Error::other),
            Self::Thread(landing) => Pin::new(landing)
                .poll(task)
                .map_err(|_| io::Error::other("the thread that does it is gone")),
        }
    }
}

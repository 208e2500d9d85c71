//! Arbiters of our own: for a program without an actix system, or for work that shall not share a
//! thread with it.

use std::{fmt, thread::JoinHandle};

use actix_rt::{Arbiter, ArbiterHandle, System};
use tokio::sync::oneshot;

use crate::StartError;

/// A few arbiters, each a thread of its own, that stop and are joined when this is dropped.
///
/// They need nothing of the thread that makes them: they work inside an actix system and inside
/// `#[tokio::main]` alike.
pub struct Arbiters {
    handles: Vec<ArbiterHandle>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Arbiters {
    /// Starts this many arbiters, at least one.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub fn start(number: usize) -> Result<Self, StartError> {
        let (tell, told) = std::sync::mpsc::sync_channel(1);
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::Builder::new()
            .name("aqueduct".into())
            .spawn(move || host(number.max(1), &tell, stopped))
            .map_err(|error| no_thread(&error.to_string()))?;
        let handles = told.recv().map_err(|_| no_thread("the thread of the arbiters died"))?;
        Ok(Self { handles, stop: Some(stop), thread: Some(thread) })
    }

    /// One of them; they are given out in turn where there are fewer than that.
    #[must_use]
    pub fn get(&self, which: usize) -> &ArbiterHandle {
        &self.handles[which % self.handles.len()]
    }
}

fn no_thread(reason: &str) -> StartError {
    StartError::NoThread { reason: reason.into() }
}

/// The thread of the system that owns the arbiters.
fn host(
    number: usize,
    tell: &std::sync::mpsc::SyncSender<Vec<ArbiterHandle>>,
    stopped: oneshot::Receiver<()>,
) {
    System::new().block_on(async {
        let arbiters: Vec<Arbiter> = (0..number).map(|_| Arbiter::new()).collect();
        if tell.send(arbiters.iter().map(Arbiter::handle).collect()).is_ok() {
            // Told to stop, or the owner is gone: both end it.
            let _ = stopped.await;
        }
        // actix does not wait for arbiters by itself: their actors would be dropped while the
        // program goes on.
        for arbiter in arbiters {
            arbiter.stop();
            if arbiter.join().is_err() {
                tracing::error!("an arbiter panicked");
            }
        }
    });
}

impl Drop for Arbiters {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread of the arbiters panicked");
        }
    }
}

impl fmt::Debug for Arbiters {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arbiters").field("number", &self.handles.len()).finish_non_exhaustive()
    }
}

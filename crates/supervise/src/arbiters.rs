//! Arbiters of our own: for a program without an actix system, or for work that shall not share a
//! thread with it.

use std::{
    fmt,
    future::{Future, poll_fn},
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::Poll,
    thread::JoinHandle,
};

use actix_rt::{Arbiter, ArbiterHandle, System};
use tokio::sync::{mpsc, oneshot};

use crate::StartError;

/// A few arbiters, each a thread of its own, that stop and are joined when this is dropped.
///
/// They need nothing of the thread that makes them: they work inside an actix system and inside
/// `#[tokio::main]` alike.
/// When one of them goes away, another takes its place, and the children that were
/// [started among them](crate::Spec::start_among) move there.
pub struct Arbiters {
    pool: Arc<Pool>,
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
        let (moves, moving) = mpsc::unbounded_channel();
        let thread = std::thread::Builder::new()
            .name("aqueduct".into())
            .spawn(move || host(number.max(1), &tell, stopped, moving))
            .map_err(|error| no_thread(&error.to_string()))?;
        let handles: Vec<_> =
            told.recv().map_err(|_| no_thread("the thread of the arbiters died"))?;
        let places = handles.into_iter().map(|arbiter| Place { arbiter, number: 0 }).collect();
        let pool = Pool { places: Mutex::new(places), turn: AtomicUsize::new(0), moves };
        Ok(Self { pool: Arc::new(pool), stop: Some(stop), thread: Some(thread) })
    }

    /// One of them; they are given out in turn where there are fewer than that.
    #[must_use]
    pub fn get(&self, which: usize) -> ArbiterHandle {
        self.pool.place(which).arbiter
    }

    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }
}

fn no_thread(reason: &str) -> StartError {
    StartError::NoThread { reason: reason.into() }
}

/// The arbiters of now.
pub(crate) struct Pool {
    places: Mutex<Vec<Place>>,
    turn: AtomicUsize,
    /// What goes on on another arbiter: at most one for each child that was cut off.
    moves: mpsc::UnboundedSender<Move>,
}

/// Where an arbiter is, and the how manieth it is there.
#[derive(Clone)]
pub(crate) struct Place {
    pub(crate) arbiter: ArbiterHandle,
    number: usize,
}

/// Something that goes on, on the arbiter that took the place of another.
struct Move {
    pool: Arc<Pool>,
    which: usize,
    /// The arbiter that is gone.
    gone: usize,
    go_on: Box<dyn FnOnce(Place) + Send>,
}

impl Pool {
    /// The places take turns.
    pub(crate) fn next(&self) -> usize {
        self.turn.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn place(&self, which: usize) -> Place {
        let places = self.places();
        places[which % places.len()].clone()
    }

    /// Has something go on on the arbiter that takes this place, or has taken it; what cannot go on
    /// is dropped.
    pub(crate) fn go_on(
        self: &Arc<Self>,
        which: usize,
        gone: &Place,
        go_on: impl FnOnce(Place) + Send + 'static,
    ) {
        let pool = self.clone();
        // The host is gone when all of them are to go.
        let _ = self.moves.send(Move { pool, which, gone: gone.number, go_on: Box::new(go_on) });
    }

    fn places(&self) -> MutexGuard<'_, Vec<Place>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Move {
    /// Moves it; the arbiter that was started for it is put to the others.
    fn carry_out(self, all: &mut Vec<Arbiter>) {
        let mut places = self.pool.places();
        let which = self.which % places.len();
        let place = &mut places[which];
        if place.number == self.gone {
            let arbiter = Arbiter::new();
            *place = Place { arbiter: arbiter.handle(), number: self.gone + 1 };
            all.push(arbiter);
            tracing::warn!(arbiter = which, "an arbiter is gone, and another takes its place");
        }
        let place = place.clone();
        drop(places);
        (self.go_on)(place);
    }
}

/// The thread of the system that owns the arbiters.
fn host(
    number: usize,
    tell: &std::sync::mpsc::SyncSender<Vec<ArbiterHandle>>,
    mut stopped: oneshot::Receiver<()>,
    mut moving: mpsc::UnboundedReceiver<Move>,
) {
    System::new().block_on(async {
        let mut arbiters: Vec<Arbiter> = (0..number).map(|_| Arbiter::new()).collect();
        if tell.send(arbiters.iter().map(Arbiter::handle).collect()).is_ok() {
            // Told to stop, or the owner is gone: both end it.
            while let Some(moved) = unless(&mut stopped, &mut moving).await {
                moved.carry_out(&mut arbiters);
            }
        }
        // Whoever is cut off from here on is lost.
        moving.close();
        while moving.try_recv().is_ok() {}
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

/// The next move, unless all is to stop.
async fn unless(
    stopped: &mut oneshot::Receiver<()>,
    moving: &mut mpsc::UnboundedReceiver<Move>,
) -> Option<Move> {
    poll_fn(|cx| match Pin::new(&mut *stopped).poll(cx) {
        Poll::Ready(_) => Poll::Ready(None),
        Poll::Pending => moving.poll_recv(cx),
    })
    .await
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
        f.debug_struct("Arbiters")
            .field("number", &self.pool.places().len())
            .finish_non_exhaustive()
    }
}

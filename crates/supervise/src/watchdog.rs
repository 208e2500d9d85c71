//! Notices arbiters that nothing runs on, since a handler keeps them to itself.

use std::{
    cell::OnceCell,
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex, MutexGuard, OnceLock, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
        mpsc,
    },
    thread::JoinHandle,
    time::{Duration, Instant},
};

use actix_rt::ArbiterHandle;
use aqueduct_link::Name;

use crate::StartError;

/// Looks a patience are divided into: so late at most a stall is noticed, in parts of it.
const LOOKS: u32 = 4;

/// An arbiter that answers nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stall {
    /// The name under which the arbiter is watched.
    pub arbiter: Name,
    /// The child whose handler keeps it, if it is a child of a supervisor.
    pub child: Option<Name>,
    /// For how long it has not answered.
    pub lasts: Duration,
    /// It answers again.
    pub is_over: bool,
}

impl fmt::Display for Stall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { arbiter, child, lasts, is_over } = self;
        match child {
            Some(child) => write!(f, "{child} keeps arbiter {arbiter}")?,
            None => write!(f, "something keeps arbiter {arbiter}")?,
        }
        write!(f, " {} {lasts:.1?}", if *is_over { "no more, after" } else { "for" })
    }
}

/// Watches arbiters from a thread of its own, and reports those on which nothing can run: all their
/// actors stand still, their timers too, while one handler computes or waits as threads do.
///
/// A report is an event (`warn`), and a call of what [`telling`](Self::telling) was given.
/// Nothing else is done about it: a handler cannot be interrupted. Have it give way, or give it an
/// arbiter of its own.
///
/// ```
/// # use std::time::Duration;
/// use aqueduct_supervise::{Arbiters, Watchdog};
///
/// let arbiters = Arbiters::start(2)?;
/// let watchdog = Watchdog::start(Duration::from_secs(1))?;
/// watchdog.watch("disk", &arbiters.get(0));
/// watchdog.watch("network", &arbiters.get(1));
/// # Ok::<(), aqueduct_supervise::StartError>(())
/// ```
pub struct Watchdog {
    watched: Arc<Mutex<Vec<Watched>>>,
    stop: Option<mpsc::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// An arbiter, and what was asked of it.
struct Watched {
    name: Name,
    arbiter: ArbiterHandle,
    beat: Arc<Beat>,
    asked: Instant,
    reported: Option<Stall>,
}

/// What an arbiter answers.
struct Beat {
    answered: AtomicBool,
    /// The child that is at work on its thread; known from its first answer on.
    at_work: OnceLock<Arc<AtomicU64>>,
}

impl Watchdog {
    /// Starts a watchdog that reports who keeps an arbiter for longer than this.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub fn start(patience: Duration) -> Result<Self, StartError> {
        Self::telling(patience, |_| {})
    }

    /// As [`start`](Self::start); each report is told, too: once when a stall is noticed, and once
    /// when it is over.
    ///
    /// # Errors
    /// If the operating system gives no thread.
    pub fn telling(
        patience: Duration,
        tell: impl Fn(&Stall) + Send + 'static,
    ) -> Result<Self, StartError> {
        let watched = Arc::<Mutex<Vec<Watched>>>::default();
        let (stop, stopped) = mpsc::channel();
        let all = watched.clone();
        let look = move || {
            while stopped.recv_timeout(patience / LOOKS) == Err(mpsc::RecvTimeoutError::Timeout) {
                let mut reports = Vec::new();
                let look = |one: &mut Watched| one.look(patience, &mut reports);
                lock(&all).retain_mut(look);
                for stall in reports {
                    tracing::warn!(%stall, "an arbiter stands still");
                    tell(&stall);
                }
            }
        };
        let thread = std::thread::Builder::new()
            .name("aqueduct-watch".into())
            .spawn(look)
            .map_err(|error| StartError::NoThread { reason: error.to_string().into() })?;
        Ok(Self { watched, stop: Some(stop), thread: Some(thread) })
    }

    /// Watches an arbiter until it is gone; the name is for reports.
    pub fn watch(&self, name: impl Into<Name>, arbiter: &ArbiterHandle) {
        let beat = Arc::new(Beat { answered: AtomicBool::new(false), at_work: OnceLock::new() });
        let watched = Watched {
            name: name.into(),
            arbiter: arbiter.clone(),
            beat,
            asked: Instant::now(),
            reported: None,
        };
        if watched.ask() {
            lock(&self.watched).push(watched);
        }
    }
}

impl Watched {
    /// Asks for an answer; returns false if the arbiter is gone.
    fn ask(&self) -> bool {
        let beat = self.beat.clone();
        self.arbiter.spawn_fn(move || {
            beat.at_work.get_or_init(at_work);
            beat.answered.store(true, Ordering::Release);
        })
    }

    /// Looks whether it has answered; returns false if it is gone.
    fn look(&mut self, patience: Duration, reports: &mut Vec<Stall>) -> bool {
        let lasts = self.asked.elapsed();
        if self.beat.answered.swap(false, Ordering::AcqRel) {
            let over = self.reported.take().map(|stall| Stall { lasts, is_over: true, ..stall });
            reports.extend(over);
            self.asked = Instant::now();
            return self.ask();
        }
        if lasts >= patience && self.reported.is_none() {
            let child = self.beat.at_work.get().map(|child| child.load(Ordering::Relaxed));
            let child = child.and_then(|number| lock(&NAMES).get(&number).cloned());
            let stall = Stall { arbiter: self.name.clone(), child, lasts, is_over: false };
            reports.push(stall.clone());
            self.reported = Some(stall);
        }
        // Asked once more: an arbiter that went away with the question answers nothing.
        self.ask()
    }
}

impl Drop for Watchdog {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the watchdog panicked: what it told did");
        }
    }
}

impl fmt::Debug for Watchdog {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watchdog")
            .field("watched", &lock(&self.watched).len())
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The children that live, by their numbers.
static NAMES: Mutex<BTreeMap<u64, Name>> = Mutex::new(BTreeMap::new());

std::thread_local! {
    /// The number of the child that is polled on this thread; 0 between two of them.
    static AT_WORK: OnceCell<Arc<AtomicU64>> = const { OnceCell::new() };
}

fn at_work() -> Arc<AtomicU64> {
    AT_WORK.with(|cell| cell.get_or_init(Arc::default).clone())
}

/// A child's number among all that live in this process; it is gone with this.
pub(crate) struct Number(u64);

impl Number {
    pub(crate) fn of(child: &Name) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        lock(&NAMES).insert(number, child.clone());
        Self(number)
    }

    /// Does something in the name of the child.
    pub(crate) fn works<R>(&self, work: impl FnOnce() -> R) -> R {
        let set = |number| {
            // A thread that ends has no such cell any more, and nobody to report either.
            let _ = AT_WORK.try_with(|cell| {
                cell.get_or_init(Arc::default).store(number, Ordering::Relaxed);
            });
        };
        set(self.0);
        let done = work();
        set(0);
        done
    }
}

impl Drop for Number {
    fn drop(&mut self) {
        lock(&NAMES).remove(&self.0);
    }
}

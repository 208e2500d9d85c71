//! What all streams share: the time, the load, what was counted, and what does not hold.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use actix_rt::ArbiterHandle;
use aqueduct_soak::Random;

use crate::outcome::Outcome;

/// How hard producers work: so many items, then a wait.
#[derive(Clone, Copy, Debug)]
pub(super) struct Load {
    pub(super) burst: u64,
    pub(super) wait: Duration,
}

/// From a trickle to all that goes.
const LOADS: [Load; 4] = [
    Load { burst: 4, wait: Duration::from_millis(5) },
    Load { burst: 64, wait: Duration::from_millis(2) },
    Load { burst: 1_024, wait: Duration::from_millis(1) },
    Load { burst: u64::MAX, wait: Duration::ZERO },
];

/// What all streams share.
pub(super) struct World {
    began: Instant,
    /// How long streams begin anew, in milliseconds.
    time: AtomicU64,
    pub(super) folder: PathBuf,
    pub(super) arbiters: Vec<ArbiterHandle>,
    load: AtomicU64,
    counts: [AtomicU64; Count::ALL.len()],
    running: Mutex<BTreeMap<String, u64>>,
    complaints: Mutex<Vec<String>>,
}

/// What is counted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Count {
    Items,
    Bytes,
    Streams,
    Registrations,
    Panics,
    Redelivered,
    Holds,
    Aborts,
    Discarded,
}

impl Count {
    const ALL: [Self; 9] = [
        Self::Items,
        Self::Bytes,
        Self::Streams,
        Self::Registrations,
        Self::Panics,
        Self::Redelivered,
        Self::Holds,
        Self::Aborts,
        Self::Discarded,
    ];

    fn name(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

/// A stream that runs, for the case that it hangs.
pub(super) struct RunningStream<'a>(&'a World, String);

impl World {
    pub(super) fn new(time: Duration, folder: &Path, arbiters: Vec<ArbiterHandle>) -> Self {
        Self {
            began: Instant::now(),
            time: AtomicU64::new(millis(time)),
            folder: folder.into(),
            arbiters,
            load: AtomicU64::new(0),
            counts: Default::default(),
            running: Mutex::default(),
            complaints: Mutex::default(),
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        self.began.elapsed()
    }

    /// Returns whether no stream shall begin any more, and those that run end soon.
    pub(super) fn is_over(&self) -> bool {
        !self.overdue().is_zero()
    }

    /// How long ago the time was over.
    pub(super) fn overdue(&self) -> Duration {
        self.elapsed().saturating_sub(Duration::from_millis(self.time.load(Relaxed)))
    }

    /// From now on the time is over.
    pub(super) fn end(&self) {
        self.time.fetch_min(millis(self.elapsed()), Relaxed);
    }

    pub(super) fn load(&self) -> Load {
        LOADS[self.load.load(Relaxed) as usize % LOADS.len()]
    }

    pub(super) fn count(&self, what: Count, more: u64) {
        self.counts[what as usize].fetch_add(more, Relaxed);
    }

    pub(super) fn items(&self) -> u64 {
        self.counted(Count::Items)
    }

    fn counted(&self, what: Count) -> u64 {
        self.counts[what as usize].load(Relaxed)
    }

    pub(super) fn complain(&self, complaints: impl IntoIterator<Item = String>) {
        lock(&self.complaints).extend(complaints);
    }

    /// Remembers that this stream runs, until what it returns is dropped.
    pub(super) fn run(&self, name: &str) -> RunningStream<'_> {
        *lock(&self.running).entry(name.into()).or_default() += 1;
        self.count(Count::Streams, 1);
        RunningStream(self, name.into())
    }

    /// The names of all streams that run.
    pub(super) fn running(&self) -> String {
        lock(&self.running).keys().cloned().collect::<Vec<_>>().join(", ")
    }

    /// Tells what was counted, and what does not hold.
    pub(super) fn judge(&self, outcome: &mut Outcome) {
        println!("{:.1} s in all: {} items, {self}", self.elapsed().as_secs_f64(), self.items());
        for count in Count::ALL {
            outcome.figure(&count.name(), self.counted(count));
        }
        outcome.complain(lock(&self.complaints).drain(..));
        let idle = [Count::Items, Count::Bytes, Count::Panics, Count::Holds, Count::Registrations];
        for count in idle.into_iter().filter(|count| self.counted(*count) == 0) {
            outcome.complain([format!("no {}: nothing was shown", count.name())]);
        }
    }
}

/// All counts but the items, which have a rate.
impl fmt::Display for World {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, count) in Count::ALL.into_iter().skip(1).enumerate() {
            let comma = if at == 0 { "" } else { ", " };
            write!(f, "{comma}{} {}", self.counted(count), count.name())?;
        }
        Ok(())
    }
}

impl Drop for RunningStream<'_> {
    fn drop(&mut self) {
        lock(&self.0.running).remove(&self.1);
    }
}

/// Changes how hard producers work, now and then.
pub(super) async fn change_load(world: Arc<World>, mut random: Random) {
    loop {
        world.load.store(random.number() >> 1, Relaxed);
        tokio::time::sleep(Duration::from_millis(random.within(300..=2_000))).await;
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

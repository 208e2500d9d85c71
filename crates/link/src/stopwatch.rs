//! How often something went on, and how long in all.

use std::{
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

/// Measures spans of time: one thread starts and stops it, any thread may read it.
#[derive(Debug, Default)]
pub(crate) struct Stopwatch {
    spans: AtomicU64,
    nanos: AtomicU64,
    /// When the span began that lasts, plus one; 0 while there is none.
    since: AtomicU64,
}

impl Stopwatch {
    pub(crate) fn start(&self, now: Duration) {
        self.spans.fetch_add(1, Relaxed);
        self.since.store(nanos(now).saturating_add(1), Relaxed);
    }

    pub(crate) fn stop(&self, now: Duration) {
        let since = self.since.swap(0, Relaxed);
        if since > 0 {
            self.nanos.fetch_add(nanos(now).saturating_add(1).saturating_sub(since), Relaxed);
        }
    }

    /// How many spans there were, the one that lasts included.
    pub(crate) fn spans(&self) -> u64 {
        self.spans.load(Relaxed)
    }

    /// How long they were in all, the one that lasts until `now`.
    pub(crate) fn total(&self, now: Duration) -> Duration {
        let lasts = match self.since.load(Relaxed) {
            0 => Duration::ZERO,
            since => now.saturating_sub(Duration::from_nanos(since - 1)),
        };
        Duration::from_nanos(self.nanos.load(Relaxed)).saturating_add(lasts)
    }
}

/// The time in nanoseconds, up to 584 years.
pub(crate) fn nanos(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

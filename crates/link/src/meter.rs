//! What an edge did: items, bytes, pauses and the time they took, each with its reason.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
    time::Duration,
};

use aqueduct_flow::{Amount, Epoch, Reason, Reasons};

use crate::{
    Clock, Name,
    stopwatch::{Stopwatch, nanos},
    sync::Arc,
};

/// What the producer's end wrote.
#[derive(Debug, Default)]
pub(crate) struct Written {
    items: AtomicU64,
    bytes: AtomicU64,
    peak_items: AtomicU64,
    peak_bytes: AtomicU64,
}

impl Written {
    pub(crate) fn tell(&self, written: Amount, peak: Amount) {
        self.items.store(written.items, Relaxed);
        self.bytes.store(written.bytes, Relaxed);
        self.peak_items.store(peak.items, Relaxed);
        self.peak_bytes.store(peak.bytes, Relaxed);
    }

    pub(crate) fn total(&self) -> Amount {
        Amount::new(self.items.load(Relaxed), self.bytes.load(Relaxed))
    }

    fn peak(&self) -> Amount {
        Amount::new(self.peak_items.load(Relaxed), self.peak_bytes.load(Relaxed))
    }
}

/// How often the producer's end was paused, how long, and why.
#[derive(Debug, Default)]
pub(crate) struct Pauses {
    count: AtomicU64,
    nanos: [AtomicU64; Reason::ALL.len()],
    /// When the pause began that lasts now, plus one; 0 while the producer runs.
    since_nanos: AtomicU64,
    since_reason: AtomicU64,
}

impl Pauses {
    pub(crate) fn begin(&self, reasons: Reasons, now: Duration) {
        let reason = reasons.iter().next().map_or(0, |reason| reason as u64);
        self.count.fetch_add(1, Relaxed);
        self.since_reason.store(reason, Relaxed);
        self.since_nanos.store(nanos(now).saturating_add(1), Relaxed);
    }

    /// Ends the pause, if there is one: only then is the clock read.
    pub(crate) fn end(&self, clock: Clock) {
        let since = self.since_nanos.swap(0, Relaxed);
        if since > 0 {
            let reason = self.since_reason.load(Relaxed) as usize;
            if let Some(total) = self.nanos.get(reason) {
                let now = nanos(clock.now()).saturating_add(1);
                total.fetch_add(now.saturating_sub(since), Relaxed);
            }
        }
    }

    /// The time by reason until now, and the reason of the pause that lasts.
    fn report(&self, now: Duration) -> ([PausedFor; Reason::ALL.len()], Option<Reason>) {
        let mut paused_for = Reason::ALL.map(|reason| PausedFor {
            reason,
            time: Duration::from_nanos(self.nanos[reason as usize].load(Relaxed)),
        });
        let since = self.since_nanos.load(Relaxed);
        let waits_for = (since > 0).then(|| self.since_reason.load(Relaxed) as usize);
        if let Some(now_paused) = waits_for.and_then(|reason| paused_for.get_mut(reason)) {
            now_paused.time += now.saturating_sub(Duration::from_nanos(since - 1));
        }
        (paused_for, waits_for.and_then(|reason| Reason::ALL.get(reason).copied()))
    }
}

/// What the consumer's end did beside taking items.
#[derive(Debug, Default)]
pub(crate) struct Handled {
    discarded_items: AtomicU64,
    discarded_bytes: AtomicU64,
    redelivered: AtomicU64,
    buried: AtomicU64,
    /// The consumer wanted items, and there were none.
    pub(crate) waits: Stopwatch,
    /// When the registration was over, plus one; 0 while it lasts.
    over_nanos: AtomicU64,
}

impl Handled {
    pub(crate) fn discarded(&self, amount: Amount) {
        self.discarded_items.fetch_add(amount.items, Relaxed);
        self.discarded_bytes.fetch_add(amount.bytes, Relaxed);
    }

    pub(crate) fn has_discarded(&self) -> bool {
        self.discarded_items.load(Relaxed) > 0
    }

    pub(crate) fn redelivered(&self) {
        self.redelivered.fetch_add(1, Relaxed);
    }

    pub(crate) fn buried(&self) {
        self.buried.fetch_add(1, Relaxed);
    }

    /// All of this registration is delivered or given up.
    pub(crate) fn over(&self, now: Duration) {
        self.waits.stop(now);
        self.over_nanos.store(nanos(now).saturating_add(1), Relaxed);
    }

    /// The end of the registration, or `now` while it lasts.
    fn until(&self, now: Duration) -> Duration {
        match self.over_nanos.load(Relaxed) {
            0 => now,
            over => Duration::from_nanos(over - 1),
        }
    }

    fn all_discarded(&self) -> Amount {
        Amount::new(self.discarded_items.load(Relaxed), self.discarded_bytes.load(Relaxed))
    }
}

/// How long a producer was paused for one reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PausedFor {
    /// The reason, the most telling one where there were several at once.
    pub reason: Reason,
    /// The time in all.
    pub time: Duration,
}

/// What one registration of an edge did until the moment of the report.
///
/// Figures are taken by the ends as they work, in batches: while both run, a report may lag behind
/// by a batch; after the end it is exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EdgeReport {
    /// Who wrote.
    pub producer: Name,
    /// Who took it.
    pub consumer: Name,
    /// Which registration of the consumer.
    pub epoch: Epoch,
    /// What was accepted.
    pub written: Amount,
    /// What was handled, or given up and counted below.
    pub committed: Amount,
    /// How many items are acknowledged; `None` where the producer does not want to know.
    pub acknowledged: Option<u64>,
    /// What was accepted and given up undelivered, after an abort or for want of a consumer.
    pub discarded: Amount,
    /// Items that came to the consumer more than once, since it died with them in hand.
    pub redelivered: u64,
    /// Items that the consumer died of too often, and that were taken out of the link.
    pub dead_letters: u64,
    /// The most that the link held, as the producer saw it: never less than the truth.
    pub peak: Amount,
    /// How many times the producer was paused.
    pub pauses: u64,
    /// For how long, by reason.
    pub paused_for: [PausedFor; Reason::ALL.len()],
    /// The reason why it is paused at this moment.
    pub paused_now: Option<Reason>,
    /// How many times the consumer wanted items when there were none.
    pub waits: u64,
    /// For how long, until the next item or the end came; while it waits, until this moment.
    ///
    /// A consumer that is busy does not wait, nor does one that died, or is still being made.
    pub waited: Duration,
    /// When the producer registered, by the clock of the slot.
    pub began: Duration,
    /// The time since then, until all was delivered or given up after the end.
    ///
    /// [`paused`](Self::paused) and [`waited`](Self::waited) are parts of it.
    pub running: Duration,
}

impl EdgeReport {
    /// How long the producer was paused in all.
    #[must_use]
    pub fn paused(&self) -> Duration {
        self.paused_for.iter().map(|part| part.time).sum()
    }
}

/// The report in words, on one line.
impl fmt::Display for EdgeReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let handled = self.committed.saturating_sub(self.discarded);
        write!(f, "{} → {}: {} items", self.producer, self.consumer, handled.items)?;
        if handled.bytes > 0 {
            write!(f, " of {} bytes, overhead counted", handled.bytes)?;
        }
        write!(f, "; held at most {}", self.peak.items)?;
        let undelivered = self.written.saturating_sub(handled);
        if undelivered.items > 0 {
            write!(f, "; {} not delivered", undelivered.items)?;
        }
        if let Some(acknowledged) = self.acknowledged {
            write!(f, "; {acknowledged} acknowledged")?;
        }
        if self.redelivered > 0 {
            write!(f, "; {} delivered again", self.redelivered)?;
        }
        if self.dead_letters > 0 {
            write!(f, "; {} dead letters", self.dead_letters)?;
        }
        match self.pauses {
            0 => return f.write_str("; never paused"),
            1 => f.write_str("; paused once")?,
            many => write!(f, "; paused {many} times")?,
        }
        for part in self.paused_for.iter().filter(|part| !part.time.is_zero()) {
            write!(f, ", {} for {:.1?}", part.reason, part.time)?;
        }
        Ok(())
    }
}

/// A window on the figures of one registration: cheap to clone, and it keeps nothing alive but
/// the figures.
#[derive(Clone, Debug)]
pub struct Gauge {
    pub(crate) shared: Arc<crate::shared::Shared>,
    pub(crate) producer: Name,
    pub(crate) consumer: Name,
    pub(crate) epoch: Epoch,
    pub(crate) clock: Clock,
    pub(crate) began: Duration,
}

impl Gauge {
    /// Reads the figures.
    #[must_use]
    pub fn report(&self) -> EdgeReport {
        let now = self.clock.now();
        let (written, handled) = (&self.shared.producer.written, &self.shared.consumer.handled);
        let acks = &self.shared.acks;
        let (paused_for, paused_now) = self.shared.pauses.report(now);
        let committed = self.shared.committed();
        EdgeReport {
            producer: self.producer.clone(),
            consumer: self.consumer.clone(),
            epoch: self.epoch,
            written: written.total().max(committed),
            committed,
            acknowledged: acks.are_wanted().then(|| acks.total()),
            discarded: handled.all_discarded(),
            redelivered: handled.redelivered.load(Relaxed),
            dead_letters: handled.buried.load(Relaxed),
            peak: written.peak(),
            pauses: self.shared.pauses.count.load(Relaxed),
            paused_for,
            paused_now,
            waits: handled.waits.spans(),
            waited: handled.waits.total(now),
            began: self.began,
            running: handled.until(now).saturating_sub(self.began),
        }
    }
}

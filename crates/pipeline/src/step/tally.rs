//! What a transform did: counted by its actor, and told to whoever asks for a report.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use aqueduct_link::Clock;

/// One item in so many is timed: reading the clock costs as much as a few cheap transforms.
///
/// It is a prime, as the other, so that it does not fall in step with portions and batches, whose
/// first items take longer than the others.
const SAMPLE: u64 = 61;

/// One in so many where an item takes less than [`CHEAP`].
const SAMPLE_CHEAP: u64 = 1021;

const CHEAP: u64 = 1_000;

/// What one fused transform has done; written by its actor, read by whoever asks for a report.
///
/// Only one thread writes, so that a count costs a store and no more.
#[derive(Debug, Default)]
pub(crate) struct StepMeter {
    taken: AtomicU64,
    given: AtomicU64,
    /// How many items those stand for that were timed.
    sampled: AtomicU64,
    /// How long these took, if each took as long as the timed one that stands for it.
    nanos: AtomicU64,
    pub(super) finish_nanos: AtomicU64,
    /// A panic began in it, and it has not gone on since.
    inside: AtomicBool,
}

impl StepMeter {
    /// How many items it took.
    pub(crate) fn taken(&self) -> u64 {
        self.taken.load(Relaxed)
    }

    /// How many items it gave.
    pub(crate) fn given(&self) -> u64 {
        self.given.load(Relaxed)
    }

    /// How long it worked, what comes after it not counted: an estimate from samples.
    pub(crate) fn busy(&self) -> Duration {
        let sampled = self.sampled.load(Relaxed).max(1);
        let nanos = u128::from(self.nanos.load(Relaxed));
        let applying = nanos * u128::from(self.taken()) / u128::from(sampled);
        let all = applying + u128::from(self.finish_nanos.load(Relaxed));
        Duration::from_nanos(u64::try_from(all).unwrap_or(u64::MAX))
    }

    /// The number of the item with which a panic began in it; none if it has gone on since.
    ///
    /// Asked when its actor has failed: one that works has an item too.
    pub(crate) fn panicked_at(&self) -> Option<u64> {
        self.inside.load(Relaxed).then(|| self.taken().saturating_sub(1))
    }
}

/// What a transform did, as its actor counts it: the meter is told when the loop rests.
pub(super) struct Tally {
    pub(super) meter: Arc<StepMeter>,
    pub(super) taken: u64,
    given: u64,
    pub(super) clock: Clock,
    /// The item in hand is one of those that are timed.
    pub(super) timing: bool,
    /// Items until the next one is.
    left: u64,
    /// What the last one of them took until now, in nanoseconds, and how many it stands for: those up
    /// to the next one.
    pub(super) took: u64,
    stands_for: u64,
    /// The same of all before.
    nanos: u64,
    sampled: u64,
}

impl Tally {
    pub(super) fn new(meter: Arc<StepMeter>) -> Self {
        Self {
            meter,
            taken: 0,
            given: 0,
            clock: Clock::default(),
            timing: false,
            left: 0,
            took: 0,
            stands_for: 0,
            nanos: 0,
            sampled: 0,
        }
    }

    /// Another item comes; returns whether it is to be timed.
    #[inline(always)]
    pub(super) fn next(&mut self) -> bool {
        self.taken += 1;
        self.timing = self.left == 0;
        self.left = self.left.saturating_sub(1);
        self.timing
    }

    /// This item is timed. If the last one was cheap, it stands for many.
    pub(super) fn sample(&mut self) {
        let is_cheap = self.sampled + self.stands_for > 0 && self.took < CHEAP;
        self.nanos = self.nanos_until_now();
        self.sampled += self.stands_for;
        self.took = 0;
        self.stands_for = if is_cheap { SAMPLE_CHEAP } else { SAMPLE };
        self.left = self.stands_for - 1;
        self.meter.inside.store(false, Relaxed);
    }

    const fn nanos_until_now(&self) -> u64 {
        self.nanos.saturating_add(self.took.saturating_mul(self.stands_for))
    }

    pub(super) fn tell(&self) {
        self.meter.taken.store(self.taken, Relaxed);
        self.meter.given.store(self.given, Relaxed);
        self.meter.sampled.store(self.sampled + self.stands_for, Relaxed);
        self.meter.nanos.store(self.nanos_until_now(), Relaxed);
    }
}

/// One call of a transform: it is at work itself until [`end`](Self::end), but for the time in which
/// those behind it take what it gives.
///
/// It is dropped by a panic only, and tells then whose that was: this costs nothing until it happens.
pub(super) struct AtWork<'a> {
    tally: &'a mut Tally,
    inside: bool,
}

impl<'a> AtWork<'a> {
    #[inline(always)]
    pub(super) const fn begin(tally: &'a mut Tally) -> Self {
        Self { tally, inside: true }
    }

    /// Passes an item on.
    #[inline(always)]
    pub(super) fn pass<T>(&mut self, item: T, emit: &mut (impl FnMut(T) + ?Sized)) {
        self.tally.given += 1;
        self.inside = false;
        emit(item);
        self.inside = true;
    }

    #[inline(always)]
    pub(super) const fn end(self) {
        std::mem::forget(self);
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        self.tally.tell();
        self.tally.meter.inside.store(self.inside, Relaxed);
        // If it goes on after this, the next item is one that takes this back.
        self.tally.left = 0;
    }
}

/// One call of a transform that is timed, what comes behind it not counted.
pub(super) struct Watch<'a> {
    at_work: AtWork<'a>,
    since: Duration,
}

impl<'a> Watch<'a> {
    pub(super) fn start(tally: &'a mut Tally) -> Self {
        let since = tally.clock.now();
        Self { at_work: AtWork::begin(tally), since }
    }

    pub(super) fn pass<T>(&mut self, item: T, emit: &mut (impl FnMut(T) + ?Sized)) {
        self.add();
        self.at_work.pass(item, emit);
        self.since = self.at_work.tally.clock.now();
    }

    pub(super) fn stop(mut self) {
        self.add();
        self.at_work.end();
    }

    fn add(&mut self) {
        let tally = &mut self.at_work.tally;
        let took = tally.clock.now().saturating_sub(self.since);
        let nanos = u64::try_from(took.as_nanos()).unwrap_or(u64::MAX);
        tally.took = tally.took.saturating_add(nanos);
    }
}

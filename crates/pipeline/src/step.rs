//! A transform with a place in a blueprint: what it does is counted and timed, and an error or a
//! panic in it bears its name.

use std::{
    fmt, mem,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use aqueduct_actors::Failure;
use aqueduct_link::Clock;
use aqueduct_operators::{Chain, Either, Transform};

/// One item in so many is timed: reading the clock costs as much as a few cheap transforms.
///
/// It is a prime, so that it does not fall in step with portions and batches, whose first items take
/// longer than the others.
const SAMPLE: u64 = 61;

/// What one fused transform has done; written by its actor, read by whoever asks for a report.
///
/// Only one thread writes, so that a count costs a store and no more.
#[derive(Debug, Default)]
pub(crate) struct StepMeter {
    taken: AtomicU64,
    given: AtomicU64,
    timed: AtomicU64,
    timed_nanos: AtomicU64,
    finish_nanos: AtomicU64,
    /// How many items it had taken when it panicked, plus one; 0 if it never did.
    panicked_at: AtomicU64,
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
        let timed = self.timed.load(Relaxed).max(1);
        let nanos = u128::from(self.timed_nanos.load(Relaxed));
        let applying = nanos * u128::from(self.taken()) / u128::from(timed);
        let all = applying + u128::from(self.finish_nanos.load(Relaxed));
        Duration::from_nanos(u64::try_from(all).unwrap_or(u64::MAX))
    }

    /// The number of the item with which a panic began in it; none if it has gone on since.
    pub(crate) fn panicked_at(&self) -> Option<u64> {
        let taken = self.taken();
        (self.panicked_at.load(Relaxed) == taken + 1).then(|| taken.saturating_sub(1))
    }
}

/// An error of one transform of a pipeline.
///
/// It is told like the error itself.
#[derive(Clone, Debug)]
pub struct StepError {
    /// The place of the transform in [`Blueprint::stages`](crate::blueprint::Blueprint::stages).
    pub stage: usize,
    /// The number of the item that it failed with, counted from 0 at this transform.
    pub sequence: u64,
    /// Why.
    pub source: Failure,
}

impl fmt::Display for StepError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self.source.error(), f)
    }
}

impl std::error::Error for StepError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.error().source()
    }
}

/// A transform at its place.
pub(crate) struct Measured<T> {
    transform: T,
    stage: usize,
    meter: Arc<StepMeter>,
    clock: Clock,
    taken: u64,
    given: u64,
    timed: u64,
    timed_nanos: u64,
    /// The item in hand is one of those that are timed.
    is_timed: bool,
}

impl<T: Transform> Measured<T> {
    pub(crate) fn new(transform: T, stage: usize, meter: Arc<StepMeter>) -> Self {
        Self {
            transform,
            stage,
            meter,
            clock: Clock::default(),
            taken: 0,
            given: 0,
            timed: 0,
            timed_nanos: 0,
            is_timed: false,
        }
    }

    /// How many items it took.
    pub(crate) const fn taken(&self) -> u64 {
        self.taken
    }

    /// Adds to the time of the item in hand, if it is one that is timed.
    #[inline]
    fn took(&mut self, nanos: u64) {
        if self.is_timed {
            self.timed_nanos += nanos;
            self.meter.timed.store(self.timed, Relaxed);
            self.meter.timed_nanos.store(self.timed_nanos, Relaxed);
        }
    }

    fn error(&self, error: T::Error, sequence: u64) -> StepError
    where
        T::Error: Into<Failure>,
    {
        StepError { stage: self.stage, sequence, source: error.into() }
    }
}

impl<T: Transform> Transform for Measured<T>
where
    T::Error: Into<Failure>,
{
    type In = T::In;
    type Out = T::Out;
    type Error = StepError;

    #[inline]
    fn apply(&mut self, item: T::In, emit: &mut impl FnMut(T::Out)) -> Result<(), StepError> {
        self.is_timed = self.taken.is_multiple_of(SAMPLE);
        self.timed += u64::from(self.is_timed);
        self.taken += 1;
        self.meter.taken.store(self.taken, Relaxed);
        let clock = self.is_timed.then_some(self.clock);
        let mut watch = Watch::start(&self.meter, &mut self.given, clock);
        let applied = self.transform.apply(item, &mut |out| watch.pass(out, emit));
        let nanos = watch.end();
        self.took(nanos);
        applied.map_err(|error| self.error(error, self.taken - 1))
    }

    #[inline]
    fn more(&mut self, emit: &mut impl FnMut(T::Out)) -> Result<bool, StepError> {
        let clock = self.is_timed.then_some(self.clock);
        let mut watch = Watch::start(&self.meter, &mut self.given, clock);
        let more = self.transform.more(&mut |out| watch.pass(out, emit));
        let nanos = watch.end();
        self.took(nanos);
        // What asks once more when nothing is left is not worth a look at the clock.
        self.is_timed &= matches!(more, Ok(true));
        more.map_err(|error| self.error(error, self.taken.saturating_sub(1)))
    }

    fn finish(&mut self, emit: &mut impl FnMut(T::Out)) -> Result<(), StepError> {
        let mut watch = Watch::start(&self.meter, &mut self.given, Some(self.clock));
        let finished = self.transform.finish(&mut |out| watch.pass(out, emit));
        let nanos = watch.end();
        self.meter.finish_nanos.store(nanos, Relaxed);
        finished.map_err(|error| self.error(error, self.taken))
    }

    #[inline]
    fn is_done(&self) -> bool {
        self.transform.is_done()
    }

    fn kind(&self) -> &'static str {
        self.transform.kind()
    }
}

/// Watches one call of a transform: counts what it gives, takes its time if it has a clock, and
/// notes a panic that begins in it.
struct Watch<'a> {
    meter: &'a StepMeter,
    given: &'a mut u64,
    clock: Option<Clock>,
    since: Duration,
    total: Duration,
    /// What comes behind the transform is at work.
    outside: bool,
}

impl<'a> Watch<'a> {
    #[inline]
    fn start(meter: &'a StepMeter, given: &'a mut u64, clock: Option<Clock>) -> Self {
        let since = clock.map_or(Duration::ZERO, Clock::now);
        Self { meter, given, clock, since, total: Duration::ZERO, outside: false }
    }

    /// Passes an item on, without counting the time of what comes behind.
    #[inline]
    fn pass<T>(&mut self, item: T, emit: &mut impl FnMut(T)) {
        *self.given += 1;
        self.meter.given.store(*self.given, Relaxed);
        if let Some(clock) = self.clock {
            self.total += clock.now().saturating_sub(self.since);
        }
        self.outside = true;
        // Called at one place only, since what is behind is inlined here, step after step.
        emit(item);
        self.outside = false;
        if let Some(clock) = self.clock {
            self.since = clock.now();
        }
    }

    /// Returns the time in nanoseconds.
    #[inline]
    fn end(self) -> u64 {
        let nanos = self.clock.map_or(0, |clock| {
            let total = self.total + clock.now().saturating_sub(self.since);
            u64::try_from(total.as_nanos()).unwrap_or(u64::MAX)
        });
        mem::forget(self);
        nanos
    }
}

/// It is forgotten after each call that returns, so that it is dropped by a panic only.
impl Drop for Watch<'_> {
    fn drop(&mut self) {
        if !self.outside {
            self.meter.panicked_at.store(self.meter.taken() + 1, Relaxed);
        }
    }
}

/// One transform of a pipeline behind another, in one actor.
pub(crate) struct Fused<A, B>(Chain<A, B>);

impl<A, B> Fused<A, B>
where
    A: Transform<Error = StepError>,
    B: Transform<In = A::Out, Error = StepError>,
{
    pub(crate) fn new(first: A, second: B) -> Self {
        Self(first.then(second))
    }
}

/// Both fail in the same way, so that it does not matter which one did: the error says it.
fn either(error: Either<StepError, StepError>) -> StepError {
    match error {
        Either::First(error) | Either::Second(error) => error,
    }
}

impl<A, B> Transform for Fused<A, B>
where
    A: Transform<Error = StepError>,
    B: Transform<In = A::Out, Error = StepError>,
{
    type In = A::In;
    type Out = B::Out;
    type Error = StepError;

    #[inline]
    fn apply(&mut self, item: A::In, emit: &mut impl FnMut(B::Out)) -> Result<(), StepError> {
        self.0.apply(item, emit).map_err(either)
    }

    #[inline]
    fn more(&mut self, emit: &mut impl FnMut(B::Out)) -> Result<bool, StepError> {
        self.0.more(emit).map_err(either)
    }

    fn finish(&mut self, emit: &mut impl FnMut(B::Out)) -> Result<(), StepError> {
        self.0.finish(emit).map_err(either)
    }

    #[inline]
    fn is_done(&self) -> bool {
        self.0.is_done()
    }
}

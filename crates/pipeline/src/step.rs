//! A transform with a place in a blueprint: what it does is counted and timed, and an error or a
//! panic in it bears its name.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
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
    /// It is at work itself; still so after a panic that began in it, until it goes on.
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
        let timed = self.timed.load(Relaxed).max(1);
        let nanos = u128::from(self.timed_nanos.load(Relaxed));
        let applying = nanos * u128::from(self.taken()) / u128::from(timed);
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
    timing: Timing,
    taken: u64,
    given: u64,
}

impl<T: Transform> Measured<T> {
    pub(crate) fn new(transform: T, stage: usize, meter: Arc<StepMeter>) -> Self {
        Self { transform, stage, meter, timing: Timing::new(), taken: 0, given: 0 }
    }

    /// How many items it took.
    pub(crate) const fn taken(&self) -> u64 {
        self.taken
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

    const IN_PORTIONS: bool = T::IN_PORTIONS;

    #[inline]
    fn apply(&mut self, item: T::In, emit: &mut impl FnMut(T::Out)) -> Result<(), StepError> {
        self.taken += 1;
        self.meter.taken.store(self.taken, Relaxed);
        self.timing.next();
        let mut watch = Watch::start(&self.meter, &mut self.timing, &mut self.given);
        let applied = self.transform.apply(item, &mut |out| watch.pass(out, emit));
        watch.end();
        applied.map_err(|error| self.error(error, self.taken - 1))
    }

    #[inline]
    fn more(&mut self, emit: &mut impl FnMut(T::Out)) -> Result<bool, StepError> {
        let mut watch = Watch::start(&self.meter, &mut self.timing, &mut self.given);
        let more = self.transform.more(&mut |out| watch.pass(out, emit));
        watch.end();
        // What asks once more when nothing is left is not worth a look at the clock.
        self.timing.on &= matches!(more, Ok(true));
        more.map_err(|error| self.error(error, self.taken.saturating_sub(1)))
    }

    fn finish(&mut self, emit: &mut impl FnMut(T::Out)) -> Result<(), StepError> {
        let before = self.timing.nanos;
        self.timing.on = true;
        let mut watch = Watch::start(&self.meter, &mut self.timing, &mut self.given);
        let finished = self.transform.finish(&mut |out| watch.pass(out, emit));
        watch.end();
        // It is no sample of what an item takes.
        let nanos = self.timing.nanos - before;
        self.timing.nanos = before;
        self.meter.timed_nanos.store(before, Relaxed);
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

/// Takes the time of one item in [`SAMPLE`].
///
/// All that reads the clock is cold, so that the way of the other items stays short.
struct Timing {
    clock: Clock,
    /// The item in hand is one of those that are timed.
    on: bool,
    /// Items until the next one is.
    left: u64,
    timed: u64,
    nanos: u64,
    since: Duration,
}

impl Timing {
    fn new() -> Self {
        let clock = Clock::default();
        Self { clock, on: false, left: 0, timed: 0, nanos: 0, since: Duration::ZERO }
    }

    /// Another item comes.
    #[inline(always)]
    fn next(&mut self) {
        self.on = self.left == 0;
        if self.on {
            self.sample();
        }
        self.left -= 1;
    }

    #[cold]
    fn sample(&mut self) {
        self.left = SAMPLE;
        self.timed += 1;
    }

    #[cold]
    fn start(&mut self) {
        self.since = self.clock.now();
    }

    #[cold]
    fn stop(&mut self) {
        let took = self.clock.now().saturating_sub(self.since);
        self.nanos = self.nanos.saturating_add(u64::try_from(took.as_nanos()).unwrap_or(u64::MAX));
    }
}

/// Watches one call of a transform: counts what it gives, takes its time if it is one that is timed,
/// and lets a panic be told from one that began elsewhere.
struct Watch<'a> {
    meter: &'a StepMeter,
    timing: &'a mut Timing,
    given: &'a mut u64,
}

impl<'a> Watch<'a> {
    #[inline(always)]
    fn start(meter: &'a StepMeter, timing: &'a mut Timing, given: &'a mut u64) -> Self {
        let mut watch = Self { meter, timing, given };
        watch.enter();
        watch
    }

    /// Passes an item on, without counting the time of what comes behind.
    #[inline(always)]
    fn pass<T>(&mut self, item: T, emit: &mut impl FnMut(T)) {
        *self.given += 1;
        self.meter.given.store(*self.given, Relaxed);
        self.leave();
        // Called at one place only, since what is behind is inlined here, step after step.
        emit(item);
        self.enter();
    }

    #[inline(always)]
    fn end(mut self) {
        self.leave();
        if self.timing.on {
            self.meter.timed.store(self.timing.timed, Relaxed);
            self.meter.timed_nanos.store(self.timing.nanos, Relaxed);
        }
    }

    /// The transform itself is at work: a panic now is its own.
    #[inline(always)]
    fn enter(&mut self) {
        self.meter.inside.store(true, Relaxed);
        if self.timing.on {
            self.timing.start();
        }
    }

    #[inline(always)]
    fn leave(&mut self) {
        self.meter.inside.store(false, Relaxed);
        if self.timing.on {
            self.timing.stop();
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

    const IN_PORTIONS: bool = A::IN_PORTIONS || B::IN_PORTIONS;

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

//! A transform with a place in a blueprint: what it does is counted and timed, and an error or a
//! panic in it bears its name.

mod tally;

use std::{
    fmt,
    sync::{Arc, atomic::Ordering::Relaxed},
};

use aqueduct_actors::Failure;
use aqueduct_operators::{Chain, Either, Transform};

pub(crate) use tally::StepMeter;
use tally::{AtWork, Tally, Watch};

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
    tally: Tally,
}

impl<T: Transform> Measured<T> {
    pub(crate) fn new(transform: T, stage: usize, meter: Arc<StepMeter>) -> Self {
        Self { transform, stage, tally: Tally::new(meter) }
    }

    /// How many items it took.
    pub(crate) const fn taken(&self) -> u64 {
        self.tally.taken
    }

    /// Applies it to one of the items that are timed; not inlined, and what is behind it neither, so
    /// that the way of the other items stays short.
    #[cold]
    #[inline(never)]
    fn apply_timed(&mut self, item: T::In, emit: &mut dyn FnMut(T::Out)) -> Result<(), T::Error> {
        self.tally.sample();
        let mut watch = Watch::start(&mut self.tally);
        let applied = self.transform.apply(item, &mut |out| watch.pass(out, emit));
        watch.stop();
        applied
    }

    /// Emits the next portion of an item that is timed.
    #[cold]
    #[inline(never)]
    fn more_timed(&mut self, emit: &mut dyn FnMut(T::Out)) -> Result<bool, T::Error> {
        let mut watch = Watch::start(&mut self.tally);
        let more = self.transform.more(&mut |out| watch.pass(out, emit));
        watch.stop();
        // What asks once more when nothing is left is not worth a look at the clock.
        self.tally.timing &= matches!(more, Ok(true));
        more
    }
}

/// The error of a transform at this place, with this item.
fn error(stage: usize, sequence: u64, error: impl Into<Failure>) -> StepError {
    StepError { stage, sequence, source: error.into() }
}

impl<T: Transform> Transform for Measured<T>
where
    T::Error: Into<Failure>,
{
    type In = T::In;
    type Out = T::Out;
    type Error = StepError;

    const IN_PORTIONS: bool = T::IN_PORTIONS;
    const HOLDS: bool = T::HOLDS;

    #[inline]
    fn apply(&mut self, item: T::In, emit: &mut impl FnMut(T::Out)) -> Result<(), StepError> {
        let applied = if self.tally.next() {
            self.apply_timed(item, &mut |out| emit(out))
        } else {
            let mut at_work = AtWork::begin(&mut self.tally);
            let applied = self.transform.apply(item, &mut |out| at_work.pass(out, emit));
            at_work.end();
            applied
        };
        applied.map_err(|why| error(self.stage, self.tally.taken - 1, why))
    }

    #[inline]
    fn more(&mut self, emit: &mut impl FnMut(T::Out)) -> Result<bool, StepError> {
        let more = if self.tally.timing {
            self.more_timed(&mut |out| emit(out))
        } else {
            let mut at_work = AtWork::begin(&mut self.tally);
            let more = self.transform.more(&mut |out| at_work.pass(out, emit));
            at_work.end();
            more
        };
        more.map_err(|why| error(self.stage, self.tally.taken.saturating_sub(1), why))
    }

    fn finish(&mut self, emit: &mut impl FnMut(T::Out)) -> Result<(), StepError> {
        let before = std::mem::take(&mut self.tally.took);
        let mut watch = Watch::start(&mut self.tally);
        let finished = self.transform.finish(&mut |out| watch.pass(out, emit));
        watch.stop();
        // It is no sample of what an item takes.
        let nanos = std::mem::replace(&mut self.tally.took, before);
        self.tally.meter.finish_nanos.store(nanos, Relaxed);
        self.tally.tell();
        finished.map_err(|why| error(self.stage, self.tally.taken, why))
    }

    #[inline]
    fn is_done(&self) -> bool {
        self.transform.is_done()
    }

    fn held(&mut self) -> u64 {
        self.transform.held()
    }

    fn rest(&mut self) {
        self.transform.rest();
        self.tally.tell();
    }

    fn kind(&self) -> &'static str {
        self.transform.kind()
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
    const HOLDS: bool = A::HOLDS || B::HOLDS;

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

    fn held(&mut self) -> u64 {
        self.0.held()
    }

    fn rest(&mut self) {
        self.0.rest();
    }
}

#[cfg(test)]
mod tests {
    use std::{cell::Cell, convert::Infallible, time::Duration};

    use aqueduct_link::Clock;

    use super::*;

    thread_local! {
        static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    /// Takes this long for an item, and twice as long to finish.
    struct Takes(Duration);

    impl Transform for Takes {
        type In = Duration;
        type Out = ();
        type Error = Infallible;

        const IN_PORTIONS: bool = false;

        fn apply(&mut self, each: Duration, emit: &mut impl FnMut(())) -> Result<(), Infallible> {
            NOW.set(NOW.get() + each);
            emit(());
            Ok(())
        }

        fn finish(&mut self, _: &mut impl FnMut(())) -> Result<(), Infallible> {
            NOW.set(NOW.get() + self.0);
            Ok(())
        }
    }

    /// What is told of items of which so many take so long, in turn, while what is behind takes
    /// a second each.
    fn busy(items: &[(u64, Duration)], finish: Duration) -> Duration {
        let meter = Arc::<StepMeter>::default();
        let mut measured = Measured::new(Takes(finish), 0, meter.clone());
        measured.tally.clock = Clock::new(|| NOW.get());
        for (count, each) in items {
            for _ in 0..*count {
                let behind = &mut |()| NOW.set(NOW.get() + Duration::from_secs(1));
                measured.apply(*each, behind).expect("it does not fail");
            }
        }
        measured.finish(&mut |()| {}).expect("it does not fail");
        assert_eq!(meter.taken(), items.iter().map(|(count, _)| count).sum::<u64>());
        meter.busy()
    }

    #[test]
    fn a_steady_transform_is_told_exactly_what_it_took() {
        for nanos in [10, 999, 1_000, 2_000_000] {
            let each = Duration::from_nanos(nanos);
            for count in [1, 20, 61, 62, 100_000] {
                let all = each * u32::try_from(count).expect("few");
                assert_eq!(busy(&[(count, each)], Duration::ZERO), all, "{count} of {each:?}");
            }
        }
    }

    #[test]
    fn a_cheap_one_that_becomes_slow_is_told_nearly_what_it_took() {
        let (cheap, slow) = (Duration::from_nanos(20), Duration::from_micros(50));
        let told = busy(&[(50_000, cheap), (50_000, slow), (50_000, cheap)], Duration::ZERO);
        let whole = cheap * 100_000 + slow * 50_000;
        assert!(told.abs_diff(whole) < whole / 20, "{told:?} of {whole:?}");
    }

    #[test]
    fn the_end_counts_once() {
        let (each, end) = (Duration::from_micros(3), Duration::from_millis(7));
        assert_eq!(busy(&[(500, each)], end), each * 500 + end);
    }
}

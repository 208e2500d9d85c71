//! Transforms whose types are known only at run time, one behind the other in one actor.

use std::{collections::VecDeque, fmt, marker::PhantomData, sync::Arc};

use aqueduct_actors::Failure;
use aqueduct_operators::{Trail, Transform};

use super::{Erase, Item};
use crate::step::{Measured, StepError, StepMeter};

/// A transform behind a `dyn`: it is called once for a batch.
pub(super) trait ErasedStep: Send {
    /// Takes from the front of `items`; answers as [`Transform::step`].
    fn step(
        &mut self,
        items: &mut VecDeque<Item>,
        out: &mut VecDeque<Item>,
    ) -> Result<bool, StepError>;

    fn finish(&mut self, out: &mut VecDeque<Item>) -> Result<(), StepError>;

    fn is_done(&self) -> bool;

    /// See [`Transform::held`].
    fn held(&mut self) -> u64;
}

/// One transform with its types forgotten.
struct Forgotten<T: Transform> {
    transform: Measured<T>,
    /// What was taken and not applied yet: at most one batch.
    taken: VecDeque<T::In>,
    stage: usize,
}

/// Makes a step of a transform, at its place and with its meter.
pub(super) fn forget<T>(transform: T, stage: usize, meter: Arc<StepMeter>) -> Box<dyn ErasedStep>
where
    T: Transform + Send + 'static,
    T::In: Erase,
    T::Out: Erase,
    T::Error: Into<Failure>,
{
    let transform = Measured::new(transform, stage, meter);
    Box::new(Forgotten { transform, taken: VecDeque::new(), stage })
}

impl<T> ErasedStep for Forgotten<T>
where
    T: Transform + Send,
    T::In: Erase,
    T::Out: Erase,
    T::Error: Into<Failure>,
{
    fn step(
        &mut self,
        items: &mut VecDeque<Item>,
        out: &mut VecDeque<Item>,
    ) -> Result<bool, StepError> {
        for item in items.drain(..) {
            let sequence = self.transform.taken() + self.taken.len() as u64;
            self.taken.push_back(remember(item, self.stage, sequence)?);
        }
        self.transform.step(&mut self.taken, &mut |item| out.push_back(item.into_item()))
    }

    fn finish(&mut self, out: &mut VecDeque<Item>) -> Result<(), StepError> {
        self.transform.finish(&mut |item| out.push_back(item.into_item()))
    }

    fn is_done(&self) -> bool {
        self.transform.is_done()
    }

    fn held(&mut self) -> u64 {
        if T::HOLDS { self.transform.held() } else { 0 }
    }
}

/// Returns the item as the type that the stage takes.
fn remember<T: Erase>(item: Item, stage: usize, sequence: u64) -> Result<T, StepError> {
    T::from_item(item).ok_or_else(|| {
        let kind = T::kind();
        let source = Failure::message(format!(
            "it takes {kind}, and is given other items: put a transform before it that gives {kind}"
        ));
        StepError { stage, sequence, source }
    })
}

/// The transforms of one actor, and the place of the stage that takes what the last one gives.
pub struct Steps {
    pub(super) steps: Vec<Box<dyn ErasedStep>>,
    pub(super) to: usize,
}

impl fmt::Debug for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Steps").field("to", &self.to).finish_non_exhaustive()
    }
}

/// The transforms of one actor, as one: takes `I`, gives `O`, and anything in between.
///
/// Whoever is last and has something to do goes first, so that between two of them there is never
/// more than one batch expands to.
/// What comes out, and how it ends, is the same as if each item had gone through all of them before
/// the next one.
pub(super) struct Adapted<I, O> {
    steps: Vec<Box<dyn ErasedStep>>,
    /// The place of the stage that takes what the last step gives.
    to: usize,
    given: u64,
    /// What each step has not taken yet, and what the last one gave.
    queues: Vec<VecDeque<Item>>,
    /// Which steps have more to give of what they took.
    busy: Vec<bool>,
    /// The step that failed, and why: it is told when the others have taken what it gave before.
    failed: Option<(usize, StepError)>,
    /// Which items have gone through which steps, where somebody asks for it.
    passed: Option<Passed>,
    types: PhantomData<fn(I) -> O>,
}

/// How far items have come, counted since the first question.
struct Passed {
    /// How many went in.
    taken: u64,
    /// How many each step has given.
    given: Vec<u64>,
    /// For each step, when it had given so many, how many that went in at the very beginning had
    /// wholly come through it.
    trails: Vec<Trail>,
}

impl Passed {
    /// How many of those that went in have wholly come through, where each step holds so many of the
    /// last items that it took.
    fn through(&mut self, held: impl Iterator<Item = u64>) -> u64 {
        let mut through = self.taken;
        let mut before: Option<(&mut Trail, u64)> = None;
        for ((trail, given), held) in self.trails.iter_mut().zip(&self.given).zip(held) {
            through = match before {
                None => self.taken.saturating_sub(held),
                Some((trail, fed)) => trail.done(fed.saturating_sub(held)),
            };
            trail.note(*given, through);
            before = Some((trail, *given));
        }
        through
    }
}

impl<I: Erase, O: Erase> Adapted<I, O> {
    /// Returns the transforms as one.
    pub(super) fn new(Steps { steps, to }: Steps) -> Self {
        let queues = (0..=steps.len()).map(|_| VecDeque::new()).collect();
        let busy = vec![false; steps.len()];
        Self { steps, to, given: 0, queues, busy, failed: None, passed: None, types: PhantomData }
    }

    /// How many of the last items have something left in a step; nothing waits between two of them.
    fn count_held(&mut self) -> u64 {
        let Some(passed) = &mut self.passed else { return u64::MAX };
        let held = self.steps.iter_mut().map(|step| step.held());
        passed.taken.saturating_sub(passed.through(held))
    }

    /// Lets the last step that has something to do take one batch; false if none has.
    fn advance(&mut self, emit: &mut impl FnMut(O)) -> Result<bool, StepError> {
        self.give(emit)?;
        let first = self.failed.as_ref().map_or(0, |(failed, _)| failed + 1);
        let has_work = |at: &usize| self.busy[*at] || !self.queues[*at].is_empty();
        let Some(at) = (first..self.steps.len()).rev().find(has_work) else {
            return self.failed.take().map_or(Ok(false), |(_, error)| Err(error));
        };
        let (before, behind) = self.queues.split_at_mut(at + 1);
        let (Some(items), Some(out)) = (before.last_mut(), behind.first_mut()) else {
            return Ok(false);
        };
        let waiting = out.len();
        match self.steps[at].step(items, out) {
            Ok(busy) => self.busy[at] = busy,
            // If another one before it has failed, that was with a later item.
            Err(error) => self.failed = Some((at, error)),
        }
        if let Some(given) = self.passed.as_mut().and_then(|passed| passed.given.get_mut(at)) {
            *given += (out.len() - waiting) as u64;
        }
        if self.steps[at].is_done() {
            self.forget_before(at);
        }
        self.give(emit)?;
        Ok(true)
    }

    /// The step at this place wants nothing more: what was meant for it is dropped, also the error
    /// of a step before it, which came behind all that it wanted.
    fn forget_before(&mut self, at: usize) {
        self.queues[..=at].iter_mut().for_each(VecDeque::clear);
        self.busy[..at].fill(false);
        self.failed.take_if(|(failed, _)| *failed < at);
    }

    /// Gives what came out of the last step.
    fn give(&mut self, emit: &mut impl FnMut(O)) -> Result<(), StepError> {
        let Some(last) = self.queues.last_mut() else { return Ok(()) };
        for item in last.drain(..) {
            emit(remember(item, self.to, self.given)?);
            self.given += 1;
        }
        Ok(())
    }
}

impl<I: Erase, O: Erase> Transform for Adapted<I, O> {
    type In = I;
    type Out = O;
    type Error = StepError;

    fn apply(&mut self, item: I, emit: &mut impl FnMut(O)) -> Result<(), StepError> {
        if self.passed.is_some() {
            // What is true before an item is more exact than what is after many.
            self.count_held();
        }
        if let Some(passed) = &mut self.passed {
            passed.taken += 1;
        }
        self.queues[0].push_back(item.into_item());
        self.advance(emit).map(drop)
    }

    fn more(&mut self, emit: &mut impl FnMut(O)) -> Result<bool, StepError> {
        self.advance(emit)
    }

    fn step(
        &mut self,
        items: &mut VecDeque<I>,
        emit: &mut impl FnMut(O),
    ) -> Result<bool, StepError> {
        if self.is_done() {
            items.clear();
        }
        self.queues[0].extend(items.drain(..).map(Erase::into_item));
        self.advance(emit)
    }

    fn held(&mut self) -> u64 {
        if self.passed.is_none() {
            let trails = self.steps.iter().map(|_| Trail::default()).collect();
            let given = vec![0; self.steps.len()];
            self.passed = Some(Passed { taken: 0, given, trails });
        }
        self.count_held()
    }

    fn finish(&mut self, emit: &mut impl FnMut(O)) -> Result<(), StepError> {
        for at in 0..self.steps.len() {
            // What a step does not want any more, those before it need not complete.
            if self.steps[at + 1..].iter().any(|step| step.is_done()) {
                continue;
            }
            if let Err(error) = self.steps[at].finish(&mut self.queues[at + 1]) {
                self.failed = Some((at, error));
            }
            while self.advance(emit)? {}
        }
        self.give(emit)
    }

    fn is_done(&self) -> bool {
        self.steps.iter().any(|step| step.is_done())
    }
}

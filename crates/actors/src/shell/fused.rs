//! A transform in a loop: it takes what was made, and writes what comes of it as there is room.

use std::collections::VecDeque;

use aqueduct_operators::{PORTION, Transform};

use super::noted::{Fate, Noted};
use crate::{Failure, Outbox};

/// The most steps in one call, so that a transform that emits next to nothing gives way to others.
const STEPS: usize = 16;

/// A transform, what it has not taken yet, and what its link has no room for.
pub(super) struct Fused<T: Transform> {
    transform: T,
    items: VecDeque<T::In>,
    /// What came of a step while the flow was paused: at most what one step expands to.
    ready: VecDeque<T::Out>,
    /// The last step left something to do, or something was added since.
    busy: bool,
    /// The item that was noted last has more portions to come.
    in_portions: bool,
    /// How the transform finished: a stream that could not be finished fails in each life, for its
    /// consumer must not take it for whole.
    finished: Option<Result<(), Failure>>,
    /// Where somebody waits for what becomes of each item.
    noted: Option<Box<Noted>>,
}

impl<T> Fused<T>
where
    T: Transform,
    T::Error: Into<Failure>,
{
    pub(super) const fn new(transform: T) -> Self {
        Self {
            transform,
            items: VecDeque::new(),
            ready: VecDeque::new(),
            busy: false,
            in_portions: false,
            finished: None,
            noted: None,
        }
    }

    /// Notes from now on what becomes of each item.
    pub(super) fn keep_note(&mut self) {
        if self.noted.is_none() {
            // The first question has it count.
            let _ = self.transform.held();
            self.noted = Some(Box::default());
        }
    }

    /// What became of the items since [`keep_note`](Self::keep_note), when so many of those that were
    /// written are done with, and this one is the first that was lost.
    pub(super) fn fate(&mut self, written: u64, lost: Option<u64>) -> Fate {
        match &mut self.noted {
            Some(noted) => noted.fate(written, lost),
            None => Fate { done: 0, lost },
        }
    }

    /// Returns where items are put that it is to take.
    pub(super) fn feed(&mut self) -> &mut VecDeque<T::In> {
        self.busy = true;
        &mut self.items
    }

    /// Returns whether nothing is left to do for what it was given.
    pub(super) fn is_idle(&self) -> bool {
        !self.busy && self.ready.is_empty()
    }

    /// Returns whether it wants no more items.
    pub(super) fn is_done(&self) -> bool {
        self.transform.is_done()
    }

    /// Transforms and writes one more item, when it [is idle](Self::is_idle), and returns whether it
    /// is so again. Call [`rest`](Self::rest) when no more come for now.
    #[inline(always)]
    pub(super) fn take(
        &mut self,
        item: T::In,
        out: &mut Outbox<'_, T::Out>,
    ) -> Result<bool, Failure> {
        if T::IN_PORTIONS || self.noted.is_some() {
            self.feed().push_back(item);
            return self.work(out);
        }
        let ready = &mut self.ready;
        if let Err(error) = self.transform.apply(item, &mut |item| emit(item, out, ready)) {
            self.transform.rest();
            return Err(error.into());
        }
        Ok(self.ready.is_empty())
    }

    /// See [`Transform::rest`].
    pub(super) fn rest(&mut self) {
        self.transform.rest();
    }

    /// Transforms and writes while there is room, and returns whether nothing is left to do.
    pub(super) fn work(&mut self, out: &mut Outbox<'_, T::Out>) -> Result<bool, Failure> {
        if let Some(noted) = &mut self.noted {
            noted.mourn();
            return self.work_noting(out);
        }
        for _ in 0..STEPS {
            if !self.write_ready(out) || !self.busy {
                break;
            }
            let ready = &mut self.ready;
            let step = self.transform.step(&mut self.items, &mut |item| emit(item, out, ready));
            self.busy = step.map_err(Into::into)?;
        }
        Ok(self.is_idle())
    }

    /// As [`work`](Self::work), item by item, and notes when all that comes of one is written.
    fn work_noting(&mut self, out: &mut Outbox<'_, T::Out>) -> Result<bool, Failure> {
        for _ in 0..STEPS * PORTION {
            let has_room = self.write_ready(out);
            let Some(noted) = &mut self.noted else { break };
            if self.ready.is_empty() && !self.in_portions {
                noted.note(out.given(), &mut self.transform);
                if self.transform.is_done() {
                    self.items.clear();
                }
            }
            if !has_room {
                break;
            }
            let ready = &mut self.ready;
            let mut emit = |item| emit(item, out, ready);
            let worked = if self.in_portions {
                self.transform.more(&mut emit)
            } else if let Some(item) = self.items.pop_front() {
                noted.begin();
                self.transform.apply(item, &mut emit).map(|()| T::IN_PORTIONS)
            } else {
                break;
            };
            self.in_portions = matches!(worked, Ok(true));
            worked.map_err(Into::into)?;
            noted.answered();
        }
        self.busy = self.in_portions || !self.items.is_empty();
        self.transform.rest();
        Ok(self.is_idle())
    }

    /// Has the transform emit what it holds, once, and returns whether all of it is written; what
    /// it was given and did not take is not wanted.
    pub(super) fn finish(&mut self, out: &mut Outbox<'_, T::Out>) -> Result<bool, Failure> {
        if self.finished.is_none() {
            self.items.clear();
            self.busy = false;
            // Also if it panics it was called.
            self.finished = Some(Err(Failure::message("the transform panicked as it finished")));
            let ready = &mut self.ready;
            let finished = self.transform.finish(&mut |item| emit(item, out, ready));
            self.transform.rest();
            self.finished = Some(finished.map_err(Into::into));
        }
        if let Some(Err(failure)) = &self.finished {
            return Err(failure.clone());
        }
        self.write_ready(out);
        if let Some(noted) = self.noted.as_mut().filter(|_| self.ready.is_empty()) {
            noted.finish(out.given());
        }
        Ok(self.ready.is_empty())
    }

    /// Writes what waits; returns whether there was room for all of it, and for more.
    fn write_ready(&mut self, out: &mut Outbox<'_, T::Out>) -> bool {
        if !self.ready.is_empty() {
            out.extend(std::iter::from_fn(|| self.ready.pop_front()));
        }
        self.ready.is_empty() && !out.is_paused()
    }
}

/// Writes at once where there is room, and behind what waits already.
#[inline(always)]
fn emit<T>(item: T, out: &mut Outbox<'_, T>, ready: &mut VecDeque<T>) {
    if !ready.is_empty() {
        ready.push_back(item);
    } else if let Some(item) = out.offer(item) {
        ready.push_back(item);
    }
}

//! What a transform in a loop knows of the items it was given, where somebody waits for it.

use aqueduct_operators::{Trail, Transform};

/// What became of items, counted from the first one on.
#[derive(Clone, Copy, Debug)]
pub struct Fate {
    /// So many are done with.
    pub(crate) done: u64,
    /// The number of the first one that was lost.
    pub(crate) lost: Option<u64>,
}

/// Which items were begun, and how much came of them.
#[derive(Default)]
pub(super) struct Noted {
    trail: Trail,
    begun: u64,
    /// One is in the transform's hands at this moment: who comes back and finds it so knows that the
    /// transform has died with it.
    in_hand: bool,
    lost: Option<u64>,
}

impl Noted {
    pub(super) fn begin(&mut self) {
        self.begun += 1;
        self.in_hand = true;
    }

    /// The transform has answered well.
    pub(super) fn answered(&mut self) {
        self.in_hand = false;
    }

    /// The transform has died with what was in its hands, if there was something.
    pub(super) fn mourn(&mut self) {
        if std::mem::take(&mut self.in_hand) {
            let item = self.begun.saturating_sub(1);
            tracing::warn!(item, "a transform died with an item it had begun");
            self.lost.get_or_insert(item);
        }
    }

    /// All that came of what was begun is written, so many items in all, but for what the transform
    /// holds back.
    pub(super) fn note<T: Transform>(&mut self, written: u64, transform: &mut T) {
        let held = if T::HOLDS { transform.held() } else { 0 };
        self.trail.note(written, self.begun.saturating_sub(held));
    }

    /// The transform has finished: nothing is held back any more.
    pub(super) fn finish(&mut self, written: u64) {
        self.trail.note(written, self.begun);
    }

    /// What became of the items, when so many of those that were written are done with, and this one
    /// is the first that was lost.
    pub(super) fn fate(&mut self, written: u64, lost: Option<u64>) -> Fate {
        self.mourn();
        let behind = lost.map(|lost| self.trail.done(lost.min(written)));
        let lost = self.lost.into_iter().chain(behind).min();
        Fate { done: self.trail.done(written).min(lost.unwrap_or(u64::MAX)), lost }
    }
}

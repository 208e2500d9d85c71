//! Items to batches: when one is full, when it is due, and nothing of who waits.

use std::{fmt, mem, time::Duration};

/// When a batch is full or due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Batching {
    items: usize,
    bytes: Option<u64>,
    after: Option<Duration>,
}

impl Batching {
    /// Returns the policy of batches of at most so many items; 0 is taken as 1.
    #[must_use]
    pub const fn of(items: usize) -> Self {
        let items = if items == 0 { 1 } else { items };
        Self { items, bytes: None, after: None }
    }

    /// Adds that a batch has at most so many bytes, if it has more than one item.
    #[must_use]
    pub const fn or_bytes(mut self, bytes: u64) -> Self {
        self.bytes = Some(bytes);
        self
    }

    /// Adds that a batch is due so long after its first item came, full or not.
    #[must_use]
    pub const fn or_after(mut self, after: Duration) -> Self {
        self.after = Some(after);
        self
    }
}

/// Puts items together to batches, in their order.
///
/// A batch is never above its number of items, nor above its bytes, except that an item heavier
/// than that is a batch of its own.
/// It knows no clock: whoever has one tells the time, as what has passed since some fixed moment,
/// and calls [`flush`](Self::flush) when [`due_at`](Self::due_at) has come and when no more items
/// come.
pub struct Batcher<T> {
    policy: Batching,
    weigh: Option<fn(&T) -> u64>,
    begun: Vec<T>,
    /// What the items begun weigh, in bytes.
    weight: u64,
    /// When the first of them came.
    since: Duration,
}

impl<T> Batcher<T> {
    /// Returns a batcher with nothing in it.
    ///
    /// `weigh` says how many bytes an item is; without it, items weigh nothing and a bound of bytes
    /// has no effect.
    #[must_use]
    pub const fn new(policy: Batching, weigh: Option<fn(&T) -> u64>) -> Self {
        Self { policy, weigh, begun: Vec::new(), weight: 0, since: Duration::ZERO }
    }

    /// Takes an item, and returns the batch that it filled or that it had no room in.
    ///
    /// An item that had no room begins the next batch.
    /// If it fills that at once, this batch is [due](Self::due_at) at once, and the next call
    /// returns it at the latest.
    #[must_use = "the items of the batch are lost otherwise"]
    pub fn push(&mut self, item: T, now: Duration) -> Option<Vec<T>> {
        let weight = self.weigh.map_or(0, |weigh| weigh(&item));
        let full = if self.has_room(weight) { None } else { self.flush() };
        if self.begun.is_empty() {
            self.since = now;
        }
        self.begun.push(item);
        self.weight = self.weight.saturating_add(weight);
        if full.is_none() && self.is_full() { self.flush() } else { full }
    }

    /// Returns when the batch that was begun is to be flushed, in the time that
    /// [`push`](Self::push) was told; `None` if nothing was begun or it may wait for ever.
    #[must_use]
    pub fn due_at(&self) -> Option<Duration> {
        if self.begun.is_empty() {
            None
        } else if self.is_full() {
            Some(self.since)
        } else {
            self.since.checked_add(self.policy.after?)
        }
    }

    /// Returns the batch that was begun, if any.
    #[must_use = "the items of the batch are lost otherwise"]
    pub fn flush(&mut self) -> Option<Vec<T>> {
        self.weight = 0;
        Some(mem::take(&mut self.begun)).filter(|batch| !batch.is_empty())
    }

    /// Returns how many items the batch has that was begun.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.begun.len()
    }

    /// Returns whether no batch was begun.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.begun.is_empty()
    }

    /// Whether an item of this weight may be added to what was begun.
    fn has_room(&self, weight: u64) -> bool {
        let weight = self.weight.saturating_add(weight);
        self.begun.is_empty()
            || !self.is_full() && self.policy.bytes.is_none_or(|most| weight <= most)
    }

    fn is_full(&self) -> bool {
        self.begun.len() >= self.policy.items
            || self.weigh.is_some() && self.policy.bytes.is_some_and(|most| self.weight >= most)
    }
}

impl<T> fmt::Debug for Batcher<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batcher")
            .field("policy", &self.policy)
            .field("items", &self.begun.len())
            .field("bytes", &self.weight)
            .finish_non_exhaustive()
    }
}

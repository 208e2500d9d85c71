//! Items lent to a handler that must own them: what it leaves uncommitted goes home.

use std::{
    collections::{VecDeque, vec_deque},
    fmt,
    sync::Arc,
    task::Waker,
};

use crate::sync::{Mutex, lock};

/// Where a lease goes when it is dropped.
#[derive(Debug)]
pub(crate) struct Home<T>(Mutex<Room<T>>);

#[derive(Debug)]
struct Room<T> {
    /// The lease that may come back; one that was settled before may not.
    expected: u64,
    back: Option<Back<T>>,
    waker: Option<Waker>,
}

/// What a lease brought home.
#[derive(Debug)]
pub(crate) enum Back<T> {
    /// The handler committed it whole.
    Committed,
    /// These items were not committed.
    Left(VecDeque<T>),
}

impl<T> Default for Home<T> {
    fn default() -> Self {
        Self(Mutex::new(Room { expected: 0, back: None, waker: None }))
    }
}

impl<T> Home<T> {
    /// The lease is settled: what it brings home later is of no interest.
    pub(crate) fn forget(&self) {
        let mut room = lock(&self.0);
        room.expected += 1;
        let left = room.back.take();
        drop(room);
        drop(left);
    }

    pub(crate) fn collect(&self) -> Option<Back<T>> {
        let mut room = lock(&self.0);
        let back = room.back.take()?;
        room.expected += 1;
        Some(back)
    }

    pub(crate) fn register(&self, waker: &Waker) {
        let old = lock(&self.0).waker.replace(waker.clone());
        drop(old);
    }

    fn put(&self, lease: u64, back: Back<T>) {
        let mut room = lock(&self.0);
        let waker = if room.expected == lease {
            room.back = Some(back);
            room.waker.take()
        } else {
            None
        };
        drop(room);
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

/// A batch that owns its items until they are committed.
///
/// Look at them with [`iter`](Self::iter): what a panic interrupts is still here, and goes back to
/// the front of the link.
/// Iterating by value takes them out for good: at most once, as far as this handler goes.
pub struct Lease<T> {
    items: VecDeque<T>,
    first: u64,
    redelivered: usize,
    taken: u64,
    home: Arc<Home<T>>,
    number: u64,
    committed: bool,
}

impl<T> Lease<T> {
    pub(crate) fn new(
        items: VecDeque<T>,
        first: u64,
        redelivered: usize,
        home: &Arc<Home<T>>,
    ) -> Self {
        let number = lock(&home.0).expected;
        Self { items, first, redelivered, taken: 0, home: home.clone(), number, committed: false }
    }

    /// Lends the items, in order.
    pub fn iter(&self) -> vec_deque::Iter<'_, T> {
        self.items.iter()
    }

    /// Takes the next item out, at most once.
    pub fn take(&mut self) -> Option<T> {
        let item = self.items.pop_front()?;
        self.taken += 1;
        Some(item)
    }

    /// The number of items that are still here.
    #[must_use]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// Returns whether none is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// The sequence number of the first item that is still here.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.first + self.taken
    }

    /// How many of the items that are still here were delivered before, to a handler that died;
    /// they are the first ones.
    #[must_use]
    pub fn redelivered(&self) -> usize {
        self.redelivered.saturating_sub(usize::try_from(self.taken).unwrap_or(usize::MAX))
    }

    /// Says that all of it is handled, whatever becomes of the handler.
    pub fn commit(mut self) {
        self.committed = true;
    }
}

impl<T> Drop for Lease<T> {
    fn drop(&mut self) {
        let items = std::mem::take(&mut self.items);
        let back = if self.committed { Back::Committed } else { Back::Left(items) };
        self.home.put(self.number, back);
    }
}

impl<'a, T> IntoIterator for &'a Lease<T> {
    type Item = &'a T;
    type IntoIter = vec_deque::Iter<'a, T>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T> fmt::Debug for Lease<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lease")
            .field("sequence", &self.sequence())
            .field("len", &self.len())
            .field("redelivered", &self.redelivered())
            .finish_non_exhaustive()
    }
}

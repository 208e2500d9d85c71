//! Acknowledgement: how many of its items a producer may forget, since all that came of them is
//! handled.
//!
//! A commit gives room back; an acknowledgement says more.
//! At the last consumer the two come together, at the end of its turn.
//! A stage commits what it has taken, and acknowledges it by a [`Receipt`](crate::Receipt), when what
//! it made of it is acknowledged in turn.

use crate::{
    shared::Shared,
    sync::{AtomicBool, AtomicU64, Ordering, fence},
};

/// The acknowledged total of one registration; everything in it only goes one way.
#[derive(Debug)]
pub(crate) struct Acks {
    /// The producer wants to hear of it.
    wanted: AtomicBool,
    /// So many items are acknowledged, from the first on.
    total: AtomicU64,
    /// The number of the first item that was lost, from which on nothing is acknowledged.
    lost: AtomicU64,
    /// The total at which the producer is to be woken.
    awaited: AtomicU64,
}

/// Nothing, in the words above that count down to something.
const NEVER: u64 = u64::MAX;

impl Default for Acks {
    fn default() -> Self {
        Self {
            wanted: AtomicBool::new(false),
            total: AtomicU64::new(0),
            lost: AtomicU64::new(NEVER),
            awaited: AtomicU64::new(NEVER),
        }
    }
}

impl Acks {
    /// Returns whether they were not wanted before.
    pub(crate) fn want(&self) -> bool {
        !self.are_wanted() && !self.wanted.swap(true, Ordering::Relaxed)
    }

    #[inline]
    pub(crate) fn are_wanted(&self) -> bool {
        self.wanted.load(Ordering::Relaxed)
    }

    /// What is acknowledged. Whoever loses an item says so at or behind that, never before it.
    pub(crate) fn total(&self) -> u64 {
        self.total.load(Ordering::Acquire).min(self.lost.load(Ordering::Acquire))
    }

    /// The number of the first item that was lost.
    pub(crate) fn lost(&self) -> Option<u64> {
        Some(self.lost.load(Ordering::Acquire)).filter(|lost| *lost != NEVER)
    }

    /// Asks for a wake-up at this total, or when it is out of reach; returns whether it is there.
    pub(crate) fn wait_for(&self, total: u64) -> bool {
        self.awaited.store(total, Ordering::Relaxed);
        // Pairs with the fence of `has_news`.
        fence(Ordering::SeqCst);
        let is_there = self.is_settled(total);
        if is_there {
            self.awaited.store(NEVER, Ordering::Relaxed);
        }
        is_there
    }

    fn is_settled(&self, total: u64) -> bool {
        self.total() >= total || self.lost().is_some_and(|lost| lost < total)
    }

    /// Returns whether the producer waits for what has changed.
    fn has_news(&self) -> bool {
        // Pairs with the fence of `wait_for`.
        fence(Ordering::SeqCst);
        let awaited = self.awaited.load(Ordering::Relaxed);
        awaited != NEVER && self.is_settled(awaited)
    }
}

impl Shared {
    /// The first items, so many, are acknowledged.
    //= F11: a total that only grows.
    pub(crate) fn acknowledge(&self, total: u64) {
        if self.acks.total.fetch_max(total, Ordering::AcqRel) < total {
            self.tell_acks();
        }
    }

    /// The item of this number was lost: from there on nothing is acknowledged.
    pub(crate) fn lose(&self, from: u64) {
        if self.acks.lost.fetch_min(from, Ordering::AcqRel) > from {
            self.tell_acks();
        }
    }

    /// Nothing more than what is will be acknowledged.
    pub(crate) fn lose_the_rest(&self) {
        self.lose(self.acks.total.load(Ordering::Acquire));
    }

    fn tell_acks(&self) {
        if self.acks.has_news() {
            self.acks.awaited.store(NEVER, Ordering::Relaxed);
            self.wake_producer();
        }
    }
}

//! How the two ends wake each other, and no wake-up is lost.
//!
//! Both directions follow one pattern, Dekker's: each side first writes its own word, then fences,
//! then reads the other's.
//! Whichever fence comes second in the one order of all `SeqCst` fences sees the other's word, so
//! that either the waiting side looks again and finds something, or the other side sees it wait.

use std::task::Waker;

use aqueduct_flow::{Amount, outlet::Control};

use crate::sync::{AtomicBool, AtomicU8, AtomicU64, Ordering, WakeCell, fence, plant};

/// Producer to consumer: there is something in the ring, or the end.
#[derive(Debug, Default)]
pub(crate) struct Doorbell {
    parked: AtomicBool,
    waker: WakeCell,
}

impl Doorbell {
    /// Wakes the consumer if it sleeps; call it after publishing.
    #[inline]
    pub(crate) fn ring(&self) {
        // Pairs with the fence of `park`.
        fence(Ordering::SeqCst);
        if self.parked.load(Ordering::Relaxed) {
            self.wake();
        }
    }

    #[cold]
    pub(crate) fn wake(&self) {
        self.parked.store(false, Ordering::Relaxed);
        self.waker.wake();
    }

    /// Prepares to sleep; returns false if `look` finds something after all.
    pub(crate) fn park(&self, waker: &Waker, look: impl FnOnce() -> bool) -> bool {
        self.waker.register(waker);
        self.parked.store(true, Ordering::Relaxed);
        // Pairs with the fence of `ring`.
        fence(Ordering::SeqCst);
        if !plant::no_second_look() && look() {
            self.parked.store(false, Ordering::Relaxed);
            return false;
        }
        true
    }
}

/// Consumer to producer: how much is committed.
#[derive(Debug, Default)]
pub(crate) struct Credit {
    items: AtomicU64,
    bytes: AtomicU64,
}

impl Credit {
    /// The committed total as it was published last.
    #[inline]
    pub(crate) fn committed(&self) -> Amount {
        // Pair with the stores of `publish`; each part only grows, so that a pair of different
        // moments is at worst an old one.
        Amount::new(self.items.load(Ordering::Acquire), self.bytes.load(Ordering::Acquire))
    }

    /// Publishes the committed total, and wakes the producer if that is what it waits for.
    #[inline]
    pub(crate) fn publish(&self, total: Amount, awaited: &Awaited) {
        self.bytes.store(total.bytes, plant::release());
        self.items.store(total.items, plant::release());
        // Pairs with the fence of `wait_for`.
        fence(Ordering::SeqCst);
        // Pairs with the store of `wait_for`: the totals to reach are those of this wait.
        if awaited.waiting.load(Ordering::Acquire) {
            let wanted = Amount::new(
                awaited.items.load(Ordering::Relaxed),
                awaited.bytes.load(Ordering::Relaxed),
            );
            if wanted.fits(total) {
                awaited.wake();
            }
        }
    }
}

/// Producer to consumer: the committed total that it waits for, and a bell for that moment.
#[derive(Debug, Default)]
pub(crate) struct Awaited {
    /// The producer sleeps until the totals reach the two below.
    waiting: AtomicBool,
    items: AtomicU64,
    bytes: AtomicU64,
    waker: WakeCell,
}

impl Awaited {
    /// Registers the producer's waker: from now on it hears of changes of the control state.
    pub(crate) fn register(&self, waker: &Waker) {
        self.waker.register(waker);
    }

    /// Asks for a wake-up at this total, and returns the total as it is after asking.
    pub(crate) fn wait_for(&self, total: Amount, credit: &Credit) -> Amount {
        let before = plant::no_second_look_for_room().then(|| credit.committed());
        self.items.store(total.items, Ordering::Relaxed);
        self.bytes.store(total.bytes, Ordering::Relaxed);
        // Pairs with the load of `publish`.
        self.waiting.store(true, Ordering::Release);
        // Pairs with the fence of `publish`.
        fence(Ordering::SeqCst);
        before.unwrap_or_else(|| credit.committed())
    }

    /// Returns whether the producer has asked for a wake-up at this total, and had none since.
    pub(crate) fn waits_for(&self, total: Amount) -> bool {
        // The totals are the producer's own words; the other is the consumer's, and false once it
        // has woken the producer.
        self.waiting.load(Ordering::Acquire)
            && self.items.load(Ordering::Relaxed) == total.items
            && self.bytes.load(Ordering::Relaxed) == total.bytes
    }

    /// Wakes the producer, whatever it waits for.
    #[cold]
    pub(crate) fn wake(&self) {
        self.waiting.store(false, Ordering::Relaxed);
        self.waker.wake();
    }
}

/// Consumer's side to producer: its wishes, absolute, so that nothing queues.
#[derive(Debug)]
pub(crate) struct Wishes {
    flags: AtomicU8,
    asked: AtomicU64,
    /// What earlier registrations left, as it was when this one began.
    behind: Amount,
}

/// The wishes as an end saw them last.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    flags: u8,
    asked: u64,
}

impl Seen {
    /// What a core starts with, [`Control::FREE`].
    pub(crate) const FREE: Self = Self { flags: 0, asked: Control::FREE.asked };
}

const PEER: u8 = 1;
const USER: u8 = 2;
const STOP: u8 = 4;
/// Earlier registrations are not drained.
const BEHIND: u8 = 8;

impl Wishes {
    pub(crate) fn new(asked: u64, behind: Amount) -> Self {
        let flags = if behind.is_zero() { 0 } else { BEHIND };
        Self { flags: AtomicU8::new(flags), asked: AtomicU64::new(asked), behind }
    }

    #[inline]
    pub(crate) fn read(&self) -> (Seen, Control) {
        // Pair with the writes below: who sees a wish sees what led to it.
        let flags = self.flags.load(Ordering::Acquire);
        let asked = self.asked.load(Ordering::Acquire);
        let control = Control {
            peer: flags & PEER != 0,
            user: flags & USER != 0,
            stop: flags & STOP != 0,
            asked,
            behind: if flags & BEHIND != 0 { self.behind } else { Amount::ZERO },
        };
        (Seen { flags, asked }, control)
    }

    /// Returns whether these are the wishes still.
    #[inline]
    pub(crate) fn are(&self, seen: Seen) -> bool {
        // Pairs with the writes below, like `read`.
        self.may_write_as(seen) && self.asked.load(Ordering::Acquire) == seen.asked
    }

    /// As [`are`](Self::are), but for what is asked, which forbids no write: looked at once an item.
    #[inline(always)]
    pub(crate) fn may_write_as(&self, seen: Seen) -> bool {
        // Pairs with the writes below, like `read`.
        self.flags.load(Ordering::Acquire) == seen.flags
    }

    pub(crate) fn hold(&self, side: Side, held: bool) {
        let bit = match side {
            Side::Consumer => PEER,
            Side::Producer => USER,
        };
        if held {
            self.flags.fetch_or(bit, Ordering::AcqRel);
        } else {
            self.flags.fetch_and(!bit, Ordering::AcqRel);
        }
    }

    /// All earlier registrations are drained; returns whether they were not before.
    pub(crate) fn catch_up(&self) -> bool {
        self.flags.fetch_and(!BEHIND, Ordering::AcqRel) & BEHIND != 0
    }

    pub(crate) fn stop(&self) {
        self.flags.fetch_or(STOP, Ordering::AcqRel);
    }

    /// Asks for this many more; returns false where the total would overflow.
    pub(crate) fn ask(&self, more: u64) -> bool {
        let add = |asked: u64| asked.checked_add(more);
        self.asked.fetch_update(Ordering::AcqRel, Ordering::Acquire, add).is_ok()
    }
}

/// The side of a link that somebody stands on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Side {
    /// Where items go in.
    Producer,
    /// Where items come out.
    Consumer,
}

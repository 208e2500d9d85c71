//! What the two ends of one registration have in common.

use std::sync::OnceLock;

use aqueduct_flow::Amount;

use crate::{
    Name,
    meter::Meter,
    signals::{Credit, Doorbell, Wishes},
    sync::{Arc, AtomicU8, Mutex, Ordering, lock, plant},
};

/// The shared words of one registration, each in the hands of one writer.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) bell: Doorbell,
    pub(crate) credit: Credit,
    pub(crate) wishes: Wishes,
    pub(crate) ending: Ending,
    /// The same from outside, at any moment: the producer may still write until it hears of it.
    pub(crate) aborted: Ending,
    pub(crate) meter: Meter,
    /// Why the consumer stopped its producer.
    pub(crate) stopped: Mutex<Option<Name>>,
    /// Where each end runs: ends on one thread cannot gain by spinning.
    pub(crate) threads: Threads,
}

impl Shared {
    pub(crate) fn new(asked: u64, behind: Amount) -> Arc<Self> {
        Arc::new(Self {
            bell: Doorbell::default(),
            credit: Credit::new(),
            wishes: Wishes::new(asked, behind),
            ending: Ending::default(),
            aborted: Ending::default(),
            meter: Meter::default(),
            stopped: Mutex::new(None),
            threads: Threads::default(),
        })
    }

    /// What was written and is not committed, as far as either end has told.
    pub(crate) fn undelivered(&self) -> Amount {
        self.meter.written().saturating_sub(self.credit.committed())
    }

    /// The consumer has come to this registration: nothing is before it any more.
    pub(crate) fn catch_up(&self) {
        if self.wishes.catch_up() {
            self.credit.wake();
        }
    }

    /// Tells the producer that no more is wanted, and why; the first reason stays.
    pub(crate) fn stop(&self, reason: Name) {
        {
            let mut stopped = lock(&self.stopped);
            if stopped.is_some() {
                return;
            }
            *stopped = Some(reason);
            // Under the lock: whoever finds a reason here finds the wish too.
            self.wishes.stop();
        }
        self.credit.wake();
    }

    /// Tells the consumer that the producer has written its last, after the last push.
    pub(crate) fn end(&self, end: LaneEnd) {
        self.ending.set(end);
        self.bell.ring();
    }
}

impl Shared {
    /// Ends the stream from outside: the producer is stopped, the consumer told.
    pub(crate) fn abort(&self, reason: Name) {
        // The stop first: whoever sees the credit of what is discarded sees the stop too.
        self.stop(reason.clone());
        self.aborted.set(LaneEnd::Lost { reason, discard: true, last: true });
        self.bell.ring();
    }

    /// How it ended, as soon as the consumer has to act on it.
    pub(crate) fn end_to_tell(&self) -> Option<&LaneEnd> {
        self.aborted.get().or_else(|| self.ending.get())
    }
}

/// How the writing of one registration ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum LaneEnd {
    /// The producer left; another may come.
    Left,
    /// All is written.
    Finished,
    /// The producer gave up or died.
    Lost {
        reason: Name,
        /// What is not delivered yet is not wanted.
        discard: bool,
        /// No other producer will come.
        last: bool,
    },
}

/// The end of the data, in band: it is read before the ring is looked at for the last time.
#[derive(Debug, Default)]
pub(crate) struct Ending {
    set: AtomicU8,
    end: OnceLock<LaneEnd>,
}

impl Ending {
    /// Sets it; the first end stays.
    fn set(&self, end: LaneEnd) {
        if self.end.set(end).is_ok() {
            // Pairs with the load of `get`: who sees the end sees every push before it.
            self.set.store(1, plant::release());
        }
    }

    pub(crate) fn is_set(&self) -> bool {
        // Pairs with the store of `set`.
        self.set.load(Ordering::Acquire) != 0
    }

    pub(crate) fn get(&self) -> Option<&LaneEnd> {
        if self.is_set() { self.end.get() } else { None }
    }
}

/// The thread of each end, as it was when the end was last polled.
#[derive(Debug, Default)]
pub(crate) struct Threads {
    producer: std::sync::atomic::AtomicU64,
    consumer: std::sync::atomic::AtomicU64,
}

impl Threads {
    pub(crate) fn note_producer(&self) {
        self.producer.store(this_thread(), std::sync::atomic::Ordering::Relaxed);
    }

    pub(crate) fn note_consumer(&self) {
        self.consumer.store(this_thread(), std::sync::atomic::Ordering::Relaxed);
    }

    /// Returns whether both ends are known to run on different threads.
    pub(crate) fn apart(&self) -> bool {
        let producer = self.producer.load(std::sync::atomic::Ordering::Relaxed);
        let consumer = self.consumer.load(std::sync::atomic::Ordering::Relaxed);
        producer != 0 && consumer != 0 && producer != consumer
    }
}

/// A number for this thread that is never 0 and never used again.
fn this_thread() -> u64 {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(1);
    thread_local! {
        static NUMBER: u64 = NEXT.fetch_add(1, Ordering::Relaxed);
    }
    NUMBER.with(|number| *number)
}

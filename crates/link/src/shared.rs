//! What the two ends of one registration have in common.

use std::sync::OnceLock;

use aqueduct_flow::Amount;
use crossbeam_utils::CachePadded;

use crate::{
    Name,
    acks::Acks,
    meter::{Handled, Pauses, Written},
    signals::{Awaited, Credit, Doorbell, Wishes},
    sync::{Arc, AtomicU8, Mutex, Ordering, lock, plant},
};

/// The shared words of one registration, each in the hands of one writer.
///
/// What one end writes often lies apart from what the other does, and from what both only look at:
/// otherwise each end would wait for the other's cache, item after item.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) consumer: CachePadded<ByConsumer>,
    pub(crate) producer: CachePadded<ByProducer>,
    pub(crate) wishes: Wishes,
    pub(crate) ending: Ending,
    /// The same from outside, at any moment: the producer may still write until it hears of it.
    pub(crate) aborted: Ending,
    pub(crate) pauses: Pauses,
    pub(crate) acks: Acks,
    /// Why the consumer stopped its producer.
    pub(crate) stopped: Mutex<Option<Name>>,
}

/// What the consumer's end writes.
#[derive(Debug, Default)]
pub(crate) struct ByConsumer {
    pub(crate) bell: Doorbell,
    pub(crate) credit: Credit,
    pub(crate) handled: Handled,
    thread: Thread,
}

/// What the producer's end writes.
#[derive(Debug, Default)]
pub(crate) struct ByProducer {
    pub(crate) awaited: Awaited,
    pub(crate) written: Written,
    thread: Thread,
}

impl Shared {
    pub(crate) fn new(asked: u64, behind: Amount) -> Arc<Self> {
        Arc::new(Self {
            consumer: CachePadded::default(),
            producer: CachePadded::default(),
            wishes: Wishes::new(asked, behind),
            ending: Ending::default(),
            aborted: Ending::default(),
            pauses: Pauses::default(),
            acks: Acks::default(),
            stopped: Mutex::new(None),
        })
    }

    /// The committed total as it was published last.
    #[inline]
    pub(crate) fn committed(&self) -> Amount {
        self.consumer.credit.committed()
    }

    /// Publishes the committed total, and wakes the producer if that is what it waits for.
    #[inline]
    pub(crate) fn publish(&self, total: Amount) {
        self.consumer.credit.publish(total, &self.producer.awaited);
    }

    /// Has the producer woken at this total, and returns the total as it is now.
    pub(crate) fn wait_for(&self, total: Amount) -> Amount {
        self.producer.awaited.wait_for(total, &self.consumer.credit)
    }

    /// Wakes the producer, whatever it waits for.
    pub(crate) fn wake_producer(&self) {
        self.producer.awaited.wake();
    }

    /// Wakes the consumer if it sleeps; call it after publishing.
    #[inline]
    pub(crate) fn ring(&self) {
        self.consumer.bell.ring();
    }

    pub(crate) fn note_producer(&self) {
        self.producer.thread.note();
    }

    pub(crate) fn note_consumer(&self) {
        self.consumer.thread.note();
    }

    /// Returns whether both ends are known to run on different threads: ends on one thread cannot
    /// gain by spinning.
    pub(crate) fn apart(&self) -> bool {
        let (producer, consumer) = (self.producer.thread.get(), self.consumer.thread.get());
        producer != 0 && consumer != 0 && producer != consumer
    }

    /// What was written and is not committed, as far as either end has told.
    pub(crate) fn undelivered(&self) -> Amount {
        self.producer.written.total().saturating_sub(self.committed())
    }

    /// The consumer has come to this registration: nothing is before it any more.
    pub(crate) fn catch_up(&self) {
        if self.wishes.catch_up() {
            self.wake_producer();
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
        self.wake_producer();
    }

    /// Tells the consumer that the producer has written its last, after the last push.
    pub(crate) fn end(&self, end: LaneEnd) {
        self.ending.set(end);
        self.ring();
    }
}

impl Shared {
    /// Ends the stream from outside: the producer is stopped, the consumer told.
    pub(crate) fn abort(&self, reason: Name) {
        // The stop first: whoever sees the credit of what is discarded sees the stop too.
        self.stop(reason.clone());
        self.aborted.set(LaneEnd::Lost { reason, discard: true, last: true });
        self.ring();
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

/// The thread of an end, as it was when the end was last polled; 0 before.
#[derive(Debug, Default)]
struct Thread(std::sync::atomic::AtomicU64);

impl Thread {
    fn note(&self) {
        self.0.store(this_thread(), std::sync::atomic::Ordering::Relaxed);
    }

    fn get(&self) -> u64 {
        self.0.load(std::sync::atomic::Ordering::Relaxed)
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

//! The consumer's end of one registration.

mod leasing;

use std::{collections::VecDeque, fmt};

use aqueduct_flow::{
    Amount, Epoch, Violation,
    inlet::{self as core, Effect, Input},
};

use crate::{
    Gauge, Name,
    lease::Home,
    ring::Reader,
    shared::{LaneEnd, Shared},
    sync::Arc,
};

pub(crate) struct Lane<T> {
    pub(crate) core: core::Inlet,
    ring: Reader<T>,
    /// What came back from a handler that failed; it is ahead of the ring.
    front: VecDeque<T>,
    home: std::sync::Arc<Home<T>>,
    /// The item that a batch gave away last, until its consumer shows that it lives.
    pub(crate) taken: Option<u64>,
    /// What is out on a lease.
    out: Option<Amount>,
    /// Below this number, what comes again has been counted.
    counted: u64,
    /// The consumer wants items, and there are none.
    waits: bool,
    pub(crate) shared: Arc<Shared>,
    weigh: Option<fn(&T) -> u64>,
    pub(crate) gauge: Gauge,
}

impl<T> Lane<T> {
    pub(crate) fn new(
        core: core::Inlet,
        ring: Reader<T>,
        weigh: Option<fn(&T) -> u64>,
        gauge: Gauge,
    ) -> Self {
        Self {
            core,
            ring,
            front: VecDeque::new(),
            home: std::sync::Arc::default(),
            taken: None,
            out: None,
            counted: 0,
            waits: false,
            shared: gauge.shared.clone(),
            weigh,
            gauge,
        }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.gauge.epoch
    }

    #[inline]
    pub(crate) fn available(&self) -> usize {
        self.front.len() + self.ring.len()
    }

    pub(crate) fn end_to_tell(&self) -> Option<&LaneEnd> {
        self.shared.end_to_tell()
    }

    /// Returns whether the producer will write no more.
    pub(crate) fn has_ended(&self) -> bool {
        self.shared.ending.is_set()
    }

    /// Returns whether nothing will ever be delivered from here, not even an end.
    pub(crate) fn is_spent(&self) -> bool {
        let goes_on = match self.end_to_tell() {
            Some(LaneEnd::Left) => true,
            Some(LaneEnd::Lost { last, .. }) => !last,
            Some(LaneEnd::Finished) | None => false,
        };
        goes_on && self.available() == 0 && self.out.is_none() && self.core.in_hand().is_zero()
    }

    /// Returns whether there is something to look at: an item, or the end.
    pub(crate) fn has_news(&self) -> bool {
        self.available() > 0 || self.end_to_tell().is_some()
    }

    /// The consumer wants items, and there are none.
    pub(crate) fn wait(&mut self) {
        if !std::mem::replace(&mut self.waits, true) {
            self.shared.meter.waits.start(self.gauge.clock.now());
        }
    }

    /// There is something for the consumer, or it wants nothing at this moment.
    #[inline]
    pub(crate) fn wait_no_more(&mut self) {
        if std::mem::replace(&mut self.waits, false) {
            self.shared.meter.waits.stop(self.gauge.clock.now());
        }
    }

    /// The consumer's turn is over.
    pub(crate) fn rest(&mut self) {
        self.taken = None;
        self.wait_no_more();
        self.step(Input::Rest);
    }

    /// Lends the front item.
    #[inline]
    pub(crate) fn lend(&mut self) -> Option<&T> {
        let item = match self.front.front() {
            Some(item) => item,
            None => self.ring.peek()?,
        };
        let amount = Amount::one(self.weigh.map_or(0, |weigh| weigh(item)));
        let sequence = self.core.next_sequence();
        if self.core.is_redelivered(sequence) && sequence >= self.counted {
            self.counted = sequence + 1;
            self.shared.meter.redelivered();
        }
        let step = self.core.on(Input::Lend(amount));
        if let Err(violation) = step {
            report(&self.gauge.consumer, violation);
            return None;
        }
        Some(item)
    }

    /// Takes the front item out of the link; it must have been lent.
    #[inline]
    pub(crate) fn commit(&mut self) -> Option<T> {
        let item = self.pop()?;
        let amount = self.amount(&item);
        // As `step`, but inlined: this is the way of each item.
        match self.core.on(Input::Commit(amount)) {
            Ok(effects) if effects.is_empty() => {}
            Ok(_) => self.publish(),
            Err(violation) => report(&self.gauge.consumer, violation),
        }
        Some(item)
    }

    /// Shows what the ring has in one or two pieces, when nothing came back that is ahead of it.
    pub(crate) fn show<R>(&mut self, most: usize, look: impl FnOnce(&[T], &[T]) -> R) -> R {
        if self.front.is_empty() {
            return self.ring.show(most, look);
        }
        let (first, second) = self.front.as_slices();
        let first = first.get(..most).unwrap_or(first);
        let second = second.get(..most - first.len()).unwrap_or(second);
        look(first, second)
    }

    pub(crate) fn put_back(&mut self) {
        self.step(Input::PutBack);
    }

    /// Drops and counts what is there, and what a lease has not committed until now.
    pub(crate) fn discard_rest(&mut self) -> Amount {
        let mut discarded = Amount::ZERO;
        if !self.lease_failed() {
            discarded = self.out.take().unwrap_or_default();
            self.home.forget();
        }
        self.bring_back();
        while let Some(item) = self.pop() {
            let amount = self.amount(&item);
            discarded = discarded.checked_add(amount).unwrap_or(discarded);
        }
        self.discard(discarded);
        discarded
    }

    fn discard(&mut self, amount: Amount) {
        if !amount.is_zero() {
            // Counted before the credit goes back: who sees the credit sees why.
            self.shared.meter.discarded(amount);
            self.step(Input::Discard(amount));
        }
    }

    pub(crate) fn step(&mut self, input: Input) {
        match self.core.on(input) {
            Ok(effects) if effects.contains(Effect::Publish) => self.publish(),
            Ok(_) => {}
            Err(violation) => report(&self.gauge.consumer, violation),
        }
    }

    /// Once for many items, so that the way of each item stays short.
    #[inline(never)]
    fn publish(&self) {
        self.shared.credit.publish(self.core.committed());
    }

    #[inline]
    fn pop(&mut self) -> Option<T> {
        if self.front.is_empty() { self.ring.pop() } else { self.front.pop_front() }
    }

    #[inline]
    fn amount(&self, item: &T) -> Amount {
        Amount::one(self.weigh.map_or(0, |weigh| weigh(item)))
    }
}

/// A lane goes when its registration is over: delivered, given up, or without anybody to read it.
impl<T> Drop for Lane<T> {
    fn drop(&mut self) {
        self.shared.meter.over(self.gauge.clock.now());
    }
}

#[cold]
fn report(consumer: &Name, violation: Violation) {
    debug_assert!(false, "the inlet of {consumer} broke the protocol: {violation}");
    tracing::error!(%consumer, %violation, "the inlet broke the protocol");
}

impl<T> fmt::Debug for Lane<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("core", &self.core).finish_non_exhaustive()
    }
}

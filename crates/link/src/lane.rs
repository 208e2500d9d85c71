//! The consumer's end of one registration.

use std::{collections::VecDeque, fmt};

use aqueduct_flow::{
    Amount, Epoch, Violation,
    inlet::{self as core, Effect, Input},
};

use crate::{
    Gauge, Name,
    lease::{Back, Home, Lease},
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

    /// Lends up to this many items in a lease that owns them; one lease at a time.
    pub(crate) fn lend_out(&mut self, most: usize) -> Option<Lease<T>> {
        if self.is_lease_out() {
            return None;
        }
        self.bring_back();
        let count = most.min(self.available());
        let first = self.core.next_sequence();
        let mut items = VecDeque::with_capacity(count);
        let mut out = Amount::ZERO;
        let mut redelivered = 0;
        while items.len() < count {
            let Some(item) = self.pop() else { break };
            let amount = self.amount(&item);
            out = out.checked_add(amount).unwrap_or(out);
            let sequence = self.core.next_sequence();
            if self.core.is_redelivered(sequence) {
                redelivered += 1;
                if sequence >= self.counted {
                    self.counted = sequence + 1;
                    self.shared.meter.redelivered();
                }
            }
            self.step(Input::Lend(amount));
            items.push_back(item);
        }
        if items.is_empty() {
            return None;
        }
        self.out = Some(out);
        Some(Lease::new(items, first, redelivered, &self.home))
    }

    /// The handler of the lease has answered well: all of it is handled.
    pub(crate) fn lease_handled(&mut self) {
        if let Some(out) = self.out.take() {
            self.home.forget();
            self.step(Input::Commit(out));
        }
    }

    /// Takes back what the lease left, if it is back; returns false if it is still out.
    ///
    /// What was taken out of the lease by value is gone with its handler: at most once, counted.
    pub(crate) fn lease_failed(&mut self) -> bool {
        let Some(out) = self.out else { return true };
        let Some(back) = self.home.collect() else {
            return false;
        };
        self.out = None;
        match back {
            Back::Committed => self.step(Input::Commit(out)),
            Back::Left(items) => {
                let left = items.iter().fold(Amount::ZERO, |sum, item| {
                    sum.checked_add(self.amount(item)).unwrap_or(sum)
                });
                let gone = out.saturating_sub(left);
                if !gone.is_zero() {
                    let first = self.core.committed().items;
                    tracing::warn!(
                        consumer = %self.gauge.consumer, first, items = gone.items,
                        "a handler died with items it had taken out of its batch"
                    );
                }
                for item in items.into_iter().rev() {
                    self.front.push_front(item);
                }
                // First back, then given up: only what was lent is marked.
                self.step(Input::Return);
                self.counted = self.core.committed().items;
                self.discard(gone);
            }
        }
        true
    }

    pub(crate) fn is_lease_out(&self) -> bool {
        self.out.is_some()
    }

    /// Registers for the moment when an outstanding lease comes back.
    pub(crate) fn listen_for_lease(&self, waker: &std::task::Waker) {
        self.home.register(waker);
    }

    /// What was in the consumer's hands when it died comes again, marked.
    pub(crate) fn bring_back(&mut self) {
        if self.out.is_none() && !self.core.in_hand().is_zero() {
            self.step(Input::Return);
            self.counted = self.core.committed().items;
        }
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

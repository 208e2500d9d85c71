//! Leases of a lane: items that their borrower owns until they are settled.

use std::collections::VecDeque;

use aqueduct_flow::{Amount, inlet::Input};

use super::Lane;
use crate::lease::{Back, Lease};

impl<T> Lane<T> {
    /// Lends up to this many items in a lease that owns them; one lease at a time.
    pub(crate) fn lend_out(&mut self, most: usize) -> Option<Lease<T>> {
        if self.is_lease_out() {
            return None;
        }
        self.bring_back();
        let count = most.min(self.available());
        let first = self.ledger.next_sequence();
        let mut items = VecDeque::with_capacity(count);
        let mut out = Amount::ZERO;
        let mut redelivered = 0;
        while items.len() < count {
            let Some(item) = self.pop() else { break };
            let amount = self.amount(&item);
            out = out.checked_add(amount).unwrap_or(out);
            let sequence = self.ledger.next_sequence();
            if self.ledger.is_redelivered(sequence) {
                redelivered += 1;
                if sequence >= self.counted {
                    self.counted = sequence + 1;
                    self.shared.consumer.handled.redelivered();
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
                    let first = self.ledger.core().committed().items;
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
                self.counted = self.ledger.core().committed().items;
                self.count_death();
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
        if self.out.is_none() && self.has_in_hand() {
            self.step(Input::Return);
            self.counted = self.ledger.core().committed().items;
            self.count_death();
        }
    }
}

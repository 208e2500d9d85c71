//! Writes that are refused again and again.

use aqueduct_flow::{Amount, outlet::Phase};

use super::Outlet;

/// What a write was refused at: the next one is, too, as long as nothing of this changes.
#[derive(Clone, Copy)]
pub(super) struct Refused {
    pub(super) bytes: u64,
    pub(super) committed: Amount,
    /// The total at which the producer is woken.
    pub(super) enough: Amount,
}

impl<T> Outlet<T> {
    /// Returns whether nothing has changed since a write was refused that was no heavier: who ignores
    /// a pause and tries again and again is to cost others little.
    #[inline]
    pub(super) fn is_refused_again(&self, bytes: u64) -> bool {
        self.refused.is_some_and(|refused| {
            refused.bytes <= bytes
                && self.ledger.phase() == Phase::Open
                && self.shared.wishes.may_write_as(self.seen)
                && self.shared.committed() == refused.committed
                && self.shared.producer.awaited.waits_for(refused.enough)
        })
    }
}

//! The slots of a plain actor, which wait for its next life.

use std::sync::Arc;

use aqueduct_link::{Gauge, Name, Slot};

pub(super) type Places = Arc<[Box<dyn Place + Send + Sync>]>;

/// A slot that waits for the next life of its consumer.
pub(super) trait Place {
    fn failure(&self) -> Option<Name>;
    fn retire(&self, reason: Name);
    fn died_of(&self, reason: Name);
    fn close(&self);
    /// Returns whether nothing more will come of it.
    fn is_over(&self) -> bool;
}

impl<T> Place for Slot<T> {
    fn failure(&self) -> Option<Name> {
        self.take_failure()
    }

    fn retire(&self, reason: Name) {
        Slot::retire(self, reason);
    }

    fn died_of(&self, reason: Name) {
        Slot::died_of(self, reason);
    }

    fn close(&self) {
        Slot::close(self);
    }

    fn is_over(&self) -> bool {
        let delivered = |gauge: Gauge| {
            let report = gauge.report();
            report.written == report.committed
        };
        self.is_closed() && self.gauge().is_none_or(delivered)
    }
}

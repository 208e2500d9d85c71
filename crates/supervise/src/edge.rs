//! A slot of whatever item, as far as its supervisor needs to know it.

use aqueduct_link::{EdgeReport, Name, Slot};

pub(crate) trait Edge: Send + Sync {
    fn report(&self) -> Option<EdgeReport>;
    fn abort(&self, reason: Name);
}

/// The handle is an observer's: a supervisor does not count as somebody who may register.
impl<T: Send> Edge for Slot<T> {
    fn report(&self) -> Option<EdgeReport> {
        self.gauge().map(|gauge| gauge.report())
    }

    fn abort(&self, reason: Name) {
        Slot::abort(self, reason);
    }
}

//! An outlet's place in its slot, and how it leaves it.

use std::{fmt, sync::Arc, time::Duration};

use aqueduct_flow::{Epoch, slot::Input};

use crate::{
    Clock, Gauge, Name,
    hold::HoldTable,
    hub::Hub,
    shared::{LaneEnd, Shared},
    sync::Arc as SharedArc,
};

/// An outlet's place in its slot.
pub(crate) struct Registration<T> {
    pub(crate) hub: Arc<Hub<T>>,
    pub(crate) epoch: Epoch,
    pub(crate) producer: Name,
    pub(crate) number: u64,
    /// When it was made, by the slot's clock.
    pub(crate) began: Duration,
}

impl<T> Registration<T> {
    pub(crate) fn clock(&self) -> Clock {
        self.hub.clock
    }

    pub(crate) fn number(&self) -> u64 {
        self.number
    }

    pub(crate) fn holds(&self) -> &SharedArc<HoldTable> {
        &self.hub.holds
    }

    pub(crate) fn gauge(&self, shared: &SharedArc<Shared>) -> Gauge {
        Gauge {
            shared: shared.clone(),
            producer: self.producer.clone(),
            consumer: self.hub.name.clone(),
            epoch: self.epoch,
            clock: self.hub.clock,
            began: self.began,
        }
    }

    // The slot learns of the end before the consumer can, so that what the consumer then says of
    // it (all is drained) never comes too early.

    pub(crate) fn finish(&self, shared: &Shared) {
        //= F8: who was unregistered before ends its own registration, and not the stream.
        let taken = self.hub.finish(self.epoch);
        let end = if taken { LaneEnd::Finished } else { LaneEnd::Left };
        self.end(shared, end);
    }

    pub(crate) fn unregister(&self, shared: &Shared) {
        let last = self.hub.leave(Input::Unregister(self.epoch));
        let end = if last { LaneEnd::Finished } else { LaneEnd::Left };
        self.end(shared, end);
    }

    pub(crate) fn lose(&self, shared: &Shared, reason: Name, discard: bool) {
        let last = self.hub.leave(Input::Lost(self.epoch));
        let end = LaneEnd::Lost { reason, discard, last };
        self.end(shared, end);
    }

    /// The producer has heard that it is stopped, and writes no more: if the slot has a next
    /// registration, its consumer can go on to that.
    pub(crate) fn stopped(&self, shared: &Shared) {
        self.end(shared, LaneEnd::Left);
    }

    fn end(&self, shared: &Shared, end: LaneEnd) {
        shared.end(end);
        self.hub.sweep();
    }
}

impl<T> fmt::Display for Registration<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}", self.producer, self.hub.name)
    }
}

//! A consumer's one place for a producer: who is registered, and the ring of each registration.

use std::{borrow::Cow, fmt, sync::Arc};

use aqueduct_flow::slot::{AfterLoss, Input, Phase};

use crate::{
    AlreadyTaken, Clock, DeadLetter, End, Gauge, Hold, Inlet, Marks, Name, Outlet, RuntimeError,
    Side, hub::Hub,
};

/// A consumer's one place for a producer.
///
/// Clones are handles of one place; registration is linearizable from any thread, since the place
/// is a small mutex around pure state.
/// The slot outlives the actors at both ends: what a producer wrote before it left, and what a
/// consumer had not committed when it died, waits here.
///
/// A handle counts as somebody who may still register, until [`inlet`](Self::inlet) makes it the
/// consumer's own; when none is left and nobody is registered, the consumer is told
/// [`End::Abandoned`](crate::End::Abandoned).
pub struct Slot<T> {
    hub: Arc<Hub<T>>,
    counts: bool,
}

impl<T> Slot<T> {
    /// Returns a free slot of this name, whose links have these marks.
    pub fn new(consumer: impl Into<Name>, marks: impl Into<Marks<T>>) -> Self {
        Self::with_options(consumer, marks, SlotOptions::default())
    }

    /// Returns a free slot with options.
    pub fn with_options(
        consumer: impl Into<Name>,
        marks: impl Into<Marks<T>>,
        options: SlotOptions,
    ) -> Self {
        let hub = Hub::new(consumer.into(), marks.into(), options);
        Self { hub: Arc::new(hub), counts: true }
    }

    /// Registers a producer: it starts running.
    ///
    /// With a consumer that is gone the outlet is stopped from the beginning.
    ///
    /// # Errors
    /// [`RuntimeError`] while another producer is registered, which is not disturbed.
    pub fn register(&self, producer: impl Into<Name>) -> Result<Outlet<T>, RuntimeError> {
        self.hub.register(&self.hub, producer.into())
    }

    /// Takes the consumer's end, and makes this handle the consumer's own.
    ///
    /// # Errors
    /// [`AlreadyTaken`] while somebody has it.
    pub fn inlet(&mut self) -> Result<Inlet<T>, AlreadyTaken> {
        self.hub.take()?;
        self.discount();
        Ok(Inlet::new(self.hub.clone()))
    }

    /// From now on the slot waits for its consumer's next life when the inlet is dropped, until
    /// [`retire`](Self::retire).
    pub fn keep(&self) {
        self.hub.keep();
    }

    /// The consumer will not come back: its producer is stopped, once, and told why; what is not
    /// delivered is dropped and counted.
    pub fn retire(&self, reason: impl Into<Name>) {
        self.hub.consumer_gone(reason.into());
    }

    /// Has items go to another consumer that this one died of so often, at least once: a panic, an
    /// error, or a life that was cut off with the item in hand.
    ///
    /// `letters` is the outlet of somebody who takes [`DeadLetter`]s. If it is full, this consumer
    /// waits until there is room, so that nothing is lost; if nobody takes them any more, items stay
    /// in their place.
    /// What comes again is handed to a plain actor one by one, so that it shows which one it is.
    pub fn dead_letters(&self, after: u32, letters: Outlet<DeadLetter<T>>)
    where
        T: Send + 'static,
    {
        self.hub.bury_after(after, Box::new(letters));
    }

    /// Tells why the consumer's last life ended, for the letters of what it died of.
    pub fn died_of(&self, reason: impl Into<Name>) {
        self.hub.died_of(reason.into());
    }

    /// Ends the registration from the consumer's side: the producer is stopped, what it has written
    /// is delivered, and another may come.
    pub fn unregister(&self) {
        self.hub.revoke();
    }

    /// Ends the stream at once from outside: the producer is stopped, what is not delivered is
    /// dropped and counted, and the consumer is told why.
    pub fn abort(&self, reason: impl Into<Name>) {
        self.hub.abort(reason.into());
    }

    /// Closes when the registered producer has left, or at once if there is none.
    pub fn close(&self) {
        self.hub.step(Input::Close);
    }

    /// Pauses whoever is registered, now or later, until the hold is dropped.
    pub fn hold(&self, name: impl Into<Cow<'static, str>>) -> Hold {
        Hold::take(&self.hub.holds, Side::Consumer, name.into())
    }

    /// The names of all holds, the consumer's side first.
    #[must_use]
    pub fn holds(&self) -> Vec<String> {
        self.hub.holds.names()
    }

    /// Why the consumer's last life failed, if it did; asking again answers `None`.
    #[must_use]
    pub fn take_failure(&self) -> Option<Name> {
        self.hub.take_failure()
    }

    /// How the stream ended, once the consumer was told.
    #[must_use]
    pub fn end(&self) -> Option<End> {
        self.hub.end()
    }

    /// The consumer's name.
    #[must_use]
    pub fn consumer(&self) -> &Name {
        &self.hub.name
    }

    /// Where times are taken from.
    #[must_use]
    pub fn clock(&self) -> Clock {
        self.hub.clock
    }

    /// Who is registered.
    #[must_use]
    pub fn producer(&self) -> Option<Name> {
        self.hub.producer()
    }

    /// Returns whether nobody can be served here any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.hub.phase() == Phase::Closed
    }

    /// A window on the figures of the newest registration.
    #[must_use]
    pub fn gauge(&self) -> Option<Gauge> {
        self.hub.gauge()
    }

    /// Returns a handle that does not count as somebody who may register, though it can.
    #[must_use]
    pub fn observer(&self) -> Self {
        Self { hub: self.hub.clone(), counts: false }
    }

    fn discount(&mut self) {
        if std::mem::replace(&mut self.counts, false) {
            self.hub.leave_registrants();
        }
    }
}

/// What a slot can be told when it is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct SlotOptions {
    /// Whether the slot waits for another producer when one is lost. Default: it closes.
    pub after_loss: AfterLoss,
    /// Whether producers wait to be asked ([`Inlet::ask`]). Default: the marks alone decide.
    pub manual_demand: bool,
    /// Where times are taken from. Default: the machine's monotonic clock.
    pub clock: Clock,
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        self.hub.join_registrants();
        Self { hub: self.hub.clone(), counts: true }
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        self.discount();
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slot")
            .field("consumer", &self.hub.name)
            .field("phase", &self.hub.phase())
            .finish_non_exhaustive()
    }
}

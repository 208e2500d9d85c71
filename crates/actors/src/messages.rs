//! The protocol as actix messages.
//!
//! `Register` and `Unregister` go through mailboxes, since they are rare.
//! `Write`, `Pause`, `Resume` and `Stop` are delivered by the end of the link, which calls the
//! actor's handler in the actor's own context: no mailbox, no box, and no `Send`.

use std::{collections::vec_deque, fmt, marker::PhantomData};

use actix::Message;
use aqueduct_link::{End, Lease, Name, Outlet, Reasons, RuntimeError, Stopped};

use crate::Failure;

/// Asks a consumer for its one place; answered with an [`Outlet`], or with [`RuntimeError`].
pub struct Register<T> {
    /// Who asks.
    pub producer: Name,
    item: PhantomData<fn() -> T>,
}

impl<T> Register<T> {
    /// Returns the request of this producer.
    pub fn new(producer: impl Into<Name>) -> Self {
        Self { producer: producer.into(), item: PhantomData }
    }
}

impl<T: 'static> Message for Register<T> {
    type Result = Result<Outlet<T>, RuntimeError>;
}

impl<T> fmt::Debug for Register<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Register").field("producer", &self.producer).finish()
    }
}

/// Tells a consumer to end its registration; its producer is stopped, and another may come.
///
/// Without a registration it does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unregister;

impl Message for Unregister {
    type Result = ();
}

/// Tells a shell to end its stream in good order: for a [`Shell`](crate::Shell) of any kind.
///
/// A producer is not asked again, also where it waits. What it has written, and what its transform
/// holds, is delivered; then its consumer is told [`End::Finished`], and the actor ends with
/// [`Exit::Done`](crate::Exit::Done).
/// One that was never there, since its value is still being made, ends too; but its consumer is told
/// [`End::Aborted`], so that a file which nothing came for is not replaced by an empty one.
/// The producer's value is called no more: `stopped` would mean that its consumer wants no more,
/// and a pause is not followed by `resumed`. It is dropped with its actor.
///
/// Consumers and stages take no notice: the end that comes to them drains them.
/// A producer whose restart waits hears of it when that wait is over, and is not made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Drain;

impl Message for Drain {
    type Result = ();
}

/// Ends a consumer in good order: nobody may register with it any more, and it ends when the
/// producer that is registered has left and all is delivered; for a [`Shell`](crate::Shell) of any
/// kind.
///
/// Producers take no notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Close;

impl Message for Close {
    type Result = ();
}

/// A batch for a consumer, or the end of its data.
///
/// The answer commits it: `Ok` means that all of it is handled, also when the handler answers with
/// a future.
/// `Err` is the nack: like a panic, or an answer that never comes, it puts what is not taken back to
/// the front of the link, to come again, marked, to the actor's next life.
pub struct Write<T> {
    lease: Option<Lease<T>>,
    /// Nothing more will come, and this is why; there are no items with it.
    pub end: Option<End>,
}

impl<T> Write<T> {
    pub(crate) const fn items(lease: Lease<T>) -> Self {
        Self { lease: Some(lease), end: None }
    }

    pub(crate) const fn end(end: End) -> Self {
        Self { lease: None, end: Some(end) }
    }

    /// Lends the items, in order: what a panic interrupts comes again.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.lease.as_ref().map_or_else(vec_deque::Iter::default, Lease::iter)
    }

    /// Takes the next item out: at most once, since it cannot come again if the handler dies.
    pub fn take(&mut self) -> Option<T> {
        self.lease.as_mut()?.take()
    }

    /// The number of items that are not taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lease.as_ref().map_or(0, Lease::len)
    }

    /// Returns whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The sequence number of the first item that is not taken; a registration begins with 0.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        self.lease.as_ref().map_or(0, Lease::sequence)
    }

    /// How many of the items, the first ones, were delivered before to a handler that failed.
    #[must_use]
    pub fn redelivered(&self) -> usize {
        self.lease.as_ref().map_or(0, Lease::redelivered)
    }

    /// Says that all of it is handled, whatever becomes of the answer.
    pub fn commit(self) {
        if let Some(lease) = self.lease {
            lease.commit();
        }
    }
}

impl<T: 'static> Message for Write<T> {
    type Result = Result<(), Failure>;
}

impl<T> fmt::Debug for Write<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Write").field("lease", &self.lease).field("end", &self.end).finish()
    }
}

/// Tells a push producer to write no more until [`Resume`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reasons: Reasons,
}

impl Message for Pause {
    type Result = ();
}

/// Tells a paused push producer to go on; it balances one [`Pause`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resume;

impl Message for Resume {
    type Result = ();
}

/// Tells a producer that its consumer wants no more, for good; it comes once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stop {
    /// Why.
    pub reason: Name,
}

impl Message for Stop {
    type Result = ();
}

impl From<Stopped> for Stop {
    fn from(stopped: Stopped) -> Self {
        Self { reason: stopped.reason }
    }
}

//! Items that their consumer died of too often: taken out of the line, and told.

use std::{
    fmt,
    sync::Arc,
    task::{Context, Poll, ready},
};

use crate::{Name, Outlet, Stopped, WriteError, hub::Hub};

/// An item that its consumer died of again and again, with what is known of that.
///
/// It is out of its link: committed there, and counted among
/// [`EdgeReport::dead_letters`](crate::EdgeReport::dead_letters). It can be looked at, kept, dropped,
/// or [replayed](Self::replay) into the link that it came from.
pub struct DeadLetter<T> {
    remains: Remains<T>,
    hub: Arc<Hub<T>>,
}

/// A dead letter without the way back.
pub(crate) struct Remains<T> {
    pub(crate) item: T,
    pub(crate) producer: Name,
    pub(crate) sequence: u64,
    pub(crate) deaths: u32,
    pub(crate) reason: Name,
}

impl<T> DeadLetter<T> {
    pub(crate) fn new(remains: Remains<T>, hub: &Arc<Hub<T>>) -> Self {
        Self { remains, hub: hub.clone() }
    }

    pub(crate) fn into_remains(self) -> Remains<T> {
        self.remains
    }

    /// The item.
    pub const fn item(&self) -> &T {
        &self.remains.item
    }

    /// Takes the item; it is the caller's now.
    pub fn into_item(self) -> T {
        self.remains.item
    }

    /// Who wrote it.
    pub const fn producer(&self) -> &Name {
        &self.remains.producer
    }

    /// Who died of it.
    pub fn consumer(&self) -> &Name {
        &self.hub.name
    }

    /// Its number in the registration of its producer; the first one has 0.
    pub const fn sequence(&self) -> u64 {
        self.remains.sequence
    }

    /// How often its consumer died with it in hand.
    pub const fn deaths(&self) -> u32 {
        self.remains.deaths
    }

    /// Why its consumer died the last time, as far as that is known.
    pub const fn reason(&self) -> &Name {
        &self.remains.reason
    }

    /// Gives the item to its consumer once more, ahead of what waits in the link; its deaths are
    /// counted anew.
    ///
    /// It comes as a registration of its own, between two items of the other producer, who is not
    /// disturbed.
    ///
    /// # Errors
    /// The letter itself, if its consumer is gone, or was told the end of its stream.
    pub fn replay(self) -> Result<(), Self> {
        let Self { remains, hub } = self;
        let Remains { item, producer, .. } = remains;
        match hub.replay(item, &producer) {
            Ok(()) => Ok(()),
            Err(item) => Err(Self { remains: Remains { item, producer, ..remains }, hub }),
        }
    }
}

impl<T> fmt::Debug for DeadLetter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DeadLetter")
            .field("producer", self.producer())
            .field("consumer", self.consumer())
            .field("sequence", &self.sequence())
            .field("deaths", &self.deaths())
            .field("reason", self.reason())
            .finish_non_exhaustive()
    }
}

/// Where dead letters go: an outlet, whose item is not named here, since that would be a type that
/// has itself in it.
pub(crate) trait Graveyard<T>: Send {
    /// Waits until there is room for one more.
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stopped>>;

    /// Puts it there.
    fn put(&mut self, letter: DeadLetter<T>) -> Result<(), WriteError<DeadLetter<T>>>;
}

impl<T: Send> Graveyard<T> for Outlet<DeadLetter<T>> {
    fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stopped>> {
        Poll::Ready(ready!(self.poll_ready(cx)))
    }

    fn put(&mut self, letter: DeadLetter<T>) -> Result<(), WriteError<DeadLetter<T>>> {
        self.write(letter).map(|_| ())
    }
}

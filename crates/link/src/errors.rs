//! What can go wrong at a link, each with what to do about it.

use std::fmt;

use crate::Name;

/// A second producer asked for a consumer that has one.
///
/// The text is Twisted's, word for word; the registered producer is not disturbed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "Cannot register producer {producer}, because producer {incumbent} was never unregistered."
)]
pub struct RuntimeError {
    /// Who asked.
    pub producer: Name,
    /// Who is registered, and stays so.
    pub incumbent: Name,
    /// Whose place it is.
    pub consumer: Name,
}

/// A write that was refused, with the item.
#[derive(Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum WriteError<T> {
    /// The link is at its capacity: wait with `ready().await` or for Resume, then write it again.
    #[error("the link is full: wait until it is ready, then write the item again")]
    Full(T),
    /// The stream has ended: the consumer is gone, or the producer has finished.
    #[error("the link is closed: nobody will take the item")]
    Closed(T),
}

impl<T> WriteError<T> {
    /// Gives the item back.
    pub fn into_item(self) -> T {
        match self {
            Self::Full(item) | Self::Closed(item) => item,
        }
    }

    /// Returns whether waiting can help.
    pub const fn is_full(&self) -> bool {
        matches!(self, Self::Full(_))
    }
}

/// Without the item, which need not be `Debug`.
impl<T> fmt::Debug for WriteError<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full(_) => "Full(..)",
            Self::Closed(_) => "Closed(..)",
        })
    }
}

/// The consumer wants no more: nothing that is written now would be handled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the consumer wants no more: {reason}")]
pub struct Stopped {
    /// Why.
    pub reason: Name,
}

/// An item that was accepted was lost further on, with a consumer that died of it or for want of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("item {from} was lost: neither it nor what came behind it is acknowledged")]
pub struct Unacknowledged {
    /// The number of the first one that was lost, in its registration; the first item has 0.
    pub from: u64,
}

/// The consumer's end of a slot is in somebody's hands already.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("consumer {consumer} is attached already: one slot serves one actor at a time")]
pub struct AlreadyTaken {
    /// Whose slot it is.
    pub consumer: Name,
}

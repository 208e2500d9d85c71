//! What must never be asked of the protocol.

use std::{error::Error, fmt};

/// A step that the protocol forbids: a bug of whoever asked for it, never of the world.
///
/// The state is as it was before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Violation {
    /// A total would pass the largest number.
    Overflow,
    /// A total that only grows was told smaller than before.
    TotalWentBack,
    /// More was committed than was written, or than was lent.
    CommittedTooMuch,
    /// Several items were written as one that are more than the whole capacity.
    NeverFits,
    /// Something came after the end.
    AfterTheEnd,
    /// A hold was released that is not held.
    NoSuchHold,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Overflow => "a total of the link passed the largest number",
            Self::TotalWentBack => "a total of the link was told smaller than before",
            Self::CommittedTooMuch => "more was committed than was there to commit",
            Self::NeverFits => "more was written at once than the link can ever hold",
            Self::AfterTheEnd => "something was sent after the end of the stream",
            Self::NoSuchHold => "a hold was released that is not held",
        })
    }
}

impl Error for Violation {}

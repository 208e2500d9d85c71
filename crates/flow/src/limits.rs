//! The soft marks and the hard bound of a link.

use std::{error::Error, fmt};

use crate::Amount;

/// Low mark, high mark and capacity, each in items and in bytes.
///
/// Above the high mark the producer is paused, at the low mark it is resumed, and nothing is
/// accepted beyond the capacity.
/// A part that shall not bind is `u64::MAX` in all three.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Limits {
    low: Amount,
    high: Amount,
    capacity: Amount,
}

impl Limits {
    /// Returns these limits.
    ///
    /// # Errors
    /// If they are not `low <= high <= capacity` in items and in bytes, or if the link could not
    /// hold one item.
    pub const fn new(low: Amount, high: Amount, capacity: Amount) -> Result<Self, LimitsError> {
        if !low.fits(high) {
            return Err(LimitsError::LowAboveHigh { low, high });
        }
        if !high.fits(capacity) {
            return Err(LimitsError::HighAboveCapacity { high, capacity });
        }
        if capacity.items == 0 {
            return Err(LimitsError::NoRoom);
        }
        Ok(Self { low, high, capacity })
    }

    /// The mark at which a paused producer is resumed.
    #[inline]
    #[must_use]
    pub const fn low(&self) -> Amount {
        self.low
    }

    /// The mark above which the producer is paused.
    #[inline]
    #[must_use]
    pub const fn high(&self) -> Amount {
        self.high
    }

    /// What the link holds at most.
    #[inline]
    #[must_use]
    pub const fn capacity(&self) -> Amount {
        self.capacity
    }

    /// How much is committed before the total is published: a quarter of the way between the
    /// marks, so that the producer's cache line moves four times a window and not once an item.
    #[inline]
    #[must_use]
    pub fn quantum(&self) -> Amount {
        // A part that does not bind never makes a total due.
        let quarter = |low: u64, high: u64| match low {
            u64::MAX => u64::MAX,
            _ => ((high - low) / 4).max(1),
        };
        Amount::new(
            quarter(self.low.items, self.high.items),
            quarter(self.low.bytes, self.high.bytes),
        )
    }
}

/// Marks that contradict each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum LimitsError {
    /// The low mark is above the high mark.
    LowAboveHigh {
        /// The low mark.
        low: Amount,
        /// The high mark.
        high: Amount,
    },
    /// The high mark is above the capacity.
    HighAboveCapacity {
        /// The high mark.
        high: Amount,
        /// The capacity.
        capacity: Amount,
    },
    /// The capacity in items is larger than any ring may be.
    TooManyItems {
        /// What was asked for.
        asked: u64,
        /// The most there can be.
        most: u64,
    },
    /// A link of no items can carry nothing.
    NoRoom,
}

impl fmt::Display for LimitsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::LowAboveHigh { low, high } => write!(
                f,
                "the low mark ({low}) is above the high mark ({high}): give the smaller one first"
            ),
            Self::HighAboveCapacity { high, capacity } => write!(
                f,
                "the high mark ({high}) is above the capacity ({capacity}): \
                 raise the capacity or lower the mark"
            ),
            Self::TooManyItems { asked, most } => write!(
                f,
                "a capacity of {asked} items is more than the {most} that a link can hold: \
                 lower it, or count bytes"
            ),
            Self::NoRoom => f.write_str("a link must hold at least one item"),
        }
    }
}

impl Error for LimitsError {}

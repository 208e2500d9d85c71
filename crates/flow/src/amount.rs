//! How much: items and bytes together, because a link is bounded in both.

use std::fmt;

/// A number of items and the bytes they weigh; a total or a difference.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Amount {
    /// Number of items.
    pub items: u64,
    /// Their weight in bytes; 0 where items are not weighed.
    pub bytes: u64,
}

impl Amount {
    /// Nothing.
    pub const ZERO: Self = Self { items: 0, bytes: 0 };
    /// No limit at all.
    pub const MAX: Self = Self { items: u64::MAX, bytes: u64::MAX };

    /// Returns this many items of this weight.
    #[inline]
    #[must_use]
    pub const fn new(items: u64, bytes: u64) -> Self {
        Self { items, bytes }
    }

    /// Returns this many items that weigh nothing.
    #[inline]
    #[must_use]
    pub const fn items(items: u64) -> Self {
        Self { items, bytes: 0 }
    }

    /// Returns one item of this weight.
    #[inline]
    #[must_use]
    pub const fn one(bytes: u64) -> Self {
        Self { items: 1, bytes }
    }

    /// Returns whether there is nothing of either.
    #[inline]
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.items == 0 && self.bytes == 0
    }

    /// Returns whether both parts are at most those of `limit`.
    #[inline]
    #[must_use]
    pub const fn fits(self, limit: Self) -> bool {
        self.items <= limit.items && self.bytes <= limit.bytes
    }

    /// Returns the sum, or `None` where a part would overflow.
    #[inline]
    #[must_use]
    pub fn checked_add(self, other: Self) -> Option<Self> {
        Some(Self {
            items: self.items.checked_add(other.items)?,
            bytes: self.bytes.checked_add(other.bytes)?,
        })
    }

    /// Returns the difference, or `None` where a part would be negative.
    #[inline]
    #[must_use]
    pub fn checked_sub(self, other: Self) -> Option<Self> {
        Some(Self {
            items: self.items.checked_sub(other.items)?,
            bytes: self.bytes.checked_sub(other.bytes)?,
        })
    }

    /// Returns the smaller one of each part.
    #[inline]
    #[must_use]
    pub const fn min(self, other: Self) -> Self {
        Self {
            items: if self.items < other.items { self.items } else { other.items },
            bytes: if self.bytes < other.bytes { self.bytes } else { other.bytes },
        }
    }

    /// Returns the difference, with 0 for a part that would be negative.
    #[inline]
    #[must_use]
    pub const fn saturating_sub(self, other: Self) -> Self {
        Self {
            items: self.items.saturating_sub(other.items),
            bytes: self.bytes.saturating_sub(other.bytes),
        }
    }

    /// Returns the larger of each part.
    #[inline]
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        Self { items: self.items.max(other.items), bytes: self.bytes.max(other.bytes) }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} items, {} bytes", self.items, self.bytes)
    }
}

//! Why a producer is paused.

use std::fmt;

/// One reason for a producer to be paused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// The link holds more than its high mark and has not come down to the low one.
    Full,
    /// Somebody on the consumer's side holds it.
    Peer,
    /// Somebody on the producer's side holds it.
    User,
}

impl Reason {
    /// All reasons, the most telling first.
    pub const ALL: [Self; 3] = [Self::Full, Self::Peer, Self::User];

    const fn bit(self) -> u8 {
        1 << (self as u8)
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Full => "full",
            Self::Peer => "held by the consumer",
            Self::User => "held by the producer",
        })
    }
}

/// The reasons that hold at a moment; the producer runs while there is none.
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct Reasons(u8);

impl Reasons {
    /// No reason: the producer runs.
    pub const NONE: Self = Self(0);

    /// Returns whether there is none.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Returns whether this is one of them.
    #[inline]
    #[must_use]
    pub const fn contains(self, reason: Reason) -> bool {
        self.0 & reason.bit() != 0
    }

    /// Adds the reason or takes it away.
    #[inline]
    pub fn set(&mut self, reason: Reason, holds: bool) {
        if holds { self.0 |= reason.bit() } else { self.0 &= !reason.bit() }
    }

    /// Lists them, the most telling first.
    pub fn iter(self) -> impl Iterator<Item = Reason> {
        Reason::ALL.into_iter().filter(move |reason| self.contains(*reason))
    }
}

impl fmt::Debug for Reasons {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.iter()).finish()
    }
}

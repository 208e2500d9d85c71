//! How messages lie in a stream of bytes.

mod decode;
mod encode;

use bytes::Bytes;

pub use decode::{Unframe, UnframeError, unframe};
pub use encode::{Frame, FrameError, frame};

/// How one sees where a message ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Each message has its length before it.
    Length(LengthOf),
    /// Each message has these bytes behind it.
    Delimiter(Delimiter),
}

/// The number before a message: how many bytes it takes itself, and in which order they come.
///
/// It counts the bytes of the message, without its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum LengthOf {
    /// One byte: messages of at most 255 bytes.
    U8,
    /// Two bytes, the high one first: messages of at most 65 535 bytes.
    U16Big,
    /// Two bytes, the low one first.
    U16Little,
    /// Four bytes, the highest first: messages of nearly 4 GiB.
    U32Big,
    /// Four bytes, the lowest first.
    U32Little,
}

/// The most bytes that a length takes.
const LONGEST_PREFIX: usize = 4;

impl LengthOf {
    /// How many bytes the length takes.
    const fn width(self) -> usize {
        match self {
            Self::U8 => 1,
            Self::U16Big | Self::U16Little => 2,
            Self::U32Big | Self::U32Little => LONGEST_PREFIX,
        }
    }

    const fn is_little(self) -> bool {
        matches!(self, Self::U16Little | Self::U32Little)
    }

    /// The most bytes of a message that its length can tell.
    const fn most(self) -> u64 {
        u64::MAX >> (u64::BITS as usize - 8 * self.width())
    }

    fn read(self, prefix: &[u8]) -> u64 {
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        if self.is_little() {
            prefix.iter().rev().fold(0, join)
        } else {
            prefix.iter().fold(0, join)
        }
    }

    /// Returns the prefix for a length that fits.
    fn write(self, length: u64) -> ([u8; LONGEST_PREFIX], usize) {
        let width = self.width();
        let mut prefix = [0; LONGEST_PREFIX];
        let little = length.to_le_bytes();
        prefix[..width].copy_from_slice(&little[..width]);
        if !self.is_little() {
            prefix[..width].reverse();
        }
        (prefix, width)
    }
}

/// One or more bytes that end a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delimiter(Bytes);

/// A delimiter of no bytes would end a message everywhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a delimiter has one byte at least: give it one that no message contains")]
pub struct EmptyDelimiter;

impl Delimiter {
    /// Returns the delimiter of these bytes.
    ///
    /// # Errors
    /// If there are none.
    pub fn new(bytes: impl Into<Bytes>) -> Result<Self, EmptyDelimiter> {
        let bytes = bytes.into();
        if bytes.is_empty() { Err(EmptyDelimiter) } else { Ok(Self(bytes)) }
    }
}

impl From<u8> for Delimiter {
    fn from(byte: u8) -> Self {
        Self(Bytes::copy_from_slice(&[byte]))
    }
}

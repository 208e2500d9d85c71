//! Messages to chunks of bytes.

use bytes::{Bytes, BytesMut};
use memchr::memmem::Finder;

use super::{Delimiter, Framing, LengthOf};
use crate::Transform;

/// Returns the transform that puts its length before each message, or the delimiter behind it.
///
/// What it emits, [`unframe`](crate::unframe) takes apart again.
#[must_use]
pub fn frame(framing: Framing) -> Frame {
    let end = match framing {
        Framing::Length(of) => End::Told(of),
        Framing::Delimiter(Delimiter(bytes)) => {
            End::Marked(Box::new(Finder::new(&bytes).into_owned()))
        }
    };
    Frame { end }
}

/// See [`frame`].
#[derive(Clone, Debug)]
pub struct Frame {
    end: End,
}

/// How the end of a message is made known.
#[derive(Clone, Debug)]
enum End {
    Told(LengthOf),
    /// Boxed, for it is many times larger than the other.
    Marked(Box<Finder<'static>>),
}

/// Why a message cannot be framed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FrameError {
    /// The number before a message has too few bytes for its length.
    #[error(
        "a message of {length} bytes has no room behind a length of at most {most}: take a wider \
         length, or smaller messages"
    )]
    TooLong {
        /// The length of the message, in bytes.
        length: u64,
        /// The most that can be told, in bytes.
        most: u64,
    },
    /// The message would end before its end.
    #[error(
        "a message contains the delimiter at byte {at}: take another delimiter, or put the length \
         before messages"
    )]
    Delimiter {
        /// Where in the message, counted from 0.
        at: usize,
    },
}

impl Transform for Frame {
    type In = Bytes;
    type Out = Bytes;
    type Error = FrameError;

    const HOLDS: bool = false;

    fn apply(&mut self, message: Bytes, emit: &mut impl FnMut(Bytes)) -> Result<(), FrameError> {
        emit(match &self.end {
            End::Told(of) => with_length(*of, &message)?,
            End::Marked(finder) => with_delimiter(finder, &message)?,
        });
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "frame"
    }
}

fn with_length(of: LengthOf, message: &[u8]) -> Result<Bytes, FrameError> {
    let (length, most) = (message.len() as u64, of.most());
    if length > most {
        return Err(FrameError::TooLong { length, most });
    }
    let (prefix, width) = of.write(length);
    let mut framed = BytesMut::with_capacity(width + message.len());
    framed.extend_from_slice(&prefix[..width]);
    framed.extend_from_slice(message);
    Ok(framed.freeze())
}

fn with_delimiter(finder: &Finder<'static>, message: &[u8]) -> Result<Bytes, FrameError> {
    let mut framed = BytesMut::with_capacity(message.len() + finder.needle().len());
    framed.extend_from_slice(message);
    framed.extend_from_slice(finder.needle());
    // A message may also end with what the delimiter begins with, and so make one that begins
    // before its end: the whole frame is looked at.
    match finder.find(&framed) {
        Some(at) if at < message.len() => Err(FrameError::Delimiter { at }),
        _ => Ok(framed.freeze()),
    }
}

//! Chunks of bytes to messages.

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem::Finder;

use super::{Delimiter, Framing, LONGEST_PREFIX, LengthOf};
use crate::Transform;

/// Returns the transform from chunks of bytes to the messages in them, each of at most `longest`
/// bytes and without its length or delimiter.
///
/// Behind the last delimiter, the rest is a message too; an input that ends with one has no empty
/// message behind it.
/// A message that lies within one chunk is a slice of it; only what crosses chunks is copied.
///
/// # Memory
/// A length above the bound is refused before anything of its message is kept, and memory is taken
/// for bytes that came, never for bytes that a length promises.
#[must_use]
pub fn unframe(framing: Framing, longest: usize) -> Unframe {
    let end = match framing {
        Framing::Length(of) => End::Told(Told::new(of)),
        Framing::Delimiter(Delimiter(bytes)) => {
            End::Marked(Box::new(Finder::new(&bytes).into_owned()))
        }
    };
    Unframe { longest, begun: BytesMut::new(), end, held: 0 }
}

/// See [`unframe`].
#[derive(Clone, Debug)]
pub struct Unframe {
    longest: usize,
    /// The beginning of a message whose end has not come yet.
    begun: BytesMut,
    end: End,
    /// How many chunks the message comes from that is begun, or the delimiter before it.
    held: u64,
}

/// Where a message ends.
#[derive(Clone, Debug)]
enum End {
    Told(Told),
    /// Boxed, for it is many times larger than the other.
    Marked(Box<Finder<'static>>),
}

/// Why bytes are no messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnframeError {
    /// A length is above the bound.
    #[error(
        "a message of {length} bytes is longer than {longest}: raise the bound, or look whether \
         the sender writes its lengths in this way"
    )]
    LengthAbove {
        /// What the length says, in bytes.
        length: u64,
        /// The bound, in bytes.
        longest: usize,
    },
    /// No delimiter came within the bound.
    #[error(
        "a message is longer than {longest} bytes: raise the bound, or look whether the sender \
         ends its messages with this delimiter"
    )]
    NoDelimiter {
        /// The bound, in bytes.
        longest: usize,
    },
    /// The input ends within a message.
    #[error("the last message lacks {missing} bytes: the sender broke off, let it send again")]
    Truncated {
        /// How many bytes its length promises that did not come.
        missing: u64,
    },
    /// The input ends within a length.
    #[error("the last length lacks {missing} bytes: the sender broke off, let it send again")]
    TruncatedLength {
        /// How many bytes of the length did not come.
        missing: usize,
    },
}

impl Transform for Unframe {
    type In = Bytes;
    type Out = Bytes;
    type Error = UnframeError;

    fn apply(&mut self, chunk: Bytes, emit: &mut impl FnMut(Bytes)) -> Result<(), UnframeError> {
        let Self { longest, begun, end, held } = self;
        let mut before = *held;
        let emit = &mut |message| {
            before = 0;
            emit(message);
        };
        match end {
            End::Told(told) => told.apply(chunk, *longest, begun, emit)?,
            End::Marked(finder) => {
                Marked { finder, longest: *longest, begun }.apply(chunk, emit)?
            }
        }
        self.held = if self.is_between() { 0 } else { before + 1 };
        Ok(())
    }

    fn finish(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<(), UnframeError> {
        if let End::Told(told) = &self.end {
            return told.finish(self.begun.len());
        }
        if self.begun.len() > self.longest {
            return Err(UnframeError::NoDelimiter { longest: self.longest });
        }
        if !self.begun.is_empty() {
            emit(self.begun.split().freeze());
        }
        Ok(())
    }

    fn held(&mut self) -> u64 {
        self.held
    }

    fn kind(&self) -> &'static str {
        "unframe"
    }
}

impl Unframe {
    /// Returns whether nothing of a message has come that was not emitted.
    fn is_between(&self) -> bool {
        let has_begun = match &self.end {
            End::Told(told) => told.come > 0 || told.length.is_some(),
            End::Marked(_) => false,
        };
        !has_begun && self.begun.is_empty()
    }
}

/// Joins what was begun with its end; only what crosses chunks is copied.
fn join(begun: &mut BytesMut, end: Bytes) -> Bytes {
    if begun.is_empty() {
        return end;
    }
    begun.extend_from_slice(&end);
    begun.split().freeze()
}

/// Messages with their lengths before them.
#[derive(Clone, Debug)]
struct Told {
    of: LengthOf,
    prefix: [u8; LONGEST_PREFIX],
    /// How many bytes of the prefix have come.
    come: usize,
    /// The length of the message that comes, once the prefix is whole.
    length: Option<usize>,
}

impl Told {
    const fn new(of: LengthOf) -> Self {
        Self { of, prefix: [0; LONGEST_PREFIX], come: 0, length: None }
    }

    fn apply(
        &mut self,
        mut chunk: Bytes,
        longest: usize,
        begun: &mut BytesMut,
        emit: &mut impl FnMut(Bytes),
    ) -> Result<(), UnframeError> {
        while let Some(length) = self.length(&mut chunk, longest)? {
            let missing = length - begun.len();
            if chunk.len() < missing {
                begun.extend_from_slice(&chunk);
                break;
            }
            emit(join(begun, chunk.split_to(missing)));
            self.length = None;
        }
        Ok(())
    }

    /// Returns the length of the message that comes, if its prefix is whole.
    fn length(&mut self, chunk: &mut Bytes, longest: usize) -> Result<Option<usize>, UnframeError> {
        if self.length.is_some() {
            return Ok(self.length);
        }
        let width = self.of.width();
        let taken = chunk.len().min(width - self.come);
        chunk.copy_to_slice(&mut self.prefix[self.come..self.come + taken]);
        self.come += taken;
        if self.come < width {
            return Ok(None);
        }
        self.come = 0;
        let length = self.of.read(&self.prefix[..width]);
        let fits = usize::try_from(length).ok().filter(|length| *length <= longest);
        self.length = Some(fits.ok_or(UnframeError::LengthAbove { length, longest })?);
        Ok(self.length)
    }

    fn finish(&self, begun: usize) -> Result<(), UnframeError> {
        match self.length {
            Some(length) => Err(UnframeError::Truncated { missing: (length - begun) as u64 }),
            None if self.come > 0 => {
                Err(UnframeError::TruncatedLength { missing: self.of.width() - self.come })
            }
            None => Ok(()),
        }
    }
}

/// Messages with a delimiter behind them.
struct Marked<'a> {
    finder: &'a Finder<'static>,
    longest: usize,
    begun: &'a mut BytesMut,
}

impl Marked<'_> {
    fn apply(
        &mut self,
        mut chunk: Bytes,
        emit: &mut impl FnMut(Bytes),
    ) -> Result<(), UnframeError> {
        if let Some(message) = self.end_across(&mut chunk) {
            self.check(message.len(), 0)?;
            emit(message);
        }
        while let Some(at) = self.finder.find(&chunk) {
            self.check(self.begun.len() + at, 0)?;
            emit(join(self.begun, chunk.split_to(at)));
            chunk.advance(self.width());
        }
        // The last bytes may be the beginning of a delimiter.
        self.check(self.begun.len() + chunk.len(), self.width() - 1)?;
        self.begun.extend_from_slice(&chunk);
        Ok(())
    }

    fn width(&self) -> usize {
        self.finder.needle().len()
    }

    /// Returns the message whose delimiter begins in what was begun and ends in this chunk, and
    /// takes the delimiter's end off the chunk.
    fn end_across(&mut self, chunk: &mut Bytes) -> Option<Bytes> {
        let reach = self.width() - 1;
        let tail = self.begun.len().saturating_sub(reach);
        let mut seam = self.begun[tail..].to_vec();
        let come = seam.len();
        seam.extend_from_slice(&chunk[..reach.min(chunk.len())]);
        let at = self.finder.find(&seam)?;
        chunk.advance(at + self.width() - come);
        let message = self.begun.split_to(tail + at).freeze();
        self.begun.clear();
        Some(message)
    }

    fn check(&self, length: usize, beyond: usize) -> Result<(), UnframeError> {
        let longest = self.longest;
        if length > longest.saturating_add(beyond) {
            return Err(UnframeError::NoDelimiter { longest });
        }
        Ok(())
    }
}

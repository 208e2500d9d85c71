//! Chunks of bytes to lines.

use bytes::{Bytes, BytesMut};

use crate::Transform;

/// Returns the transform from chunks of bytes to lines, each with its line feed, of at most
/// `longest` bytes.
///
/// Bytes after the last line feed are a line too; an input that ends with one has no empty line
/// behind it.
/// A line that lies within one chunk is a slice of it; only what crosses chunks is copied.
#[must_use]
pub fn lines(longest: usize) -> Lines {
    Lines { longest, begun: BytesMut::new(), held: 0 }
}

/// See [`lines`].
#[derive(Clone, Debug)]
pub struct Lines {
    longest: usize,
    /// The beginning of a line whose end has not come yet.
    begun: BytesMut,
    /// How many chunks that beginning comes from.
    held: u64,
}

/// A line is longer than the bound that was set for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a line is longer than {longest} bytes: raise the bound, or take bytes as they come")]
pub struct LineTooLong {
    /// The bound, in bytes.
    pub longest: usize,
}

impl Lines {
    fn check(&self, length: usize) -> Result<(), LineTooLong> {
        if length > self.longest { Err(LineTooLong { longest: self.longest }) } else { Ok(()) }
    }
}

impl Transform for Lines {
    type In = Bytes;
    type Out = Bytes;
    type Error = LineTooLong;

    const IN_PORTIONS: bool = false;

    fn apply(&mut self, mut chunk: Bytes, emit: &mut impl FnMut(Bytes)) -> Result<(), LineTooLong> {
        self.held += 1;
        while let Some(at) = memchr::memchr(b'\n', &chunk) {
            let end = chunk.split_to(at + 1);
            self.held = 1;
            self.check(self.begun.len() + end.len())?;
            if self.begun.is_empty() {
                emit(end);
            } else {
                self.begun.extend_from_slice(&end);
                emit(self.begun.split().freeze());
            }
        }
        self.check(self.begun.len() + chunk.len())?;
        self.begun.extend_from_slice(&chunk);
        if self.begun.is_empty() {
            self.held = 0;
        }
        Ok(())
    }

    fn finish(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<(), LineTooLong> {
        if !self.begun.is_empty() {
            emit(self.begun.split().freeze());
        }
        Ok(())
    }

    fn held(&mut self) -> u64 {
        self.held
    }

    fn kind(&self) -> &'static str {
        "lines"
    }
}

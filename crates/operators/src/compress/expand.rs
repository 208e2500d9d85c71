//! What all decompression has in common: it goes on in portions, and knows its place in the input.

use bytes::{Buf, Bytes};

/// The most bytes that decompression emits in one call of [`apply`](crate::Transform::apply) or
/// [`more`](crate::Transform::more): a small chunk may be the beginning of terabytes.
pub const EXPANSION: usize = 64 * 1024;

/// Why compressed bytes cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecompressError {
    /// They are damaged, or something else.
    #[error(
        "cannot decompress at byte {at} of the compressed bytes: {why}; look whether they are \
         complete and of this format, or take another copy"
    )]
    Corrupt {
        /// How many bytes were read until then.
        at: u64,
        /// What is wrong.
        why: String,
    },
    /// They end too early.
    #[error(
        "the compressed bytes end too early, at byte {at}: the sender broke off, take them again"
    )]
    Truncated {
        /// How many there are.
        at: u64,
    },
}

/// A compressed format.
pub(super) trait Decoder {
    /// Decodes until the input is used up or the output is full, and takes off `input` what it
    /// read.
    fn decode(&mut self, input: &mut &[u8], output: &mut Output<'_>) -> Result<(), String>;

    /// Returns whether the input may end here.
    fn is_whole(&self) -> bool;
}

/// A fixed room that is filled from its beginning.
pub(super) struct Output<'a> {
    room: &'a mut [u8],
    filled: usize,
}

impl Output<'_> {
    pub(super) fn room(&mut self) -> &mut [u8] {
        &mut self.room[self.filled..]
    }

    /// Says that so many bytes were written to the room, and returns them.
    pub(super) fn fill(&mut self, written: usize) -> &[u8] {
        let before = self.filled;
        self.filled += written;
        &self.room[before..self.filled]
    }

    pub(super) const fn is_full(&self) -> bool {
        self.filled == self.room.len()
    }
}

/// Drives a decoder in portions of at most [`EXPANSION`] bytes.
pub(super) struct Expand<D> {
    decoder: D,
    /// What is left of the chunk.
    input: Bytes,
    /// How many compressed bytes were read.
    at: u64,
    /// Decoded bytes are copied out of here, so that a chunk of few bytes takes up few.
    output: Box<[u8]>,
    /// The output was full: the decoder may have more, even without input.
    is_pending: bool,
}

impl<D: Decoder> Expand<D> {
    pub(super) fn new(decoder: D) -> Self {
        let output = vec![0; EXPANSION].into_boxed_slice();
        Self { decoder, input: Bytes::new(), at: 0, output, is_pending: false }
    }

    pub(super) fn apply(
        &mut self,
        chunk: Bytes,
        emit: &mut impl FnMut(Bytes),
    ) -> Result<(), DecompressError> {
        if chunk.is_empty() {
            // A decoder that is called without input again and again takes that for an error.
            return Ok(());
        }
        self.input = chunk;
        self.portion(emit)
    }

    pub(super) fn more(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<bool, DecompressError> {
        let was_pending = self.is_pending;
        if was_pending {
            self.portion(emit)?;
        }
        Ok(was_pending)
    }

    pub(super) fn finish(&self) -> Result<(), DecompressError> {
        if self.decoder.is_whole() {
            Ok(())
        } else {
            Err(DecompressError::Truncated { at: self.at })
        }
    }

    /// Emits what came before an error, too.
    fn portion(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<(), DecompressError> {
        let mut input = &self.input[..];
        let mut output = Output { room: &mut self.output, filled: 0 };
        let decoded = self.decoder.decode(&mut input, &mut output);
        let (filled, read) = (output.filled, self.input.len() - input.len());
        self.is_pending = output.is_full();
        self.at += read as u64;
        self.input.advance(read);
        if self.input.is_empty() {
            // An empty slice would keep the whole chunk in memory.
            self.input = Bytes::new();
        }
        if filled > 0 {
            emit(Bytes::copy_from_slice(&self.output[..filled]));
        }
        let corrupt = |why| DecompressError::Corrupt { at: self.at, why };
        decoded.map_err(corrupt)?;
        if !self.is_pending && !self.input.is_empty() {
            return Err(corrupt("nothing comes of what is there".to_owned()));
        }
        Ok(())
    }
}

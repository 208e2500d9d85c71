//! Small pieces of large blocks, copied together.
//!
//! A `Bytes` that a transform cut out of a chunk keeps the whole block alive that the chunk was read
//! into: a link with a thousand short lines, each of another block, would hold a thousand blocks and
//! be charged for the lines.

use std::fmt;

use bytes::{Bytes, BytesMut};

/// The size of a block that pieces are copied into, in bytes: what one piece may keep alive.
const BLOCK: usize = 32 * 1024;

/// Shorter pieces are copied; a longer one keeps at most so many times its length alive as a block
/// of the endpoints is longer than it.
///
/// An eighth of [`BLOCK`], so that little of a block is left over when the next piece does not fit.
const SHORT: usize = BLOCK / 8;

/// Copies short pieces of bytes one behind the other into blocks of its own, so that they keep no
/// more alive than they weigh, and one block.
#[derive(Default)]
pub struct Compactor {
    block: BytesMut,
}

impl Compactor {
    /// Returns a compactor without a block; the first short piece brings one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Copies the piece if it is short, and lets go of where it was.
    pub fn compact(&mut self, piece: &mut Bytes) {
        if piece.is_empty() {
            // An empty handle may keep a block alive too.
            *piece = Bytes::new();
        } else if piece.len() < SHORT {
            if self.block.capacity() < piece.len() {
                // It takes the same block again if nobody holds a piece of it any more.
                self.block.reserve(BLOCK);
            }
            self.block.extend_from_slice(piece);
            *piece = self.block.split().freeze();
        }
    }
}

impl fmt::Debug for Compactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compactor").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A block, and a piece of it.
    fn piece(length: usize) -> (Bytes, Bytes) {
        let block = Bytes::from(vec![7; 256 * 1024]);
        let piece = block.slice(100..100 + length);
        (block, piece)
    }

    #[test]
    fn a_short_piece_lets_go_of_its_block() {
        for length in [0, 1, 80, SHORT - 1] {
            let (block, mut piece) = piece(length);
            Compactor::new().compact(&mut piece);
            assert_eq!(piece, vec![7; length]);
            assert!(block.is_unique(), "{length}");
        }
    }

    #[test]
    fn a_long_piece_stays_where_it_is() {
        let (_block, mut piece) = piece(SHORT);
        let before = piece.as_ptr();
        Compactor::new().compact(&mut piece);
        assert_eq!(piece.as_ptr(), before);
    }

    #[test]
    fn short_pieces_lie_one_behind_the_other() {
        let mut compactor = Compactor::new();
        let pieces: Vec<_> = (0..100)
            .map(|_| {
                let (_, mut piece) = piece(100);
                compactor.compact(&mut piece);
                piece
            })
            .collect();
        for pair in pieces.windows(2) {
            assert_eq!(pair[0].as_ptr().wrapping_add(100), pair[1].as_ptr());
        }
    }

    #[test]
    fn a_block_that_nobody_holds_is_used_again() {
        let mut compactor = Compactor::new();
        let (_, mut first) = piece(80);
        compactor.compact(&mut first);
        let begin = first.as_ptr();
        drop(first);
        let again = (0..10_000).any(|_| {
            let (_, mut piece) = piece(80);
            compactor.compact(&mut piece);
            piece.as_ptr() == begin
        });
        assert!(again);
    }
}

//! What the kernel has taken of the items in front of a link that are not committed yet.

use std::collections::VecDeque;

use aqueduct_link::Batch;
use bytes::Bytes;

/// An item of which the kernel may take a part.
pub(crate) trait Piece {
    /// How many bytes it stands for.
    fn size(&self) -> usize;

    /// Returns whether both are handles of the same bytes; while one is held, no others can be
    /// there.
    fn is_same(&self, other: &Self) -> bool;
}

impl Piece for Bytes {
    fn size(&self) -> usize {
        self.len()
    }

    fn is_same(&self, other: &Self) -> bool {
        self.as_ptr() == other.as_ptr() && self.len() == other.len()
    }
}

/// What the kernel has taken of the items in front of the link that are not committed yet.
#[derive(Debug)]
pub(crate) struct Taken<T> {
    /// Handles of the items, by which they are known again: the stream in front may have been
    /// aborted meanwhile, and another begun.
    pub(crate) pieces: VecDeque<T>,
    pub(crate) bytes: usize,
}

impl<T> Default for Taken<T> {
    fn default() -> Self {
        Self { pieces: VecDeque::new(), bytes: 0 }
    }
}

impl<T: Piece> Taken<T> {
    /// Commits each item that was taken whole.
    pub(crate) fn settle(&mut self, batch: &mut Batch<'_, T>) {
        while let Some(front) = self.pieces.front() {
            if self.bytes < front.size() {
                break;
            }
            match batch.next().map(|item| item.is_same(front)) {
                Some(true) => {
                    batch.commit();
                    self.bytes -= front.size();
                    self.pieces.pop_front();
                }
                Some(false) => {
                    batch.put_back();
                    *self = Self::default();
                }
                None => break,
            }
        }
    }

    /// Compares with what is in front now, and returns how much of it is taken: of another item
    /// nothing is.
    pub(crate) fn show(&mut self, front: Option<&T>) -> usize {
        let known = match (self.pieces.front(), front) {
            (Some(taken), Some(front)) => taken.is_same(front),
            _ => false,
        };
        if !known {
            self.bytes = 0;
        }
        self.pieces.clear();
        self.bytes
    }
}

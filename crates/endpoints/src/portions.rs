//! How much a source of bytes reads at once, and what the link had no room for.

use aqueduct_actors::{Demand, Outbox};
use aqueduct_link::{Amount, Flow, Weigh, WriteError};

use crate::slab::{BLOCK, CHUNK};

#[derive(Debug)]
pub(crate) struct Portions<T> {
    chunk: usize,
    /// The most that was ever wanted at once: about the high mark of the link.
    most_wanted: u64,
    /// What is left of this turn's demand.
    left: Amount,
    /// The chunk that the link had no room for.
    refused: Option<T>,
}

impl<T: Weigh> Portions<T> {
    pub(crate) const fn new() -> Self {
        Self { chunk: CHUNK, most_wanted: 0, left: Amount::ZERO, refused: None }
    }

    pub(crate) fn set_chunk(&mut self, bytes: usize) {
        self.chunk = bytes.clamp(1, BLOCK);
    }

    /// Returns the same for another type of chunks; one that was refused stays behind.
    pub(crate) const fn of<U: Weigh>(&self) -> Portions<U> {
        let Self { chunk, most_wanted, left, .. } = *self;
        Portions { chunk, most_wanted, left, refused: None }
    }

    /// Begins a turn with what the last one left; returns whether more may be written.
    pub(crate) fn begin(&mut self, wanted: Demand, out: &mut Outbox<'_, T>) -> bool {
        self.left = Amount::new(wanted.items(), wanted.bytes());
        self.most_wanted = self.most_wanted.max(wanted.bytes());
        match self.refused.take() {
            Some(chunk) => self.give(chunk, out),
            None => true,
        }
    }

    /// How much to read at once: at most a quarter of what an empty link wants, so that the last
    /// chunk before a pause passes the high mark by little.
    pub(crate) fn size(&self) -> usize {
        let quarter = usize::try_from(self.most_wanted / 4).unwrap_or(usize::MAX);
        self.chunk.min(quarter).max(1)
    }

    /// Writes the chunk, or keeps it for the next turn; returns whether more may be written.
    pub(crate) fn give(&mut self, chunk: T, out: &mut Outbox<'_, T>) -> bool {
        let charge = Amount::one(chunk.weight());
        self.left = self.left.saturating_sub(charge);
        match out.write(chunk) {
            Ok(Flow::Go) => self.left.items > 0 && self.left.bytes > 0,
            Ok(Flow::Paused) | Err(WriteError::Closed(_)) => false,
            Err(WriteError::Full(chunk)) => {
                self.refused = Some(chunk);
                false
            }
        }
    }
}

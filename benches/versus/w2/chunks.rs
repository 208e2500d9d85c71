//! The chunks: how they are made, and how they are read.

use aqueduct::endpoints::Slab;
use bytes::Bytes;

use crate::{
    oneway::{Sink, Source},
    tally::Counter,
};

/// The bytes at the front of a chunk that are its number.
const NUMBER: usize = size_of::<u64>();

/// The words of a chunk behind its number: what they are does not matter, but that all arrive.
fn pattern(size: usize) -> impl Iterator<Item = u64> {
    (1..size / NUMBER).map(|place| (place as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15))
}

/// Copies a block into a slab, again and again.
pub(super) struct Copying<const SIZE: usize> {
    next: u64,
    items: u64,
    block: Vec<u8>,
    slab: Slab,
}

impl<const SIZE: usize> Copying<SIZE> {
    /// Returns a source of so many chunks.
    pub(super) fn new(items: u64) -> Self {
        let words = std::iter::once(0).chain(pattern(SIZE));
        let block = words.flat_map(u64::to_le_bytes).collect();
        Self { next: 0, items, block, slab: Slab::new() }
    }
}

impl<const SIZE: usize> Source for Copying<SIZE> {
    type Item = Bytes;

    #[inline]
    fn next(&mut self) -> Option<Bytes> {
        if self.next == self.items {
            return None;
        }
        let number = self.block.first_chunk_mut::<NUMBER>()?;
        *number = self.next.to_le_bytes();
        self.next += 1;
        self.slab.room(SIZE).extend_from_slice(&self.block);
        Some(self.slab.take())
    }
}

/// Adds up the words of each chunk, and compares.
pub(super) struct Reading<const SIZE: usize> {
    counter: Counter,
    /// What the words of a chunk come to, but for its number.
    right: u64,
}

impl<const SIZE: usize> Reading<SIZE> {
    /// Returns a sink that counts the numbers of the chunks.
    pub(super) fn new(counter: Counter) -> Self {
        Self { counter, right: pattern(SIZE).fold(0, u64::wrapping_add) }
    }
}

impl<const SIZE: usize> Sink for Reading<SIZE> {
    type Item = Bytes;

    #[inline]
    fn see(&mut self, chunk: &Bytes) {
        let (words, _) = chunk.as_chunks::<NUMBER>();
        let words = words.iter().map(|word| u64::from_le_bytes(*word));
        let number = words.clone().next().unwrap_or(u64::MAX);
        let sum = words.fold(0, u64::wrapping_add);
        self.counter.see(number);
        if chunk.len() != SIZE || sum != self.right.wrapping_add(number) {
            self.counter.damaged();
        }
    }

    fn over(&mut self) {
        self.counter.hand_in();
    }
}

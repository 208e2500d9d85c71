//! The chunks, who makes them, and who takes his time.

use std::{
    hint,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Instant,
};

use bytes::Bytes;

use super::{SIZE, WORK};
use crate::{
    oneway::{Sink, Source},
    tally::Counter,
};

/// Counts the bytes that are between the ends.
#[derive(Debug, Default)]
pub(super) struct Held {
    accepted: AtomicU64,
    handled: AtomicU64,
    peak: AtomicU64,
}

impl Held {
    fn accept(&self, bytes: u64) {
        let accepted = self.accepted.fetch_add(bytes, SeqCst) + bytes;
        // The consumer may be through with a chunk before the producer knows that it was taken.
        self.peak.fetch_max(accepted.saturating_sub(self.handled.load(SeqCst)), SeqCst);
    }

    fn handle(&self, bytes: u64) {
        self.handled.fetch_add(bytes, SeqCst);
    }

    /// The most bytes that were there at once.
    pub(super) fn peak(&self) -> u64 {
        self.peak.load(SeqCst)
    }
}

/// Makes chunks, each with its number in front.
pub(super) struct Chunks {
    next: u64,
    items: u64,
    held: Arc<Held>,
}

impl Chunks {
    pub(super) const fn new(items: u64, held: Arc<Held>) -> Self {
        Self { next: 0, items, held }
    }
}

impl Source for Chunks {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.next == self.items {
            return None;
        }
        let mut chunk = vec![1; SIZE];
        *chunk.first_chunk_mut()? = self.next.to_le_bytes();
        self.next += 1;
        Some(chunk.into())
    }

    fn accepted(&mut self) {
        self.held.accept(SIZE as u64);
    }
}

/// Works on each chunk for a while.
pub(super) struct Slow {
    counter: Counter,
    held: Arc<Held>,
}

impl Slow {
    pub(super) const fn new(counter: Counter, held: Arc<Held>) -> Self {
        Self { counter, held }
    }
}

impl Sink for Slow {
    type Item = Bytes;

    fn see(&mut self, chunk: &Bytes) {
        let began = Instant::now();
        while began.elapsed() < WORK {
            hint::spin_loop();
        }
        let number = chunk.first_chunk().map_or(u64::MAX, |number| u64::from_le_bytes(*number));
        self.counter.see(number);
        self.held.handle(chunk.len() as u64);
    }

    fn over(&mut self) {
        self.counter.hand_in();
    }
}

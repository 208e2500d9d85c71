//! What a consumer got, and when it was through.

use std::time::Instant;

use tokio::sync::oneshot;

/// Counts the numbers 0, 1, 2 and so on, checks their order and adds them up.
#[derive(Debug)]
pub(crate) struct Tally {
    count: u64,
    sum: u64,
    in_order: bool,
    damaged: u64,
}

impl Tally {
    /// Returns a tally of nothing.
    pub(crate) const fn new() -> Self {
        Self { count: 0, sum: 0, in_order: true, damaged: 0 }
    }

    /// Takes the next number.
    #[inline]
    pub(crate) fn see(&mut self, number: u64) {
        self.in_order &= number == self.count;
        self.count += 1;
        self.sum = self.sum.wrapping_add(number);
    }

    /// How many numbers came.
    #[inline]
    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// Returns it as an item that can be sent.
    pub(crate) fn to_bytes(&self) -> [u8; 24] {
        let mut bytes = [0; 24];
        let words = [self.count, self.sum, u64::from(self.in_order)];
        for (place, word) in bytes.chunks_exact_mut(8).zip(words) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }

    /// Returns what [`to_bytes`](Self::to_bytes) wrote; of anything else, a tally that is wrong.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut words = bytes
            .chunks_exact(8)
            .map(|word| word.iter().rev().fold(0, |number, byte| number << 8 | u64::from(*byte)));
        let mut next = || words.next().unwrap_or_default();
        Self { count: next(), sum: next(), in_order: next() == 1, damaged: 0 }
    }

    /// Says what is wrong, if these are not the first `items` numbers, each once and in order.
    pub(crate) fn verify(&self, items: u64) -> Result<(), String> {
        let sum = (0..items).fold(0, u64::wrapping_add);
        if self.count != items {
            return Err(format!("{} items of {items} came", self.count));
        }
        if !self.in_order {
            return Err("items came out of order".into());
        }
        if self.damaged > 0 {
            return Err(format!("{} items came damaged", self.damaged));
        }
        if self.sum != sum {
            return Err(format!("the checksum is {}, not {sum}", self.sum));
        }
        Ok(())
    }
}

/// What a consumer hands in at its end.
pub(crate) type Finished = (Instant, Tally);

/// A consumer's tally, and where to hand it in.
#[derive(Debug)]
pub(crate) struct Counter {
    tally: Tally,
    done: Option<oneshot::Sender<Finished>>,
}

impl Counter {
    /// Returns a counter, and what it will hand in.
    pub(crate) fn new() -> (Self, oneshot::Receiver<Finished>) {
        let (done, finished) = oneshot::channel();
        (Self { tally: Tally::new(), done: Some(done) }, finished)
    }

    /// Takes the next number.
    #[inline]
    pub(crate) fn see(&mut self, number: u64) {
        self.tally.see(number);
    }

    /// What came with the latest number is not what was sent.
    #[cold]
    pub(crate) const fn damaged(&mut self) {
        self.tally.damaged += 1;
    }

    /// How many numbers came.
    #[inline]
    pub(crate) const fn count(&self) -> u64 {
        self.tally.count()
    }

    /// The end: the clock stops here.
    pub(crate) fn hand_in(&mut self) {
        let now = Instant::now();
        if let Some(done) = self.done.take() {
            let tally = std::mem::replace(&mut self.tally, Tally::new());
            // Whoever does not wait for it any more has said so.
            drop(done.send((now, tally)));
        }
    }
}

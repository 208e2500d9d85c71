//! What a consumer got, and when it was through.

use std::time::Instant;

use tokio::sync::oneshot;

/// Counts the numbers 0, 1, 2 and so on, checks their order and adds them up.
#[derive(Debug)]
pub(crate) struct Tally {
    count: u64,
    sum: u64,
    in_order: bool,
}

impl Tally {
    /// Returns a tally of nothing.
    pub(crate) const fn new() -> Self {
        Self { count: 0, sum: 0, in_order: true }
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

    /// Says what is wrong, if these are not the first `items` numbers, each once and in order.
    pub(crate) fn verify(&self, items: u64) -> Result<(), String> {
        let sum = (0..items).fold(0, u64::wrapping_add);
        if self.count != items {
            return Err(format!("{} items of {items} came", self.count));
        }
        if !self.in_order {
            return Err("items came out of order".into());
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

//! The order of a round.

/// A xorshift generator: the same seed gives the same orders.
pub(crate) struct Shuffle(u64);

impl Shuffle {
    /// Returns the generator of this seed, which must not be 0.
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Brings the slice into a new order (Fisher and Yates).
    pub(crate) fn shuffle<T>(&mut self, slice: &mut [T]) {
        for last in (1..slice.len()).rev() {
            let other = self.next() % (last as u64 + 1);
            slice.swap(last, usize::try_from(other).unwrap_or(0));
        }
    }
}

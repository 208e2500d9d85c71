//! Choices that a seed repeats.

use std::{
    collections::hash_map::RandomState,
    hash::{BuildHasher, Hasher},
    ops::RangeInclusive,
};

/// A generator of numbers that are good enough to choose by (splitmix64).
#[derive(Clone, Debug)]
pub struct Random(u64);

impl Random {
    /// Returns the generator of this seed.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns a seed that was not there before.
    #[must_use]
    pub fn fresh_seed() -> u64 {
        RandomState::new().build_hasher().finish()
    }

    /// The next number.
    pub const fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of this range.
    pub fn within(&mut self, range: RangeInclusive<u64>) -> u64 {
        let span = range.end().saturating_sub(*range.start());
        let number = self.number();
        let offset = span.checked_add(1).map_or(number, |numbers| number % numbers);
        range.start().wrapping_add(offset)
    }

    /// Returns whether it is one time out of so many; never for 0.
    pub const fn one_in(&mut self, times: u64) -> bool {
        times > 0 && self.number().is_multiple_of(times)
    }

    /// Returns a generator of its own, so that what one does with it changes nothing for others.
    #[must_use]
    pub const fn fork(&mut self) -> Self {
        Self(self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_repeats_its_choices() {
        let choices = |seed| {
            let mut random = Random::new(seed);
            let mut fork = random.fork();
            [random.number(), random.within(3..=9), fork.number(), u64::from(random.one_in(2))]
        };
        assert_eq!(choices(7), choices(7));
        assert_ne!(choices(7), choices(8));
    }

    #[test]
    fn a_range_is_met_from_end_to_end_and_never_left() {
        let mut random = Random::new(0x5eed);
        let mut seen = [false; 4];
        for _ in 0..1_000 {
            seen[usize::try_from(random.within(5..=8) - 5).unwrap()] = true;
        }
        assert_eq!(seen, [true; 4]);
        assert_eq!(random.within(3..=3), 3);
        random.within(0..=u64::MAX);
    }

    #[test]
    fn one_in_none_is_never() {
        let mut random = Random::new(1);
        assert!((0..100).all(|_| !random.one_in(0) && random.one_in(1)));
    }
}

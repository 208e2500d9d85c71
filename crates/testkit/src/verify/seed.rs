//! Choices that can be made again.

use std::hash::{BuildHasher, RandomState};

use crate::dice::{Dice, told_seed};

/// A source of choices; the seed repeats them.
#[derive(Clone, Debug)]
pub(super) struct Seed {
    pub(super) seed: u64,
    dice: Dice,
}

impl Seed {
    /// The seed of `AQUEDUCT_SEED`, or a fresh one.
    pub(super) fn new() -> Self {
        let seed = told_seed().unwrap_or_else(|| RandomState::new().hash_one(0));
        Self { seed, dice: Dice(seed) }
    }

    /// A number from 1 to `most`.
    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        1 + self.dice.below(most)
    }
}

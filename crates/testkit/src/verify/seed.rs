//! Choices that can be made again.

use std::hash::{BuildHasher, RandomState};

/// A source of choices; the seed repeats them.
#[derive(Clone, Debug)]
pub(super) struct Seed {
    pub(super) seed: u64,
    state: u64,
}

impl Seed {
    /// The seed of `AQUEDUCT_SEED`, or a fresh one.
    pub(super) fn new() -> Self {
        let told = std::env::var("AQUEDUCT_SEED").ok().and_then(|text| text.parse().ok());
        let seed = told.unwrap_or_else(|| RandomState::new().hash_one(0));
        Self { seed, state: seed }
    }

    /// A number from 1 to `most`.
    pub(super) fn up_to(&mut self, most: u64) -> u64 {
        // SplitMix64, by Sebastiano Vigna: no state of it is bad.
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        1 + (z ^ (z >> 31)) % most
    }
}

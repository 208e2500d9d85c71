//! Choices that a seed makes, and makes again.

/// A source of choices.
#[derive(Clone, Debug)]
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    /// A number below `end`; 0 if there is none.
    pub(crate) fn below(&mut self, end: u64) -> u64 {
        // SplitMix64, by Sebastiano Vigna: no state of it is bad.
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)).checked_rem(end).unwrap_or(0)
    }
}

/// The seed that `AQUEDUCT_SEED` tells.
pub(crate) fn told_seed() -> Option<u64> {
    told("AQUEDUCT_SEED")
}

/// The number that this variable of the environment tells.
pub(crate) fn told(variable: &str) -> Option<u64> {
    parse(&std::env::var(variable).ok()?)
}

/// A number in decimal, or in hexadecimal behind `0x`.
pub(crate) fn parse(text: &str) -> Option<u64> {
    match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

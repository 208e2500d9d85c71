//! A sum that tells order and content.

/// A sum over bytes in their order; however they are cut into chunks, it is the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sum(u64);

/// Odd and large, so that each byte reaches all bits that follow (FNV's prime).
const PRIME: u64 = 0x0000_0100_0000_01b3;

impl Sum {
    /// The sum of nothing.
    #[must_use]
    pub const fn new() -> Self {
        Self(0)
    }

    /// Adds these bytes.
    pub fn add(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = self.0.wrapping_mul(PRIME).wrapping_add(u64::from(*byte) + 1);
        }
    }

    /// Adds a number.
    pub const fn add_number(&mut self, number: u64) {
        self.0 = self.0.wrapping_mul(PRIME).wrapping_add(number).rotate_left(23);
    }

    /// The sum so far.
    #[must_use]
    pub const fn value(self) -> u64 {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(chunks: &[&[u8]]) -> u64 {
        let mut sum = Sum::default();
        chunks.iter().for_each(|chunk| sum.add(chunk));
        sum.value()
    }

    #[test]
    fn it_does_not_depend_on_how_bytes_are_cut() {
        assert_eq!(of(&[b"aqueduct"]), of(&[b"aque", b"", b"duct"]));
    }

    #[test]
    fn it_depends_on_order_number_and_content() {
        let all = [of(&[b"ab"]), of(&[b"ba"]), of(&[b"a"]), of(&[b"ab\0"]), of(&[]), of(&[b"\0"])];
        let distinct = std::collections::BTreeSet::from(all);
        assert_eq!(distinct.len(), all.len());
    }

    #[test]
    fn numbers_in_another_order_give_another_sum() {
        let of = |numbers: [u64; 2]| {
            let mut sum = Sum::default();
            numbers.into_iter().for_each(|number| sum.add_number(number));
            sum
        };
        assert_ne!(of([1, 2]), of([2, 1]));
    }
}

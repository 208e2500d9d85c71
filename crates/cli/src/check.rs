//! What comes is counted and, if asked, compared with what was promised, before anything is
//! finished: a stream that is not what it should be never gets its final name.

use std::{
    fmt,
    str::FromStr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aqueduct::prelude::{Bytes, Transform};
use sha2::{Digest, Sha256};

/// A SHA-256 in hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Sha256Hex([u8; 32]);

impl FromStr for Sha256Hex {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is no SHA-256: it has 64 hexadecimal digits");
        if text.len() != 64 || !text.is_ascii() {
            return Err(wrong());
        }
        let mut digest = [0; 32];
        for (byte, digits) in digest.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| wrong())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| wrong())?;
        }
        Ok(Self(digest))
    }
}

impl fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What came is not what was promised.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Mismatch {
    #[error(
        "{got} bytes came and {expected} were expected: the sender broke off, or sent another \
         thing; nothing was kept"
    )]
    Short { expected: u64, got: u64 },
    #[error(
        "more than the expected {expected} bytes came: the sender sent another thing; nothing was kept"
    )]
    Long { expected: u64 },
    #[error("the SHA-256 of what came is {got} and not {expected}; nothing was kept")]
    Hash { expected: String, got: String },
}

/// The transform that counts and compares.
pub(crate) struct Check {
    expect_bytes: Option<u64>,
    hash: Option<(Sha256, Sha256Hex)>,
    bytes: u64,
    counted: Arc<AtomicU64>,
}

impl Check {
    /// Returns the check; the running number of bytes is told to `counted`.
    pub(crate) fn new(
        expect_bytes: Option<u64>,
        sha256: Option<Sha256Hex>,
        counted: Arc<AtomicU64>,
    ) -> Self {
        Self { expect_bytes, hash: sha256.map(|hex| (Sha256::new(), hex)), bytes: 0, counted }
    }
}

impl Transform for Check {
    type In = Bytes;
    type Out = Bytes;
    type Error = Mismatch;

    fn apply(&mut self, chunk: Bytes, emit: &mut impl FnMut(Bytes)) -> Result<(), Mismatch> {
        self.bytes += chunk.len() as u64;
        if let Some(expected) = self.expect_bytes.filter(|expected| self.bytes > *expected) {
            return Err(Mismatch::Long { expected });
        }
        if let Some((hash, _)) = &mut self.hash {
            hash.update(&chunk);
        }
        self.counted.store(self.bytes, Ordering::Relaxed);
        emit(chunk);
        Ok(())
    }

    fn finish(&mut self, _: &mut impl FnMut(Bytes)) -> Result<(), Mismatch> {
        if let Some(expected) = self.expect_bytes.filter(|expected| self.bytes != *expected) {
            return Err(Mismatch::Short { expected, got: self.bytes });
        }
        let Some((hash, expected)) = self.hash.take() else { return Ok(()) };
        let got = Sha256Hex(hash.finalize().into());
        if got == expected {
            return Ok(());
        }
        Err(Mismatch::Hash { expected: expected.to_string(), got: got.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OF_ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    fn check(expect_bytes: Option<u64>, sha256: Option<&str>) -> Result<(), Mismatch> {
        let sha256 = sha256.map(|hex| hex.parse().expect("a SHA-256"));
        let mut check = Check::new(expect_bytes, sha256, Arc::default());
        check.apply(Bytes::from("a"), &mut drop)?;
        check.apply(Bytes::from("bc"), &mut drop)?;
        check.finish(&mut drop)
    }

    #[test]
    fn what_was_promised_passes() {
        assert_eq!(check(None, None), Ok(()));
        assert_eq!(check(Some(3), Some(OF_ABC)), Ok(()));
    }

    #[test]
    fn a_short_a_long_and_another_stream_fail() {
        assert_eq!(check(Some(4), None), Err(Mismatch::Short { expected: 4, got: 3 }));
        assert_eq!(check(Some(2), None), Err(Mismatch::Long { expected: 2 }));
        let other = OF_ABC.replace("ba78", "0000");
        assert!(matches!(check(None, Some(&other)), Err(Mismatch::Hash { .. })));
    }

    #[test]
    fn a_sha256_has_64_hexadecimal_digits() {
        assert_eq!(OF_ABC.parse::<Sha256Hex>().expect("good").to_string(), OF_ABC);
        for text in ["", "12", &OF_ABC[1..], &OF_ABC.replace('b', "x"), &"é".repeat(32)] {
            assert!(text.parse::<Sha256Hex>().is_err(), "{text}");
        }
    }
}

//! What comes is compared with what was promised.

use std::{fmt, str::FromStr};

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::Transform;

/// Returns the transform that lets bytes pass, and fails if they are not what is expected: at once
/// when too many come, and at the end when too few came or others.
///
/// Bytes pass before the end is known: whoever takes them gives them no final name before that.
#[must_use]
pub fn verify(expected: Expected) -> Verify {
    let hash = expected.sha256.map(|sha256| (Sha256::new(), sha256));
    Verify { expected: expected.bytes, come: 0, hash }
}

/// What a stream of bytes has to be; what is `None` is not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// How many bytes come.
    pub bytes: Option<u64>,
    /// The SHA-256 of all of them.
    pub sha256: Option<Sha256Hex>,
}

/// A SHA-256, written as 64 hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Sha256Hex([u8; 32]);

/// A text that is no SHA-256.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is no SHA-256: give its 64 hexadecimal digits")]
pub struct NotSha256 {
    text: String,
}

impl FromStr for Sha256Hex {
    type Err = NotSha256;

    fn from_str(text: &str) -> Result<Self, NotSha256> {
        parse(text).map(Self).ok_or_else(|| NotSha256 { text: text.to_owned() })
    }
}

fn parse(text: &str) -> Option<[u8; 32]> {
    let mut digest = [0; 32];
    if text.len() != 2 * digest.len() {
        return None;
    }
    let digit = |byte: u8| u8::try_from(char::from(byte).to_digit(16)?).ok();
    for (byte, pair) in digest.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(digest)
}

impl fmt::Display for Sha256Hex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What came is not what was expected.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    /// Too few bytes.
    #[error(
        "{got} bytes came and {expected} were expected: the sender broke off, or sent another \
         thing; let it send again"
    )]
    Short {
        /// How many were expected.
        expected: u64,
        /// How many came.
        got: u64,
    },
    /// Too many bytes.
    #[error(
        "more than the expected {expected} bytes came: the sender sent another thing, or the \
         number is that of another; compare the two"
    )]
    Long {
        /// How many were expected.
        expected: u64,
    },
    /// Other bytes.
    #[error(
        "the SHA-256 of what came is {got} and not {expected}: the sender sent another thing, or \
         it was damaged; take it again"
    )]
    Hash {
        /// What was expected.
        expected: Sha256Hex,
        /// What came.
        got: Sha256Hex,
    },
}

/// See [`verify`].
#[derive(Clone, Debug)]
pub struct Verify {
    expected: Option<u64>,
    come: u64,
    hash: Option<(Sha256, Sha256Hex)>,
}

impl Transform for Verify {
    type In = Bytes;
    type Out = Bytes;
    type Error = Mismatch;

    const IN_PORTIONS: bool = false;

    fn apply(&mut self, chunk: Bytes, emit: &mut impl FnMut(Bytes)) -> Result<(), Mismatch> {
        self.come += chunk.len() as u64;
        if let Some(expected) = self.expected.filter(|expected| self.come > *expected) {
            return Err(Mismatch::Long { expected });
        }
        if let Some((hash, _)) = &mut self.hash {
            hash.update(&chunk);
        }
        emit(chunk);
        Ok(())
    }

    fn finish(&mut self, _: &mut impl FnMut(Bytes)) -> Result<(), Mismatch> {
        if let Some(expected) = self.expected.filter(|expected| self.come != *expected) {
            return Err(Mismatch::Short { expected, got: self.come });
        }
        let Some((hash, expected)) = self.hash.take() else { return Ok(()) };
        let got = Sha256Hex(hash.finalize().into());
        if got == expected { Ok(()) } else { Err(Mismatch::Hash { expected, got }) }
    }

    fn kind(&self) -> &'static str {
        "verify"
    }
}

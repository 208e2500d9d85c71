//! The digest of a stream of bytes.

use std::{convert::Infallible, fmt::Write as _};

use bytes::Bytes;
use sha2::{Digest, Sha256, Sha512};

use crate::Transform;

/// How bytes are made into a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Algorithm {
    /// SHA-256: 64 digits, the one that downloads are published with.
    Sha256,
    /// SHA-512: 128 digits, on many machines the faster one.
    Sha512,
    /// CRC-32, as in gzip and zip: 8 digits, against accidents only and not against an adversary.
    Crc32,
}

/// Returns the transform that takes all bytes, and emits one line when no more come: their digest
/// in lower-case hexadecimal digits, and a line feed.
#[must_use]
pub fn hash(algorithm: Algorithm) -> HashLine {
    HashLine(match algorithm {
        Algorithm::Sha256 => State::Sha256(Sha256::new()),
        Algorithm::Sha512 => State::Sha512(Sha512::new()),
        Algorithm::Crc32 => State::Crc32(flate2::Crc::new()),
    })
}

/// See [`hash`].
#[derive(Debug)]
pub struct HashLine(State);

#[derive(Debug)]
enum State {
    Sha256(Sha256),
    Sha512(Sha512),
    Crc32(flate2::Crc),
}

impl Transform for HashLine {
    type In = Bytes;
    type Out = Bytes;
    type Error = Infallible;

    const IN_PORTIONS: bool = false;

    fn apply(&mut self, chunk: Bytes, _: &mut impl FnMut(Bytes)) -> Result<(), Infallible> {
        match &mut self.0 {
            State::Sha256(state) => state.update(&chunk),
            State::Sha512(state) => state.update(&chunk),
            State::Crc32(state) => state.update(&chunk),
        }
        Ok(())
    }

    fn finish(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<(), Infallible> {
        let mut line = match &mut self.0 {
            State::Sha256(state) => hex(&state.finalize_reset()),
            State::Sha512(state) => hex(&state.finalize_reset()),
            State::Crc32(state) => hex(&state.sum().to_be_bytes()),
        };
        line.push('\n');
        emit(line.into());
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "hash"
    }
}

fn hex(digest: &[u8]) -> String {
    digest.iter().fold(String::with_capacity(2 * digest.len() + 1), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

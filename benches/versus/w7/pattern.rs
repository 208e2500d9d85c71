//! The bytes that go from one end to the other.

use std::{
    fs::File,
    io::{self, Read, Write},
};

/// After so many bytes the pattern begins again: a prime, so that no buffer of anybody's has that
/// size, and a buffer that comes twice, or in another's place, does not look like what it replaced.
const PERIOD: usize = 262_147;

/// Bytes that tell where in the stream they belong.
#[derive(Debug)]
pub(super) struct Pattern(Vec<u8>);

impl Pattern {
    /// Returns the pattern; it is always the same.
    pub(super) fn new() -> Self {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let next = || {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state.to_le_bytes()
        };
        Self(std::iter::repeat_with(next).flatten().take(PERIOD).collect())
    }

    /// Writes the first so many bytes of the stream.
    pub(super) fn write(&self, to: &mut impl Write, bytes: u64) -> io::Result<()> {
        let mut left = bytes;
        while left > 0 {
            let some = usize::try_from(left).map_or(PERIOD, |left| left.min(PERIOD));
            to.write_all(&self.0[..some])?;
            left -= some as u64;
        }
        Ok(())
    }

    /// Whether these are the bytes of the stream from this offset on.
    pub(super) fn is_at(&self, offset: u64, bytes: &[u8]) -> bool {
        let mut begin = usize::try_from(offset % PERIOD as u64).unwrap_or(0);
        let mut rest = bytes;
        while !rest.is_empty() {
            let expected = &self.0[begin..];
            let (some, behind) = rest.split_at(expected.len().min(rest.len()));
            if some != &expected[..some.len()] {
                return false;
            }
            (begin, rest) = (0, behind);
        }
        true
    }

    /// Says what is wrong, unless the file has exactly the first so many bytes of the stream.
    pub(super) fn verify(&self, mut file: File, bytes: u64) -> Result<(), String> {
        let mut buffer = vec![0; 1 << 20];
        let mut offset = 0;
        loop {
            match file.read(&mut buffer).map_err(|error| error.to_string())? {
                0 if offset == bytes => return Ok(()),
                0 => return Err(format!("{offset} bytes of {bytes} came")),
                some if self.is_at(offset, &buffer[..some]) => offset += some as u64,
                _ => return Err(format!("other bytes came after byte {offset}")),
            }
        }
    }
}

//! Compression and its undoing.

mod expand;
mod gunzip;
mod gzip;
mod header;
#[cfg(feature = "zstd")]
mod zst;

use std::mem;

use bytes::Bytes;

pub use expand::{DecompressError, EXPANSION};
pub use gunzip::{Gunzip, gunzip};
pub use gzip::{Gzip, gzip};
#[cfg(feature = "zstd")]
pub use zst::{Unzstd, Zstd, unzstd, zstd};

/// What a compressor collects before it emits a chunk, and how much it compresses before it looks,
/// in bytes: chunks of this size cost a link little, and are no burden to memory.
const COLLECTED: usize = 64 * 1024;

/// A level that the compressor does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no level {level}: take one from {least}, the fastest, to {most}, the smallest")]
pub struct LevelError {
    /// What was asked for.
    pub level: i64,
    /// The fastest level.
    pub least: i64,
    /// The level that makes the smallest output.
    pub most: i64,
}

impl LevelError {
    fn check(level: i64, least: i64, most: i64) -> Result<(), Self> {
        if (least..=most).contains(&level) { Ok(()) } else { Err(Self { level, least, most }) }
    }
}

/// The compressor could not go on, for want of memory most likely.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("cannot compress: {why}; free memory, or take a lower level")]
pub struct CompressError {
    /// What it says itself.
    pub why: String,
}

impl From<std::io::Error> for CompressError {
    fn from(error: std::io::Error) -> Self {
        Self { why: error.to_string() }
    }
}

/// Emits what was collected, if it is enough for a chunk.
fn emit_if_full(collected: &mut Vec<u8>, emit: &mut impl FnMut(Bytes)) {
    if collected.len() >= COLLECTED {
        emit_rest(collected, emit);
    }
}

fn emit_rest(collected: &mut Vec<u8>, emit: &mut impl FnMut(Bytes)) {
    if !collected.is_empty() {
        emit(mem::take(collected).into());
    }
}

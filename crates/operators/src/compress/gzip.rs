//! Bytes to gzip.

use std::{fmt, io::Write as _};

use bytes::Bytes;
use flate2::{Compression, write::GzEncoder};

use super::{COLLECTED, CompressError, LevelError, emit_if_full, emit_rest};
use crate::Transform;

/// Returns the transform that compresses with gzip, at a level from 1, the fastest, to 9, the
/// smallest; the command of this name takes 6.
///
/// It emits chunks of about 64 KiB, so that little input may give nothing before the end.
/// The same input gives the same output: no time and no name is in it.
///
/// # Errors
/// If there is no such level.
pub fn gzip(level: u32) -> Result<Gzip, LevelError> {
    LevelError::check(level.into(), 1, 9)?;
    Ok(Gzip { encoder: GzEncoder::new(Vec::new(), Compression::new(level)) })
}

/// See [`gzip`].
pub struct Gzip {
    encoder: GzEncoder<Vec<u8>>,
}

impl Transform for Gzip {
    type In = Bytes;
    type Out = Bytes;
    type Error = CompressError;

    fn apply(&mut self, chunk: Bytes, emit: &mut impl FnMut(Bytes)) -> Result<(), CompressError> {
        for piece in chunk.chunks(COLLECTED) {
            self.encoder.write_all(piece)?;
            emit_if_full(self.encoder.get_mut(), emit);
        }
        Ok(())
    }

    fn finish(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<(), CompressError> {
        self.encoder.try_finish()?;
        emit_rest(self.encoder.get_mut(), emit);
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "gzip"
    }
}

impl fmt::Debug for Gzip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gzip").finish_non_exhaustive()
    }
}

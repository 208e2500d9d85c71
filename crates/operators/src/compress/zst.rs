//! Bytes to zstd, and back.

use std::{fmt, io, io::Write as _};

use ::zstd::stream::{
    raw::{CParameter, DParameter, Decoder as Raw, Operation as _},
    write::Encoder,
};
use bytes::Bytes;

use super::{
    COLLECTED, CompressError, LevelError, emit_if_full, emit_rest,
    expand::{Decoder, DecompressError, Expand, Output},
};
use crate::Transform;

/// The window that a frame may ask for, as a power of two of bytes: 128 MiB, which is all that the
/// command of this name makes and takes without being told to.
const WINDOW_LOG: u32 = 27;

/// How many bytes are decoded at once: as exactly is known where an error is.
const PIECE: usize = 4 * 1024;

/// Returns the transform that compresses with zstd, at a level from 1, the fastest, to 19, the
/// smallest; the command of this name takes 3.
///
/// Levels above 19 take hundreds of megabytes, here and where it is decompressed.
/// It emits chunks of about 64 KiB, so that little input may give nothing before the end.
/// A checksum is in it.
///
/// # Errors
/// If there is no such level.
pub fn zstd(level: i32) -> Result<Zstd, LevelError> {
    LevelError::check(level.into(), 1, 19)?;
    Ok(Zstd { level, encoder: None })
}

/// See [`zstd()`].
pub struct Zstd {
    level: i32,
    /// It takes megabytes, and is made when there is something to do for it.
    encoder: Option<Encoder<'static, Vec<u8>>>,
}

impl Zstd {
    fn encoder(&mut self) -> io::Result<&mut Encoder<'static, Vec<u8>>> {
        let encoder = match self.encoder.take() {
            Some(encoder) => encoder,
            None => {
                let mut encoder = Encoder::new(Vec::new(), self.level)?;
                encoder.set_parameter(CParameter::ChecksumFlag(true))?;
                encoder
            }
        };
        Ok(self.encoder.insert(encoder))
    }
}

impl Transform for Zstd {
    type In = Bytes;
    type Out = Bytes;
    type Error = CompressError;

    fn apply(&mut self, chunk: Bytes, emit: &mut impl FnMut(Bytes)) -> Result<(), CompressError> {
        let encoder = self.encoder()?;
        for piece in chunk.chunks(COLLECTED) {
            encoder.write_all(piece)?;
            emit_if_full(encoder.get_mut(), emit);
        }
        Ok(())
    }

    fn finish(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<(), CompressError> {
        let encoder = self.encoder()?;
        encoder.do_finish()?;
        emit_rest(encoder.get_mut(), emit);
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "zstd"
    }
}

/// Returns the transform that undoes zstd; several frames behind each other are one stream.
///
/// Bytes behind the last frame that are no zstd are an error.
///
/// # Memory
/// At most [`EXPANSION`](crate::EXPANSION) bytes are emitted in one call; that much is kept, and
/// the window that the frame asks for, of at most 128 MiB.
#[must_use]
pub fn unzstd() -> Unzstd {
    Unzstd(Expand::new(Frames { raw: None, is_within: false, has_ended: false }))
}

/// See [`unzstd`].
pub struct Unzstd(Expand<Frames>);

impl Transform for Unzstd {
    type In = Bytes;
    type Out = Bytes;
    type Error = DecompressError;

    fn apply(&mut self, chunk: Bytes, emit: &mut impl FnMut(Bytes)) -> Result<(), DecompressError> {
        self.0.apply(chunk, emit)
    }

    fn more(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<bool, DecompressError> {
        self.0.more(emit)
    }

    fn finish(&mut self, _: &mut impl FnMut(Bytes)) -> Result<(), DecompressError> {
        self.0.finish()
    }

    fn kind(&self) -> &'static str {
        "unzstd"
    }
}

/// The frames of a zstd stream, one after the other.
struct Frames {
    raw: Option<Raw<'static>>,
    /// A frame was begun and is not at its end.
    is_within: bool,
    /// One frame at least has come to its end.
    has_ended: bool,
}

impl Frames {
    fn raw(&mut self) -> io::Result<&mut Raw<'static>> {
        let raw = match self.raw.take() {
            Some(raw) => raw,
            None => {
                let mut raw = Raw::new()?;
                raw.set_parameter(DParameter::WindowLogMax(WINDOW_LOG))?;
                raw
            }
        };
        Ok(self.raw.insert(raw))
    }

    /// Decodes a piece; returns whether anything came of it.
    fn piece(&mut self, input: &mut &[u8], output: &mut Output<'_>) -> io::Result<bool> {
        let piece = &input[..input.len().min(PIECE)];
        let status = self.raw()?.run_on_buffers(piece, output.room())?;
        *input = &input[status.bytes_read..];
        output.fill(status.bytes_written);
        self.is_within = status.remaining != 0;
        self.has_ended |= !self.is_within;
        Ok(status.bytes_read > 0 || status.bytes_written > 0)
    }
}

impl Decoder for Frames {
    fn decode(&mut self, input: &mut &[u8], output: &mut Output<'_>) -> Result<(), String> {
        // Between frames, a look for output would be taken for the beginning of a frame.
        let mut goes_on = !input.is_empty() || self.is_within;
        while goes_on {
            let moved = self.piece(input, output).map_err(|error| error.to_string())?;
            goes_on = moved && !input.is_empty() && !output.is_full();
        }
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.has_ended && !self.is_within
    }
}

macro_rules! debug_without_context {
    ($($name:ident),+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })+
    };
}
debug_without_context!(Zstd, Unzstd);

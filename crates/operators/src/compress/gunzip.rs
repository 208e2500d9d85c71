//! gzip to what was compressed.

use std::fmt;

use bytes::Bytes;
use flate2::{Crc, Decompress, FlushDecompress, Status};

use super::{
    expand::{Decoder, DecompressError, Expand, Output},
    header::Header,
};
use crate::Transform;

/// Returns the transform that undoes gzip; several members behind each other are one stream.
///
/// Checksums and lengths are compared, and bytes behind the last member that are no gzip are an
/// error.
///
/// # Memory
/// At most [`EXPANSION`](crate::EXPANSION) bytes are emitted in one call, and that much and about
/// 45 KiB are kept.
#[must_use]
pub fn gunzip() -> Gunzip {
    Gunzip(Expand::new(Members::new()))
}

/// See [`gunzip`].
pub struct Gunzip(Expand<Members>);

impl Transform for Gunzip {
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
        "gunzip"
    }
}

impl fmt::Debug for Gunzip {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Gunzip").finish_non_exhaustive()
    }
}

/// What of a member comes.
enum Part {
    Header(Header),
    Body,
    Trailer(Trailer),
}

/// The members of a gzip stream, one after the other.
struct Members {
    part: Part,
    inflate: Decompress,
    /// Of what this member has given.
    crc: Crc,
    /// One member at least has come to its end.
    has_ended: bool,
}

impl Members {
    fn new() -> Self {
        Self {
            part: Part::Header(Header::new()),
            // The header and the trailer are read here, for the decoder knows only zlib's.
            inflate: Decompress::new(false),
            crc: Crc::new(),
            has_ended: false,
        }
    }

    /// Inflates until the member's body is over (`true`), the input used up or the output full.
    fn inflate(&mut self, input: &mut &[u8], output: &mut Output<'_>) -> Result<bool, String> {
        while !output.is_full() {
            let (read, written) = (self.inflate.total_in(), self.inflate.total_out());
            let status = self.inflate.decompress(input, output.room(), FlushDecompress::None);
            let read = distance(read, self.inflate.total_in(), input.len());
            let written = distance(written, self.inflate.total_out(), output.room().len());
            self.crc.update(output.fill(written));
            *input = &input[read..];
            match status {
                Ok(Status::StreamEnd) => return Ok(true),
                Ok(_) if read == 0 && written == 0 => return Ok(false),
                Ok(_) => {}
                Err(_) => return Err("the compressed data is damaged".to_owned()),
            }
        }
        Ok(false)
    }
}

/// How far a count went on, which is never further than there is room.
fn distance(before: u64, after: u64, room: usize) -> usize {
    usize::try_from(after - before).map_or(room, |distance| distance.min(room))
}

impl Decoder for Members {
    fn decode(&mut self, input: &mut &[u8], output: &mut Output<'_>) -> Result<(), String> {
        loop {
            let is_over = match &mut self.part {
                Part::Header(header) => header.take(input)?,
                Part::Body => self.inflate(input, output)?,
                Part::Trailer(trailer) => trailer.take(input)?,
            };
            if !is_over {
                return Ok(());
            }
            self.part = match self.part {
                Part::Header(_) => {
                    self.inflate.reset(false);
                    self.crc.reset();
                    Part::Body
                }
                Part::Body => Part::Trailer(Trailer::of(&self.crc)),
                Part::Trailer(_) => {
                    self.has_ended = true;
                    Part::Header(Header::new())
                }
            };
        }
    }

    fn is_whole(&self) -> bool {
        self.has_ended && matches!(&self.part, Part::Header(header) if header.is_untouched())
    }
}

/// The eight bytes behind a body: its CRC-32, and the low half of its length.
struct Trailer {
    expected: [u8; 8],
    come: usize,
}

impl Trailer {
    fn of(crc: &Crc) -> Self {
        let mut expected = [0; 8];
        expected[..4].copy_from_slice(&crc.sum().to_le_bytes());
        expected[4..].copy_from_slice(&crc.amount().to_le_bytes());
        Self { expected, come: 0 }
    }

    /// Takes bytes off the front of `input`; returns whether the trailer is over.
    fn take(&mut self, input: &mut &[u8]) -> Result<bool, &'static str> {
        while let ([expected, ..], [byte, rest @ ..]) = (&self.expected[self.come..], *input) {
            if byte != expected {
                return Err("the checksum or the length of the data does not match");
            }
            self.come += 1;
            *input = rest;
        }
        Ok(self.come == self.expected.len())
    }
}

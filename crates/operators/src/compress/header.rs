//! The header of a gzip member (RFC 1952): nothing of it is kept, and all of it is checked.

use flate2::Crc;

const MAGIC: [u8; 2] = [0x1f, 0x8b];
const DEFLATE: u8 = 8;
/// The fixed part, of which the time, the level and the system are of no interest here.
const FIXED: u16 = 10;

const HAS_CHECKSUM: u8 = 1 << 1;
const HAS_EXTRA: u8 = 1 << 2;
const HAS_NAME: u8 = 1 << 3;
const HAS_COMMENT: u8 = 1 << 4;
const RESERVED: u8 = 0b1110_0000;

/// The part of the header that comes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Field {
    Fixed,
    ExtraLength,
    Extra,
    Name,
    Comment,
    Checksum,
    /// The header is over.
    Over,
}

/// Takes a header byte by byte, in constant memory however long its name is.
pub(super) struct Header {
    field: Field,
    /// How many bytes of this part have come; it stays at its maximum in a text that is longer.
    come: u16,
    flags: u8,
    extra: u16,
    crc: Crc,
}

impl Header {
    pub(super) fn new() -> Self {
        Self { field: Field::Fixed, come: 0, flags: 0, extra: 0, crc: Crc::new() }
    }

    /// Returns whether none of it has come yet.
    pub(super) fn is_untouched(&self) -> bool {
        self.field == Field::Fixed && self.come == 0
    }

    /// Takes bytes off the front of `input`; returns whether the header is over.
    pub(super) fn take(&mut self, input: &mut &[u8]) -> Result<bool, &'static str> {
        while let [byte, rest @ ..] = *input {
            self.byte(*byte)?;
            *input = rest;
            if self.field == Field::Over {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn byte(&mut self, byte: u8) -> Result<(), &'static str> {
        let is_last = match self.field {
            Field::Fixed => self.fixed(byte)?,
            Field::ExtraLength => {
                self.extra |= u16::from(byte) << (8 * self.come);
                self.come == 1
            }
            Field::Extra => self.come + 1 == self.extra,
            Field::Name | Field::Comment => byte == 0,
            Field::Checksum => self.checksum(byte)?,
            Field::Over => return Ok(()),
        };
        if self.field != Field::Checksum {
            self.crc.update(&[byte]);
        }
        if is_last {
            self.field = self.next();
            self.come = 0;
        } else {
            self.come = self.come.saturating_add(1);
        }
        Ok(())
    }

    fn fixed(&mut self, byte: u8) -> Result<bool, &'static str> {
        match self.come {
            0 | 1 if byte != MAGIC[usize::from(self.come)] => {
                return Err("no gzip begins here");
            }
            2 if byte != DEFLATE => return Err("the way of compression is not known"),
            3 if byte & RESERVED != 0 => return Err("the header has flags that are not known"),
            3 => self.flags = byte,
            _ => {}
        }
        Ok(self.come + 1 == FIXED)
    }

    /// Compares a byte of the header's checksum: the low half of the CRC-32, its low byte first.
    fn checksum(&self, byte: u8) -> Result<bool, &'static str> {
        if byte == self.crc.sum().to_le_bytes()[usize::from(self.come)] {
            Ok(self.come == 1)
        } else {
            Err("the checksum of the header does not match")
        }
    }

    fn next(&self) -> Field {
        use Field::{Checksum, Comment, Extra, ExtraLength, Fixed, Name, Over};
        let has = |flag| self.flags & flag != 0;
        match self.field {
            Fixed if has(HAS_EXTRA) => ExtraLength,
            ExtraLength if self.extra > 0 => Extra,
            Fixed | ExtraLength | Extra if has(HAS_NAME) => Name,
            Fixed | ExtraLength | Extra | Name if has(HAS_COMMENT) => Comment,
            Fixed | ExtraLength | Extra | Name | Comment if has(HAS_CHECKSUM) => Checksum,
            _ => Over,
        }
    }
}

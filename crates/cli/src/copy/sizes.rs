//! Sizes and marks, as they are typed and told.

use std::{str::FromStr, time::Duration};

use aqueduct::{
    link::{ByteCount, Watermarks},
    pipeline::blueprint::{Marks as Told, Unit},
};

/// The units of a size: what may be typed, and how many bytes it is.
const UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("b", 1),
    ("kib", 1 << 10),
    ("k", 1 << 10),
    ("mib", 1 << 20),
    ("m", 1 << 20),
    ("gib", 1 << 30),
    ("g", 1 << 30),
];

/// Reads a size like `65536`, `64KiB` or `1 GiB`.
pub(crate) fn parse_bytes(text: &str) -> Result<u64, String> {
    let text = text.trim();
    let digits = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (number, unit) = text.split_at(digits);
    let unit = unit.trim().to_ascii_lowercase();
    let unit = UNITS.iter().find(|(name, _)| *name == unit);
    let number = number.parse::<u64>().ok();
    match (number, unit) {
        (Some(number), Some((_, bytes))) => {
            number.checked_mul(*bytes).ok_or_else(|| format!("{text} is more than can be counted"))
        }
        _ => Err(format!("{text:?} is no size: write it as 65536, 64KiB, 1MiB or 1GiB")),
    }
}

/// Watermarks in bytes, written `LOW,HIGH`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Marks(pub(crate) Told);

impl FromStr for Marks {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (low, high) = text
            .split_once(',')
            .ok_or_else(|| format!("{text:?} is not LOW,HIGH: write it as 64KiB,256KiB"))?;
        let (low, high) = (parse_bytes(low)?, parse_bytes(high)?);
        if high == 0 {
            return Err("a high mark of 0 bytes lets nothing through: raise it".into());
        }
        let marks = Watermarks::<ByteCount>::bytes(low, high).map_err(|error| error.to_string())?;
        let capacity = marks.limits().capacity().bytes;
        Ok(Self(Told { unit: Unit::Bytes, low, high, capacity }))
    }
}

/// Reads a time like `30 s`.
pub(crate) fn parse_time(text: &str) -> Result<Duration, String> {
    aqueduct_config::parse_duration(text).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_a_unit() {
        for (text, bytes) in
            [("0", 0), ("65536", 65536), ("64KiB", 65536), ("1 GiB", 1 << 30), ("2m", 2 << 20)]
        {
            assert_eq!(parse_bytes(text), Ok(bytes));
        }
    }

    #[test]
    fn what_is_no_size_is_told_with_the_remedy() {
        for text in ["", "KiB", "64 apples", "-1", "1.5MiB"] {
            assert!(parse_bytes(text).unwrap_err().contains("64KiB"), "{text}");
        }
        assert!(parse_bytes("99999999999999999999GiB").is_err());
        assert!(parse_bytes("99999999999GiB").unwrap_err().contains("more than can be counted"));
    }

    #[test]
    fn marks_are_low_then_high() {
        assert!("64KiB,256KiB".parse::<Marks>().is_ok());
        assert!("64KiB".parse::<Marks>().unwrap_err().contains("LOW,HIGH"));
        assert!("2,1".parse::<Marks>().unwrap_err().contains("above the high mark"));
        assert!("0,0".parse::<Marks>().unwrap_err().contains("raise it"));
    }
}

//! Sizes, durations and marks, as they are written in a file and told.

use std::time::Duration;

use aqueduct_pipeline::blueprint::Unit;

use crate::near::{list, nearest};

/// Why a text is no value, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) message: String,
    pub(crate) help: String,
}

impl Fault {
    pub(crate) fn new(message: impl Into<String>, help: impl Into<String>) -> Self {
        Self { message: message.into(), help: help.into() }
    }
}

const SIZES: [(&str, u64); 4] = [("B", 1), ("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// In milliseconds.
const TIMES: [(&str, u64); 4] = [("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000)];

/// Units that people write and that are called otherwise here.
const ALIASES: [(&str, &str); 14] = [
    ("k", "KiB"),
    ("kb", "KiB"),
    ("m", "MiB"),
    ("mb", "MiB"),
    ("g", "GiB"),
    ("gb", "GiB"),
    ("byte", "B"),
    ("bytes", "B"),
    ("sec", "s"),
    ("second", "s"),
    ("seconds", "s"),
    ("m", "min"),
    ("minute", "min"),
    ("minutes", "min"),
];

/// Reads a size as `64 KiB`.
pub(crate) fn size(text: &str) -> Result<u64, Fault> {
    let (number, unit) = split(text, "a size", "64 KiB")?;
    number_of(number, unit, &SIZES, "a size", "64 KiB")
}

/// Reads a duration as `1 min`, which is longer than nothing.
pub(crate) fn duration(text: &str) -> Result<Duration, Fault> {
    let (number, unit) = split(text, "a duration", "1 min")?;
    match number_of(number, unit, &TIMES, "a duration", "1 min")? {
        0 => Err(Fault::new("a duration of 0 is none", "write it as \"1 min\"")),
        millis => Ok(Duration::from_millis(millis)),
    }
}

/// Reads a duration as it is written in a file: `500 ms`, `30 s`, `1 min`, `2 h`.
///
/// # Errors
/// What is wrong with it, and how to write it.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    duration(text).map_err(|Fault { message, help }| format!("{message}: {help}"))
}

/// Reads a mark: a size, or a number of items as `64 items`.
pub(crate) fn mark(text: &str) -> Result<(Unit, u64), Fault> {
    const EXAMPLE: &str = "64 KiB\" or \"64 items";
    let (number, unit) = split(text, "a mark", EXAMPLE)?;
    if matches!(unit, "items" | "item") {
        return Ok((Unit::Items, whole(number, EXAMPLE)?));
    }
    if nearest(unit, ["items"]).is_some() {
        return Err(Fault::new(format!("`{unit}` is no unit of a mark"), "did you mean `items`?"));
    }
    Ok((Unit::Bytes, number_of(number, unit, &SIZES, "a mark", EXAMPLE)?))
}

fn split<'t>(text: &'t str, what: &str, example: &str) -> Result<(&'t str, &'t str), Fault> {
    let text = text.trim();
    let is_number = |c: char| c.is_ascii_digit() || matches!(c, '.' | ',' | '_' | '+' | '-');
    let end = text.find(|c| !is_number(c)).unwrap_or(text.len());
    let (number, unit) = (&text[..end], text[end..].trim());
    let help = format!("write it as \"{example}\"");
    match (number.is_empty(), unit.is_empty()) {
        (true, _) => Err(Fault::new(format!("`{text}` is not {what}"), help)),
        (_, true) => Err(Fault::new(format!("`{text}` has no unit"), help)),
        _ => Ok((number, unit)),
    }
}

fn number_of(
    number: &str,
    unit: &str,
    units: &[(&str, u64)],
    what: &str,
    example: &str,
) -> Result<u64, Fault> {
    let Some((_, scale)) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)) else {
        let known = units.iter().map(|(name, _)| *name);
        let lower = unit.to_lowercase();
        // `m` is a size to some and a time to others.
        let mut aliases = ALIASES.iter().filter(|(alias, _)| *alias == lower);
        let meant = aliases.find(|(_, name)| known.clone().any(|known| known == *name));
        let meant = meant.map(|(_, name)| *name);
        let help = match meant.or_else(|| nearest(unit, known.clone())) {
            Some(name) => format!("did you mean `{name}`?"),
            None => format!("its units are {}", list(known, "and")),
        };
        return Err(Fault::new(format!("`{unit}` is no unit of {what}"), help));
    };
    whole(number, example)?.checked_mul(*scale).ok_or_else(|| too_much(number, unit))
}

fn whole(number: &str, example: &str) -> Result<u64, Fault> {
    number.parse().map_err(|_| {
        if number.bytes().all(|byte| byte.is_ascii_digit()) {
            return too_much(number, "");
        }
        let help = format!("write it as \"{example}\", in a smaller unit where needed");
        Fault::new(format!("`{number}` is no whole number"), help)
    })
}

fn too_much(number: &str, unit: &str) -> Fault {
    let text = format!("{number} {unit}");
    Fault::new(format!("`{}` is more than can be counted", text.trim()), "write a smaller number")
}

/// Tells a size in the way it is written in a file.
pub(crate) fn tell_size(bytes: u64) -> String {
    // Nothing is a multiple of every unit.
    let whole = |scale: u64| bytes > 0 && bytes.is_multiple_of(scale);
    let (name, scale) = SIZES.iter().rev().find(|(_, scale)| whole(*scale)).unwrap_or(&SIZES[0]);
    format!("{} {name}", bytes / scale)
}

/// Tells a duration in the way it is written in a file.
pub(crate) fn tell_duration(duration: Duration) -> String {
    let millis = duration.as_millis();
    let unit = TIMES.iter().rev().find(|(_, scale)| millis.is_multiple_of(u128::from(*scale)));
    let (name, scale) = unit.unwrap_or(&TIMES[0]);
    format!("{} {name}", millis / u128::from(*scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check<T: std::fmt::Debug + PartialEq>(read: Result<T, Fault>, expected: Result<T, &str>) {
        match (read, expected) {
            (Ok(value), Ok(expected)) => assert_eq!(value, expected),
            (Err(fault), Err(part)) => {
                let told = format!("{}; {}", fault.message, fault.help);
                assert!(told.contains(part), "{told}");
            }
            (read, expected) => panic!("{read:?} and not {expected:?}"),
        }
    }

    #[test]
    fn sizes_have_a_unit_in_capitals_or_not() {
        check(size("64 KiB"), Ok(65536));
        check(size(" 64kib "), Ok(65536));
        check(size("0 B"), Ok(0));
        check(size("1 GiB"), Ok(1 << 30));
        check(size("64"), Err("`64` has no unit"));
        check(size("KiB"), Err("`KiB` is not a size"));
        check(size(""), Err("write it as \"64 KiB\""));
        check(size("64 KB"), Err("did you mean `KiB`?"));
        check(size("64 MIB s"), Err("`MIB s` is no unit of a size"));
        check(size("64 m"), Err("did you mean `MiB`?"));
        check(size("1 s"), Err("its units are"));
        check(size("64 apples"), Err("its units are `B`, `KiB`, `MiB` and `GiB`"));
        check(size("1.5 MiB"), Err("`1.5` is no whole number"));
        check(size("-1 B"), Err("`-1` is no whole number"));
        check(size("99999999999 GiB"), Err("`99999999999 GiB` is more than can be counted"));
        check(size("99999999999999999999 B"), Err("more than can be counted"));
    }

    #[test]
    fn durations_are_longer_than_nothing() {
        check(duration("250 ms"), Ok(Duration::from_millis(250)));
        check(duration("1 MIN"), Ok(Duration::from_secs(60)));
        check(duration("2h"), Ok(Duration::from_secs(7200)));
        check(duration("1 m"), Err("`m` is no unit of a duration; did you mean `min`?"));
        check(duration("1m"), Err("did you mean `min`?"));
        check(duration("3 seconds"), Err("did you mean `s`?"));
        check(duration("3 KiB"), Err("its units are `ms`, `s`, `min` and `h`"));
        check(duration("0 s"), Err("a duration of 0 is none"));
    }

    #[test]
    fn marks_count_bytes_or_items() {
        check(mark("64 items"), Ok((Unit::Items, 64)));
        check(mark("64 KiB"), Ok((Unit::Bytes, 65536)));
        check(mark("64 itmes"), Err("did you mean `items`?"));
        check(mark("64"), Err("\"64 KiB\" or \"64 items\""));
    }

    #[test]
    fn what_is_told_can_be_read_again() {
        for bytes in [0, 1, 1000, 1024, 1536, 1 << 20, (1 << 30) + (1 << 20), 5 << 30] {
            assert_eq!(size(&tell_size(bytes)), Ok(bytes), "{}", tell_size(bytes));
        }
        for millis in [1, 1000, 1500, 60_000, 90_000, 3_600_000] {
            let time = Duration::from_millis(millis);
            assert_eq!(duration(&tell_duration(time)), Ok(time));
        }
    }
}

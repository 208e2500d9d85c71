//! Values that stand elsewhere than in the file, since not everybody may see them.

use std::{fmt, fs, io::Read};

/// Where the environment is looked up: the name of a variable, and its value.
pub(crate) type Env<'e> = &'e dyn Fn(&str) -> Option<String>;

/// The longest value that is read from a file, in bytes: a key or a certificate, and no more.
pub(crate) const LONGEST_SECRET: u64 = 64 * 1024;

/// Shorter values are in too many words by chance to be taken out of texts.
const SHORTEST_HIDDEN: usize = 4;

/// What stands in a text for a value that may not be shown.
const HIDDEN: &str = "***";

/// The values that a configuration took from the environment and from files.
///
/// They are in none of its messages, in no blueprint and no picture; what others say, as the system
/// of a path it cannot open, is told through [`redact`](Self::redact).
#[derive(Clone, Default)]
pub struct Secrets {
    /// The longest first, so that one that is part of another leaves nothing of it.
    values: Vec<String>,
}

impl Secrets {
    pub(crate) fn add(&mut self, value: String) {
        if value.chars().count() < SHORTEST_HIDDEN || self.values.contains(&value) {
            return;
        }
        let place = self.values.partition_point(|other| other.len() >= value.len());
        self.values.insert(place, value);
    }

    /// Returns the text with `***` for every secret value in it.
    ///
    /// Values of less than four characters stay: they would be found in every other word.
    #[must_use]
    pub fn redact(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, value| text.replace(value, HIDDEN))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.values.len())
    }
}

/// Reads a value from a file; the line feed at its end, which every editor puts there, is not part
/// of it.
pub(crate) fn from_file(path: &str) -> Result<String, String> {
    let file = fs::File::open(path).map_err(|error| error.to_string())?;
    let mut text = String::new();
    let read = file.take(LONGEST_SECRET + 1).read_to_string(&mut text);
    let read = read.map_err(|error| error.to_string())?;
    if read as u64 > LONGEST_SECRET {
        return Err(format!("it is longer than {} KiB", LONGEST_SECRET / 1024));
    }
    let value = text.strip_suffix('\n').unwrap_or(&text);
    Ok(value.strip_suffix('\r').unwrap_or(value).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_hidden_the_longest_first_and_short_ones_not_at_all() {
        let mut secrets = Secrets::default();
        for value in ["word", "password", "abc", "word"] {
            secrets.add(value.into());
        }
        assert_eq!(secrets.redact("password, word and abc"), "***, *** and abc");
        assert_eq!(format!("{secrets:?}"), "Secrets(2)");
    }
}

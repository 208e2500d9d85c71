//! What is wrong in a file, and where.

use std::{fmt, ops::Range};

use serde_json::{Value, json};

/// One mistake in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Mistake {
    /// What is wrong.
    pub message: String,
    /// Where, in bytes of the file.
    pub span: Range<usize>,
    /// The line where it begins, counted from 1.
    pub line: usize,
    /// The character of the line where it begins, counted from 1.
    pub column: usize,
    /// What is to be said at that place.
    pub label: String,
    /// What to do about it.
    pub help: Option<String>,
    /// Other places that have to do with it.
    pub also: Vec<(Range<usize>, String)>,
}

impl Mistake {
    /// One without its line and column, which it gets when all are collected.
    pub(crate) fn new(
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Self {
        Self {
            message: message.into(),
            span,
            line: 0,
            column: 0,
            label: label.into(),
            help: None,
            also: Vec::new(),
        }
    }

    /// Keys and names of a file may have control characters in them, which a terminal would obey.
    fn escape(&mut self) {
        let labels = self.also.iter_mut().map(|(_, label)| label);
        for text in
            [&mut self.message, &mut self.label].into_iter().chain(&mut self.help).chain(labels)
        {
            if text.chars().any(char::is_control) {
                *text = text.escape_debug().to_string();
            }
        }
    }

    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    pub(crate) fn also(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.also.push((span, label.into()));
        self
    }
}

/// `line 3, column 5: …`.
impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, column, message, help, .. } = self;
        write!(f, "line {line}, column {column}: {message}")?;
        help.as_ref().map_or(Ok(()), |help| write!(f, "; {help}"))
    }
}

/// The most mistakes that are told of one file: beyond it, what was written is no configuration.
pub const MOST_MISTAKES: usize = 100;

/// All that is wrong in a file, in the order of their places; at least one, and at most
/// [`MOST_MISTAKES`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    found: Vec<Mistake>,
    left_out: usize,
}

impl Mistakes {
    /// Sorts them, and finds their lines and columns.
    pub(crate) fn new(mut found: Vec<Mistake>, source: &str) -> Self {
        found.sort_by_key(|mistake| mistake.span.start);
        let left_out = found.len().saturating_sub(MOST_MISTAKES);
        found.truncate(MOST_MISTAKES);
        for mistake in &mut found {
            (mistake.line, mistake.column) = place(source, mistake.span.start);
            mistake.escape();
        }
        Self { found, left_out }
    }

    /// The mistakes.
    #[must_use]
    pub fn as_slice(&self) -> &[Mistake] {
        &self.found
    }

    /// How many more there are than are told here.
    #[must_use]
    pub const fn left_out(&self) -> usize {
        self.left_out
    }

    /// Returns them for machines: `line`, `column`, `message`, and `help` or null, one object each.
    #[must_use]
    pub fn to_json(&self) -> Value {
        let told = self.found.iter().map(|Mistake { line, column, message, help, .. }| {
            json!({ "line": line, "column": column, "message": message, "help": help })
        });
        told.collect()
    }
}

/// Counts lines and characters up to a place; the mark of the byte order is no character.
fn place(source: &str, at: usize) -> (usize, usize) {
    let before = source.get(..at).unwrap_or(source);
    let line = before.rsplit('\n').next().unwrap_or(before).trim_start_matches('\u{feff}');
    (before.matches('\n').count() + 1, line.chars().count() + 1)
}

/// One line each.
impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (number, mistake) in self.found.iter().enumerate() {
            let line = if number == 0 { "" } else { "\n" };
            write!(f, "{line}{mistake}")?;
        }
        match self.left_out {
            0 => Ok(()),
            more => write!(f, "\nand {more} more"),
        }
    }
}

impl std::error::Error for Mistakes {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_lines_and_characters_from_one() {
        for (source, at, expected) in [
            ("", 0, (1, 1)),
            ("ab", 1, (1, 2)),
            ("ü = 1", 3, (1, 3)),
            ("a\r\nb", 3, (2, 1)),
            ("\u{feff}a", 3, (1, 1)),
            ("a\n", 2, (2, 1)),
        ] {
            assert_eq!(place(source, at), expected, "{source:?} at {at}");
        }
    }

    #[test]
    fn a_message_has_no_control_characters() {
        let found = Mistake::new(0..0, "\u{1b}[31m", "\n").help("\u{7}").also(0..0, "\r");
        let mistakes = Mistakes::new(vec![found], "");
        let Mistake { message, label, help, also, .. } = &mistakes.as_slice()[0];
        let texts = [message, label, help.as_ref().unwrap(), &also[0].1];
        assert_eq!(texts, [r"\u{1b}[31m", r"\n", r"\u{7}", r"\r"]);
    }

    #[test]
    fn a_file_of_nothing_but_mistakes_is_told_up_to_the_bound() {
        let found = vec![Mistake::new(0..0, "no", ""); MOST_MISTAKES + 3];
        let mistakes = Mistakes::new(found, "");
        assert_eq!((mistakes.as_slice().len(), mistakes.left_out()), (MOST_MISTAKES, 3));
        assert!(mistakes.to_string().ends_with("\nand 3 more"));
    }
}

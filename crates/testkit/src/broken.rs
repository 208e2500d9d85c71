//! What a check says: a promise is kept, could not be checked, or is broken.

use std::fmt;

/// What came of a check.
pub type Verdict = Result<Checked, Broken>;

/// A check that found nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[must_use]
pub enum Checked {
    /// The promise is kept, as far as the check can see.
    Kept,
    /// It could not be checked, and why.
    Skipped(&'static str),
}

/// A promise that was not kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What was expected.
    pub expected: String,
    /// What happened.
    pub got: String,
    /// What to do about it.
    pub advice: &'static str,
}

impl Broken {
    pub(crate) fn new(
        expected: impl Into<String>,
        got: impl Into<String>,
        advice: &'static str,
    ) -> Self {
        Self { expected: expected.into(), got: got.into(), advice }
    }

    /// Returns the same, with the seed that repeats it.
    pub(crate) fn with_seed(mut self, seed: u64) -> Self {
        self.got.push_str(&format!(" (AQUEDUCT_SEED={seed} repeats it)"));
        self
    }

    /// Returns the same, for whoever knows better what to do.
    pub(crate) fn advising(self, advice: &'static str) -> Self {
        Self { advice, ..self }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected: {}\n     got: {}", self.expected, self.got)?;
        if !self.advice.is_empty() {
            write!(f, "\n    help: {}", self.advice)?;
        }
        Ok(())
    }
}

impl std::error::Error for Broken {}

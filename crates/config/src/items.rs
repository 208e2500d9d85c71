//! Kinds of items, and whether what one stage gives is what the next one takes.

use std::fmt;

/// A kind of items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Items {
    /// Chunks of bytes; the borders between them mean nothing.
    Bytes,
    /// One line each, with its line feed.
    Line,
    /// One record of bytes each.
    Frame,
    /// One JSON value each.
    Json,
}

impl Items {
    /// All kinds: what a stage takes that does not look into items.
    pub const ALL: &'static [Self] = &[Self::Bytes, Self::Line, Self::Frame, Self::Json];
    /// What can be written one behind the other without losing anything; lines bear their own end.
    pub const STREAM: &'static [Self] = &[Self::Bytes, Self::Line];
    /// What means something one by one.
    pub const SINGLE: &'static [Self] = &[Self::Line, Self::Frame, Self::Json];
}

impl fmt::Display for Items {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bytes => "bytes",
            Self::Line => "lines",
            Self::Frame => "frames",
            Self::Json => "JSON values",
        })
    }
}

/// What a stage gives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Gives {
    /// Nothing: it is the last one.
    Nothing,
    /// What it takes.
    Same,
    /// These.
    These(Items),
}

impl Gives {
    /// What it gives when it takes these.
    pub(crate) fn of(self, taken: Option<Items>) -> Option<Items> {
        match self {
            Self::Nothing => None,
            Self::Same => taken,
            Self::These(items) => Some(items),
        }
    }
}

/// Returns `bytes, lines or frames`.
pub(crate) fn told(items: &[Items]) -> String {
    let mut names: Vec<String> = items.iter().map(Items::to_string).collect();
    match names.pop() {
        None => "nothing".into(),
        Some(only) if names.is_empty() => only,
        Some(last) => format!("{} or {last}", names.join(", ")),
    }
}

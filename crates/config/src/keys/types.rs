//! What a key takes, and how that is told and written in a schema.

use serde_json::{Value, json};

use crate::near::list;

/// What a key takes.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Type {
    /// A number of bytes with its unit.
    Size,
    /// A whole number.
    Count {
        /// The least that makes sense.
        least: u64,
        /// The most.
        most: u64,
    },
    /// A mark of a link: a size, or a number of items.
    Mark,
    /// A time that is longer than nothing, with its unit.
    Duration,
    /// Text, here or elsewhere.
    Text,
    /// The path of a file, here or elsewhere.
    Path,
    /// An address as `host:port`, here or elsewhere.
    Address,
    /// A name, which stands here and is shown.
    Name,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Yes or no.
    Flag,
    /// A regular expression.
    Pattern,
}

/// Whether a key must be there.
#[derive(Clone, Debug, PartialEq)]
pub enum Need {
    /// It must.
    Required,
    /// It may be left out.
    Optional,
    /// Without it, this is taken.
    Default(Value),
}

/// One key of a table: what drives the parser, the reference and the schema.
#[derive(Clone, Debug, PartialEq)]
pub struct KeySpec {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Type,
    /// Whether it must be there.
    pub need: Need,
    /// What it is for.
    pub doc: &'static str,
}

impl Type {
    /// Returns what it takes, as in “takes a size”.
    #[must_use]
    pub fn told(&self) -> String {
        match self {
            Self::Size => "a size".into(),
            Self::Count { most: u64::MAX, least } => format!("a whole number from {least}"),
            Self::Count { least, most } => format!("a whole number from {least} to {most}"),
            Self::Mark => "a mark".into(),
            Self::Duration => "a duration".into(),
            Self::Text => "text".into(),
            Self::Path => "a path".into(),
            Self::Address => "an address".into(),
            Self::Name => "a name".into(),
            Self::Choice(words) => list(words.iter().copied(), "or"),
            Self::Flag => "true or false".into(),
            Self::Pattern => "a regular expression".into(),
        }
    }

    /// Returns a value as it is written in a file.
    #[must_use]
    pub fn example(&self) -> String {
        match self {
            Self::Size => "\"64 KiB\"".into(),
            Self::Count { least, .. } => (*least).max(1).to_string(),
            Self::Mark => "\"64 KiB\" or \"64 items\"".into(),
            Self::Duration => "\"1 min\"".into(),
            Self::Text => "\"some text\"".into(),
            Self::Path => "\"some/file\"".into(),
            Self::Address => "\"127.0.0.1:9000\"".into(),
            Self::Name => "\"a name\"".into(),
            Self::Choice(words) => format!("\"{}\"", words.first().unwrap_or(&"")),
            Self::Flag => "true".into(),
            Self::Pattern => "'^ERROR'".into(),
        }
    }

    /// Returns what a schema says of it.
    pub(crate) fn schema(&self) -> Value {
        match self {
            Self::Size => json!({ "$ref": "#/$defs/size" }),
            Self::Count { least, most: u64::MAX } => json!({ "type": "integer", "minimum": least }),
            Self::Count { least, most } => {
                json!({ "type": "integer", "minimum": least, "maximum": most })
            }
            Self::Mark => json!({ "$ref": "#/$defs/mark" }),
            Self::Duration => json!({ "$ref": "#/$defs/duration" }),
            Self::Text => json!({ "$ref": "#/$defs/text" }),
            Self::Path => json!({ "$ref": "#/$defs/path" }),
            Self::Address => json!({ "$ref": "#/$defs/address" }),
            Self::Name => json!({ "type": "string", "minLength": 1 }),
            Self::Choice(words) => json!({ "enum": words }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Pattern => json!({ "type": "string", "format": "regex" }),
        }
    }
}

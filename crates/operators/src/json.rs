//! Lines of JSON to values, and back.

use std::{any::type_name, fmt, marker::PhantomData};

use bytes::Bytes;
use serde::{Serialize, de::DeserializeOwned};

use crate::Transform;

/// Returns the transform from lines to the values they are the JSON of; blank lines are skipped.
///
/// It takes one line an item, as [`lines`](crate::lines) emits them.
#[must_use]
pub fn from_json<T: DeserializeOwned>() -> FromJson<T> {
    // Without its end, so that an error there is in this line and not in a next one.
    from_json_by(|line| serde_json::from_slice(line.trim_ascii_end()))
}

/// As [`from_json`], but each line is parsed by this function: for values that keep the memory of
/// their line.
#[must_use]
pub const fn from_json_by<T>(parse: fn(Bytes) -> serde_json::Result<T>) -> FromJson<T> {
    FromJson { taken: 0, parse }
}

/// Returns the transform from values to their JSON, one line each, with its line feed.
#[must_use]
pub const fn to_json<T: Serialize>() -> ToJson<T> {
    ToJson { taken: 0, item: PhantomData }
}

/// A line that is not the JSON that is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "line {line} is not the JSON that is wanted, at column {column}: {why}; mend the line, or drop \
     such lines before"
)]
pub struct FromJsonError {
    /// Which line, counted from 1 with the blank ones.
    pub line: u64,
    /// Where in the line, in bytes counted from 1; 0 if that is not known.
    pub column: usize,
    /// What is wrong there.
    pub why: String,
}

/// A value that has no JSON, such as a map whose keys are no text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("value {value} has no JSON: {why}; give it another type, or drop such values before")]
pub struct ToJsonError {
    /// Which value, counted from 1.
    pub value: u64,
    /// Why not.
    pub why: String,
}

/// See [`from_json`].
pub struct FromJson<T> {
    taken: u64,
    parse: fn(Bytes) -> serde_json::Result<T>,
}

impl<T> Transform for FromJson<T> {
    type In = Bytes;
    type Out = T;
    type Error = FromJsonError;

    const IN_PORTIONS: bool = false;
    const HOLDS: bool = false;

    fn apply(&mut self, line: Bytes, emit: &mut impl FnMut(T)) -> Result<(), FromJsonError> {
        self.taken += 1;
        if line.trim_ascii_end().is_empty() {
            return Ok(());
        }
        emit((self.parse)(line).map_err(|error| no_json(self.taken, &error))?);
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "from-json"
    }
}

fn no_json(line: u64, error: &serde_json::Error) -> FromJsonError {
    let text = error.to_string();
    // The place is told in our own words: for the parser, each line is a text of its own.
    let place = format!(" at line {} column {}", error.line(), error.column());
    let why = text.strip_suffix(&place).unwrap_or(&text).to_owned();
    FromJsonError { line, column: error.column(), why }
}

/// See [`to_json`].
pub struct ToJson<T> {
    taken: u64,
    item: PhantomData<fn(T)>,
}

impl<T: Serialize> Transform for ToJson<T> {
    type In = T;
    type Out = Bytes;
    type Error = ToJsonError;

    const IN_PORTIONS: bool = false;
    const HOLDS: bool = false;

    fn apply(&mut self, value: T, emit: &mut impl FnMut(Bytes)) -> Result<(), ToJsonError> {
        self.taken += 1;
        let mut line = serde_json::to_vec(&value)
            .map_err(|error| ToJsonError { value: self.taken, why: error.to_string() })?;
        line.push(b'\n');
        emit(line.into());
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "to-json"
    }
}

impl<T> fmt::Debug for FromJson<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FromJson<{}>({})", type_name::<T>(), self.taken)
    }
}

impl<T> fmt::Debug for ToJson<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ToJson<{}>({})", type_name::<T>(), self.taken)
    }
}

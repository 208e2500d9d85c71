//! JSON as it was read: a text that was checked, and not a tree.
//!
//! A value that nobody looks into is never built, and what is written is what was read: its keys in
//! their order, and each digit of its numbers.

use std::{borrow::Cow, fmt};

use aqueduct_link::{Compactor, Weigh};
use bytes::Bytes;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::{RawValue, Value};

/// A value of JSON: its text, which is known to be JSON.
#[derive(Clone)]
pub struct Json {
    /// The text, and what was behind it in its line: white space.
    line: Bytes,
    /// The length of the text.
    len: usize,
}

impl Json {
    /// Checks that this is the text of one value; white space may stand around it.
    ///
    /// It keeps the bytes, and copies nothing.
    ///
    /// # Errors
    /// If it is not.
    pub fn parse(line: Bytes) -> serde_json::Result<Self> {
        let len = line.trim_ascii_end().len();
        let text = str::from_utf8(&line[..len]).map_err(Error::custom)?;
        serde_json::from_str::<IgnoredAny>(text)?;
        Ok(Self { line, len })
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        str::from_utf8(&self.line[..self.len]).unwrap_or_default()
    }

    /// Builds the value.
    ///
    /// # Errors
    /// If it is JSON that a [`Value`] cannot hold: a number beyond an `f64`, half of a surrogate pair,
    /// more than 128 levels.
    pub fn value(&self) -> serde_json::Result<Value> {
        serde_json::from_str(self.text())
    }

    /// The text of the part at this place, or nothing if there is none. Nothing is built.
    #[must_use]
    pub fn at(&self, place: &Pointer) -> Option<&str> {
        place.tokens.iter().try_fold(self.text(), |text, token| member(text, token))
    }

    /// What stands at this place: of a string what it says, of a number, `true`, `false` and `null`
    /// what is written. Nothing if there is nothing, or an object, an array, or half of a surrogate
    /// pair.
    #[must_use]
    pub fn scalar_at(&self, place: &Pointer) -> Option<Cow<'_, str>> {
        self.at(place).and_then(scalar)
    }

    /// Returns the value as one line, with its line feed: what was read, but for line breaks between
    /// its parts.
    #[must_use]
    pub fn into_line(self) -> Bytes {
        let text = self.text();
        let is_one_line = memchr::memchr2(b'\n', b'\r', text.as_bytes()).is_none();
        if is_one_line && self.line[self.len..] == *b"\n" {
            return self.line;
        }
        // In a text of JSON they never stand between quotes.
        let parts = text.split(['\n', '\r']).chain(["\n"]);
        parts.collect::<String>().into()
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        let line = Bytes::from(value.to_string());
        let len = line.len();
        Self { line, len }
    }
}

impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        self.text() == other.text()
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Json({})", self.text())
    }
}

impl Weigh for Json {
    fn weight(&self) -> u64 {
        self.line.weight()
    }

    fn compact(&mut self, compactor: &mut Compactor) {
        self.line.compact(compactor);
    }
}

/// A place in a value, as RFC 6901 writes it: `/user/name`, `/items/0`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pointer {
    tokens: Vec<String>,
}

impl Pointer {
    /// Reads it; nothing if it is neither empty nor begins with `/`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut tokens = text.split('/').map(|token| token.replace("~1", "/").replace("~0", "~"));
        let before = tokens.next()?;
        before.is_empty().then(|| Self { tokens: tokens.collect() })
    }
}

/// The text of one member of an object or one element of an array.
///
/// Where a key stands twice, the last one counts, as it does for [`Value`].
fn member<'a>(text: &'a str, token: &str) -> Option<&'a str> {
    let found = serde_json::Deserializer::from_str(text).deserialize_any(Member { token }).ok()?;
    found.map(RawValue::get)
}

struct Member<'t> {
    token: &'t str,
}

impl Member<'_> {
    /// The token as the place in an array.
    fn place(&self) -> Option<usize> {
        let is_plain = self.token == "0" || !self.token.starts_with(['0', '+']);
        self.token.parse().ok().filter(|_| is_plain)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Option<&'de RawValue>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value that has parts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(is_it) = members.next_key_seed(Key(self.token))? {
            if is_it {
                found = Some(members.next_value()?);
            } else {
                members.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut elements: A) -> Result<Self::Value, A::Error> {
        let Some(place) = self.place() else { return Ok(None) };
        for _ in 0..place {
            if elements.next_element::<IgnoredAny>()?.is_none() {
                return Ok(None);
            }
        }
        let found = elements.next_element()?;
        while elements.next_element::<IgnoredAny>()?.is_some() {}
        Ok(found)
    }
}

/// Whether a key is this one.
struct Key<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for Key<'_> {
    type Value = bool;

    fn deserialize<D: Deserializer<'de>>(self, key: D) -> Result<bool, D::Error> {
        key.deserialize_str(self)
    }
}

impl Visitor<'_> for Key<'_> {
    type Value = bool;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<bool, E> {
        Ok(key == self.0)
    }
}

/// What a text of JSON says, if it has no parts.
fn scalar(text: &str) -> Option<Cow<'_, str>> {
    let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
    match quoted {
        Some(plain) if !plain.contains('\\') => Some(plain.into()),
        Some(_) => serde_json::from_str::<String>(text).ok().map(Cow::Owned),
        None => (!text.starts_with(['{', '['])).then_some(Cow::Borrowed(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(Bytes::copy_from_slice(text.as_bytes())).expect("it is JSON")
    }

    fn at(text: &str, place: &str) -> Option<String> {
        json(text).at(&Pointer::parse(place).expect("a pointer")).map(Into::into)
    }

    #[test]
    fn a_part_is_found_where_the_whole_value_has_it() {
        let text = r#" {"a": {"b": [1, {"c/d": "x"}, "\u00e9"]}, "é\n": 1.50, "~": null, "": {"": 7}, "a": {"b": [true]}, "z": 1e2 } "#;
        let texts = [text, "[[], [10, [20]]]", "3", "\"a\"", "{}", r#"{"0": 1, "k\u0065y": 2}"#];
        let places = "/ /a /a/b /a/b/0 /a/b/1 /a/b/1/c~1d /a/b/01 /a/b/+0 /a/b/- /é\n /~0 // /z /0 \
                      /1 /1/1 /1/1/0 /1/9 /key";
        for text in texts {
            let value: Value = serde_json::from_str(text).expect("it is JSON");
            for place in places.split(' ').chain([""]) {
                let built = at(text, place).map(|part| serde_json::from_str(&part).expect("JSON"));
                assert_eq!(built.as_ref(), value.pointer(place), "{place} of {text}");
            }
        }
    }

    #[test]
    fn a_part_is_told_as_it_is_written() {
        assert_eq!(at(r#"{"n": 1.50}"#, "/n").as_deref(), Some("1.50"));
        assert_eq!(scalar("1.50").as_deref(), Some("1.50"));
        assert_eq!(scalar(r#""a b""#).as_deref(), Some("a b"));
        assert_eq!(scalar(r#""a\n\u00e9\"""#).as_deref(), Some("a\né\""));
        assert_eq!(scalar(r#""\ud800""#), None);
        assert_eq!(scalar("null").as_deref(), Some("null"));
        assert_eq!(scalar("[1]"), None);
    }

    #[test]
    fn what_is_written_is_what_was_read_in_one_line() {
        for (read, written) in [
            ("{\"b\":1, \"a\":1.50}\n", "{\"b\":1, \"a\":1.50}\n"),
            ("[1]\r\n", "[1]\n"),
            ("7", "7\n"),
            ("{\n  \"a\\n\": [\r\n1]\n}\n\n", "{  \"a\\n\": [1]}\n"),
        ] {
            assert_eq!(json(read).into_line(), written, "{read:?}");
        }
        assert_eq!(Json::from(Value::from(4)).into_line(), "4\n");
    }

    #[test]
    fn a_line_that_ends_well_is_not_copied() {
        let line = Bytes::from_static(b"{\"a\":1}\n");
        let written = Json::parse(line.clone()).expect("it is JSON").into_line();
        assert_eq!(written.as_ptr(), line.as_ptr());
    }

    #[test]
    fn what_is_no_json_is_refused_and_depth_costs_no_stack() {
        for text in ["", "{", "{\"a\":}", "[1,]", "nul", "1 2", "\"\n\"", "01", "\"\\x\""] {
            let refused = Json::parse(Bytes::copy_from_slice(text.as_bytes()));
            assert!(refused.is_err(), "{text:?}");
        }
        assert!(Json::parse(Bytes::from_static(b"\"\xff\"")).is_err());
        let deep = format!("{}{}", "[".repeat(1_000_000), "]".repeat(1_000_000));
        let deep = json(&deep);
        assert!(deep.value().is_err());
        assert_eq!(
            deep.at(&Pointer::parse("/0/0").expect("a pointer")).map(str::len),
            Some(1_999_996)
        );
    }
}

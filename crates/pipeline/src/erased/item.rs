//! What goes between parts whose types are known only at run time.

use aqueduct_link::{CHUNK_OVERHEAD, Compactor, Weigh};
use bytes::Bytes;
use serde_json::Value;

use super::{assemble::Head, steps::Steps};
use crate::launch::Upstream;

/// An item of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A chunk, a line or a frame.
    Bytes(Bytes),
    /// A value of JSON.
    Json(Json),
}

/// A value of JSON that knows what it weighs.
#[derive(Clone, Debug, PartialEq)]
pub struct Json {
    value: Box<Value>,
    weight: u64,
}

impl Json {
    /// The value.
    #[must_use]
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// Returns the value itself.
    #[must_use]
    pub fn into_value(self) -> Value {
        *self.value
    }
}

impl From<Value> for Json {
    fn from(value: Value) -> Self {
        let weight = CHUNK_OVERHEAD + weight(&value);
        Self { value: Box::new(value), weight }
    }
}

/// What a value takes in memory, nearly: its parts are nodes, texts and keys.
fn weight(value: &Value) -> u64 {
    let node = size_of::<Value>() as u64;
    node + match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => 0,
        Value::String(text) => text.len() as u64,
        Value::Array(values) => values.iter().map(weight).sum(),
        Value::Object(members) => {
            let members = members.iter();
            members.map(|(key, value)| node + key.len() as u64 + weight(value)).sum()
        }
    }
}

impl Weigh for Json {
    fn weight(&self) -> u64 {
        self.weight
    }
}

impl Weigh for Item {
    fn weight(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.weight(),
            Self::Json(json) => json.weight(),
        }
    }

    fn compact(&mut self, compactor: &mut Compactor) {
        if let Self::Bytes(bytes) = self {
            bytes.compact(compactor);
        }
    }
}

/// A type of item that a part may take or give.
///
/// It is implemented here only; who assembles parts sees to it that neighbours agree, and an item of
/// another type ends the pipeline with an error.
pub trait Erase: Send + Sized + 'static {
    /// Returns it as an item of any kind.
    fn into_item(self) -> Item;

    /// Returns what is in the item, or nothing if that is of another type.
    fn from_item(item: Item) -> Option<Self>;

    /// The word for the type.
    fn kind() -> &'static str;
}

/// A type of item that a link between parts carries: [`Bytes`], or an [`Item`] of any kind.
///
/// There are two, because every actor is compiled once for each.
pub trait Carry: Erase + Weigh {
    /// Completes an actor whose items go to a link of this type.
    #[doc(hidden)]
    fn seal(head: Box<dyn Head>, steps: Steps) -> Upstream<Self>;
}

impl Erase for Item {
    fn into_item(self) -> Item {
        self
    }

    fn from_item(item: Item) -> Option<Self> {
        Some(item)
    }

    fn kind() -> &'static str {
        "any item"
    }
}

impl Carry for Item {
    fn seal(head: Box<dyn Head>, steps: Steps) -> Upstream<Self> {
        head.seal_items(steps)
    }
}

impl Erase for Bytes {
    fn into_item(self) -> Item {
        Item::Bytes(self)
    }

    fn from_item(item: Item) -> Option<Self> {
        match item {
            Item::Bytes(bytes) => Some(bytes),
            Item::Json(_) => None,
        }
    }

    fn kind() -> &'static str {
        "bytes"
    }
}

impl Carry for Bytes {
    fn seal(head: Box<dyn Head>, steps: Steps) -> Upstream<Self> {
        head.seal_bytes(steps)
    }
}

impl Erase for Json {
    fn into_item(self) -> Item {
        Item::Json(self)
    }

    fn from_item(item: Item) -> Option<Self> {
        match item {
            Item::Json(json) => Some(json),
            Item::Bytes(_) => None,
        }
    }

    fn kind() -> &'static str {
        "JSON"
    }
}

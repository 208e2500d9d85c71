//! What goes between parts whose types are known only at run time.

use aqueduct_link::{Compactor, Weigh};
use bytes::Bytes;

use super::{Json, assemble::Head, steps::Steps};
use crate::launch::Upstream;

/// An item of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Item {
    /// A chunk, a line or a frame.
    Bytes(Bytes),
    /// A value of JSON.
    Json(Json),
}

impl Weigh for Item {
    fn weight(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.weight(),
            Self::Json(json) => json.weight(),
        }
    }

    fn compact(&mut self, compactor: &mut Compactor) {
        match self {
            Self::Bytes(bytes) => bytes.compact(compactor),
            Self::Json(json) => json.compact(compactor),
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

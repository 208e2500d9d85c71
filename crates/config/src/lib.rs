//! Pipelines in TOML: read, checked and explained.
//!
//! ```
//! use aqueduct_config::{Config, Registry};
//!
//! let source = r#"
//!     [[pipeline.errors.stage]]
//!     file = { read = "access.log" }
//!     [[pipeline.errors.stage]]
//!     lines = {}
//!     [[pipeline.errors.stage]]
//!     filter = { contains = "ERROR" }
//!     [[pipeline.errors.stage]]
//!     tcp = { connect = "10.0.0.7:9000" }
//! "#;
//! let checked = Config::check(source, &Registry::standard())?;
//! assert_eq!(checked.pipelines[0].stages.len(), 4);
//! # Ok::<(), aqueduct_config::Mistakes>(())
//! ```
//!
//! What a stage does is said by a word, and by the keys of that word; the place of a stage decides
//! whether `file` or `tcp` begin a pipeline or end it.
//! A stage leads to the next one of the file, or to the one that it names with `to`.
//!
//! A kind of stages is one function that reads its keys from [`Keys`], and one line in the
//! [`Registry`].
//! Parser, messages, reference and schema come from that function, so that they cannot disagree.
//! Who embeds this crate adds kinds of their own by [`Registry::with`].
//!
//! All [`Mistakes`] of a file are told at once, each with its place and what to do about it; one
//! that only follows from another is not told.
//!
//! Text may stand elsewhere, as `{ env = "NAME" }` or `{ file = "path" }`.
//! Such values are looked up by [`Config::load`] and not by [`Config::check`], and are in no
//! message, no blueprint and no picture; see [`Secrets`].

mod config;
mod file;
mod items;
mod keys;
mod kind;
mod kinds;
mod mistake;
mod near;
pub mod parts;
mod reference;
mod registry;
mod render;
mod schema;
mod secrets;
mod units;

pub use config::{Checked, Config, Loaded};
pub use items::{Gives, Items};
pub use keys::{Key, KeySpec, Keys, Need, Pattern, Type};
pub use kind::{Anew, Kind};
pub use mistake::{MOST_MISTAKES, Mistake, Mistakes};
pub use registry::Registry;
pub use render::Look;
pub use secrets::Secrets;
pub use units::parse_duration;

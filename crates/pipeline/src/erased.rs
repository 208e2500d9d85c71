//! Pipelines of parts that are known only at run time, as a file in TOML has them.
//!
//! Items are [`Item`]s between the parts, and transforms are called a batch at a time, so that what
//! is not known at compile time costs one call for a batch, and not for each item.
//!
//! ```
//! use aqueduct_endpoints::File;
//! use aqueduct_operators::lines;
//! use aqueduct_pipeline::{Blueprint, blueprint::{Edge, Role, Stage}, erased::{Part, assemble}};
//!
//! let stage = |name: &str, role| Stage { name: name.into(), kind: name.into(), role, arbiter: None };
//! let edge = |from: &str, to: &str| Edge { from: from.into(), to: to.into(), link: None };
//! let blueprint = Blueprint {
//!     name: "copy".into(),
//!     stages: vec![
//!         stage("in", Role::Producer), stage("lines", Role::Transform), stage("out", Role::Consumer),
//!     ],
//!     edges: vec![edge("in", "lines"), edge("lines", "out")],
//!     restart: None,
//! };
//! let parts = vec![
//!     Part::producer(|| File::open("in.txt")),
//!     Part::transform(lines(1024)),
//!     Part::consumer(|| File::create("out.txt")),
//! ];
//! let pipeline = assemble(blueprint, parts)?; // Checked; `start` or `run` starts it.
//! # drop(pipeline);
//! # Ok::<(), aqueduct_pipeline::BlueprintError>(())
//! ```

mod assemble;
mod item;
mod json;
mod steps;

pub use assemble::{Part, Passing, assemble};
pub use item::{Carry, Erase, Item};
pub use json::{Json, Pointer};

//! Pictures of pipelines: as Mermaid for a README, as DOT for graphviz, as SVG for anything else.
//!
//! Each actor is a box, and the stages that are fused into it are its rows; an arrow between boxes
//! is a link, with its marks.
//! A blueprint with mistakes has a picture too: every stage is in it once, and an edge that is
//! neither a link nor within a box is dashed.
//! What leads to a stage that is not there is left out.
//!
//! The same blueprints always give the same text.
//!
//! ```
//! use aqueduct_pipeline::{Blueprint, picture};
//!
//! let blueprint = Blueprint { name: "empty".into(), ..Blueprint::default() };
//! assert!(picture::mermaid(&[&blueprint]).starts_with("flowchart LR\n"));
//! ```

mod dot;
mod layout;
mod mermaid;
mod path;
mod sketch;
mod svg;
mod text;

use std::fmt;

use crate::Blueprint;

/// Returns the pipelines as a Mermaid flowchart, which GitHub draws in a code block `mermaid`.
#[must_use]
pub fn mermaid(blueprints: &[&Blueprint]) -> String {
    written(|out| mermaid::write(out, &sketch::sketches(blueprints)))
}

/// Returns the pipelines as a graph for graphviz: `dot -Tsvg`.
#[must_use]
pub fn dot(blueprints: &[&Blueprint]) -> String {
    written(|out| dot::write(out, &sketch::sketches(blueprints)))
}

/// Returns the pipelines as a picture of its own, which needs no other tool and can be read on a
/// light and on a dark page.
#[must_use]
pub fn svg(blueprints: &[&Blueprint]) -> String {
    written(|out| svg::write(out, &sketch::sketches(blueprints)))
}

fn written(write: impl FnOnce(&mut String) -> fmt::Result) -> String {
    let mut out = String::new();
    // A `String` takes everything: there is no error to tell anyone.
    let _ = write(&mut out);
    out
}

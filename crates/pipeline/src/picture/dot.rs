//! The picture as a graph for graphviz.

use std::fmt::{Result, Write};

use super::{
    sketch::{Actor, Arrow, Sketch},
    text::{dot as escaped, kind},
};

const HEAD: &str = r##"digraph aqueduct {
  rankdir=LR; compound=true; fontname="sans-serif"; fontcolor="#57606a";
  node [shape=box, style="rounded,filled", fillcolor=white, color="#57606a", fontname="sans-serif"];
  edge [color="#57606a", fontcolor="#57606a", fontname="sans-serif", fontsize=10];
"##;

/// Writes the graph.
pub(super) fn write(out: &mut impl Write, sketches: &[Sketch<'_>]) -> Result {
    out.write_str(HEAD)?;
    for (number, sketch) in sketches.iter().enumerate() {
        writeln!(out, "  subgraph cluster_p{number} {{")?;
        writeln!(out, "    label=\"{}\"; style=rounded; color=\"#d0d7de\";", escaped(sketch.name))?;
        for actor in &sketch.actors {
            write_actor(out, actor)?;
        }
        for arrow in &sketch.arrows {
            write_arrow(out, sketch, arrow)?;
        }
        writeln!(out, "  }}")?;
    }
    writeln!(out, "}}")
}

fn write_actor(out: &mut impl Write, Actor { id, stages, tag }: &Actor<'_>) -> Result {
    let title = tag.map(|tag| format!("arbiter {}", escaped(tag.arbiter))).unwrap_or_default();
    let colour = tag.map_or("#57606a", |tag| tag.colour);
    writeln!(out, "    subgraph cluster_a{id} {{")?;
    writeln!(out, "      label=\"{title}\"; color=\"{colour}\"; fontcolor=\"{colour}\";")?;
    for (row, stage) in stages.iter().enumerate() {
        let name = escaped(&stage.name);
        let kind = kind(stage).map(|kind| format!("\\n{}", escaped(kind))).unwrap_or_default();
        writeln!(out, "      s{id}_{row} [label=\"{name}{kind}\"];")?;
    }
    for row in 1..stages.len() {
        writeln!(out, "      s{id}_{} -> s{id}_{row};", row - 1)?;
    }
    writeln!(out, "    }}")
}

fn write_arrow(out: &mut impl Write, sketch: &Sketch<'_>, arrow: &Arrow) -> Result {
    let [from, to] = [arrow.from, arrow.to].map(|spot| (sketch.actors[spot.actor].id, spot.row));
    write!(out, "    s{}_{} -> s{}_{} [", from.0, from.1, to.0, to.1)?;
    match arrow.marks {
        Some(_) => write!(out, "label=\"{}\"", arrow.pieces().join("\\n"))?,
        None => write!(out, "style=dashed")?,
    }
    // An arrow ends at the edge of the box; one within a box has no such edge.
    if from.0 != to.0 {
        write!(out, ", ltail=cluster_a{}, lhead=cluster_a{}", from.0, to.0)?;
    }
    writeln!(out, "];")
}

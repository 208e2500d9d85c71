//! The picture as a Mermaid flowchart.

use std::fmt::{Result, Write};

use super::{
    sketch::{Actor, Arrow, Sketch},
    text::{kind, mermaid as escaped},
};

/// Writes the flowchart.
pub(super) fn write(out: &mut impl Write, sketches: &[Sketch<'_>]) -> Result {
    writeln!(out, "flowchart LR")?;
    for (number, sketch) in sketches.iter().enumerate() {
        writeln!(out, "  subgraph p{number}[\"{}\"]", escaped(sketch.name))?;
        writeln!(out, "    direction LR")?;
        for actor in &sketch.actors {
            write_actor(out, actor)?;
        }
        for arrow in &sketch.arrows {
            write_arrow(out, sketch, arrow)?;
        }
        writeln!(out, "  end")?;
    }
    for (id, tag) in sketches.iter().flat_map(|s| &s.actors).filter_map(|a| Some((a.id, a.tag?))) {
        writeln!(out, "  style a{id} stroke:{},stroke-width:2px", tag.colour)?;
    }
    Ok(())
}

fn write_actor(out: &mut impl Write, Actor { id, stages, tag }: &Actor<'_>) -> Result {
    // Without any title Mermaid would show the identifier.
    let title = tag.map_or_else(|| " ".into(), |tag| format!("arbiter {}", escaped(tag.arbiter)));
    writeln!(out, "    subgraph a{id}[\"{title}\"]")?;
    writeln!(out, "      direction TB")?;
    for (row, stage) in stages.iter().enumerate() {
        let name = escaped(&stage.name);
        let kind = kind(stage).map(|kind| format!("<br>{}", escaped(kind))).unwrap_or_default();
        writeln!(out, "      s{id}_{row}[\"{name}{kind}\"]")?;
    }
    for row in 1..stages.len() {
        writeln!(out, "      s{id}_{} --> s{id}_{row}", row - 1)?;
    }
    writeln!(out, "    end")
}

/// From box to box: an arrow to a row would undo the direction within the box.
fn write_arrow(out: &mut impl Write, sketch: &Sketch<'_>, arrow: &Arrow) -> Result {
    let [from, to] = [arrow.from, arrow.to].map(|spot| (sketch.actors[spot.actor].id, spot.row));
    let line = if arrow.marks.is_some() { "-->" } else { "-.->" };
    let marks: Vec<_> = arrow.pieces().iter().map(|piece| escaped(piece)).collect();
    let label = arrow.marks.map(|_| format!("|\"{}\"|", marks.join("<br>"))).unwrap_or_default();
    if from.0 == to.0 {
        // A subgraph cannot lead to itself.
        return writeln!(out, "    s{}_{} {line}{label} s{}_{}", from.0, from.1, to.0, to.1);
    }
    writeln!(out, "    a{} {line}{label} a{}", from.0, to.0)
}

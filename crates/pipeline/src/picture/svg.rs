//! The picture as an SVG.

use std::fmt::{Result, Write};

use super::{
    layout::{
        EDGES, HEADING_SIZE, INSET, MARGIN, NAME_SIZE, Panel, ROW, SMALL_SIZE, TAG, Way, panel,
        tag_text, tag_width,
    },
    path::Path,
    sketch::{Sketch, Tag},
    text::{kind, short, visible, xml},
};

/// Between pipelines.
const GAP: i64 = 16;
/// The baseline of the name of a pipeline.
const HEADING: i64 = 29;
/// The baseline of a name in its row.
const BASELINE: i64 = 20;

/// The colours for a light page, and for a dark one where the reader's system says so.
///
/// Each pipeline has a background of its own, so that it can be read where the page is of the other
/// kind than the system.
const STYLE: &str = "\
.aqueduct{font-family:system-ui,-apple-system,'Segoe UI',Roboto,'Noto Sans',sans-serif}
.aqueduct .panel{fill:#f6f8fa;stroke:#d0d7de}
.aqueduct .box{fill:#fff;stroke:#afb8c1;stroke-width:1.5}
.aqueduct .row{stroke:#d8dee4}
.aqueduct .step{fill:#afb8c1}
.aqueduct .heading{fill:#1f2328;font-weight:600}
.aqueduct .name{fill:#1f2328}
.aqueduct .kind,.aqueduct .marks{fill:#59636e}
.aqueduct .tag{fill:#fff}
.aqueduct .kind{text-anchor:end}
.aqueduct .marks,.aqueduct .tag{text-anchor:middle}
.aqueduct .link{fill:none;stroke:#59636e;stroke-width:1.5}
.aqueduct .head{fill:#59636e}
@media (prefers-color-scheme:dark){
.aqueduct .panel{fill:#0d1117;stroke:#30363d}
.aqueduct .box{fill:#161b22;stroke:#484f58}
.aqueduct .row{stroke:#30363d}
.aqueduct .step{fill:#6e7681}
.aqueduct .heading,.aqueduct .name{fill:#e6edf3}
.aqueduct .kind,.aqueduct .marks{fill:#9198a1}
.aqueduct .link{stroke:#9198a1}
.aqueduct .head{fill:#9198a1}
}
</style>
";

const ARROW_HEAD: &str = "\
<defs><marker id=\"aqueduct-head\" viewBox=\"0 0 10 10\" refX=\"9.5\" refY=\"5\" markerWidth=\"9\" \
markerHeight=\"9\" markerUnits=\"userSpaceOnUse\" orient=\"auto\">\
<path class=\"head\" d=\"M0 0.5L10 5L0 9.5Q2.5 5 0 0.5Z\"/></marker></defs>
";

/// Writes the picture.
pub(super) fn write(out: &mut impl Write, sketches: &[Sketch<'_>]) -> Result {
    let panels: Vec<_> = sketches.iter().map(panel).collect();
    let width = panels.iter().map(|panel| panel.width).max().unwrap_or(0) + 2;
    let height = panels.iter().map(|panel| panel.height + GAP).sum::<i64>().max(GAP) - GAP + 2;
    let label = xml(&spoken(&panels));
    writeln!(
        out,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"aqueduct\" role=\"img\" \
         aria-label=\"{label}\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\">"
    )?;
    writeln!(out, "<title>{label}</title>")?;
    write_sizes(out)?;
    out.write_str(STYLE)?;
    out.write_str(ARROW_HEAD)?;
    let mut top = 1;
    for panel in &panels {
        writeln!(out, "<g transform=\"translate(1 {top})\">")?;
        write_panel(out, panel, width - 2)?;
        writeln!(out, "</g>")?;
        top += panel.height + GAP;
    }
    writeln!(out, "</svg>")
}

/// The sizes that the layout was made for.
fn write_sizes(out: &mut impl Write) -> Result {
    writeln!(out, "<style>")?;
    writeln!(out, ".aqueduct .heading{{font-size:{HEADING_SIZE}px}}")?;
    writeln!(out, ".aqueduct .name{{font-size:{NAME_SIZE}px}}")?;
    writeln!(out, ".aqueduct .kind,.aqueduct .marks,.aqueduct .tag{{font-size:{SMALL_SIZE}px}}")
}

/// What the picture shows, for those who hear it.
fn spoken(panels: &[Panel<'_>]) -> String {
    let actor = |panel: &Panel<'_>, at: &usize| {
        let names = panel.sketch.actors[*at].stages.iter().map(|stage| visible(&stage.name));
        names.collect::<Vec<_>>().join(" + ")
    };
    let pipeline = |panel: &Panel<'_>| {
        let actors: Vec<_> = panel.order.iter().map(|at| actor(panel, at)).collect();
        format!("{}: {}", visible(panel.sketch.name), actors.join(", "))
    };
    if panels.is_empty() {
        return "no pipelines".into();
    }
    panels.iter().map(pipeline).collect::<Vec<_>>().join("; ")
}

fn write_panel(out: &mut impl Write, panel: &Panel<'_>, width: i64) -> Result {
    let height = panel.height;
    writeln!(out, "<rect class=\"panel\" width=\"{width}\" height=\"{height}\" rx=\"12\"/>")?;
    write_text(out, "heading", (MARGIN, HEADING), &short(panel.sketch.name))?;
    for way in &panel.ways {
        write_way(out, way)?;
    }
    for at in 0..panel.frames.len() {
        write_box(out, panel, at)?;
    }
    Ok(())
}

fn write_text(out: &mut impl Write, class: &str, (x, y): (i64, i64), text: &str) -> Result {
    writeln!(out, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", xml(text))
}

fn write_way(out: &mut impl Write, Way { points, labels, solid }: &Way) -> Result {
    let dashes = if *solid { "" } else { " stroke-dasharray=\"5 4\"" };
    let path = Path(points);
    writeln!(
        out,
        "<path class=\"link\"{dashes} d=\"{path}\" marker-end=\"url(#aqueduct-head)\"/>"
    )?;
    labels.iter().try_for_each(|(x, y, text)| write_text(out, "marks", (*x, *y), text))
}

fn write_box(out: &mut impl Write, panel: &Panel<'_>, at: usize) -> Result {
    let (frame, actor) = (panel.frames[at], &panel.sketch.actors[at]);
    let stroke = actor.tag.map(|tag| format!(" style=\"stroke:{}\"", tag.colour));
    let (x, y, width, height) = (frame.x, frame.y, frame.width, frame.height);
    writeln!(
        out,
        "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\"{}/>",
        stroke.unwrap_or_default()
    )?;
    for (row, stage) in actor.stages.iter().enumerate() {
        let top = y + EDGES / 2 + row as i64 * ROW;
        if row > 0 {
            write_step(out, (x, x + width), top)?;
        }
        let baseline = top + BASELINE;
        write_text(out, "name", (x + INSET, baseline), &short(&stage.name))?;
        if let Some(kind) = kind(stage) {
            write_text(out, "kind", (x + width - INSET, baseline), &short(kind))?;
        }
    }
    actor.tag.map_or(Ok(()), |tag| write_tag(out, (x + INSET, y), tag))
}

/// The line between two rows, with a tip that says which is first.
fn write_step(out: &mut impl Write, (left, right): (i64, i64), y: i64) -> Result {
    let (left, right) = (left + INSET, right - INSET);
    let (a, b, tip) = (left + 6, left + 16, left + 11);
    writeln!(out, "<path class=\"row\" d=\"M{left} {y}H{right}\"/>")?;
    writeln!(out, "<path class=\"step\" d=\"M{a} {y}H{b}L{tip} {}Z\"/>", y + 5)
}

fn write_tag(out: &mut impl Write, (x, y): (i64, i64), tag: Tag<'_>) -> Result {
    let text = tag_text(tag);
    let (width, colour, top) = (tag_width(&text), tag.colour, y - TAG);
    writeln!(
        out,
        "<rect x=\"{x}\" y=\"{top}\" width=\"{width}\" height=\"17\" rx=\"8.5\" \
         fill=\"{colour}\"/>"
    )?;
    write_text(out, "tag", (x + width / 2, top + 12), &text)
}

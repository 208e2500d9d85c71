//! Where boxes and arrows of an SVG are, in its units, from the left and from the top.
//!
//! A pipeline is a chain, so it is written like text: from left to right, in lines.

use super::{
    sketch::{Actor, Arrow, Sketch, Tag},
    text::{kind, short, width},
};

/// The most boxes in a line; a README is about as wide.
const LINE_MOST: usize = 5;

/// The sizes of text.
pub(super) const HEADING_SIZE: u32 = 15;
pub(super) const NAME_SIZE: u32 = 14;
pub(super) const SMALL_SIZE: u32 = 11;
/// The height of a row, and what a box has above and beneath its rows together.
pub(super) const ROW: i64 = 30;
pub(super) const EDGES: i64 = 8;
/// From the edge of a box to its text.
pub(super) const INSET: i64 = 14;
/// From the edge of the panel to what is in it.
pub(super) const MARGIN: i64 = 28;
/// The space for the name of the pipeline.
const HEADING: i64 = 44;
/// Between a name and its kind.
const SPACE: i64 = 18;
const BOX_LEAST: i64 = 96;
const GAP_LEAST: i64 = 64;
/// How far the tag of an arbiter stands out of its box.
pub(super) const TAG: i64 = 13;
/// What a tag has left and right of its text together.
const TAG_ROOM: i64 = 16;
/// From an arrow to the baseline of the text beneath it, and from that to the next.
const BENEATH: i64 = 16;
const LEADING: i64 = 14;
/// From an arrow to the end of its marks.
const MARKS: i64 = BENEATH + LEADING + 4;
/// Between lines.
const BETWEEN: i64 = 22;
/// The space for an arrow that goes beneath its line, with its marks.
const LANE: i64 = 30;
/// How far text and turning arrows keep away from boxes.
const AWAY: i64 = 14;

/// The box of an actor.
#[derive(Clone, Copy, Default)]
pub(super) struct Frame {
    pub(super) x: i64,
    pub(super) y: i64,
    pub(super) width: i64,
    pub(super) height: i64,
}

impl Frame {
    const fn right(self) -> i64 {
        self.x + self.width
    }

    const fn middle(self) -> i64 {
        self.y + self.height / 2
    }
}

/// How an arrow runs.
pub(super) struct Way {
    pub(super) points: Vec<(i64, i64)>,
    /// Its marks: the centre and the baseline of each piece of text.
    pub(super) labels: Vec<(i64, i64, String)>,
    /// Whether it is a link.
    pub(super) solid: bool,
}

/// One pipeline, its left upper corner being the origin.
pub(super) struct Panel<'a> {
    pub(super) sketch: &'a Sketch<'a>,
    /// The boxes, each at the place of its actor in the sketch.
    pub(super) frames: Vec<Frame>,
    /// The actors, in the order in which they are read.
    pub(super) order: Vec<usize>,
    pub(super) ways: Vec<Way>,
    pub(super) width: i64,
    pub(super) height: i64,
}

/// A line of boxes.
struct Line {
    actors: Vec<usize>,
    /// Where the first arrow beneath it runs.
    beneath: i64,
    /// How many run there so far.
    lanes: i64,
}

/// Returns where everything of a pipeline is.
pub(super) fn panel<'a>(sketch: &'a Sketch<'a>) -> Panel<'a> {
    let order = chains(sketch);
    let mut lines: Vec<Line> = order
        .iter()
        .flat_map(|chain| wrap(chain))
        .map(|actors| Line { actors, beneath: 0, lanes: 0 })
        .collect();
    for arrow in &sketch.arrows {
        if !is_straight(&lines, arrow) {
            let at = line_of(&lines, arrow.from.actor);
            lines[at].lanes += 1;
        }
    }
    let mut frames = vec![Frame::default(); sketch.actors.len()];
    let mut y = HEADING;
    for line in &mut lines {
        place(sketch, line, y, &mut frames);
        y = line.beneath + line.lanes * LANE + BETWEEN;
        line.lanes = 0;
    }
    let ways: Vec<_> = sketch.arrows.iter().map(|a| way(a, &mut lines, &frames)).collect();
    let title = i64::from(width(&short(sketch.name), HEADING_SIZE));
    let marks = ways.iter().flat_map(|way| &way.labels).map(|(x, _, text)| x + small(text) / 2);
    let right = frames.iter().map(|frame| frame.right()).chain(marks).max().unwrap_or(0);
    Panel {
        sketch,
        order: order.concat(),
        ways,
        width: right.max(MARGIN + title) + MARGIN,
        height: y,
        frames,
    }
}

/// The actors one behind the other, as far as links lead; each of them once.
fn chains(sketch: &Sketch<'_>) -> Vec<Vec<usize>> {
    let is_first = |at: &usize| sketch.arrows.iter().all(|arrow| arrow.to.actor != *at);
    let all = 0..sketch.actors.len();
    // Behind those where items begin come those of a circle, where no item begins.
    let starts = all.clone().filter(is_first).chain(all.clone());
    let mut done = vec![false; all.len()];
    let mut chains = Vec::new();
    for start in starts {
        let mut chain = Vec::new();
        let mut next = Some(start).filter(|at| !done[*at]);
        while let Some(at) = next {
            done[at] = true;
            chain.push(at);
            let onward = sketch.arrows.iter().filter(|arrow| arrow.from.actor == at);
            next = onward.map(|arrow| arrow.to.actor).find(|to| !done[*to]);
        }
        if !chain.is_empty() {
            chains.push(chain);
        }
    }
    chains
}

/// A chain of one actor or more, in lines of about the same length.
fn wrap(chain: &[usize]) -> impl Iterator<Item = Vec<usize>> {
    let lines = chain.len().div_ceil(LINE_MOST);
    chain.chunks(chain.len().div_ceil(lines)).map(<[usize]>::to_vec)
}

fn line_of(lines: &[Line], actor: usize) -> usize {
    lines.iter().position(|line| line.actors.contains(&actor)).unwrap_or(0)
}

/// Whether the arrow leads to the very next box of its line.
fn is_straight(lines: &[Line], arrow: &Arrow) -> bool {
    let (from, to) = (arrow.from.actor, arrow.to.actor);
    lines.iter().any(|line| line.actors.windows(2).any(|pair| *pair == [from, to]))
}

fn place(sketch: &Sketch<'_>, line: &mut Line, top: i64, frames: &mut [Frame]) {
    let actors = || line.actors.iter().map(|at| &sketch.actors[*at]);
    let tallest = actors().map(height).max().unwrap_or(ROW);
    let tag = if actors().any(|actor| actor.tag.is_some()) { TAG } else { 0 };
    let middle = top + tag + tallest / 2;
    let mut x = MARGIN;
    for (column, at) in line.actors.iter().enumerate() {
        let (width, height) = (box_width(&sketch.actors[*at]), height(&sketch.actors[*at]));
        frames[*at] = Frame { x, y: middle - height / 2, width, height };
        let next = line.actors.get(column + 1);
        x += width + next.map_or(0, |next| gap(sketch, *at, *next));
    }
    line.beneath = middle + (tallest / 2).max(MARKS);
}

const fn height(actor: &Actor<'_>) -> i64 {
    actor.stages.len() as i64 * ROW + EDGES
}

fn small(text: &str) -> i64 {
    i64::from(width(text, SMALL_SIZE))
}

fn box_width(actor: &Actor<'_>) -> i64 {
    let rows = actor.stages.iter().map(|stage| {
        let kind = kind(stage).map_or(0, |kind| SPACE + small(&short(kind)));
        i64::from(width(&short(&stage.name), NAME_SIZE)) + kind
    });
    let tag = actor.tag.map(|tag| tag_width(&tag_text(tag)));
    (rows.chain(tag).max().unwrap_or(0) + 2 * INSET).max(BOX_LEAST)
}

/// Returns how wide the tag of an arbiter is, which says this.
pub(super) fn tag_width(text: &str) -> i64 {
    small(text) + TAG_ROOM
}

/// Returns what the tag of an arbiter says.
pub(super) fn tag_text(tag: Tag<'_>) -> String {
    format!("arbiter {}", short(tag.arbiter))
}

/// How far two boxes of a line are apart, so that the marks between them have room.
fn gap(sketch: &Sketch<'_>, from: usize, to: usize) -> i64 {
    let between = sketch.arrows.iter().filter(|a| (a.from.actor, a.to.actor) == (from, to));
    let widest = between.flat_map(Arrow::pieces).map(|piece| small(&piece)).max().unwrap_or(0);
    (widest + 2 * AWAY).max(GAP_LEAST)
}

fn way(arrow: &Arrow, lines: &mut [Line], frames: &[Frame]) -> Way {
    let (from, to) = (frames[arrow.from.actor], frames[arrow.to.actor]);
    let solid = arrow.marks.is_some();
    let start = (from.right(), from.middle());
    let end = (to.x, to.middle());
    if is_straight(lines, arrow) {
        // Between the box and the head of the arrow, which takes a little of the gap.
        let centre = i64::midpoint(start.0, end.0) - 2;
        let baselines = [start.1 + BENEATH, start.1 + BENEATH + LEADING];
        let labels = arrow.pieces().into_iter().zip(baselines).map(|(t, y)| (centre, y, t));
        return Way { points: vec![start, end], labels: labels.collect(), solid };
    }
    let at = line_of(lines, arrow.from.actor);
    let line = &mut lines[at];
    let y = line.beneath + line.lanes * LANE + LANE / 2;
    line.lanes += 1;
    let (out, into) = (start.0 + AWAY, end.0 - AWAY);
    let points = vec![start, (out, start.1), (out, y), (into, y), (into, end.1), end];
    let text = arrow.pieces().join(", ");
    // However short the arrow is, its marks begin within the panel.
    let centre = i64::midpoint(out, into).max(MARGIN + small(&text) / 2);
    let labels = if text.is_empty() { vec![] } else { vec![(centre, y + BENEATH, text)] };
    Way { points, labels, solid }
}

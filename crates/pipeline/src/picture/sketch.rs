//! What is drawn, whatever the format: boxes with rows, and arrows between them.

use std::{collections::HashMap, ptr};

use crate::blueprint::{Blueprint, Edge, Marks, Stage};

/// The colours of arbiters, each readable beneath white text and beside both light and dark; with
/// more arbiters they are used again.
const COLOURS: [&str; 6] = ["#0e7490", "#b45309", "#7c3aed", "#047857", "#be185d", "#2563eb"];

/// One pipeline.
pub(super) struct Sketch<'a> {
    pub(super) name: &'a str,
    pub(super) actors: Vec<Actor<'a>>,
    pub(super) arrows: Vec<Arrow>,
}

/// A box.
pub(super) struct Actor<'a> {
    /// Its number among the actors of all pipelines of the picture.
    pub(super) id: usize,
    /// Its rows.
    pub(super) stages: Vec<&'a Stage>,
    pub(super) tag: Option<Tag<'a>>,
}

/// The arbiter of an actor.
#[derive(Clone, Copy)]
pub(super) struct Tag<'a> {
    pub(super) arbiter: &'a str,
    pub(super) colour: &'static str,
}

/// A way that is not from one row of a box to the next.
pub(super) struct Arrow {
    pub(super) from: Spot,
    pub(super) to: Spot,
    pub(super) marks: Option<Marks>,
}

impl Arrow {
    /// Returns the marks in the pieces that stand one beneath the other; none if there are none.
    pub(super) fn pieces(&self) -> Vec<String> {
        let text = self.marks.map(|marks| marks.to_string()).unwrap_or_default();
        text.split(", ").filter(|piece| !piece.is_empty()).map(str::to_owned).collect()
    }
}

/// A row of a box.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Spot {
    /// The place in [`Sketch::actors`].
    pub(super) actor: usize,
    pub(super) row: usize,
}

/// Returns what is drawn of each blueprint; one arbiter has one colour in all of them.
pub(super) fn sketches<'a>(blueprints: &[&'a Blueprint]) -> Vec<Sketch<'a>> {
    let mut first = 0;
    let mut arbiters = Vec::new();
    let sketch = |blueprint: &&'a Blueprint| {
        let boxes = boxes(blueprint);
        let arrows = arrows(blueprint, &boxes);
        let actors: Vec<_> = boxes
            .into_iter()
            .enumerate()
            .map(|(at, stages)| Actor { id: first + at, tag: tag(&stages, &mut arbiters), stages })
            .collect();
        first += actors.len();
        Sketch { name: &blueprint.name, actors, arrows }
    };
    blueprints.iter().map(sketch).collect()
}

/// Every stage once, in the box of its actor; those that no actor has, each in a box of its own.
fn boxes(blueprint: &Blueprint) -> Vec<Vec<&Stage>> {
    let mut left: Vec<&Stage> = blueprint.stages.iter().collect();
    let mut take = |stage: &Stage| {
        let at = left.iter().position(|other| ptr::eq(*other, stage));
        at.map(|at| left.remove(at))
    };
    let mut boxes: Vec<Vec<&Stage>> = blueprint
        .actors()
        .into_iter()
        .map(|stages| stages.into_iter().map_while(&mut take).collect())
        .collect();
    boxes.extend(left.into_iter().map(|stage| vec![stage]));
    boxes.retain(|stages| !stages.is_empty());
    boxes
}

/// The edges that are no step from one row to the next and whose ends are there.
fn arrows(blueprint: &Blueprint, boxes: &[Vec<&Stage>]) -> Vec<Arrow> {
    let mut spots = HashMap::new();
    for (actor, stages) in boxes.iter().enumerate() {
        for (row, stage) in stages.iter().enumerate() {
            spots.entry(stage.name.as_str()).or_insert(Spot { actor, row });
        }
    }
    let spot = |name: &str| spots.get(name).copied();
    let arrow = |edge: &Edge| {
        let (from, to) = (spot(&edge.from)?, spot(&edge.to)?);
        let fused = edge.link.is_none() && to == Spot { row: from.row + 1, ..from };
        (!fused).then_some(Arrow { from, to, marks: edge.link })
    };
    blueprint.edges.iter().filter_map(arrow).collect()
}

fn tag<'a>(stages: &[&'a Stage], arbiters: &mut Vec<&'a str>) -> Option<Tag<'a>> {
    let arbiter = stages.iter().find_map(|stage| stage.arbiter.as_deref())?;
    let known = arbiters.iter().position(|other| *other == arbiter);
    let place = known.unwrap_or_else(|| {
        arbiters.push(arbiter);
        arbiters.len() - 1
    });
    Some(Tag { arbiter, colour: COLOURS[place % COLOURS.len()] })
}

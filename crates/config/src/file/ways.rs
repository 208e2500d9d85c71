//! Which stage leads to which.

use std::collections::HashMap;

use aqueduct_pipeline::{
    Blueprint,
    blueprint::{self, Edge, Marks, Role},
};

use super::draft::Draft;
use crate::{
    mistake::Mistake,
    near::{list, nearest},
};

/// Which stage leads to which, by their places in the file.
pub(super) struct Ways {
    /// Where the items of each stage go, as it is written.
    targets: Vec<Option<String>>,
    /// The way out of each stage, if it leads anywhere.
    pub(super) next: Vec<Option<usize>>,
    /// The ways into each stage.
    pub(super) before: Vec<Vec<usize>>,
}

impl Ways {
    /// Follows `to`, and where there is none, the order of the file.
    ///
    /// Where a stage that can end a pipeline stands before one that can only begin one, nothing
    /// leads from the one to the other.
    pub(super) fn of(drafts: &[Draft<'_>]) -> Self {
        let target = |(place, draft): (usize, &Draft<'_>)| match (&draft.to, drafts.get(place + 1))
        {
            (Some((to, _)), _) => Some(to.clone()),
            (None, Some(next)) if !(draft.may_end() && next.must_begin()) => {
                Some(next.name.clone())
            }
            _ => None,
        };
        let targets: Vec<_> = drafts.iter().enumerate().map(target).collect();
        let places: HashMap<_, _> =
            drafts.iter().enumerate().map(|(place, draft)| (draft.name.as_str(), place)).collect();
        let next: Vec<Option<usize>> = targets
            .iter()
            .map(|target| target.as_deref().and_then(|name| places.get(name).copied()))
            .collect();
        let mut before = vec![Vec::new(); drafts.len()];
        for (from, to) in next.iter().enumerate() {
            if let Some(to) = to {
                before[*to].push(from);
            }
        }
        Self { targets, next, before }
    }

    /// Whether a stage leads anywhere, or is said to.
    pub(super) fn leads_on(&self, stage: usize) -> bool {
        self.targets[stage].is_some()
    }

    /// Items go on under the arbiter of the stage before, unless another one begins.
    pub(super) fn inherit_arbiters(&self, drafts: &mut [Draft<'_>]) {
        for begin in (0..drafts.len()).filter(|stage| self.before[*stage].is_empty()) {
            let mut at = begin;
            // A walk that begins where nothing leads to may still end in a circle.
            for _ in 1..drafts.len() {
                let Some(next) = self.next[at] else { break };
                if drafts[next].arbiter.is_none() {
                    drafts[next].arbiter = drafts[at].arbiter.clone();
                }
                at = next;
            }
        }
    }

    /// Returns the edges of the blueprint; those that need one have a link.
    pub(super) fn edges(&self, drafts: &[Draft<'_>], marks: Marks) -> Vec<Edge> {
        let edge = |(from, target): (usize, &Option<String>)| {
            let to = target.clone()?;
            let link = self.next[from].and_then(|to| link(&drafts[from], &drafts[to], marks));
            Some(Edge { from: drafts[from].name.clone(), to, link })
        };
        self.targets.iter().enumerate().filter_map(edge).collect()
    }

    /// Returns what is wrong with the ways themselves.
    pub(super) fn mistakes(&self, drafts: &[Draft<'_>]) -> Vec<Mistake> {
        let stages = drafts.iter().map(Draft::as_stage).collect();
        let edges = self.edges(drafts, super::link::MARKS);
        let from: Vec<_> = (0..drafts.len()).filter(|stage| self.leads_on(*stage)).collect();
        let blueprint = Blueprint { stages, edges, ..Blueprint::default() };
        let mut circles: Vec<Vec<usize>> = Vec::new();
        let mut mistakes = Vec::new();
        for mistake in blueprint.mistakes() {
            match mistake {
                blueprint::Mistake::ToNowhere { edge } => {
                    mistakes.push(to_nowhere(drafts, from[edge]));
                }
                blueprint::Mistake::TwoProducers { edge, first } => {
                    let (second, first) = (from[edge], from[first]);
                    match self.circle(second).or_else(|| self.circle(first)) {
                        Some(circle) => circles.push(circle),
                        None => mistakes.push(self.two_producers(drafts, second, first)),
                    }
                }
                blueprint::Mistake::Cycle { stages } => circles.push(stages),
                // Names were set apart, one stage has one way out, and which places fit which kinds
                // is judged where the kinds are known.
                _ => {}
            }
        }
        circles.iter_mut().for_each(|circle| circle.sort_unstable());
        circles.sort();
        circles.dedup();
        mistakes.extend(circles.iter().map(|circle| self.round(drafts, circle)));
        mistakes
    }

    /// The stages of the circle that the way out of this one closes, if it closes one.
    fn circle(&self, from: usize) -> Option<Vec<usize>> {
        let follow = |place: &usize| self.next[*place];
        let way = std::iter::successors(self.next[from], follow).take(self.next.len());
        let mut circle: Vec<_> = way.collect();
        let end = circle.iter().position(|place| *place == from)?;
        circle.truncate(end + 1);
        Some(circle)
    }

    /// Says that items would go round; the circle is in the order of the file.
    fn round(&self, drafts: &[Draft<'_>], circle: &[usize]) -> Mistake {
        // The order of the file leads on only, so that at least one way of a circle is written down.
        let back = circle.iter().rev().find(|place| drafts[**place].to.is_some());
        let from = back.or(circle.last()).copied().unwrap_or_default();
        let span = drafts[from].to.as_ref().map_or(0..0, |(_, span)| span.clone());
        let stages = self.circle(from).unwrap_or_default();
        let names = stages.last().into_iter().chain(&stages).map(|place| &drafts[*place].name);
        let way = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" → ");
        Mistake::new(span, format!("items would go round: {way}"), "leads back")
            .help("let it lead to a stage that is not before it")
    }

    fn two_producers(&self, drafts: &[Draft<'_>], second: usize, first: usize) -> Mistake {
        let name = self.targets[second].as_deref().unwrap_or_default();
        let (one, other) = (&drafts[first].name, &drafts[second].name);
        let message = format!("`{name}` has two producers, `{one}` and `{other}`");
        let at = |stage: usize| match &drafts[stage].to {
            Some((_, span)) => span.clone(),
            None => drafts[stage].at.clone(),
        };
        let label = |stage: usize| match &drafts[stage].to {
            Some(_) => format!("`{}` leads there", drafts[stage].name),
            None => format!("`{}` leads to the next stage of the file", drafts[stage].name),
        };
        Mistake::new(at(second), message, label(second))
            .help("let one of them lead elsewhere with `to`, or give each a pipeline of its own")
            .also(at(first), label(first))
    }
}

/// The link between two stages, unless they are fused.
fn link(from: &Draft<'_>, to: &Draft<'_>, marks: Marks) -> Option<Marks> {
    let own = to.boundary.as_ref().map(|boundary| boundary.marks.unwrap_or(marks));
    let is_needed = from.role == Role::Stage || matches!(to.role, Role::Stage | Role::Consumer);
    own.or_else(|| is_needed.then_some(marks))
}

fn to_nowhere(drafts: &[Draft<'_>], from: usize) -> Mistake {
    let (to, span) = drafts[from].to.clone().unwrap_or_default();
    let names = drafts.iter().enumerate().filter(|(place, _)| *place != from);
    let names = names.map(|(_, draft)| draft.name.as_str());
    let help = match nearest(&to, names.clone()) {
        Some(name) => format!("did you mean `{name}`?"),
        None if drafts.len() == 1 => "add the stage that it leads to".into(),
        None => format!("its stages are {}", list(names, "and")),
    };
    Mistake::new(span, format!("there is no stage `{to}` in this pipeline"), "leads nowhere")
        .help(help)
}

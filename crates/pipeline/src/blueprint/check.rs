//! What is wrong with a blueprint: found before anything starts.

use std::collections::HashMap;

use super::{Blueprint, Edge, Stage};

/// What is wrong with a blueprint; the numbers are places in [`Blueprint::stages`] and
/// [`Blueprint::edges`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Mistake {
    /// There is no stage at all.
    Empty,
    /// A stage has no name.
    Unnamed {
        /// Which stage.
        stage: usize,
    },
    /// Two stages have one name.
    NameTaken {
        /// The second one.
        stage: usize,
        /// The first one.
        first: usize,
    },
    /// An edge leads to a stage that is not there.
    ToNowhere {
        /// Which edge.
        edge: usize,
    },
    /// An edge comes from a stage that is not there.
    FromNowhere {
        /// Which edge.
        edge: usize,
    },
    /// A consumer has two producers.
    TwoProducers {
        /// The second edge to it.
        edge: usize,
        /// The first edge to it.
        first: usize,
    },
    /// A producer has two consumers.
    TwoConsumers {
        /// The second edge from it.
        edge: usize,
        /// The first edge from it.
        first: usize,
    },
    /// A stage takes items, and none come.
    NothingComes {
        /// Which stage.
        stage: usize,
    },
    /// A stage gives items, and nobody takes them.
    NobodyTakes {
        /// Which stage.
        stage: usize,
    },
    /// There are two chains of stages: each is a pipeline of its own.
    TwoChains {
        /// The producer of the second one.
        stage: usize,
    },
    /// Nothing does the work of a stage, or something with another role.
    NoPart {
        /// Which stage.
        stage: usize,
    },
    /// Items go round in a circle: nothing would ever come in, and nothing go out.
    Cycle {
        /// The stages of the circle, in their order.
        stages: Vec<usize>,
    },
}

impl Mistake {
    /// Tells the mistake and what to do about it.
    #[must_use]
    pub fn tell(&self, blueprint: &Blueprint) -> String {
        let stage = |at: usize| blueprint.stages.get(at).map_or("?", |stage| &stage.name);
        let edge = |at: usize| blueprint.edges.get(at);
        let from = |at: usize| edge(at).map_or("?", |edge| &edge.from);
        let to = |at: usize| edge(at).map_or("?", |edge| &edge.to);
        match self {
            Self::Empty => "it has no stages: give it a producer and a consumer".into(),
            Self::Unnamed { stage: at } => format!("stage {} has no name: give it one", at + 1),
            Self::NameTaken { stage: at, .. } => {
                format!("two stages are named {}: give one another name", stage(*at))
            }
            Self::ToNowhere { edge: at } => {
                format!("{} leads to {}, and there is no such stage", from(*at), to(*at))
            }
            Self::FromNowhere { edge: at } => {
                format!("{} is led to from {}, and there is no such stage", to(*at), from(*at))
            }
            Self::TwoProducers { edge: at, first } => format!(
                "{} has two producers, {} and {}: a consumer has one",
                to(*at),
                from(*first),
                from(*at)
            ),
            Self::TwoConsumers { edge: at, first } => format!(
                "{} has two consumers, {} and {}: a producer has one",
                from(*at),
                to(*first),
                to(*at)
            ),
            Self::NothingComes { stage: at } => {
                format!("nothing comes to {}: put a stage that gives before it", stage(*at))
            }
            Self::NobodyTakes { stage: at } => {
                format!("nobody takes what {} gives: put a consumer behind it", stage(*at))
            }
            Self::TwoChains { stage: at } => format!(
                "{} begins a second chain of stages: make it a pipeline of its own",
                stage(*at)
            ),
            Self::NoPart { stage: at } => {
                format!("there is no part that does the work of {}", stage(*at))
            }
            Self::Cycle { stages } => {
                let names: Vec<_> =
                    stages.iter().chain(stages.first()).map(|at| stage(*at)).collect();
                format!("{} is a circle, to which nothing would ever come", names.join(" → "))
            }
        }
    }
}

impl Blueprint {
    /// Returns all that is wrong with it, in the order of the stages and edges.
    #[must_use]
    pub fn mistakes(&self) -> Vec<Mistake> {
        if self.stages.is_empty() {
            return vec![Mistake::Empty];
        }
        let mut mistakes = Vec::new();
        let places = self.places(&mut mistakes);
        let next = self.ways(&places, &mut mistakes);
        self.loose_ends(&places, &mut mistakes);
        if mistakes.is_empty() {
            let producers = self.stages.iter().enumerate().filter(|(_, stage)| !stage.role.takes());
            mistakes.extend(producers.skip(1).map(|(stage, _)| Mistake::TwoChains { stage }));
        }
        mistakes.extend(cycles(&next).into_iter().map(|stages| Mistake::Cycle { stages }));
        mistakes
    }

    /// The place of each name.
    fn places(&self, mistakes: &mut Vec<Mistake>) -> HashMap<&str, usize> {
        let mut places = HashMap::new();
        for (stage, Stage { name, .. }) in self.stages.iter().enumerate() {
            if name.is_empty() {
                mistakes.push(Mistake::Unnamed { stage });
                continue;
            }
            let first = *places.entry(name.as_str()).or_insert(stage);
            if first != stage {
                mistakes.push(Mistake::NameTaken { stage, first });
            }
        }
        places
    }

    /// Where the items of each stage go; of several edges from or to a stage, the first counts.
    fn ways(
        &self,
        places: &HashMap<&str, usize>,
        mistakes: &mut Vec<Mistake>,
    ) -> Vec<Option<usize>> {
        let mut next = vec![None; self.stages.len()];
        let mut out_of = HashMap::new();
        let mut into = HashMap::new();
        for (edge, Edge { from, to, .. }) in self.edges.iter().enumerate() {
            let ends = (places.get(from.as_str()), places.get(to.as_str()));
            if ends.0.is_none() {
                mistakes.push(Mistake::FromNowhere { edge });
            }
            if ends.1.is_none() {
                mistakes.push(Mistake::ToNowhere { edge });
            }
            let (Some(&from), Some(&to)) = ends else { continue };
            let first = *out_of.entry(from).or_insert(edge);
            if first != edge {
                mistakes.push(Mistake::TwoConsumers { edge, first });
                continue;
            }
            let first = *into.entry(to).or_insert(edge);
            if first != edge {
                mistakes.push(Mistake::TwoProducers { edge, first });
                continue;
            }
            next[from] = Some(to);
        }
        next
    }

    fn loose_ends(&self, places: &HashMap<&str, usize>, mistakes: &mut Vec<Mistake>) {
        for (stage, Stage { name, role, .. }) in self.stages.iter().enumerate() {
            // One whose name is another's cannot be told from it.
            if places.get(name.as_str()) != Some(&stage) {
                continue;
            }
            if role.takes() && self.edge_to(name).is_none() {
                mistakes.push(Mistake::NothingComes { stage });
            }
            if role.gives() && self.edge_from(name).is_none() {
                mistakes.push(Mistake::NobodyTakes { stage });
            }
        }
    }
}

/// The circles in a graph where each place leads to one other at most.
fn cycles(next: &[Option<usize>]) -> Vec<Vec<usize>> {
    let mut seen = vec![None; next.len()];
    let mut cycles = Vec::new();
    for start in 0..next.len() {
        let mut at = start;
        let mut path = Vec::new();
        while seen[at].is_none() {
            seen[at] = Some(start);
            path.push(at);
            match next[at] {
                Some(onward) => at = onward,
                None => break,
            }
        }
        // It came back to a place of this very walk.
        let closes = next[*path.last().unwrap_or(&start)] == Some(at) && seen[at] == Some(start);
        if let Some(from) = path.iter().position(|place| *place == at).filter(|_| closes) {
            cycles.push(path.split_off(from));
        }
    }
    cycles
}

//! The blueprint while it is being made, and what the finished one is started from.

use std::{collections::HashSet, sync::Arc};

use aqueduct_link::Marks;
use aqueduct_supervise::Restart;

use crate::{
    blueprint::{self, Blueprint, Edge, Role, Stage},
    step::{Measured, StepMeter},
};

/// The blueprint while it is being made.
#[derive(Debug)]
pub(crate) struct Plan {
    name: String,
    stages: Vec<Planned>,
    meters: Vec<Arc<StepMeter>>,
    /// The arbiter of what comes next.
    pub(crate) arbiter: Option<String>,
    /// The marks of the link before the next stage, if there is to be one.
    link: Option<blueprint::Marks>,
    pub(crate) restart: Restart,
}

#[derive(Debug)]
struct Planned {
    stage: Stage,
    /// The name was given, and is not made of the kind.
    is_named: bool,
    link: Option<blueprint::Marks>,
}

impl Plan {
    pub(crate) fn named(name: String) -> Self {
        Self {
            name,
            stages: Vec::new(),
            meters: Vec::new(),
            arbiter: None,
            link: None,
            restart: Restart::temporary(),
        }
    }

    /// The place of the stage that comes next.
    pub(crate) const fn next(&self) -> usize {
        self.stages.len()
    }

    /// Adds a stage, and returns its place.
    pub(crate) fn add(&mut self, kind: &str, name: Option<String>, role: Role) -> usize {
        let is_named = name.is_some();
        let name = name.unwrap_or_else(|| kind.to_owned());
        let arbiter = self.arbiter.clone();
        let stage = Stage { name, kind: kind.to_owned(), role, arbiter };
        self.stages.push(Planned { stage, is_named, link: self.link.take() });
        self.meters.push(Arc::default());
        self.stages.len() - 1
    }

    /// Adds a transform, and returns it with its place.
    pub(crate) fn measure<T: aqueduct_operators::Transform>(
        &mut self,
        name: Option<String>,
        transform: T,
    ) -> Measured<T> {
        let stage = self.add(transform.kind(), name, Role::Transform);
        Measured::new(transform, stage, self.meters[stage].clone())
    }

    /// There is a link with these marks before the next stage.
    pub(crate) fn link<T>(&mut self, marks: &Marks<T>) {
        self.link = Some(told(marks));
    }

    /// The link before the latest stage has other marks.
    pub(crate) fn relink<T>(&mut self, marks: &Marks<T>) {
        if let Some(last) = self.stages.last_mut() {
            last.link = Some(told(marks));
        }
    }

    /// The word for the latest stage is another one.
    pub(crate) fn retype(&mut self, kind: &str) {
        if let Some(last) = self.stages.last_mut() {
            last.stage.kind = kind.into();
        }
    }

    /// The latest stage has another name.
    pub(crate) fn rename(&mut self, name: String) {
        if let Some(last) = self.stages.last_mut() {
            last.stage.name = name;
            last.is_named = true;
        }
    }

    pub(crate) fn finish(mut self) -> (Blueprint, Vec<Arc<StepMeter>>) {
        self.name_apart();
        let names = self.stages.iter().map(|planned| &planned.stage.name);
        let ways = names.clone().zip(self.stages.iter().skip(1));
        let edges = ways.map(|(from, to)| Edge {
            from: from.clone(),
            to: to.stage.name.clone(),
            link: to.link,
        });
        let blueprint = Blueprint {
            name: self.name,
            edges: edges.collect(),
            stages: self.stages.into_iter().map(|planned| planned.stage).collect(),
            restart: blueprint::Restart::of(&self.restart),
        };
        (blueprint, self.meters)
    }

    /// Gives stages that were not named a number where their kind is taken as a name.
    fn name_apart(&mut self) {
        let given = self.stages.iter().filter(|planned| planned.is_named);
        let mut taken: HashSet<_> = given.map(|planned| planned.stage.name.clone()).collect();
        for Planned { stage, .. } in self.stages.iter_mut().filter(|planned| !planned.is_named) {
            let numbered = (2..).map(|number| format!("{}-{number}", stage.kind));
            let free = std::iter::once(stage.kind.clone()).chain(numbered);
            stage.name = free.into_iter().find(|name| !taken.contains(name)).unwrap_or_default();
            taken.insert(stage.name.clone());
        }
    }
}

fn told<T>(marks: &Marks<T>) -> blueprint::Marks {
    let limits = marks.limits();
    let [low, high, capacity] = [limits.low(), limits.high(), limits.capacity()];
    if marks.counts_bytes() {
        let [low, high, capacity] = [low.bytes, high.bytes, capacity.bytes];
        blueprint::Marks { unit: blueprint::Unit::Bytes, low, high, capacity }
    } else {
        let [low, high, capacity] = [low.items, high.items, capacity.items];
        blueprint::Marks { unit: blueprint::Unit::Items, low, high, capacity }
    }
}

//! A pipeline as data: what is where, and what is between.
//!
//! A blueprint is made by the builder or from TOML; it can be checked, drawn, compared and stored.
//! It says nothing about how a stage does its work, so that a closure has a place in it like any
//! endpoint.

mod check;

use std::{fmt, time::Duration};

use aqueduct_supervise as supervise;
use serde::{Deserialize, Serialize};

pub use check::Mistake;

/// A pipeline as data.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Blueprint {
    /// The name of the pipeline.
    pub name: String,
    /// The stages, in the order in which they were written down.
    pub stages: Vec<Stage>,
    /// What is between them.
    pub edges: Vec<Edge>,
    /// How often a stage that fails is made anew; without it, the first failure ends the pipeline.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub restart: Option<Restart>,
}

/// One stage: a producer, a consumer, a stage of its own, or a transform that is fused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stage {
    /// Its name, which no other stage of the pipeline has.
    pub name: String,
    /// The word for what it does: `file`, `lines`, `map`.
    pub kind: String,
    /// Where it stands.
    pub role: Role,
    /// The arbiter that its actor runs on; without it, the one where the pipeline was started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub arbiter: Option<String>,
}

/// Where a stage stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    /// It gives, and takes nothing: an actor.
    Producer,
    /// It is fused into the actor of the stage before it, unless a link lies between: then an actor
    /// begins with it.
    Transform,
    /// It takes and gives, as an actor of its own.
    Stage,
    /// It takes, and gives nothing: an actor.
    Consumer,
}

impl Role {
    /// Returns whether items come to it.
    #[must_use]
    pub const fn takes(self) -> bool {
        !matches!(self, Self::Producer)
    }

    /// Returns whether items come from it.
    #[must_use]
    pub const fn gives(self) -> bool {
        !matches!(self, Self::Consumer)
    }
}

/// The way from one stage to the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Edge {
    /// The name of the stage that gives.
    pub from: String,
    /// The name of the stage that takes.
    pub to: String,
    /// The marks of the link between them; without it they are fused into one actor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link: Option<Marks>,
}

/// Where a link pauses its producer and lets it go on, and what it holds at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marks {
    /// What is counted.
    pub unit: Unit,
    /// At it, the producer is resumed.
    pub low: u64,
    /// Above it, the producer is paused.
    pub high: u64,
    /// Beyond it, nothing is accepted.
    pub capacity: u64,
}

/// What marks count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// Items.
    Items,
    /// Bytes, with an overhead for each item.
    Bytes,
}

/// When a stage that fails is made anew, and who with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restart {
    /// Whether a stage that ends well is made anew, too.
    #[serde(default)]
    pub permanent: bool,
    /// Who is made anew with it.
    #[serde(default)]
    pub strategy: Strategy,
    /// How many times in a row.
    pub at_most: u32,
    /// How long a life must last to end the row, in milliseconds.
    pub healthy_after_ms: u64,
}

/// Who is made anew with a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Strategy {
    /// It alone.
    #[default]
    OneForOne,
    /// It and the stages before it, which feed it.
    RestForOne,
    /// All stages.
    OneForAll,
}

impl Restart {
    /// Returns what is known of a supervisor's policy; `None` if nothing is made anew.
    #[must_use]
    pub fn of(policy: &supervise::Restart) -> Option<Self> {
        policy.restarts().then(|| Self {
            permanent: policy.is_permanent(),
            strategy: match policy.whom() {
                supervise::Strategy::OneForOne => Strategy::OneForOne,
                supervise::Strategy::RestForOne => Strategy::RestForOne,
                supervise::Strategy::OneForAll => Strategy::OneForAll,
            },
            at_most: policy.limit(),
            healthy_after_ms: u64::try_from(policy.healthy().as_millis()).unwrap_or(u64::MAX),
        })
    }

    /// Returns the supervisor's policy.
    #[must_use]
    pub const fn policy(&self) -> supervise::Restart {
        let kind = match self.permanent {
            true => supervise::Restart::permanent(),
            false => supervise::Restart::transient(),
        };
        let strategy = match self.strategy {
            Strategy::OneForOne => supervise::Strategy::OneForOne,
            Strategy::RestForOne => supervise::Strategy::RestForOne,
            Strategy::OneForAll => supervise::Strategy::OneForAll,
        };
        kind.strategy(strategy)
            .at_most(self.at_most)
            .healthy_after(Duration::from_millis(self.healthy_after_ms))
    }
}

impl Marks {
    /// `64 KiB … 256 KiB, at most 512 KiB`.
    fn write(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.unit {
            Unit::Items => {
                write!(f, "{} … {} items, at most {}", self.low, self.high, self.capacity)
            }
            Unit::Bytes => {
                let [low, high, capacity] = [self.low, self.high, self.capacity].map(Size);
                write!(f, "{low} … {high}, at most {capacity}")
            }
        }
    }
}

impl fmt::Display for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.write(f)
    }
}

/// A number of bytes in the largest unit that tells it whole, or with one decimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Size(pub u64);

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const UNITS: [&str; 5] = ["B", "KiB", "MiB", "GiB", "TiB"];
        let mut unit = 0;
        let mut scale = 1_u64;
        while self.0 / scale >= 1024 && unit + 1 < UNITS.len() {
            scale *= 1024;
            unit += 1;
        }
        if self.0.is_multiple_of(scale) {
            write!(f, "{} {}", self.0 / scale, UNITS[unit])
        } else {
            write!(f, "{:.1} {}", self.0 as f64 / scale as f64, UNITS[unit])
        }
    }
}

impl Blueprint {
    /// Returns the stage of this name.
    #[must_use]
    pub fn stage(&self, name: &str) -> Option<&Stage> {
        self.stages.iter().find(|stage| stage.name == name)
    }

    /// Returns the edge that leads to the stage of this name.
    #[must_use]
    pub fn edge_to(&self, name: &str) -> Option<&Edge> {
        self.edges.iter().find(|edge| edge.to == name)
    }

    /// Returns the edge that comes from the stage of this name.
    #[must_use]
    pub fn edge_from(&self, name: &str) -> Option<&Edge> {
        self.edges.iter().find(|edge| edge.from == name)
    }

    /// Returns the stages that run as one actor, actor by actor, each in the order of the data.
    ///
    /// The first of an actor gives it its name.
    #[must_use]
    pub fn actors(&self) -> Vec<Vec<&Stage>> {
        let begins = |stage: &&Stage| self.edge_to(&stage.name).is_none_or(|e| e.link.is_some());
        self.stages.iter().filter(begins).map(|first| self.actor_from(first)).collect()
    }

    fn actor_from<'a>(&'a self, first: &'a Stage) -> Vec<&'a Stage> {
        let mut actor = vec![first];
        let mut last = first;
        while let Some(next) = self
            .edge_from(&last.name)
            .filter(|edge| edge.link.is_none())
            .and_then(|edge| self.stage(&edge.to))
        {
            // A circle of fused stages is a mistake; it must not be one for whoever looks at it.
            if actor.len() > self.stages.len() {
                break;
            }
            actor.push(next);
            last = next;
        }
        actor
    }

    /// The places of the stages in the order of the data; without a producer there is none.
    pub(crate) fn order(&self) -> Vec<usize> {
        let place = |name: &str| self.stages.iter().position(|stage| stage.name == name);
        let mut order = Vec::new();
        let mut next = self.stages.iter().position(|stage| stage.role == Role::Producer);
        while let Some(at) = next.filter(|at| !order.contains(at)) {
            order.push(at);
            next = self.edge_from(&self.stages[at].name).and_then(|edge| place(&edge.to));
        }
        order
    }

    /// Puts a link with default marks where there is none and must be one: before a consumer, and on
    /// either side of a stage that is an actor.
    pub(crate) fn put_links(&mut self) {
        let role = |name: &str| self.stage(name).map(|stage| stage.role);
        let needs = |edge: &Edge| {
            matches!(role(&edge.to), Some(Role::Consumer | Role::Stage))
                || role(&edge.from) == Some(Role::Stage)
        };
        let needed: Vec<bool> = self.edges.iter().map(needs).collect();
        for (edge, needed) in self.edges.iter_mut().zip(needed) {
            if needed {
                edge.link.get_or_insert_default();
            }
        }
    }
}

/// 64 KiB to 256 KiB, and at most 512 KiB.
impl Default for Marks {
    fn default() -> Self {
        Self { unit: Unit::Bytes, low: 64 << 10, high: 256 << 10, capacity: 512 << 10 }
    }
}

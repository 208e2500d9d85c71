//! A blueprint and its parts, written down one after the other.

use aqueduct_pipeline::{
    Assembled, Blueprint, BlueprintError,
    blueprint::{Edge, Marks, Role, Stage},
    erased::{Part, assemble},
};

/// A pipeline that is written down as a file would have it.
#[derive(Debug, Default)]
pub struct Draft {
    pub blueprint: Blueprint,
    pub parts: Vec<Part>,
    link: Option<Marks>,
    arbiter: Option<String>,
}

impl Draft {
    pub fn named(name: &str) -> Self {
        let blueprint = Blueprint { name: name.into(), ..Blueprint::default() };
        Self { blueprint, ..Self::default() }
    }

    /// Adds a stage behind the latest one.
    pub fn add(mut self, name: &str, kind: &str, role: Role, part: Part) -> Self {
        if let Some(last) = self.blueprint.stages.last() {
            let (from, to) = (last.name.clone(), name.into());
            self.blueprint.edges.push(Edge { from, to, link: self.link.take() });
        }
        let arbiter = self.arbiter.clone();
        self.blueprint.stages.push(Stage { name: name.into(), kind: kind.into(), role, arbiter });
        self.parts.push(part);
        self
    }

    pub fn producer(self, name: &str, kind: &str, part: Part) -> Self {
        self.add(name, kind, Role::Producer, part)
    }

    pub fn transform(self, name: &str, kind: &str, part: Part) -> Self {
        self.add(name, kind, Role::Transform, part)
    }

    pub fn stage(self, name: &str, kind: &str, part: Part) -> Self {
        self.add(name, kind, Role::Stage, part)
    }

    pub fn consumer(self, name: &str, kind: &str, part: Part) -> Self {
        self.add(name, kind, Role::Consumer, part)
    }

    /// There is a link before the next stage.
    pub fn link(mut self, marks: Marks) -> Self {
        self.link = Some(marks);
        self
    }

    /// What follows runs on this arbiter.
    pub fn on(mut self, arbiter: &str) -> Self {
        self.arbiter = Some(arbiter.into());
        self
    }

    pub fn assemble(self) -> Result<Assembled, BlueprintError> {
        assemble(self.blueprint, self.parts)
    }
}

//! A stage while it is read.

use std::ops::Range;

use aqueduct_pipeline::{
    blueprint::{Role, Stage},
    erased::Part,
};
use toml::de::DeTable;

use super::link::Boundary;
use crate::{Items, Kind, items::Gives};

/// A stage while it is read.
pub(super) struct Draft<'a> {
    /// The name that the file gives it.
    pub(super) given_name: Option<String>,
    /// Its name, which no other stage of the pipeline has.
    pub(super) name: String,
    /// Where a message about it points to.
    pub(super) at: Range<usize>,
    /// What it does, if that is known.
    pub(super) body: Option<Body<'a>>,
    /// Where its items are to go.
    pub(super) to: Option<(String, Range<usize>)>,
    pub(super) boundary: Option<Boundary>,
    /// The arbiter of its actor.
    pub(super) arbiter: Option<String>,
    pub(super) role: Role,
    /// The kind that was chosen by the keys and the place.
    pub(super) kind: Option<&'a Kind>,
    pub(super) part: Option<Part>,
}

/// The word of a stage, its keys, and the kinds that may be meant.
pub(super) struct Body<'a> {
    pub(super) word: &'a str,
    pub(super) at: Range<usize>,
    pub(super) keys: &'a DeTable<'a>,
    pub(super) kinds: Vec<&'a Kind>,
    /// The key that chose among the kinds of the word.
    pub(super) main: Option<&'static str>,
}

impl Body<'_> {
    /// The keys by which the kinds of the word differ, each once.
    pub(super) fn mains(&self) -> Vec<&'static str> {
        let mut mains = Vec::new();
        for main in self.kinds.iter().filter_map(|kind| kind.main_key()) {
            if !mains.contains(&main) {
                mains.push(main);
            }
        }
        mains
    }

    /// Only the kinds with this key are meant.
    pub(super) fn choose(&mut self, main: &'static str) {
        self.kinds.retain(|kind| kind.main_key() == Some(main));
        self.main = Some(main);
    }

    /// Returns `` `file` with `read` ``.
    pub(super) fn told(&self) -> String {
        match self.main {
            Some(main) => format!("`{}` with `{main}`", self.word),
            None => format!("`{}`", self.word),
        }
    }
}

impl Draft<'_> {
    /// Whether it may end a pipeline.
    pub(super) fn may_end(&self) -> bool {
        self.may_be(|role| role == Role::Consumer)
    }

    /// Whether it can only begin a pipeline.
    pub(super) fn must_begin(&self) -> bool {
        self.body.is_some() && !self.may_be(|role| role != Role::Producer)
    }

    fn may_be(&self, is_meant: impl Fn(Role) -> bool) -> bool {
        let kinds = self.body.as_ref().map(|body| &body.kinds);
        kinds.is_some_and(|kinds| kinds.iter().any(|kind| is_meant(kind.role)))
    }

    /// Returns it as a stage of a blueprint.
    pub(super) fn as_stage(&self) -> Stage {
        Stage {
            name: self.name.clone(),
            kind: self.body.as_ref().map_or_else(String::new, |body| body.word.to_owned()),
            role: self.role,
            arbiter: self.arbiter.clone(),
        }
    }

    /// What it gives when it takes these.
    pub(super) fn gives(&self, taken: Option<Items>) -> Option<Items> {
        self.kind.map_or(Gives::Nothing, |kind| kind.gives).of(taken)
    }
}

//! A kind of stages: one function and what is told of it.

use std::{fmt, sync::Arc};

use aqueduct_pipeline::{blueprint::Role, erased::Part};

use crate::{
    items::{Gives, Items},
    keys::{KeySpec, Keys, Need},
};

/// Makes a part of the keys of a stage.
type Make = Arc<dyn Fn(&mut Keys<'_>) -> Part + Send + Sync>;

/// What becomes of a stage that failed and is made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anew {
    /// It goes on where it was.
    GoesOn,
    /// It does it, but not as if nothing had been; what is told of it.
    But(&'static str),
    /// It would do damage, so that a pipeline with a `restart` may not have it.
    Never {
        /// Why.
        why: &'static str,
        /// What to do instead.
        help: &'static str,
    },
}

/// A kind of stages, under the word by which files ask for it.
///
/// Several kinds may share a word: those that begin and those that end a pipeline, and those that
/// differ in their first required key, as `file` with `read`, `write` or `append`.
#[derive(Clone)]
pub struct Kind {
    pub(crate) word: &'static str,
    pub(crate) role: Role,
    pub(crate) summary: &'static str,
    pub(crate) takes: &'static [Items],
    pub(crate) gives: Gives,
    pub(crate) anew: Anew,
    pub(crate) example: &'static str,
    /// It only gives items another form, so that it can be offered where items do not meet.
    pub(crate) is_bridge: bool,
    pub(crate) keys: Vec<KeySpec>,
    pub(crate) make: Make,
}

impl Kind {
    /// A kind of producers: they give these items.
    pub fn producer(
        word: &'static str,
        summary: &'static str,
        gives: Items,
        make: impl Fn(&mut Keys<'_>) -> Part + Send + Sync + 'static,
    ) -> Self {
        Self::new(word, Role::Producer, summary, (&[], Gives::These(gives)), make)
    }

    /// A kind of transforms, which are fused into the actor before them.
    pub fn transform(
        word: &'static str,
        summary: &'static str,
        takes: &'static [Items],
        gives: Gives,
        make: impl Fn(&mut Keys<'_>) -> Part + Send + Sync + 'static,
    ) -> Self {
        Self::new(word, Role::Transform, summary, (takes, gives), make)
    }

    /// A kind of stages that are actors of their own, with a link on either side.
    pub fn stage(
        word: &'static str,
        summary: &'static str,
        takes: &'static [Items],
        gives: Gives,
        make: impl Fn(&mut Keys<'_>) -> Part + Send + Sync + 'static,
    ) -> Self {
        Self::new(word, Role::Stage, summary, (takes, gives), make)
    }

    /// A kind of consumers: they take these items.
    pub fn consumer(
        word: &'static str,
        summary: &'static str,
        takes: &'static [Items],
        make: impl Fn(&mut Keys<'_>) -> Part + Send + Sync + 'static,
    ) -> Self {
        Self::new(word, Role::Consumer, summary, (takes, Gives::Nothing), make)
    }

    fn new(
        word: &'static str,
        role: Role,
        summary: &'static str,
        (takes, gives): (&'static [Items], Gives),
        make: impl Fn(&mut Keys<'_>) -> Part + Send + Sync + 'static,
    ) -> Self {
        let mut keys = Keys::described();
        drop(make(&mut keys));
        Self {
            word,
            role,
            summary,
            takes,
            gives,
            anew: Anew::GoesOn,
            example: "",
            is_bridge: false,
            keys: keys.into_specs(),
            make: Arc::new(make),
        }
    }

    /// Gives it an example for the reference: the key of a stage, as `lines = {}`.
    #[must_use]
    pub const fn example(mut self, toml: &'static str) -> Self {
        self.example = toml;
        self
    }

    /// Says what becomes of it when it is made anew after a failure. Default: it goes on.
    #[must_use]
    pub const fn anew(mut self, anew: Anew) -> Self {
        self.anew = anew;
        self
    }

    /// Says that it only gives items another form: it is offered where items do not meet.
    #[must_use]
    pub const fn bridge(mut self) -> Self {
        self.is_bridge = true;
        self
    }

    /// The word for it.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        self.word
    }

    /// Where its stages stand.
    #[must_use]
    pub const fn role(&self) -> Role {
        self.role
    }

    /// Its keys, in the order of the reference.
    #[must_use]
    pub fn keys(&self) -> &[KeySpec] {
        &self.keys
    }

    /// The key that tells it from others of its word: the first that is required.
    pub(crate) fn main_key(&self) -> Option<&'static str> {
        self.keys.iter().find(|key| key.need == Need::Required).map(|key| key.name)
    }
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { word, role, keys, .. } = self;
        let keys: Vec<_> = keys.iter().map(|key| key.name).collect();
        f.debug_struct("Kind")
            .field("word", word)
            .field("role", role)
            .field("keys", &keys)
            .finish_non_exhaustive()
    }
}

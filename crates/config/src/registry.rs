//! The kinds of stages that files may ask for.

use aqueduct_pipeline::blueprint::Role;

use crate::{Kind, items::Items, kinds};

/// The kinds of stages that files may ask for.
#[derive(Clone, Debug)]
pub struct Registry {
    kinds: Vec<Kind>,
}

/// Words that every stage has keys of, and that can therefore not be kinds.
pub(crate) const STAGE_KEYS: [&str; 3] = ["name", "to", "boundary"];

/// The most stages that are offered in a row where items do not meet.
const LONGEST_BRIDGE: usize = 2;

impl Registry {
    /// The kinds that come with this crate.
    #[must_use]
    pub fn standard() -> Self {
        Self { kinds: kinds::standard() }
    }

    /// Adds a kind; one of the same word, role and first required key is replaced.
    ///
    /// Its word must not be one of the keys that every stage has: `name`, `to` and `boundary`.
    #[must_use]
    pub fn with(mut self, kind: Kind) -> Self {
        let same = |other: &Kind| {
            (other.word, other.role, other.main_key()) == (kind.word, kind.role, kind.main_key())
        };
        self.kinds.retain(|other| !same(other));
        self.kinds.push(kind);
        self
    }

    /// Returns all kinds, in the order of the reference.
    #[must_use]
    pub fn kinds(&self) -> &[Kind] {
        &self.kinds
    }

    /// Returns the kinds of this word.
    pub(crate) fn of<'r>(&'r self, word: &str) -> Vec<&'r Kind> {
        self.kinds.iter().filter(|kind| kind.word == word).collect()
    }

    /// Returns the words, each once.
    pub(crate) fn words(&self) -> Vec<&'static str> {
        self.words_where(|_| true)
    }

    /// Returns the words of kinds with this role.
    pub(crate) fn words_of(&self, role: Role) -> Vec<&'static str> {
        self.words_where(|kind| kind.role == role)
    }

    fn words_where(&self, is_meant: impl Fn(&Kind) -> bool) -> Vec<&'static str> {
        let mut words = Vec::new();
        for kind in self.kinds.iter().filter(|kind| is_meant(kind)) {
            if !words.contains(&kind.word) {
                words.push(kind.word);
            }
        }
        words
    }

    /// Returns the stages that make what is taken of what is given, if there are such.
    pub(crate) fn bridge(&self, given: Items, taken: &[Items]) -> Option<Vec<&'static str>> {
        self.bridge_of(given, taken, LONGEST_BRIDGE)
    }

    fn bridge_of(&self, given: Items, taken: &[Items], most: usize) -> Option<Vec<&'static str>> {
        let bridges =
            self.kinds.iter().filter(|kind| kind.is_bridge && kind.takes.contains(&given));
        let ways = bridges.filter_map(|kind| {
            let gives = kind.gives.of(Some(given))?;
            if taken.contains(&gives) {
                return Some(vec![kind.word]);
            }
            // Bytes have lost the borders of what they were made of.
            let may_go_on = most > 1 && gives != Items::Bytes;
            let rest = may_go_on.then(|| self.bridge_of(gives, taken, most - 1)).flatten()?;
            Some([vec![kind.word], rest].concat())
        });
        ways.min_by_key(Vec::len)
    }
}

impl Default for Registry {
    fn default() -> Self {
        Self::standard()
    }
}

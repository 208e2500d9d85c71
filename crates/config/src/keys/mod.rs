//! The keys of a table: read from a file, or described.
//!
//! A kind of stages is a function that reads its keys from [`Keys`].
//! The same function is run without a file to learn what its keys are; so what the reference says
//! is what the parser takes.

mod key;
mod secret;
mod types;
mod values;

use std::{ops::Range, path::PathBuf, time::Duration};

use aqueduct_pipeline::blueprint::Unit;
use serde_json::Value;
use toml::{
    Spanned,
    de::{DeTable, DeValue},
};

pub use key::Key;
use key::{Ask, Read};
pub use types::{KeySpec, Need, Type};
pub use values::Pattern;
pub(crate) use values::told;

use crate::{
    mistake::Mistake,
    near::{nearest, remedy},
    secrets::Env,
    units::{tell_duration, tell_size},
};

/// A value of the file with its place.
pub(crate) type Found<'a> = Spanned<DeValue<'a>>;

/// The keys of one table.
pub struct Keys<'a> {
    /// What the table is called in messages: `` `lines` ``.
    title: String,
    specs: Vec<KeySpec>,
    /// Nothing is there when keys are only described.
    table: Option<&'a DeTable<'a>>,
    /// Where the table is.
    at: Range<usize>,
    env: Option<Env<'a>>,
    missing: Vec<&'static str>,
    pub(crate) found: Findings,
}

/// What came up while the keys of a table were read.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    pub(crate) mistakes: Vec<Mistake>,
    /// Values from elsewhere.
    pub(crate) secrets: Vec<String>,
    /// Files that the stage makes, with the places of their names.
    pub(crate) makes: Vec<(String, Range<usize>)>,
}

impl<'a> Keys<'a> {
    /// Keys that are only described.
    pub(crate) const fn described() -> Self {
        Self {
            title: String::new(),
            specs: Vec::new(),
            table: None,
            at: 0..0,
            env: None,
            missing: Vec::new(),
            found: Findings { mistakes: Vec::new(), secrets: Vec::new(), makes: Vec::new() },
        }
    }

    /// The keys of this table; without an `env`, values that stand elsewhere are not looked up.
    pub(crate) fn of(
        title: impl Into<String>,
        table: &'a DeTable<'a>,
        at: Range<usize>,
        env: Option<Env<'a>>,
    ) -> Self {
        Self { title: title.into(), table: Some(table), at, env, ..Self::described() }
    }

    /// A key that takes a size, as `"64 KiB"`; in bytes.
    pub fn size(&mut self, name: &'static str, doc: &'static str) -> Key<'_, 'a, u64> {
        let json = |bytes: &u64| tell_size(*bytes).into();
        self.key(name, doc, Type::Size, values::size, json)
    }

    /// A key that takes a whole number from `least` to `most`.
    pub fn count(
        &mut self,
        name: &'static str,
        least: u64,
        most: u64,
        doc: &'static str,
    ) -> Key<'_, 'a, u64> {
        self.key(name, doc, Type::Count { least, most }, values::count, |n| (*n).into())
    }

    /// A key that takes a duration, as `"1 min"`.
    pub fn duration(&mut self, name: &'static str, doc: &'static str) -> Key<'_, 'a, Duration> {
        let json = |time: &Duration| tell_duration(*time).into();
        self.key(name, doc, Type::Duration, values::duration, json)
    }

    /// A key that takes text, which may stand elsewhere.
    pub fn text(&mut self, name: &'static str, doc: &'static str) -> Key<'_, 'a, String> {
        self.key(name, doc, Type::Text, secret::text, |text| text.as_str().into())
    }

    /// A key that takes the path of a file, which may stand elsewhere.
    pub fn path(&mut self, name: &'static str, doc: &'static str) -> Key<'_, 'a, PathBuf> {
        self.key(name, doc, Type::Path, secret::path, |path| path.display().to_string().into())
    }

    /// A key that takes an address as `host:port`, which may stand elsewhere.
    pub fn address(&mut self, name: &'static str, doc: &'static str) -> Key<'_, 'a, String> {
        self.key(name, doc, Type::Address, secret::address, |text| text.as_str().into())
    }

    /// A key that takes one of these words.
    pub fn choice(
        &mut self,
        name: &'static str,
        words: &'static [&'static str],
        doc: &'static str,
    ) -> Key<'_, 'a, &'static str> {
        self.key(name, doc, Type::Choice(words), values::choice, |word| (*word).into())
    }

    /// A key that takes true or false.
    pub fn flag(&mut self, name: &'static str, doc: &'static str) -> Key<'_, 'a, bool> {
        self.key(name, doc, Type::Flag, values::flag, |flag| (*flag).into())
    }

    /// A key that takes a regular expression.
    pub fn pattern(&mut self, name: &'static str, doc: &'static str) -> Key<'_, 'a, Pattern> {
        self.key(name, doc, Type::Pattern, values::pattern, |pattern| pattern.as_str().into())
    }

    /// A name that is shown, and therefore stands in the file.
    pub(crate) fn name(&mut self, name: &'static str, doc: &'static str) -> Key<'_, 'a, String> {
        self.key(name, doc, Type::Name, values::name, |text| text.as_str().into())
    }

    /// A mark of a link.
    pub(crate) fn mark(&mut self, name: &'static str, doc: &'static str) -> Key<'_, 'a, Mark> {
        self.key(name, doc, Type::Mark, values::mark, |_| Value::Null)
    }

    /// Says that a value cannot be used, for a reason that only the stage itself knows; its place is
    /// that of the key, or of the table if the key is not there.
    ///
    /// The value is not to be told in the message where it may stand elsewhere.
    pub fn refuse(
        &mut self,
        name: &'static str,
        message: impl Into<String>,
        help: impl Into<String>,
    ) {
        if self.table.is_none() {
            return;
        }
        let span = self.span_of(name);
        self.found.mistakes.push(Mistake::new(span, message, "this cannot be used").help(help));
    }

    /// Returns whether a key is there, with a good value or not.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// Says that the stage makes the file at this path, so that no other stage may make it too.
    pub fn makes(&mut self, name: &'static str, path: &std::path::Path) {
        // A path that was not looked up is empty.
        if self.table.is_some() && !path.as_os_str().is_empty() {
            let span = self.span_of(name);
            self.found.makes.push((path.display().to_string(), span));
        }
    }

    /// Where the value of a key is, or the table if it is not there.
    pub(crate) fn span_of(&self, name: &str) -> Range<usize> {
        self.get(name).map_or_else(|| self.at.clone(), Spanned::span)
    }

    fn get(&self, name: &str) -> Option<&'a Found<'a>> {
        self.table.and_then(|table| table.get(name))
    }

    fn key<T>(
        &mut self,
        name: &'static str,
        doc: &'static str,
        takes: Type,
        read: Read<T>,
        json: fn(&T) -> Value,
    ) -> Key<'_, 'a, T> {
        let spec = KeySpec { name, takes, need: Need::Optional, doc };
        Key::new(self, spec, read, json)
    }

    /// Returns what its keys are.
    pub(crate) fn into_specs(self) -> Vec<KeySpec> {
        self.specs
    }

    /// Returns what came up, whatever other keys there are.
    pub(crate) fn into_findings(self) -> Findings {
        self.found
    }

    /// Returns what came up, after all keys were asked for: those that are not known, and those
    /// that are missing.
    pub(crate) fn finish(mut self) -> Findings {
        if let Some(table) = self.table {
            let known: Vec<_> = self.specs.iter().map(|spec| spec.name).collect();
            let unknown = unknown_keys(&self.title, table, &known);
            let missing = self.missing(table, &known);
            self.found.mistakes.extend(missing);
            self.found.mistakes.extend(unknown);
        }
        self.found
    }

    /// Returns a mistake for each key that must be there and is not; one that is misspelt is there.
    fn missing(&self, table: &DeTable<'_>, known: &[&str]) -> Vec<Mistake> {
        let absent = known.iter().copied().filter(|name| !table.contains_key(*name));
        let unknown = table.keys().filter(|key| !known.contains(&&**key.get_ref()));
        let misspelt: Vec<_> =
            unknown.filter_map(|key| nearest(key.get_ref(), absent.clone())).collect();
        let specs = self.specs.iter().filter(|spec| self.missing.contains(&spec.name));
        let missing = specs.filter(|spec| !misspelt.contains(&spec.name)).map(|spec| {
            let message = format!("{} needs `{}`", self.title, spec.name);
            Mistake::new(self.at.clone(), message, "it is missing here").help(format!(
                "add `{} = {}`",
                spec.name,
                spec.takes.example()
            ))
        });
        missing.collect()
    }
}

impl std::fmt::Debug for Keys<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Keys").field("title", &self.title).finish_non_exhaustive()
    }
}

/// Returns a mistake for each key of a table that is not known there.
pub(crate) fn unknown_keys(title: &str, table: &DeTable<'_>, known: &[&str]) -> Vec<Mistake> {
    let unknown = table.keys().filter(|key| !known.contains(&&**key.get_ref()));
    unknown
        .map(|key| {
            let typed = key.get_ref();
            let absent: Vec<_> =
                known.iter().copied().filter(|word| !table.contains_key(*word)).collect();
            let help = match nearest(typed, absent) {
                Some(word) => format!("did you mean `{word}`?"),
                None if known.is_empty() => format!("{title} has no keys: leave it out"),
                None => remedy(typed, known.iter().copied()),
            };
            Mistake::new(key.span(), format!("{title} has no key `{typed}`"), "not known here")
                .help(help)
        })
        .collect()
}

/// A mark of a link with its place.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    pub(crate) unit: Unit,
    pub(crate) amount: u64,
    pub(crate) span: Range<usize>,
}

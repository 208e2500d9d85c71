//! One stage of a pipeline, before it is known where it stands.

use std::{collections::HashMap, ops::Range};

use aqueduct_pipeline::blueprint::{Marks, Role};
use toml::{
    Spanned,
    de::{DeString, DeTable},
};

use super::{
    Reader,
    draft::{Body, Draft},
    in_order, table_of,
};
use crate::{
    Kind,
    keys::{Found, Keys},
    mistake::Mistake,
    near::{list, nearest},
    registry::STAGE_KEYS,
};

impl<'r> Reader<'r> {
    /// Reads what a stage is; what its own keys mean is read when its place is known.
    pub(super) fn stage<'t>(&mut self, value: &'t Found<'t>, marks: Marks) -> Draft<'t>
    where
        'r: 't,
    {
        let mut draft = Draft::new(value.span());
        let Some(table) = table_of("a stage", value, "write `lines = {}`", &mut self.mistakes)
        else {
            return draft;
        };
        let mut keys = Keys::of("a stage", table, value.span(), None);
        draft.given_name = keys.name("name", "").optional();
        draft.to = keys.name("to", "").optional().map(|to| (to, keys.span_of("to")));
        let name_at = keys.span_of("name");
        // Its other keys are judged below, by the words that are known there.
        self.keep(keys.into_findings());
        draft.boundary = table.get("boundary").and_then(|value| self.boundary(value, marks));
        draft.arbiter = draft.boundary.as_ref().and_then(|boundary| boundary.arbiter.clone());
        draft.body = self.body(table, value.span());
        let body_at = draft.body.as_ref().map(|body| body.at.clone());
        draft.at = match &draft.given_name {
            Some(_) => name_at,
            None => body_at.unwrap_or(draft.at),
        };
        draft
    }

    /// Finds the word that says what a stage does.
    fn body<'t>(&mut self, table: &'t DeTable<'t>, at: Range<usize>) -> Option<Body<'t>>
    where
        'r: 't,
    {
        let registry = self.registry;
        let words = registry.words();
        let others = in_order(table).into_iter();
        let others = others.filter(|(key, _)| !STAGE_KEYS.contains(&&**key.get_ref()));
        let (known, unknown): (Vec<_>, Vec<_>) =
            others.partition(|(key, _)| words.contains(&&**key.get_ref()));
        for (key, _) in &unknown {
            self.say(unknown_word(key, &words, known.is_empty()));
        }
        match known.as_slice() {
            [(key, value)] => self.keys_of(key, value, registry.of(key.get_ref())),
            [] if unknown.is_empty() => {
                let help = format!("add what it does, one of {}", list(words, "and"));
                self.say(Mistake::new(at, "this stage does nothing", "nothing here").help(help));
                None
            }
            [] => None,
            [(first, _), (second, _), ..] => {
                let (one, other) = (first.get_ref(), second.get_ref());
                let message = format!("a stage does one thing, and this one `{one}` and `{other}`");
                let mistake = Mistake::new(second.span(), message, "the second");
                self.say(mistake.help("make two stages of it").also(first.span(), "the first"));
                None
            }
        }
    }

    /// Finds out which of the kinds of a word are meant.
    fn keys_of<'t>(
        &mut self,
        key: &'t Spanned<DeString<'t>>,
        value: &'t Found<'t>,
        kinds: Vec<&'t Kind>,
    ) -> Option<Body<'t>> {
        let word = &**key.get_ref();
        let help = format!("write `{word} = {{}}`, with its keys between the braces");
        let title = format!("`{word}`");
        let keys = table_of(&title, value, &help, &mut self.mistakes)?;
        let mut body = Body { word, at: key.span(), keys, kinds, main: None };
        let mains = body.mains();
        if mains.len() < 2 {
            return Some(body);
        }
        let mut given = mains.iter().copied().filter(|main| keys.contains_key(*main));
        match (given.next(), given.next()) {
            (None, _) => {}
            (Some(main), None) => body.choose(main),
            (Some(first), Some(second)) => {
                let at = |name| keys.get_key_value(name).map_or(0..0, |(key, _)| key.span());
                let message = format!("`{word}` takes one of {}", list(mains, "and"));
                self.say(
                    Mistake::new(at(second), message, "the second")
                        .help("leave one of them out")
                        .also(at(first), "the first"),
                );
                return None;
            }
        }
        Some(body)
    }

    /// Makes the part of a stage by its keys.
    pub(super) fn make(&mut self, draft: &mut Draft<'_>) {
        let (Some(kind), Some(body)) = (draft.kind, &draft.body) else { return };
        let mut keys = Keys::of(body.told(), body.keys, body.at.clone(), self.env);
        draft.part = Some((kind.make)(&mut keys));
        self.keep(keys.finish());
    }
}

/// A key of a stage that is neither its own nor the word of a kind.
fn unknown_word(key: &Spanned<DeString<'_>>, words: &[&'static str], is_alone: bool) -> Mistake {
    let typed = key.get_ref();
    let near_key = nearest(typed, STAGE_KEYS);
    let near_word = nearest(typed, words.iter().copied());
    let message = match near_key {
        None if is_alone => format!("no stage is called `{typed}`"),
        _ => format!("a stage has no key `{typed}`"),
    };
    let help = match near_key.or(near_word) {
        Some(word) => format!("did you mean `{word}`?"),
        None if is_alone => format!("known are {}", list(words.iter().copied(), "and")),
        None => format!("beside what it does, a stage has {}", list(STAGE_KEYS, "and")),
    };
    Mistake::new(key.span(), message, "not known here").help(help)
}

/// Gives every stage a name of its own: that which it was given, or its word, with a number where
/// that is taken.
pub(super) fn name_apart(drafts: &mut [Draft<'_>], mistakes: &mut Vec<Mistake>) {
    let mut taken: HashMap<String, Range<usize>> = HashMap::new();
    for draft in drafts.iter_mut() {
        let Some(name) = draft.given_name.clone() else { continue };
        let at = draft.at.clone();
        let first = taken.entry(name.clone()).or_insert_with(|| at.clone());
        if *first == at {
            draft.name = name;
            continue;
        }
        let message = format!("the name `{name}` is taken");
        let mistake = Mistake::new(at, message, "the second of this name");
        mistakes.push(mistake.help("give it another name").also(first.clone(), "the first"));
    }
    for draft in drafts.iter_mut().filter(|draft| draft.name.is_empty()) {
        let word = draft.body.as_ref().map_or("stage", |body| body.word);
        let base = draft.given_name.as_deref().unwrap_or(word);
        let numbered = (2..).map(|number| format!("{base}-{number}"));
        let mut free = std::iter::once(base.to_owned()).chain(numbered);
        draft.name = free.find(|name| !taken.contains_key(name)).unwrap_or_default();
        taken.insert(draft.name.clone(), draft.at.clone());
    }
}

impl Draft<'_> {
    fn new(at: Range<usize>) -> Self {
        Self {
            given_name: None,
            name: String::new(),
            at,
            body: None,
            to: None,
            boundary: None,
            arbiter: None,
            role: Role::Transform,
            kind: None,
            part: None,
        }
    }
}

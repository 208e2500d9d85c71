//! The reference of the kinds of stages, for the terminal.

use std::fmt::Write as _;

use aqueduct_pipeline::blueprint::Role;
use serde_json::Value;

use crate::{
    Anew, Kind, Registry,
    items::{Gives, told},
    keys::{KeySpec, Need, Type},
    near::remedy,
};

/// The column of words, in characters: a word and the key that tells it from others.
const WORDS: usize = 18;

/// The column of keys, in characters.
const COLUMN: usize = 12;

const ELSEWHERE: &str = "\
Text, paths and addresses may stand elsewhere: { env = \"NAME\" } or { file = \"path\" }.
";

impl Registry {
    /// Returns the reference of one kind, or the list of all.
    ///
    /// # Errors
    /// If no kind has this word; the error says which one is near.
    pub fn reference(&self, word: Option<&str>) -> Result<String, String> {
        let Some(word) = word else { return Ok(self.overview()) };
        let kinds = self.of(word);
        if kinds.is_empty() {
            return Err(format!("no stage is called `{word}`: {}", remedy(word, self.words())));
        }
        let may_be_elsewhere = |kind: &&Kind| {
            let mut keys = kind.keys.iter();
            keys.any(|key| matches!(key.takes, Type::Text | Type::Path | Type::Address))
        };
        let note = kinds.iter().any(may_be_elsewhere).then(|| ELSEWHERE.to_owned());
        let pages = kinds.into_iter().map(|kind| page(&self.apart(kind), kind));
        let pages: Vec<_> = pages.chain(note).collect();
        Ok(pages.join("\n"))
    }

    fn overview(&self) -> String {
        let roles = [
            (Role::Producer, "Producers, which begin a pipeline"),
            (Role::Transform, "Transforms, fused into the actor before them"),
            (Role::Stage, "Stages, actors of their own"),
            (Role::Consumer, "Consumers, which end a pipeline"),
        ];
        let mut text = String::new();
        for (role, title) in roles {
            let kinds: Vec<_> = self.kinds().iter().filter(|kind| kind.role == role).collect();
            if kinds.is_empty() {
                continue;
            }
            let _ = writeln!(text, "{title}:");
            for kind in kinds {
                let _ = writeln!(text, "  {:WORDS$} {}", self.apart(kind), kind.summary);
                let _ = writeln!(text, "  {:WORDS$} {} → {}", "", taken(kind), given(kind));
            }
            text.push('\n');
        }
        text
    }

    /// Returns the word for a kind, with its main key where the word alone may mean another.
    fn apart(&self, kind: &Kind) -> String {
        let others = self.of(kind.word);
        match kind.main_key() {
            Some(main) if others.len() > 1 => format!("{} {main}", kind.word),
            _ => kind.word.to_owned(),
        }
    }
}

const fn role(role: Role) -> &'static str {
    match role {
        Role::Producer => "a producer",
        Role::Transform => "a transform",
        Role::Stage => "a stage",
        Role::Consumer => "a consumer",
    }
}

fn taken(kind: &Kind) -> String {
    told(kind.takes)
}

fn given(kind: &Kind) -> String {
    match kind.gives {
        Gives::Nothing => "nothing".into(),
        Gives::Same => "the same".into(),
        Gives::These(items) => items.to_string(),
    }
}

fn page(title: &str, kind: &Kind) -> String {
    let mut text = String::new();
    let items = format!("{} → {}", taken(kind), given(kind));
    let _ = writeln!(text, "{title}: {}, {items}", role(kind.role));
    let _ = writeln!(text, "  {}", kind.summary);
    match kind.anew {
        Anew::GoesOn => {}
        Anew::But(what) => {
            let _ = writeln!(text, "  After a restart, {what}.");
        }
        Anew::Never { why, help } => {
            let _ = writeln!(text, "  It cannot be restarted: {why}; {help}.");
        }
    }
    text.push('\n');
    for key in &kind.keys {
        let _ = writeln!(
            text,
            "  {:COLUMN$} {} ({}{})",
            key.name,
            key.doc,
            key.takes.told(),
            need(key)
        );
    }
    if !kind.keys.is_empty() {
        text.push('\n');
    }
    let _ = writeln!(text, "  {}", kind.example);
    text
}

/// What is told of a key behind its type.
fn need(key: &KeySpec) -> String {
    match &key.need {
        Need::Required => String::new(),
        Need::Optional => "; may be left out".into(),
        Need::Default(Value::String(text)) => format!("; default \"{text}\""),
        Need::Default(value) => format!("; default {value}"),
    }
}

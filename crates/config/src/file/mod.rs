//! A whole file: its pipelines, one by one, and all mistakes at once.

mod draft;
mod link;
mod meet;
mod pipeline;
mod places;
mod stage;
mod ways;

use std::{collections::HashMap, ops::Range};

use aqueduct_pipeline::{Blueprint, erased::Part};
use toml::{
    Spanned,
    de::{DeString, DeTable, DeValue},
};

pub(crate) use link::{describe_boundary, describe_marks};
pub(crate) use pipeline::{KERNEL, describe_restart};

use crate::{
    Mistakes, Registry, Secrets,
    keys::{Findings, Found, told},
    mistake::Mistake,
    near::nearest,
    secrets::Env,
};

/// What is read of a file without mistakes.
pub(crate) struct Read {
    pub(crate) pipelines: Vec<(Blueprint, Vec<Part>)>,
    pub(crate) secrets: Secrets,
}

/// Reads a file; without an `env`, values that stand elsewhere are not looked up.
pub(crate) fn read(
    source: &str,
    registry: &Registry,
    env: Option<Env<'_>>,
) -> Result<Read, Mistakes> {
    let table = DeTable::parse(source)
        .map_err(|error| Mistakes::new(vec![syntax(&error, source)], source))?;
    let mut reader = Reader::new(registry, env);
    let pipelines = reader.pipelines(table.get_ref());
    if reader.mistakes.is_empty() {
        return Ok(Read { pipelines, secrets: reader.secrets });
    }
    Err(Mistakes::new(reader.mistakes, source))
}

/// What all parts of the reading share.
struct Reader<'r> {
    registry: &'r Registry,
    env: Option<Env<'r>>,
    mistakes: Vec<Mistake>,
    secrets: Secrets,
    /// The files that stages make, in all pipelines.
    made: HashMap<String, Range<usize>>,
}

impl<'r> Reader<'r> {
    fn new(registry: &'r Registry, env: Option<Env<'r>>) -> Self {
        Self {
            registry,
            env,
            mistakes: Vec::new(),
            secrets: Secrets::default(),
            made: HashMap::new(),
        }
    }

    fn say(&mut self, mistake: Mistake) {
        self.mistakes.push(mistake);
    }

    /// Keeps what came up while keys were read.
    fn keep(&mut self, found: Findings) {
        self.mistakes.extend(found.mistakes);
        found.secrets.into_iter().for_each(|value| self.secrets.add(value));
        for (path, span) in found.makes {
            let first = self.made.entry(path).or_insert_with(|| span.clone()).clone();
            if first != span {
                self.mistakes.push(
                    Mistake::new(span, "two stages make the same file", "made here again")
                        .help("write to another path, or let both use `append`")
                        .also(first, "made here"),
                );
            }
        }
    }

    fn pipelines(&mut self, table: &DeTable<'_>) -> Vec<(Blueprint, Vec<Part>)> {
        let before = self.mistakes.len();
        for (key, _) in in_order(table).into_iter().filter(|(key, _)| *key.get_ref() != PIPELINE) {
            self.say(unknown_top(key));
        }
        let Some(value) = table.get(PIPELINE) else {
            if self.mistakes.len() == before {
                self.say(no_pipeline(0..0));
            }
            return Vec::new();
        };
        match value.get_ref().as_table() {
            Some(table) if table.is_empty() => self.say(no_pipeline(value.span())),
            Some(table) => {
                let pipelines = in_order(table).into_iter();
                return pipelines.filter_map(|(name, value)| self.pipeline(name, value)).collect();
            }
            None => {
                let label = format!("this is {}", told(value.get_ref()));
                let message = "`pipeline` is a table of pipelines, each with a name";
                self.say(Mistake::new(value.span(), message, label).help(BEGINNING));
            }
        }
        Vec::new()
    }
}

const PIPELINE: &str = "pipeline";

const BEGINNING: &str = "begin each stage of a pipeline with `[[pipeline.NAME.stage]]`";

fn no_pipeline(at: Range<usize>) -> Mistake {
    Mistake::new(at, "there is no pipeline in this file", "none here").help(BEGINNING)
}

fn unknown_top(key: &Spanned<DeString<'_>>) -> Mistake {
    let message = format!("a file has no key `{}`", key.get_ref());
    let help = match nearest(key.get_ref(), [PIPELINE]) {
        Some(word) => format!("did you mean `{word}`?"),
        None => "all that a file has is under `pipeline`".into(),
    };
    Mistake::new(key.span(), message, "not known here").help(help)
}

/// Returns the keys and values of a table in the order of the file.
fn in_order<'t, 'a>(table: &'t DeTable<'a>) -> Vec<(&'t Spanned<DeString<'a>>, &'t Found<'a>)> {
    let mut entries: Vec<_> = table.iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);
    entries
}

/// Returns the table, or says that the value is none.
fn table_of<'t, 'a>(
    title: &str,
    value: &'t Found<'a>,
    help: &str,
    mistakes: &mut Vec<Mistake>,
) -> Option<&'t DeTable<'a>> {
    if let DeValue::Table(table) = value.get_ref() {
        return Some(table);
    }
    let label = format!("this is {}", told(value.get_ref()));
    let mistake = Mistake::new(value.span(), format!("{title} takes a table of keys"), label);
    mistakes.push(mistake.help(help));
    None
}

/// What the parser says, and what helps in the cases that people meet.
const REMEDIES: [(&str, &str); 6] = [
    ("string values must be quoted", "put the value in double quotes"),
    ("duplicate key", "give one of the two another name, or leave it out"),
    ("inline table", "close the table with `}`, or write what is missing in it"),
    ("unclosed", "close what is opened here"),
    ("recur", "write it with less nesting"),
    ("invalid literal string", "write a value here, text in quotes"),
];

fn syntax(error: &toml::de::Error, source: &str) -> Mistake {
    let span = error.span().unwrap_or(source.len()..source.len());
    let known = REMEDIES.iter().find(|(part, _)| error.message().contains(part));
    let told = match known {
        // What else could stand there is a guess that the remedy makes better.
        Some(_) => error.message().split(", expected").next().unwrap_or_default(),
        None => error.message(),
    };
    let help = known.map_or("see https://toml.io for how it is written", |(_, help)| help);
    Mistake::new(span, format!("this is no TOML: {told}"), "here").help(help)
}

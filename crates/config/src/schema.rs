//! The JSON schema of a file, for editors.

use serde_json::{Map, Value, json};

use crate::{
    Kind, Registry,
    file::{KERNEL, describe_boundary, describe_marks, describe_restart},
    keys::{KeySpec, Keys, Need},
};

/// The dialect of the schema.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

impl Registry {
    /// Returns the JSON schema (draft 2020-12) of a file with these kinds of stages.
    ///
    /// It knows keys, types and units; whether stages stand where they can, whether their items
    /// meet, and how marks relate is known by [`Config::check`](crate::Config::check) alone.
    #[must_use]
    pub fn schema(&self) -> Value {
        let mut defs = values();
        defs.insert("stage".into(), self.stage());
        defs.insert("pipeline".into(), pipeline());
        json!({
            "$schema": DIALECT,
            "title": "Pipelines",
            "type": "object",
            "required": ["pipeline"],
            "additionalProperties": false,
            "properties": {
                "pipeline": {
                    "description": "The pipelines, by name; all run together.",
                    "type": "object",
                    "minProperties": 1,
                    "propertyNames": { "minLength": 1 },
                    "additionalProperties": { "$ref": "#/$defs/pipeline" },
                },
            },
            "$defs": defs,
        })
    }

    fn stage(&self) -> Value {
        let words = self.words();
        let one_of: Value = words.iter().map(|word| json!({ "required": [word] })).collect();
        let mut properties = Map::new();
        for word in words {
            properties.insert(word.into(), forms(&self.of(word)));
        }
        let name = "Its name; without one, the word for what it does.";
        let to = "The stage that its items go to; without it, the next one of the file.";
        let boundary = "An actor begins here; these are the marks of the link before it.";
        let text = |doc| json!({ "type": "string", "minLength": 1, "description": doc });
        properties.insert("name".into(), text(name));
        properties.insert("to".into(), text(to));
        properties.insert("boundary".into(), table(described(describe_boundary), boundary));
        json!({
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
            "oneOf": one_of,
        })
    }
}

fn pipeline() -> Value {
    let marks = "The marks of all links of the pipeline that have none of their own.";
    let restart = "How often a stage that fails is made anew; without it, the first failure ends \
                   the pipeline.";
    json!({
        "type": "object",
        "required": ["stage"],
        "additionalProperties": false,
        "properties": {
            "watermarks": table(described(describe_marks), marks),
            "restart": table(described(describe_restart), restart),
            "kernel": { "description": KERNEL, "type": "boolean", "default": true },
            "stage": {
                "description": "The stages; each leads to the next one, unless it says `to`.",
                "type": "array",
                "minItems": 2,
                "items": { "$ref": "#/$defs/stage" },
            },
        },
    })
}

/// Returns the keys that a function reads.
fn described<T>(read: impl FnOnce(&mut Keys<'_>) -> T) -> Vec<KeySpec> {
    let mut keys = Keys::described();
    read(&mut keys);
    keys.into_specs()
}

/// The forms of one word, each once: those of a producer and of a consumer may have the same keys.
fn forms(kinds: &[&Kind]) -> Value {
    let mut forms: Vec<(Vec<KeySpec>, String)> = Vec::new();
    for kind in kinds {
        match forms.iter_mut().find(|(keys, _)| keys.first() == kind.keys.first()) {
            Some((_, doc)) => *doc = format!("{doc} Or: {}", kind.summary),
            None => forms.push((kind.keys.clone(), kind.summary.to_owned())),
        }
    }
    let mut forms: Vec<_> = forms.into_iter().map(|(keys, doc)| table(keys, &doc)).collect();
    match (forms.len(), forms.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            forms.extend(last);
            json!({ "anyOf": forms })
        }
    }
}

/// A table with these keys.
fn table(keys: Vec<KeySpec>, doc: &str) -> Value {
    let required: Vec<_> =
        keys.iter().filter(|key| key.need == Need::Required).map(|key| key.name).collect();
    let properties: Map<_, _> =
        keys.into_iter().map(|key| (key.name.to_owned(), property(key))).collect();
    json!({
        "description": doc,
        "type": "object",
        "additionalProperties": false,
        "required": required,
        "properties": properties,
    })
}

fn property(key: KeySpec) -> Value {
    let mut schema = key.takes.schema();
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".into(), key.doc.into());
        if let Need::Default(default) = key.need {
            schema.insert("default".into(), default);
        }
    }
    schema
}

/// The types of values that are more than a type of JSON.
fn values() -> Map<String, Value> {
    // Units are known in capitals or not.
    const SIZE: &str = "([Kk]|[Mm]|[Gg])[Ii][Bb]|[Bb]";
    let size = format!("^\\s*[0-9]+\\s*({SIZE})\\s*$");
    let mark = format!("^\\s*[0-9]+\\s*({SIZE}|items?)\\s*$");
    let duration = "^\\s*0*[1-9][0-9]*\\s*([Mm][Ss]|[Ss]|[Mm][Ii][Nn]|[Hh])\\s*$";
    let text = |pattern: &str, examples: &[&str]| json!({ "type": "string", "pattern": pattern, "examples": examples });
    let defs = json!({
        "size": text(&size, &["64 KiB"]),
        "mark": text(&mark, &["64 KiB", "64 items"]),
        "duration": text(duration, &["1 s", "1 min"]),
        "elsewhere": {
            "description": "A value that stands elsewhere, and is not shown.",
            "type": "object",
            "minProperties": 1,
            "maxProperties": 1,
            "additionalProperties": false,
            "properties": {
                "env": {
                    "description": "In this variable of the environment.",
                    "type": "string", "minLength": 1,
                },
                "file": {
                    "description": "In this file.",
                    "type": "string", "minLength": 1,
                },
            },
        },
        "text": { "anyOf": [{ "type": "string" }, { "$ref": "#/$defs/elsewhere" }] },
        "path": {
            "anyOf": [{ "type": "string", "minLength": 1 }, { "$ref": "#/$defs/elsewhere" }],
        },
        "address": {
            "anyOf": [
                { "type": "string", "pattern": "^.+:[0-9]{1,5}$" },
                { "$ref": "#/$defs/elsewhere" },
            ],
        },
    });
    match defs {
        Value::Object(defs) => defs,
        _ => Map::new(),
    }
}

//! JSON values.

use std::borrow::Cow;

use aqueduct_operators::{self as operators, Transform, filter, map};
use aqueduct_pipeline::erased::{Json, Part};
use serde_json::Value;

use crate::keys::Keys;

pub(super) fn read(_: &mut Keys<'_>) -> Part {
    Part::transform(operators::from_json::<Value>().then(map(Json::from)))
}

pub(super) fn write(_: &mut Keys<'_>) -> Part {
    Part::transform(map(Json::into_value).then(operators::to_json::<Value>()))
}

pub(super) fn field(keys: &mut Keys<'_>) -> Part {
    let field = keys
        .text("field", "The field, as a JSON pointer.")
        .check(|text| match text.starts_with('/') {
            true => Ok(()),
            false => Err(("a JSON pointer begins with `/`", "write it as \"/user/name\"")),
        })
        .required();
    let doc = "What stands there: the text itself, or a number, true, false or null as in JSON.";
    let equals = keys.text("equals", doc).required();
    Part::transform(filter(move |json: &Json| {
        json.value().pointer(&field).and_then(told).is_some_and(|text| text == equals)
    }))
}

/// Returns a value as it is compared; one that has parts is not.
fn told(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(text.into()),
        Value::Array(_) | Value::Object(_) => None,
        other => Some(other.to_string().into()),
    }
}

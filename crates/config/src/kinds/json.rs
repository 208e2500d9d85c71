//! JSON values.

use aqueduct_operators::{filter, from_json_by, map};
use aqueduct_pipeline::erased::{Json, Part, Pointer};

use crate::keys::Keys;

pub(super) fn read(_: &mut Keys<'_>) -> Part {
    Part::transform(from_json_by(Json::parse))
}

pub(super) fn write(_: &mut Keys<'_>) -> Part {
    Part::transform(map(Json::into_line))
}

pub(super) fn field(keys: &mut Keys<'_>) -> Part {
    let field = keys
        .text("field", "The field, as a JSON pointer.")
        .check(|text| match text.starts_with('/') {
            true => Ok(()),
            false => Err(("a JSON pointer begins with `/`", "write it as \"/user/name\"")),
        })
        .required();
    let field = Pointer::parse(&field);
    let doc = "What stands there: the text itself, or a number, true, false or null as in JSON.";
    let equals = keys.text("equals", doc).required();
    Part::transform(filter(move |json: &Json| {
        field.as_ref().and_then(|field| json.scalar_at(field)).is_some_and(|text| text == equals)
    }))
}

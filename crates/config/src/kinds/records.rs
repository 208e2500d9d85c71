//! Records in a stream of bytes.

use aqueduct_operators::{self as operators, Delimiter, Framing, LengthOf};
use aqueduct_pipeline::erased::Part;

use super::{lines::longest, part_or_refuse};
use crate::keys::Keys;

const LENGTHS: &[&str] = &["u8", "u16", "u16-little", "u32", "u32-little"];

const LONGEST: &str = "The longest record; a longer one ends the pipeline with an error.";

fn length(keys: &mut Keys<'_>) -> Framing {
    let doc = "The number before each record that says how long it is: its bits, the high byte \
               first unless it is `little`.";
    Framing::Length(match keys.choice("length", LENGTHS, doc).required() {
        "u8" => LengthOf::U8,
        "u16" => LengthOf::U16Big,
        "u16-little" => LengthOf::U16Little,
        "u32-little" => LengthOf::U32Little,
        _ => LengthOf::U32Big,
    })
}

fn delimiter(keys: &mut Keys<'_>) -> String {
    let key = keys.text("delimiter", "The text behind each record, which is no part of it.");
    key.check(|text| match text.as_str() {
        "" => Err(("an empty delimiter separates nothing", "write it as \"\\n\"")),
        _ => Ok(()),
    })
    .required()
}

pub(super) fn unframe_length(keys: &mut Keys<'_>) -> Part {
    let framing = length(keys);
    Part::transform(operators::unframe(framing, longest(keys, LONGEST)))
}

pub(super) fn unframe_delimiter(keys: &mut Keys<'_>) -> Part {
    let text = delimiter(keys);
    let longest = longest(keys, LONGEST);
    let framing = Delimiter::new(stand_in(text)).map(Framing::Delimiter);
    part_or_refuse(keys, "delimiter", framing.map(|by| operators::unframe(by, longest)))
}

pub(super) fn frame_length(keys: &mut Keys<'_>) -> Part {
    Part::transform(operators::frame(length(keys)))
}

pub(super) fn frame_delimiter(keys: &mut Keys<'_>) -> Part {
    let framing = Delimiter::new(stand_in(delimiter(keys))).map(Framing::Delimiter);
    part_or_refuse(keys, "delimiter", framing.map(operators::frame))
}

/// A delimiter that was not looked up, or is wrong, is empty; any other stands for it.
fn stand_in(text: String) -> String {
    if text.is_empty() { "\n".into() } else { text }
}

//! The kinds of stages that come with this crate: one function each, and one line here.

mod codecs;
mod ends;
mod json;
mod lines;
mod records;

use std::fmt::Display;

use aqueduct_actors::Failure;
use aqueduct_operators::{Transform, map};
use aqueduct_pipeline::erased::{Erase, Item, Part};

use crate::{Anew, Gives, Items, Kind, keys::Keys};

use Items::{Bytes, Frame, Json, Line};

const TEXT: &[Items] = &[Line, Frame];

const BEGINS_ANEW: Anew = Anew::But("it begins anew: what it gave before comes again");

const CONNECTS_ANEW: Anew = Anew::But("it connects anew, and the peer sees two connections");

const LOSES: Anew = Anew::Never {
    why: "it would begin with an empty file, and lose what was written before",
    help: "use `append`, or leave `restart` out",
};

/// All of them, in the order of the reference.
pub(crate) fn standard() -> Vec<Kind> {
    [producers(), transforms(), conversions(), consumers()].concat()
}

fn producers() -> Vec<Kind> {
    vec![
        Kind::producer("file", "Reads a file to its end.", Bytes, ends::read)
            .anew(BEGINS_ANEW)
            .example("file = { read = \"access.log\" }"),
        Kind::producer("tcp", "Connects to a peer, and reads until it closes.", Bytes, ends::from)
            .anew(CONNECTS_ANEW)
            .example("tcp = { connect = \"10.0.0.7:9000\" }"),
        Kind::producer("tcp", "Accepts one peer, and reads until it closes.", Bytes, ends::accept)
            .anew(CONNECTS_ANEW)
            .example("tcp = { listen = \"127.0.0.1:9000\" }"),
        Kind::producer("stdin", "Reads the standard input to its end.", Bytes, ends::stdin)
            .example("stdin = {}"),
    ]
}

fn consumers() -> Vec<Kind> {
    let save = "Writes a file, which gets its name when all is written.";
    let append = "Writes behind what is in a file, or makes it.";
    let send = "Connects to a peer, and writes; closes when all is written.";
    let serve = "Accepts one peer, and writes; closes when all is written.";
    let stdout = "Writes to the standard output.";
    vec![
        Kind::consumer("file", save, Items::STREAM, ends::write)
            .anew(LOSES)
            .example("file = { write = \"errors.log\" }"),
        Kind::consumer("file", append, Items::STREAM, ends::append)
            .example("file = { append = \"errors.log\" }"),
        Kind::consumer("tcp", send, Items::STREAM, ends::to)
            .anew(CONNECTS_ANEW)
            .example("tcp = { connect = { env = \"COLLECTOR\" } }"),
        Kind::consumer("tcp", serve, Items::STREAM, ends::serve)
            .anew(CONNECTS_ANEW)
            .example("tcp = { listen = \"127.0.0.1:9000\" }"),
        Kind::consumer("stdout", stdout, Items::STREAM, ends::stdout).example("stdout = {}"),
    ]
}

/// What changes, chooses or counts items.
fn transforms() -> Vec<Kind> {
    let same = Gives::Same;
    let to = Gives::These;
    let [contains, starts, ends, matches] = [
        "Lets pass what contains a text.",
        "Lets pass what starts with a text.",
        "Lets pass what ends with a text.",
        "Lets pass what a regular expression is found in.",
    ];
    let rate = "Lets items pass at a rate, and waits in between.";
    let verify = "Lets bytes pass, and fails if they are not what is expected.";
    vec![
        Kind::transform("filter", contains, TEXT, same, lines::contains)
            .example("filter = { contains = \"ERROR\" }"),
        Kind::transform("filter", starts, TEXT, same, lines::starts_with)
            .example("filter = { starts-with = \"#\", not = true }"),
        Kind::transform("filter", ends, TEXT, same, lines::ends_with)
            .example("filter = { ends-with = \".html\" }"),
        Kind::transform("filter", matches, TEXT, same, lines::matches)
            .example("filter = { matches = '^\\d+ (GET|PUT) ' }"),
        Kind::transform("where", "Lets pass values by one field.", &[Json], same, json::field)
            .example("where = { field = \"/user/name\", equals = \"ada\" }"),
        Kind::transform(
            "take",
            "Takes the first items, and ends.",
            Items::SINGLE,
            same,
            lines::take,
        )
        .example("take = { items = 100 }"),
        Kind::transform("skip", "Leaves the first items out.", Items::SINGLE, same, lines::skip)
            .example("skip = { items = 1 }"),
        Kind::transform(
            "count",
            "Counts items, and gives their number.",
            Items::SINGLE,
            to(Json),
            lines::count,
        )
        .example("count = {}"),
        Kind::stage("rate-limit", rate, Items::ALL, same, lines::rate_limit)
            .example("rate-limit = { items = 1000, per = \"1 s\" }"),
        Kind::transform(
            "hash",
            "Gives the digest of all bytes, as one line.",
            Items::STREAM,
            to(Line),
            codecs::hash,
        )
        .example("hash = { algorithm = \"sha256\" }"),
        Kind::transform("verify", verify, Items::STREAM, same, codecs::verify)
            .example("verify = { bytes = 1048576 }"),
    ]
}

/// What gives items another form.
fn conversions() -> Vec<Kind> {
    let to = Gives::These;
    let lines_summary = "Cuts bytes into lines, each with its line feed.";
    let unframe = "Cuts bytes into the records that stand in them.";
    let frame = "Makes bytes of records, so that they can be told apart again.";
    vec![
        Kind::transform("lines", lines_summary, Items::STREAM, to(Line), lines::lines)
            .bridge()
            .example("lines = { longest = \"64 KiB\" }"),
        Kind::transform("unframe", unframe, Items::STREAM, to(Frame), records::unframe_length)
            .bridge()
            .example("unframe = { length = \"u32\" }"),
        Kind::transform("unframe", unframe, Items::STREAM, to(Frame), records::unframe_delimiter)
            .example("unframe = { delimiter = \"\\u0000\" }"),
        Kind::transform("frame", frame, TEXT, to(Bytes), records::frame_length)
            .bridge()
            .example("frame = { length = \"u32\" }"),
        Kind::transform("frame", frame, TEXT, to(Bytes), records::frame_delimiter)
            .example("frame = { delimiter = \"\\u0000\" }"),
        Kind::transform(
            "json",
            "Checks that each line or record is a JSON value, and keeps it as it is written.",
            TEXT,
            to(Json),
            json::read,
        )
        .bridge()
        .example("json = {}"),
        Kind::transform(
            "to-json",
            "Writes each value as one line of JSON, its keys and numbers as they were read.",
            &[Json],
            to(Line),
            json::write,
        )
        .bridge()
        .example("to-json = {}"),
        Kind::transform("gzip", "Compresses bytes.", Items::STREAM, to(Bytes), codecs::gzip)
            .example("gzip = { level = 9 }"),
        Kind::transform(
            "gunzip",
            "Decompresses what `gzip` made.",
            Items::STREAM,
            to(Bytes),
            codecs::gunzip,
        )
        .example("gunzip = {}"),
        Kind::transform(
            "zstd",
            "Compresses bytes, faster than `gzip`.",
            Items::STREAM,
            to(Bytes),
            codecs::zstd,
        )
        .example("zstd = { level = 3 }"),
        Kind::transform(
            "unzstd",
            "Decompresses what `zstd` made.",
            Items::STREAM,
            to(Bytes),
            codecs::unzstd,
        )
        .example("unzstd = {}"),
    ]
}

/// Returns the transform, or says why it cannot be made; the range of the key should not allow it.
fn part_or_refuse<T, E: Display>(keys: &mut Keys<'_>, key: &'static str, made: Result<T, E>) -> Part
where
    T: Transform + Send + 'static,
    T::In: Erase,
    T::Out: Erase,
    T::Error: Into<Failure>,
{
    match made {
        Ok(transform) => Part::transform(transform),
        Err(error) => refused(keys, key, &error),
    }
}

/// Says why a part cannot be made, and returns one that stands for it.
fn refused(keys: &mut Keys<'_>, key: &'static str, error: &impl Display) -> Part {
    keys.refuse(key, error.to_string(), "write another value");
    Part::transform(map(|item: Item| item))
}

#[cfg(test)]
mod tests {
    use toml::de::DeTable;

    use super::*;

    /// A key that is asked for under some condition only would be described wrongly.
    #[test]
    fn the_keys_that_are_read_are_those_that_are_described() {
        for kind in standard() {
            let file = DeTable::parse(kind.example).unwrap();
            let table = file.get_ref()[kind.word].get_ref().as_table().unwrap();
            let mut keys = Keys::of(kind.word, table, 0..0, None);
            drop((kind.make)(&mut keys));
            assert_eq!(keys.into_specs(), kind.keys, "{}", kind.word);
        }
    }
}

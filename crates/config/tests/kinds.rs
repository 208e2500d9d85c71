//! Every kind of stages is described by the function that reads it, and does what it says.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;

use aqueduct_config::{Anew, Config, Gives, Items, Kind, Look, Registry};
use aqueduct_operators::map;
use aqueduct_pipeline::{
    blueprint::Role,
    erased::{Item, Part, assemble},
};

/// What gives such items, and what takes them.
const GIVERS: [(Items, &str); 4] = [
    (Items::Bytes, "{ stdin = {} }"),
    (Items::Line, "{ stdin = {} }, { lines = {} }"),
    (Items::Frame, "{ stdin = {} }, { unframe = { length = 'u8' } }"),
    (Items::Json, "{ stdin = {} }, { lines = {} }, { json = {} }"),
];
const TAKERS: [&str; 3] = [
    "{ stdout = {} }",
    "{ frame = { length = 'u8' } }, { stdout = {} }",
    "{ to-json = {} }, { stdout = {} }",
];

/// The examples that are told in the reference.
fn examples(registry: &Registry) -> Vec<(Role, String)> {
    let example = |kind: &Kind| {
        let page = registry.reference(Some(kind.word())).unwrap();
        let begin = format!("  {} = {{", kind.word());
        let lines = page.lines().filter(|line| line.starts_with(&begin));
        lines.map(|line| (kind.role(), line.trim().to_owned())).collect::<Vec<_>>()
    };
    registry.kinds().iter().flat_map(example).collect()
}

#[test]
fn every_example_of_the_reference_can_be_written_in_a_file() {
    let registry = Registry::standard();
    let examples = examples(&registry);
    assert!(examples.len() >= registry.kinds().len());
    for (_, example) in examples {
        let stage = format!("{{ {example} }}");
        let files = GIVERS.iter().flat_map(|(_, giver)| {
            let whole = TAKERS.map(|taker| format!("{giver}, {stage}, {taker}"));
            whole.into_iter().chain([format!("{giver}, {stage}")])
        });
        let files = files.chain([format!("{stage}, {{ stdout = {{}} }}")]);
        let is_good = |stages: String| {
            Config::check(&format!("pipeline.p.stage = [{stages}]"), &registry).is_ok()
        };
        assert!(files.into_iter().any(is_good), "{example}");
    }
}

#[test]
fn every_kind_says_what_each_key_is_for() {
    for kind in Registry::standard().kinds() {
        for key in kind.keys() {
            assert!(key.doc.ends_with('.'), "{} of {}", key.name, kind.word());
        }
        let page = Registry::standard().reference(Some(kind.word())).unwrap();
        assert!(kind.keys().iter().all(|key| page.contains(key.name)), "{page}");
    }
}

#[test]
fn the_reference_of_a_kind_tells_all_there_is_to_know() {
    let page = Registry::standard().reference(Some("file")).unwrap();
    assert_eq!(page, include_str!("reference.txt"), "{page}");
    let error = Registry::standard().reference(Some("filtr")).unwrap_err();
    assert_eq!(error, "no stage is called `filtr`: did you mean `filter`?");
    let all = Registry::standard().reference(None).unwrap();
    assert!(Registry::standard().kinds().iter().all(|kind| all.contains(kind.word())), "{all}");
}

/// What these stages make of the input.
fn run(stages: &str, input: &[u8]) -> Result<Vec<u8>, String> {
    let directory = tempfile::tempdir().unwrap();
    let [from, to] = ["in", "out"].map(|name| directory.path().join(name));
    fs::write(&from, input).unwrap();
    let source = format!(
        "pipeline.p.stage = [{{ file = {{ read = {from:?}, chunk = '7 B' }} }}, {stages} \
         {{ file = {{ write = {to:?} }} }}]"
    );
    let loaded = Config::load(&source, &Registry::standard(), &|_| None);
    let loaded = loaded.unwrap_or_else(|m| panic!("{}", m.render("f", &source, Look::Plain)));
    let (blueprint, parts) = loaded.pipelines.into_iter().next().unwrap();
    let pipeline = assemble(blueprint, parts).unwrap();
    let outcome = actix::System::new().block_on(pipeline.run());
    outcome.map_err(|error| error.to_string())?;
    Ok(fs::read(to).unwrap())
}

fn check(stages: &str, input: impl AsRef<[u8]>, expected: impl AsRef<[u8]>) {
    let given = run(stages, input.as_ref()).unwrap();
    let [given, expected] = [&*given, expected.as_ref()].map(String::from_utf8_lossy);
    assert_eq!(given, expected, "{stages}");
}

const TEXT: &str = "one two\nthree\nfour five\nsix";

#[test]
fn filters_choose_lines_by_what_is_in_them() {
    for (filter, expected) in [
        ("contains = 'e'", "one two\nthree\nfour five\n"),
        ("contains = 'e', not = true", "six"),
        ("starts-with = 'f'", "four five\n"),
        ("ends-with = 'e'", "three\nfour five\n"),
        ("matches = '^[a-t]+$'", "three\n"),
        ("matches = 'e$', not = true", "one two\nsix"),
    ] {
        check(&format!("{{ lines = {{}} }}, {{ filter = {{ {filter} }} }},"), TEXT, expected);
    }
}

#[test]
fn items_are_taken_skipped_and_counted() {
    check("{ lines = {} }, { take = { items = 2 } },", TEXT, "one two\nthree\n");
    check("{ lines = {} }, { skip = { items = 3 } },", TEXT, "six");
    check("{ lines = {} }, { count = {} }, { to-json = {} },", TEXT, "4\n");
    check("{ lines = {} }, { rate-limit = { items = 1000000 } },", TEXT, TEXT);
}

#[test]
fn json_is_chosen_by_a_field() {
    let input = "{\"a\":{\"b\":\"x\"},\"n\":1}\n\n{\"a\":{\"b\":2},\"n\":2}\n{\"n\":null}\n[]\n";
    for (field, equals, expected) in [
        ("/a/b", "x", "{\"a\":{\"b\":\"x\"},\"n\":1}\n"),
        ("/a/b", "2", "{\"a\":{\"b\":2},\"n\":2}\n"),
        ("/n", "null", "{\"n\":null}\n"),
        ("/a", "{}", ""),
    ] {
        let stages = format!(
            "{{ lines = {{}} }}, {{ json = {{}} }}, \
             {{ where = {{ field = '{field}', equals = '{equals}' }} }}, {{ to-json = {{}} }},"
        );
        check(&stages, input, expected);
    }
}

#[test]
fn what_is_packed_is_the_same_when_it_is_unpacked() {
    check("{ gzip = {} }, { gunzip = {} },", TEXT, TEXT);
    check("{ zstd = { level = 19 } }, { unzstd = {} },", TEXT, TEXT);
}

#[test]
fn records_are_told_apart_by_their_length_or_by_what_is_between() {
    let lines = "{ lines = {} }, { frame = { length = 'u16-little' } },";
    check(lines, "a\nbc\n", "\u{2}\0a\n\u{3}\0bc\n");
    let lengths = "{ unframe = { length = 'u16' } }, { frame = { length = 'u8' } },";
    check(lengths, "\0\u{1}a\0\u{2}bc", "\u{1}a\u{2}bc");
    let delimiters = "{ unframe = { delimiter = \"\\n\" } }, { frame = { delimiter = ', ' } },";
    check(delimiters, "a\nb\n", "a, b, ");
}

#[test]
fn bytes_are_compared_with_what_was_promised() {
    let sum = "3a6eb0790f39ac87c94f3856b2dd2c5d110e6811602261a9a923d3bb23adc8b7";
    check("{ hash = {} },", "data", format!("{sum}\n"));
    check(&format!("{{ verify = {{ bytes = 4, sha256 = '{sum}' }} }},"), "data", "data");
    assert!(run("{ verify = { bytes = 3 } },", b"data").unwrap_err().contains("verify"));
    assert!(run(&format!("{{ verify = {{ sha256 = '{sum}' }} }},"), b"dato").is_err());
}

#[test]
fn a_line_may_be_as_long_as_the_bound_and_no_longer() {
    check("{ lines = { longest = '4 B' } },", "abc\n", "abc\n");
    assert!(run("{ lines = { longest = '4 B' } },", b"abcdefgh\n").is_err());
}

/// A kind of somebody else.
fn shout() -> Kind {
    let make = |keys: &mut aqueduct_config::Keys<'_>| {
        let marks = keys.count("marks", 1, 3, "How many marks.").or(1);
        let end = "!".repeat(usize::try_from(marks).unwrap());
        Part::transform(map(move |item: Item| match item {
            Item::Bytes(bytes) => Item::Bytes([&bytes[..], end.as_bytes()].concat().into()),
            other => other,
        }))
    };
    Kind::transform("shout", "Puts marks behind.", &[Items::Line], Gives::Same, make)
        .example("shout = { marks = 3 }")
        .anew(Anew::But("it shouts anew"))
}

#[test]
fn kinds_of_others_are_read_told_and_described_like_those_that_come_along() {
    let registry = Registry::standard().with(shout()).with(shout());
    let checked = |stage: &str| {
        let stages =
            format!("{{ stdin = {{}} }}, {{ lines = {{}} }}, {stage}, {{ stdout = {{}} }}");
        Config::check(&format!("pipeline.p.stage = [{stages}]"), &registry)
    };
    assert!(checked("{ shout = { marks = 2 } }").is_ok());
    let mistakes = checked("{ shout = { marks = 4 } }").unwrap_err();
    assert_eq!(mistakes.as_slice()[0].message, "4 is out of range");
    assert_eq!(registry.kinds().iter().filter(|kind| kind.word() == "shout").count(), 1);
    assert_eq!(
        registry.reference(Some("shout")).unwrap(),
        "shout: a transform, lines → the same\n  Puts marks behind.\n  After a restart, it shouts \
         anew.\n\n  marks        How many marks. (a whole number from 1 to 3; default 1)\n\n  \
         shout = { marks = 3 }\n"
    );
    assert!(registry.schema().pointer("/$defs/stage/properties/shout").is_some());
}

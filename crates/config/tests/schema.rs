//! The schema agrees with the parser, as far as a schema can know.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]
#![allow(clippy::print_stdout, reason = "a skipped test says so")]

use std::{
    env, fs,
    path::Path,
    process::{Command, Output},
};

use aqueduct_config::Registry;

/// What only the parser knows: the order of stages, where they lead, items, and how numbers relate.
const NOT_KNOWN_TO_A_SCHEMA: [&str; 25] = [
    "bad_pointer",
    "bad_regex",
    "circle_and_a_way_in",
    "circle_apart",
    "consumer_in_the_middle",
    "cycle",
    "edge_to_nowhere",
    "frames_meet_a_stream",
    "high_above_capacity",
    "high_of_zero",
    "items_do_not_meet",
    "items_do_not_meet_by_two",
    "leads_to_itself",
    "low_above_high",
    "marks_before_the_first",
    "mixed_units",
    "nothing_to_verify",
    "producer_in_the_middle",
    "restart_of_a_written_file",
    "same_file_made_twice",
    "too_many_items",
    "transform_first_and_last",
    "two_chains",
    "two_producers",
    "wrong_end_of_a_file",
];

/// Reads a schema and names of files; prints the names of those that it refuses.
const SCRIPT: &str = r#"
import json, sys, tomllib
from jsonschema import Draft202012Validator
schema = json.load(open(sys.argv[1]))
Draft202012Validator.check_schema(schema)
validator = Draft202012Validator(schema)
for name in sys.argv[2:]:
    try:
        document = tomllib.load(open(name, "rb"))
    except tomllib.TOMLDecodeError:
        print(name)
        continue
    if not validator.is_valid(document):
        print(name)
"#;

fn python(arguments: &[&str]) -> Option<Output> {
    Command::new("python3").args(arguments).output().ok()
}

#[test]
fn a_validator_takes_good_files_and_refuses_broken_ones() {
    let imports = python(&["-c", "import jsonschema, tomllib"]);
    if !imports.is_some_and(|output| output.status.success()) {
        assert!(env::var_os("AQUEDUCT_TEST_ALL").is_none(), "python3 with jsonschema is missing");
        println!("skipped: there is no python3 with jsonschema and tomllib");
        return;
    }
    let directory = tempfile::tempdir().unwrap();
    let schema = directory.path().join("schema.json");
    fs::write(&schema, Registry::standard().schema().to_string()).unwrap();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let names = files(&tests.join("good")).into_iter().chain(files(&tests.join("broken")));
    let names: Vec<_> = names.collect();
    let mut arguments = vec!["-c", SCRIPT, schema.to_str().unwrap()];
    arguments.extend(names.iter().map(String::as_str));
    let output = python(&arguments).unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let refused = String::from_utf8(output.stdout).unwrap();
    let refused: Vec<_> = refused.lines().collect();
    let is_wrong = |name: &&String| {
        let stem = Path::new(name).file_stem().unwrap().to_str().unwrap();
        let is_broken = name.contains("/broken/") && !NOT_KNOWN_TO_A_SCHEMA.contains(&stem);
        refused.contains(&name.as_str()) != is_broken
    };
    let wrong: Vec<_> = names.iter().filter(is_wrong).collect();
    assert!(wrong.is_empty(), "judged in another way: {wrong:#?}");
}

/// The TOML files in a directory.
fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|end| end == "toml"));
    files.map(|path| path.to_str().unwrap().to_owned()).collect()
}

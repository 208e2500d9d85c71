//! The recorded traces: what real Twisted answered, with Aqueduct's deviations applied to it.
//!
//! They lie in `tests/conformance/recorded`, whose README says how they were made; no Python is
//! needed to compare with them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::{collections::BTreeMap, fmt::Write, fs, path::PathBuf};

use aqueduct_conformance::{KINDS, Over, answer, answer_over};
use serde_json::{Map, Value};

/// What a link marks its answer with where it decides otherwise, by design.
const MARKS: [&str; 2] = ["no-room", "counted-whole"];

/// How many differences are shown.
const SHOWN: usize = 3;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance/recorded")
}

fn lines(path: &str) -> Vec<String> {
    let path = folder().join(path);
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path:?}: {error}"));
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

fn by_id(lines: &[String]) -> BTreeMap<String, Value> {
    let value = |line: &String| serde_json::from_str::<Value>(line).expect("JSON");
    let keyed = |value: Value| (value["id"].as_str().expect("an id").to_owned(), value);
    lines.iter().map(value).map(keyed).collect()
}

/// What was recorded of a kind, in the order of events in which producers' scripts run after the
/// event that called them.
fn results(folder: &str, kind: &str) -> BTreeMap<String, Value> {
    let queued = format!("{folder}expected-queued/{kind}.jsonl");
    let exists = self::folder().join(&queued).exists();
    by_id(&lines(&if exists { queued } else { format!("{folder}expected/{kind}.jsonl") }))
}

/// The scenarios of a kind, each with what was recorded of it.
fn recorded(kind: &str) -> Vec<(String, Value)> {
    let mut all = Vec::new();
    for folder in ["", "random/"] {
        let scenarios = lines(&format!("{folder}{kind}.jsonl"));
        let mut results = results(folder, kind);
        assert!(!scenarios.is_empty() && scenarios.len() == results.len(), "{kind}: all are there");
        all.extend(scenarios.into_iter().map(|scenario| {
            let parsed: Value = serde_json::from_str(&scenario).expect("JSON");
            let result = results.remove(parsed["id"].as_str().expect("an id"));
            (scenario, result.expect("a result of its own"))
        }));
    }
    all
}

/// Runs the scenarios of a kind, and compares with what was recorded of them; returns how many
/// there were, and how many of them the link marked, where it decides otherwise.
fn check(kind: &str, over: Over) -> (usize, usize) {
    let recorded = recorded(kind);
    let (mut told, mut differ, mut marked) = (String::new(), 0, 0);
    for (scenario, expected) in &recorded {
        let answer = answer_over(over, scenario).expect("a scenario");
        if over == Over::Link && MARKS.iter().any(|mark| answer.contains(mark)) {
            marked += 1;
            continue;
        }
        let answer: Value = serde_json::from_str(&answer).expect("JSON");
        if let Some(difference) = difference(expected, &answer) {
            differ += 1;
            if differ <= SHOWN {
                write!(told, "\n{scenario}\n{difference}").expect("text");
            }
        }
    }
    assert!(differ == 0, "{differ} of {} {kind} scenarios differ:{told}", recorded.len());
    (recorded.len(), marked)
}

/// The first difference: in what was seen, or in what both tell of the final state.
fn difference(expected: &Value, answer: &Value) -> Option<String> {
    let none = Value::Array(Vec::new());
    let setup = |result: &Value| result.get("setup").unwrap_or(&none).clone();
    if setup(expected) != setup(answer) {
        return Some(format!("setup: expected {}, got {}", setup(expected), setup(answer)));
    }
    let (wanted, got) = (steps(expected), steps(answer));
    for (at, (wanted, got)) in wanted.iter().zip(got).enumerate() {
        if wanted != got {
            return Some(format!("event {at}: expected {wanted}, got {got}"));
        }
    }
    if wanted.len() != got.len() {
        return Some(format!("expected {} steps, got {}", wanted.len(), got.len()));
    }
    let (wanted, got) = (state(expected), state(answer));
    let told = wanted.iter().find(|(key, value)| match got.get(*key) {
        Some(other) => other != *value,
        None => matches!(key.as_str(), "emitted" | "sha256"),
    });
    told.map(|(key, value)| format!("final {key}: expected {value}, got {:?}", got.get(key)))
}

fn steps(result: &Value) -> &Vec<Value> {
    result["steps"].as_array().unwrap_or_else(|| panic!("no steps in {result}"))
}

fn state(result: &Value) -> &Map<String, Value> {
    result["final"].as_object().unwrap_or_else(|| panic!("no final state in {result}"))
}

macro_rules! recorded {
    ($($test:ident: $kind:literal,)+) => {
        $(#[test]
        fn $test() {
            check($kind, Over::Core);
        })+

        #[test]
        fn every_kind_has_recorded_traces() {
            assert_eq!([$($kind),+], KINDS);
        }
    };
}

recorded! {
    recorded_traces_of_chunked_encoder_agree: "chunked-encoder",
    recorded_traces_of_file_consumer_agree: "file-consumer",
    recorded_traces_of_file_pager_agree: "file-pager",
    recorded_traces_of_filedescriptor_agree: "filedescriptor",
    recorded_traces_of_ftp_dtp_agree: "ftp-dtp",
    recorded_traces_of_ftp_sender_agree: "ftp-sender",
    recorded_traces_of_length_enforcer_agree: "length-enforcer",
    recorded_traces_of_loopback_agree: "loopback",
    recorded_traces_of_maildir_append_agree: "maildir-append",
    recorded_traces_of_protocol_adapter_agree: "protocol-adapter",
    recorded_traces_of_proxy_agree: "proxy",
    recorded_traces_of_pull_to_push_agree: "pull-to-push",
    recorded_traces_of_stringtransport_agree: "stringtransport",
}

#[test]
fn the_link_as_it_runs_agrees_wherever_it_does_not_say_that_it_decides_otherwise() {
    let counts = KINDS.map(|kind| check(kind, Over::Link));
    let (all, marked) = counts.iter().fold((0, 0), |sum, one| (sum.0 + one.0, sum.1 + one.1));
    assert!(marked * 5 < all, "{marked} of {all} scenarios say little about the link");
}

#[test]
fn a_difference_is_noticed() {
    let answer = answer(&lines("filedescriptor.jsonl")[0]).expect("one");
    let answer: Value = serde_json::from_str(&answer).expect("JSON");
    assert_eq!(difference(&answer, &answer), None);
    for (path, other) in [
        ("/steps/2", Value::Array(Vec::new())),
        ("/final/sha256", Value::String("0".to_owned())),
        ("/final/producer_paused", Value::Bool(false)),
    ] {
        let mut changed = answer.clone();
        *changed.pointer_mut(path).expect("it is there") = other;
        assert!(difference(&answer, &changed).is_some(), "{path}");
    }
}

#[test]
fn a_line_that_is_no_scenario_is_an_error_and_an_unknown_kind_is_answered() {
    assert!(answer("{}").is_err());
    let unknown = r#"{"id": "x", "kind": "carrier-pigeon", "events": []}"#;
    let answer = answer(unknown).expect("a scenario");
    assert!(answer.contains("no kind carrier-pigeon"), "{answer}");
}

#[test]
fn a_script_that_calls_itself_for_ever_comes_to_an_end() {
    let scenario = r#"{"id": "x", "kind": "stringtransport",
        "producers": {"p1": {"on_stop": [[{"op": "register"}]], "repeat": true}},
        "events": [{"op": "abort"}, {"op": "register"}]}"#;
    let answer = answer(scenario).expect("a scenario");
    assert!(answer.contains("TooManyScripts"), "{answer}");
}

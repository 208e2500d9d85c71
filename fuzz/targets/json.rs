//! A line of JSON that passes through a pipeline means the same afterwards, and what a pointer finds
//! in its text is what it finds in its value.

#![no_main]

mod support;

use aqueduct_operators::{Transform, from_json, from_json_by, lines, to_json};
use aqueduct_pipeline::erased::{Json, Pointer};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use support::{Streams, run};

const LONGEST: usize = 4096;

fuzz_target!(|input: &[u8]| {
    let Some(Streams { whole, cut }) = Streams::of(input) else { return };
    let texts = || lines(LONGEST).then(from_json_by(Json::parse));
    let (read, end) = run(texts(), [whole.clone()]);
    let (from_cut, end_of_cut) = run(texts(), cut);
    assert_eq!((&read, end.is_ok()), (&from_cut, end_of_cut.is_ok()));
    for json in read {
        same_at_each_place(&json);
        let value = json.value().ok();
        let line = json.into_line();
        assert!(line.ends_with(b"\n") && !line[..line.len() - 1].contains(&b'\n'));
        assert_eq!(Json::parse(line).expect("what was JSON still is").value().ok(), value);
    }
    // A number may come back as its neighbour: serde_json reads them fast, not exactly.
    let (values, _) = run(lines(LONGEST).then(from_json::<Value>()), [whole]);
    let count = values.len();
    let (written, end) = run(to_json::<Value>(), values);
    assert!(end.is_ok());
    let (again, end) = run(from_json::<Value>(), written);
    assert_eq!((again.len(), end), (count, Ok(())));
});

/// Looks at the members of the outermost value.
fn same_at_each_place(json: &Json) {
    let Ok(value) = json.value() else { return };
    let places: Vec<String> = match &value {
        Value::Object(members) => members.keys().map(|key| escaped(key)).collect(),
        Value::Array(elements) => (0..elements.len()).map(|place| format!("/{place}")).collect(),
        _ => return,
    };
    for place in places {
        let pointer = Pointer::parse(&place).expect("it begins with a slash");
        let found = json.at(&pointer).expect("the value has it");
        let found: Value = serde_json::from_str(found).expect("a part of JSON is JSON");
        assert_eq!(Some(&found), value.pointer(&place), "{place}");
    }
}

fn escaped(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

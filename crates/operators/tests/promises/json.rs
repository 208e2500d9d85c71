//! Lines of JSON.

use std::collections::BTreeMap;

use aqueduct_operators::{FromJsonError, ToJsonError, Transform, from_json, lines, to_json};
use bytes::Bytes;
use proptest::prelude::*;

use crate::support::{cut, drive, run, run_joined, sizes};

type Record = BTreeMap<String, Vec<Option<i64>>>;

proptest! {
    #[test]
    fn values_come_out_as_they_went_in(
        records in proptest::collection::vec(
            proptest::collection::btree_map(any::<String>(), any::<Vec<Option<i64>>>(), 0..3),
            0..5,
        ),
        sizes in sizes(),
    ) {
        let text = run_joined(to_json::<Record>(), records.clone())?;
        let read = lines(1 << 20).then(from_json::<Record>());
        prop_assert_eq!(run(read, cut(text, &sizes))?, records);
    }
}

#[test]
fn a_value_is_one_line() {
    assert_eq!(run(to_json(), ["a\nb"]).unwrap(), ["\"a\\nb\"\n"]);
}

#[test]
fn blank_lines_are_skipped_and_ends_of_lines_are_those_of_any_system() {
    let input = ["1\n", "\n", " \t\r\n", "2\r\n", "", " 3"].map(Bytes::from);
    assert_eq!(run(from_json::<u8>(), input).unwrap(), [1, 2, 3]);
}

#[test]
fn an_error_says_line_column_and_what_is_wrong() {
    fn check(line: &'static str, column: usize, why: &str) {
        let mut out = Vec::new();
        let input = ["1\n", "\n", line, "2\n"].map(Bytes::from);
        let error = drive(from_json::<u8>(), input, &mut out).unwrap_err();
        assert_eq!(error, FromJsonError { line: 3, column, why: why.to_owned() }, "{line:?}");
        assert_eq!(out, [1], "{line:?}");
    }
    check("x\n", 1, "expected value");
    check("[\n", 0, "invalid type: sequence, expected u8");
    check("300\n", 3, "invalid value: integer `300`, expected u8");
    check("  \"a\"\n", 5, "invalid type: string \"a\", expected u8");
    check("1 2\n", 3, "trailing characters");
}

#[test]
fn a_line_that_ends_too_early_fails_in_its_own_line() {
    let error = run(from_json::<Vec<u8>>(), [Bytes::from("[1,\n")]).unwrap_err();
    assert_eq!((error.line, error.column), (1, 3));
    assert_eq!(
        error.to_string(),
        "line 1 is not the JSON that is wanted, at column 3: EOF while parsing a value; mend the \
         line, or drop such lines before"
    );
}

#[test]
fn a_value_without_json_is_told_by_its_number() {
    let keyed_by_a_list = BTreeMap::from([(vec![1], 1)]);
    let error = run(to_json(), [BTreeMap::new(), keyed_by_a_list]).unwrap_err();
    assert_eq!(error, ToJsonError { value: 2, why: "key must be a string".to_owned() });
}

#[test]
fn both_ways_have_a_word() {
    assert_eq!(from_json::<u8>().kind(), "from-json");
    assert_eq!(to_json::<u8>().kind(), "to-json");
}

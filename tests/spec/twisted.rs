//! The table of Twisted's rules is whole, and what it names exists.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
};

use super::{Source, document, quoted, root, sources};

/// How many rules of Twisted there are, and how many decisions.
const RULES: usize = 66;
const DECISIONS: usize = 11;

/// What a decision begins with.
const WAYS: [&str; 5] = ["kept", "mended as V", "differs: ", "does not apply", "not copied"];

/// The recorded traces of real Twisted.
const RECORDED: &str = "tests/conformance/recorded";

/// One row of the table.
struct Row {
    number: usize,
    decision: String,
    fulfilled_in: String,
    shown_by: String,
}

impl Row {
    /// Why no test can show it, if so.
    fn reason(&self) -> Option<&str> {
        self.shown_by.strip_prefix("no test: ")
    }

    /// The tests and the traces that show it.
    fn shown_by(&self) -> impl Iterator<Item = &str> {
        let shown_by = if self.reason().is_some() { "" } else { &self.shown_by };
        shown_by.split(", ").filter(|word| !word.is_empty())
    }
}

/// The cells of the rows whose first cell is this letter and a number, in the order of the document.
fn cells(spec: &str, letter: char) -> Vec<(usize, Vec<String>)> {
    let numbered = |line: &str| {
        let cells: Vec<String> = line
            .strip_prefix("| ")?
            .strip_suffix(" |")?
            .split(" | ")
            .map(|cell| cell.trim().to_owned())
            .collect();
        let number = cells.first()?.strip_prefix(letter)?.parse().ok()?;
        Some((number, cells))
    };
    spec.lines().filter_map(numbered).collect()
}

fn rows() -> Vec<Row> {
    let row = |(number, cells): (usize, Vec<String>)| match <[String; 5]>::try_from(cells) {
        Ok([_, _, decision, fulfilled_in, shown_by]) => {
            Row { number, decision, fulfilled_in, shown_by }
        }
        Err(cells) => panic!("R{number} has {} cells", cells.len()),
    };
    cells(&document("SPEC.md"), 'R').into_iter().map(row).collect()
}

/// The numbers behind this letter in a text: `V2 and V8`, `R1, R39–R43`.
fn numbers(text: &str, letter: char) -> BTreeSet<usize> {
    let words = text.split(|c: char| !c.is_alphanumeric() && c != '–');
    let number = |word: &str| word.strip_prefix(letter)?.parse().ok();
    words
        .filter_map(|word| {
            let (first, last) = word.split_once('–').unwrap_or((word, word));
            Some(number(first)?..=number(last)?)
        })
        .flatten()
        .collect()
}

/// The ids of all recorded traces, without their names: `FD01`.
fn recorded() -> BTreeSet<String> {
    let mut ids = BTreeSet::new();
    for entry in fs::read_dir(root().join(RECORDED)).expect("the recorded traces").flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "jsonl") {
            let text = fs::read_to_string(entry.path()).expect("text");
            for line in text.lines() {
                let scenario: serde_json::Value = serde_json::from_str(line).expect("JSON");
                let id = scenario["id"].as_str().expect("an id");
                ids.extend(id.split('-').next().map(str::to_owned));
            }
        }
    }
    ids
}

/// The names of all tests.
fn tests(sources: &[Source]) -> BTreeSet<&str> {
    let is_test = |source: &Source, at: usize| {
        let lines: Vec<&str> = source.text.lines().take(at).collect();
        let above = lines.iter().rev().take_while(|line| !line.trim().is_empty() && **line != "}");
        above.into_iter().any(|line| line.contains("test]") || line.contains("proptest"))
    };
    let mut names = BTreeSet::new();
    for source in sources {
        for (number, line, _) in source.lines().filter(|line| line.2) {
            let Some(name) = line.strip_prefix("fn ").and_then(|line| line.split('(').next())
            else {
                continue;
            };
            if is_test(source, number - 1) {
                names.insert(name);
            }
        }
    }
    names
}

#[test]
fn every_rule_of_twisted_is_there_once_in_order_with_a_decision() {
    let rows = rows();
    let numbers: Vec<usize> = rows.iter().map(|row| row.number).collect();
    assert_eq!(numbers, (1..=RULES).collect::<Vec<_>>());
    for row in rows {
        let known = WAYS.iter().any(|way| row.decision.starts_with(way));
        assert!(known, "R{}: “{}” begins with none of {WAYS:?}", row.number, row.decision);
    }
}

#[test]
fn every_rule_of_twisted_is_shown_by_a_test_or_a_trace_or_says_why_not() {
    let (sources, traces) = (sources(), recorded());
    let tests = tests(&sources);
    for row in rows() {
        match row.reason() {
            Some(reason) => assert!(reason.len() > 20, "R{}: say why", row.number),
            None => assert!(row.shown_by().count() > 0, "R{} is shown by nothing", row.number),
        }
        for word in row.shown_by() {
            let found = match word.strip_prefix('`').and_then(|word| word.strip_suffix('`')) {
                Some(test) => tests.contains(test),
                None => traces.contains(word),
            };
            assert!(found, "R{}: there is no test or trace {word}", row.number);
        }
    }
}

#[test]
fn every_place_that_fulfils_a_rule_of_twisted_exists() {
    let sources = sources();
    let by_path: BTreeMap<&str, &Source> =
        sources.iter().map(|source| (source.path.as_str(), source)).collect();
    for row in rows() {
        let Row { number, fulfilled_in, .. } = &row;
        assert!(fulfilled_in != "–" || row.reason().is_some(), "R{number} is fulfilled nowhere");
        for place in fulfilled_in.split("; ").filter(|place| *place != "–") {
            let mut words = quoted(place);
            let file = words.next().unwrap_or_else(|| panic!("R{number}: {place} is no place"));
            let source = by_path.get(file).unwrap_or_else(|| panic!("R{number}: no file {file}"));
            let items: Vec<&str> = words.collect();
            assert!(!items.is_empty(), "R{number} names {file}, and nothing in it");
            for item in items {
                assert!(source.has(item), "R{number}: {item} is not in {file}");
            }
        }
    }
}

#[test]
fn every_decision_is_cited_by_the_rules_that_it_names_and_by_no_other() {
    let mut cited: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
    for row in rows() {
        for decision in numbers(&row.decision, 'V') {
            cited.entry(decision).or_default().insert(row.number);
        }
    }
    let decisions: BTreeMap<usize, BTreeSet<usize>> = cells(&document("SPEC.md"), 'V')
        .into_iter()
        .map(|(number, cells)| (number, numbers(cells.last().map_or("", |cell| cell), 'R')))
        .collect();
    assert!(decisions.keys().copied().eq(1..=DECISIONS));
    assert_eq!(decisions, cited);
}

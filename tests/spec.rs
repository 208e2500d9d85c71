//! SPEC.md is true of the code: what it names exists, and every rule has code and tests.

#![allow(
    clippy::expect_used,
    clippy::panic,
    reason = "a document that is not true fails the test, in whichever function that is found"
)]

#[path = "spec/twisted.rs"]
mod twisted;

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

/// The documents whose paths must exist.
const DOCUMENTS: [&str; 4] = ["SPEC.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "README.md"];

/// The folders that hold source code.
const FOLDERS: [&str; 4] = ["crates", "tests", "benches", "examples"];

const RULES: usize = 11;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn document(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// One file of the repository.
struct Source {
    /// From the root of the repository, with slashes.
    path: String,
    text: String,
}

impl Source {
    /// The lines with their numbers, and whether each belongs to tests.
    fn lines(&self) -> impl Iterator<Item = (usize, &str, bool)> {
        let is_test_file = self.path.split('/').any(|part| part == "tests")
            || self.path.starts_with("benches/")
            || self.path.starts_with("examples/")
            || self.path.ends_with("_tests.rs");
        let mut is_test = is_test_file;
        self.text.lines().zip(1..).map(move |(line, number)| {
            // The tests of a module are at its end.
            is_test |= line == "#[cfg(test)]";
            (number, line.trim_start(), is_test)
        })
    }

    fn has(&self, item: &str) -> bool {
        const KINDS: [&str; 6] = ["fn", "struct", "enum", "trait", "const", "static"];
        KINDS.iter().any(|kind| {
            let definition = format!("{kind} {item}");
            self.text.match_indices(&definition).any(|(at, _)| {
                let next = self.text[at + definition.len()..].chars().next();
                !next.is_some_and(|next| next.is_alphanumeric() || next == '_')
            })
        })
    }
}

/// Every source file, the nearest folders first.
fn sources() -> Vec<Source> {
    let mut sources = Vec::new();
    let mut folders: Vec<PathBuf> = FOLDERS.iter().map(PathBuf::from).collect();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).expect("a folder").flatten() {
            let path = folder.join(entry.file_name());
            if entry.path().is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(entry.path()).expect("text");
                sources.push(Source { path: path.to_string_lossy().replace('\\', "/"), text });
            }
        }
    }
    sources
}

/// The numbers of `F1`, `F2`…
fn number_of(word: &str) -> Option<usize> {
    word.strip_prefix('F')?.parse().ok()
}

/// The rules that a line of code cites: `//= F3`, `//= F4, F8: a remark`.
fn citation(line: &str) -> Option<Vec<&str>> {
    let cited = line.strip_prefix("//=")?;
    let rules = cited.split(':').next().unwrap_or(cited);
    Some(rules.split([' ', ',']).filter(|word| !word.is_empty()).collect())
}

/// The rules in the name of a test: `fn f3_f7_what_it_promises(`.
fn rules_in_name(line: &str) -> Vec<usize> {
    let Some((_, name)) = line.split_once("fn ").filter(|(before, _)| !before.contains("//"))
    else {
        return Vec::new();
    };
    name.split('_').map_while(|part| part.strip_prefix('f')?.parse().ok()).collect()
}

/// Numbered headings of rules, in the order of the document.
fn rules(spec: &str) -> Vec<usize> {
    spec.lines()
        .filter_map(|line| line.strip_prefix("### ")?.split('.').next())
        .map(|word| number_of(word).unwrap_or_else(|| panic!("{word} is no rule")))
        .collect()
}

/// What stands between backticks in this text.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// The lists "Fulfilled in" and "Shown by" of all rules: file and name, and which list.
fn named(spec: &str) -> Vec<(bool, String, String)> {
    let mut named = Vec::new();
    let mut shown_by = None;
    let mut item = String::new();
    for line in spec.lines().chain([""]) {
        let goes_on = line.starts_with("  ") && !item.is_empty();
        if goes_on {
            item.push_str(line);
            continue;
        }
        if let Some(shown_by) = shown_by.filter(|_| !item.is_empty()) {
            let mut words = quoted(&item);
            let file = words.next().expect("an item of these lists begins with a file").to_owned();
            let before = named.len();
            named.extend(words.map(|name| (shown_by, file.clone(), name.to_owned())));
            assert!(named.len() > before, "SPEC.md names {file}, and nothing in it");
        }
        item.clear();
        match line {
            "**Fulfilled in**" => shown_by = Some(false),
            "**Shown by**" => shown_by = Some(true),
            line if line.starts_with('#') => shown_by = None,
            line if line.starts_with("- ") && shown_by.is_some() => line.clone_into(&mut item),
            _ => {}
        }
    }
    named
}

#[test]
fn the_rules_are_numbered_without_a_gap() {
    assert_eq!(rules(&document("SPEC.md")), (1..=RULES).collect::<Vec<_>>());
}

#[test]
fn each_rule_says_where_it_is_fulfilled_and_what_shows_it() {
    let spec = document("SPEC.md");
    let sections: Vec<&str> = spec.split("\n### ").skip(1).collect();
    assert_eq!(sections.len(), RULES);
    for section in sections {
        let rule = section.split('\n').next().unwrap_or_default();
        let section = section.split("\n## ").next().unwrap_or_default();
        for part in ["**Intent.**", "**Fulfilled in**", "**Shown by**", "MUST"] {
            assert!(section.contains(part), "{rule} lacks {part}");
        }
        let lists = named(section);
        for shown_by in [false, true] {
            assert!(lists.iter().any(|named| named.0 == shown_by), "{rule} has an empty list");
        }
    }
}

#[test]
fn every_item_and_every_test_that_the_spec_names_exists() {
    let sources = sources();
    let by_path: BTreeMap<&str, &Source> =
        sources.iter().map(|source| (source.path.as_str(), source)).collect();
    let mut wrong = String::new();
    let named = named(&document("SPEC.md"));
    for (shown_by, file, name) in &named {
        let found = by_path.get(file.as_str()).is_some_and(|source| match shown_by {
            true => source.text.contains(&format!("fn {name}(")),
            false => source.has(name),
        });
        if !found {
            let _ = write!(wrong, "\n{name} is not in {file}");
            let elsewhere = sources.iter().filter(|source| source.has(name));
            for source in elsewhere.take(3) {
                let _ = write!(wrong, ", but in {}", source.path);
            }
        }
    }
    assert!(wrong.is_empty(), "SPEC.md is not true:{wrong}");
    assert!(named.len() > 100, "the lists were read: {} names", named.len());
}

#[test]
fn every_rule_that_is_cited_exists_and_every_rule_is_cited_in_code_and_in_tests() {
    let rules: BTreeSet<usize> = rules(&document("SPEC.md")).into_iter().collect();
    let (mut in_code, mut in_tests) = (BTreeSet::new(), BTreeSet::new());
    for source in sources() {
        for (number, line, is_test) in source.lines() {
            let at = || format!("{}:{number}", source.path);
            let mut cited = rules_in_name(line);
            for word in citation(line).unwrap_or_default() {
                match number_of(word) {
                    Some(rule) => cited.push(rule),
                    None => panic!("{}: {word} is no rule", at()),
                }
            }
            for rule in cited {
                assert!(rules.contains(&rule), "{}: SPEC.md has no rule F{rule}", at());
                if is_test { &mut in_tests } else { &mut in_code }.insert(rule);
            }
        }
    }
    assert_eq!(in_code, rules, "each rule is cited where the code fulfils it");
    assert_eq!(in_tests, rules, "each rule is in the name or above a test");
}

#[test]
fn every_path_that_a_document_names_exists() {
    let mut named = 0;
    for name in DOCUMENTS {
        let text = document(name);
        // Code blocks have commands, whose paths may be made by them.
        let prose = text.split("\n```").step_by(2);
        for word in prose.flat_map(|part| quoted(part).collect::<Vec<_>>()) {
            let is_path = FOLDERS.iter().any(|folder| word.starts_with(&format!("{folder}/")));
            if is_path && !word.contains([' ', '*']) {
                assert!(root().join(word).exists(), "{name} names {word}, which is not there");
                named += 1;
            }
        }
    }
    assert!(named > 50, "the documents were read: {named} paths");
}

/// The page on faults is true where it names a test: a word of several parts.
#[test]
fn every_test_that_the_page_on_faults_names_exists() {
    let page = document("docs/faults.md");
    let sources = sources();
    let is_name = |word: &&str| word.matches('_').count() > 2 && !word.contains(['/', ' ']);
    let mut named = 0;
    for test in quoted(&page).filter(is_name) {
        let definition = format!("fn {test}(");
        let found = sources.iter().any(|source| source.text.contains(&definition));
        assert!(found, "docs/faults.md names {test}, which is not there");
        named += 1;
    }
    assert!(named > 40, "the page was read: {named} tests");
}

//! Values that stand elsewhere are found when a pipeline is to run, and are never shown.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

use std::fs;

use aqueduct_config::{Config, Loaded, Look, Mistakes, Registry};

const VALUE: &str = "s3cret-value";

fn load(address: &str, file: &str) -> Result<Loaded, Mistakes> {
    let env = |name: &str| (name == "HERE").then(|| address.to_owned());
    Config::load(&source(file), &Registry::standard(), &env)
}

fn source(file: &str) -> String {
    format!(
        r#"
        [[pipeline.p.stage]]
        file = {{ read = {{ file = {file:?} }} }}
        [[pipeline.p.stage]]
        tcp = {{ connect = {{ env = "HERE" }} }}
        "#
    )
}

#[test]
fn a_check_looks_nothing_up() {
    let source = source("there/is/no/such/file");
    assert!(Config::check(&source, &Registry::standard()).is_ok());
    let mistakes = Config::load(&source, &Registry::standard(), &|_| None).unwrap_err();
    let told: Vec<_> = mistakes.as_slice().iter().map(|m| (m.line, &*m.message)).collect();
    let [(3, file), (5, "the environment has no `HERE`")] = *told else { panic!("{told:?}") };
    assert!(file.starts_with("`there/is/no/such/file` cannot be read: "), "{file}");
}

#[test]
fn values_are_in_nothing_that_is_shown() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("path");
    fs::write(&path, format!("/some/{VALUE}\n")).unwrap();
    let loaded = load("collector.example:9000", path.to_str().unwrap()).unwrap();
    let shown = format!("{loaded:?}");
    assert!(!shown.contains(VALUE) && !shown.contains("collector"), "{shown}");
    let redacted = loaded.secrets.redact(&format!("cannot open file /some/{VALUE}: no such file"));
    assert_eq!(redacted, "cannot open file ***: no such file");
}

/// A wrong value is a mistake at its place that does not tell the value.
fn refused(address: &str, path_of_value: &[u8], expected: &str) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("value");
    fs::write(&path, path_of_value).unwrap();
    let source = source(path.to_str().unwrap());
    let mistakes = load(address, path.to_str().unwrap()).unwrap_err();
    let told = mistakes.render("f.toml", &source, Look::Plain);
    assert!(told.contains(expected), "{told}");
    assert!(!told.contains(VALUE), "{told}");
}

#[test]
fn wrong_values_are_told_by_where_they_stand() {
    refused(VALUE, b"a", "the value of `$HERE` has no port");
    refused("a:1", b"", "an empty path names nothing");
    refused("a:1", b"s3cret-value\0", "it has a NUL in it");
    refused("a:1", &[0xff; 4], "cannot be read: stream did not contain valid UTF-8");
    refused("a:1", &[b'a'; 64 * 1024 + 1], "it is longer than 64 KiB");
}

#[test]
fn a_wrong_value_in_a_pattern_of_hexadecimal_digits_is_not_told() {
    let source = r#"
        [[pipeline.p.stage]]
        stdin = {}
        [[pipeline.p.stage]]
        verify = { sha256 = { env = "SUM" } }
        [[pipeline.p.stage]]
        stdout = {}
    "#;
    assert!(Config::check(source, &Registry::standard()).is_ok());
    let env = |_: &str| Some(VALUE.to_owned());
    let mistakes = Config::load(source, &Registry::standard(), &env).unwrap_err();
    assert_eq!(mistakes.as_slice()[0].message, "this is no SHA-256");
    assert!(!format!("{mistakes:?}").contains(VALUE));
}

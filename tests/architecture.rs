//! Arrows point down only: who may depend on whom, read from what cargo knows.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it counted"
)]

use std::{collections::BTreeMap, process::Command};

/// The layer of each crate; a crate may depend on those of a lower layer only.
const LAYERS: [(&str, u8); 16] = [
    ("aqueduct-flow", 0),
    ("aqueduct-operators", 0),
    ("aqueduct-link", 1),
    ("aqueduct-model", 1),
    ("aqueduct-conformance", 2),
    ("aqueduct-actors", 2),
    ("aqueduct-supervise", 3),
    ("aqueduct-endpoints", 3),
    ("aqueduct-testkit", 3),
    ("aqueduct-pipeline", 4),
    ("aqueduct-config", 5),
    ("aqueduct", 6),
    ("aqueduct-cli", 7),
    ("aqueduct-versus", 7),
    ("aqueduct-soak", 7),
    ("aqueduct-instructions", 7),
];

/// Crates that must never be reached from the pure ones.
const IMPURE: [&str; 6] = ["tokio", "actix", "actix-rt", "futures-core", "mio", "tracing"];

/// The longest a source file may be, in lines.
const LONGEST_FILE: usize = 600;

fn root() -> std::path::PathBuf {
    std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The normal dependencies of each crate of the workspace.
fn dependencies() -> BTreeMap<String, Vec<String>> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--no-deps", "--offline"])
        .current_dir(root())
        .output()
        .expect("cargo runs, since it runs this test");
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().expect("packages");
    packages
        .iter()
        .map(|package| {
            let dependencies = package["dependencies"].as_array().expect("dependencies");
            let normal = dependencies.iter().filter(|one| one["kind"].is_null());
            (text(&package["name"]), normal.map(|one| text(&one["name"])).collect())
        })
        .collect()
}

#[test]
fn arrows_between_crates_point_down_only() {
    let layers = BTreeMap::from(LAYERS);
    for (name, dependencies) in dependencies() {
        let Some(layer) = layers.get(name.as_str()) else {
            panic!("{name} has no layer: give it one in LAYERS, and in ARCHITECTURE.md");
        };
        for other in &dependencies {
            if let Some(below) = layers.get(other.as_str()) {
                assert!(below < layer, "{name} must not depend on {other}");
            }
        }
    }
}

#[test]
fn the_pure_crates_know_no_runtime() {
    let all = dependencies();
    for name in ["aqueduct-flow", "aqueduct-operators"] {
        for impure in IMPURE {
            assert!(!all[name].iter().any(|one| one == impure), "{name} depends on {impure}");
        }
    }
    assert_eq!(all["aqueduct-flow"], Vec::<String>::new(), "flow knows nobody");
}

#[test]
fn no_source_file_is_too_long_to_read() {
    let mut folders = vec![root().join("crates"), root().join("tests"), root().join("benches")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder").flatten() {
            let path = entry.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let lines = std::fs::read_to_string(&path).expect("text").lines().count();
                assert!(lines <= LONGEST_FILE, "{} has {lines} lines", path.display());
            }
        }
    }
}

//! A pipeline is the same whether it is composed in Rust or written in TOML: the same picture, and
//! the same output.

#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    dead_code,
    reason = "a test fails by panicking, and takes the pipelines of an example without its main"
)]

#[path = "../examples/quickstart.rs"]
mod quickstart;

use std::{
    fs,
    net::TcpListener,
    path::{Path, PathBuf},
};

use aqueduct::pipeline::{Assembled, Blueprint, Report, erased::assemble, picture};
use aqueduct_config::{Config, Registry};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Where nobody listens at this moment.
fn free_address() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("an address").to_string()
}

/// The pipelines of quickstart.toml, at another address and with other files.
fn from_toml(address: &str, text: &Path, found: &Path) -> Vec<Assembled> {
    let source = fs::read_to_string(root().join("examples/quickstart.toml")).expect("a file");
    let source = source
        .replace("127.0.0.1:7411", address)
        .replace("read = \"SPEC.md\"", &format!("read = {text:?}"))
        .replace("write = \"found.txt\"", &format!("write = {found:?}"));
    let loaded = Config::load(&source, &Registry::standard(), &|_| None).expect("no mistakes");
    let pipelines = loaded.pipelines.into_iter();
    pipelines.map(|(blueprint, parts)| assemble(blueprint, parts).expect("whole")).collect()
}

fn from_rust(address: &str, text: &Path, found: &Path) -> Vec<Assembled> {
    vec![
        quickstart::send(address, text).expect("whole"),
        quickstart::receive(address, found).expect("whole"),
    ]
}

/// Runs them side by side; returns what was found, and the reports.
fn run(pipelines: Vec<Assembled>, found: &Path) -> (Vec<u8>, Vec<Report>) {
    let reports = actix_rt::System::new().block_on(async {
        let running: Vec<_> = pipelines.into_iter().map(Assembled::start).collect();
        let mut reports = Vec::new();
        for pipeline in running {
            reports.push(pipeline.finished().await.expect("it runs"));
        }
        reports
    });
    (fs::read(found).expect("it was made"), reports)
}

#[test]
fn rust_and_toml_give_the_same_picture_and_the_same_output() {
    let directory = tempfile::tempdir().expect("room");
    let (by_toml, by_rust) = (directory.path().join("toml"), directory.path().join("rust"));
    let text = root().join("SPEC.md");
    let address = free_address();
    let toml = from_toml(&address, &text, &by_toml);
    let rust = from_rust(&address, &text, &by_rust);

    let blueprints = |of: &[Assembled]| -> Vec<Blueprint> {
        of.iter().map(|pipeline| pipeline.blueprint().clone()).collect()
    };
    let (of_toml, of_rust) = (blueprints(&toml), blueprints(&rust));
    let (of_toml, of_rust): (Vec<_>, Vec<_>) = (of_toml.iter().collect(), of_rust.iter().collect());
    assert_eq!(picture::mermaid(&of_toml), picture::mermaid(&of_rust));
    assert_eq!(picture::svg(&of_toml), picture::svg(&of_rust));
    assert_eq!(of_toml, of_rust, "and so all that could be drawn");

    let (found_by_toml, toml) = run(toml, &by_toml);
    let (found_by_rust, rust) = run(rust, &by_rust);
    let text = fs::read_to_string(text).expect("text");
    let expected: String =
        text.split_inclusive('\n').filter(|line| line.contains("MUST")).collect();
    assert_eq!(found_by_toml, expected.as_bytes());
    assert_eq!(found_by_rust, expected.as_bytes());
    let counts = |reports: &[Report]| -> Vec<_> {
        let stages = reports.iter().flat_map(|report| &report.stages);
        stages.map(|stage| (stage.name.clone(), stage.taken)).collect()
    };
    println!("{}\n{}", toml[0], rust[0]);
    assert_eq!(counts(&toml), counts(&rust));
}

#[test]
fn the_picture_in_the_readme_is_that_of_the_quickstart() {
    let source = fs::read_to_string(root().join("examples/quickstart.toml")).expect("a file");
    let checked = Config::check(&source, &Registry::standard()).expect("no mistakes");
    let drawn = picture::svg(&checked.pipelines.iter().collect::<Vec<_>>());
    let shown = fs::read_to_string(root().join("examples/quickstart.svg")).expect("a picture");
    assert!(
        drawn == shown,
        "draw it again: cargo run -- graph examples/quickstart.toml --format svg --output \
         examples/quickstart.svg"
    );
    let readme = fs::read_to_string(root().join("README.md")).expect("text");
    assert!(readme.contains("(examples/quickstart.svg)"), "the README shows it");
}

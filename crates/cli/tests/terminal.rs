//! What is shown on a terminal while pipelines run.
//!
//! `script` plays the terminal; its arguments are those of util-linux.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what was skipped"
)]

mod common;

use std::{fs, process::Command};

use common::{skip, text};

/// Takes most of a second, so that there is something to wait for.
const SLOW: &str = r#"
    [[pipeline.slow.stage]]
    file = { read = "pipelines.toml" }
    [[pipeline.slow.stage]]
    lines = {}
    [[pipeline.slow.stage]]
    rate-limit = { items = 10, burst = 1 }
    [[pipeline.slow.stage]]
    file = { write = "out" }
"#;

/// Runs the pipelines on a terminal, and checks whether progress is shown.
fn check(toml: &str, option: &str, is_shown: bool) {
    let directory = tempfile::tempdir().expect("room");
    fs::write(directory.path().join("pipelines.toml"), toml).expect("room");
    let command = format!("'{}' run pipelines.toml {option}", env!("CARGO_BIN_EXE_aqueduct"));
    let mut script = Command::new("script");
    script.args(["-qec", &command, "/dev/null"]).current_dir(directory.path());
    let Ok(output) = script.output() else { return skip("script", "bsdutils") };
    let screen = text(&output.stdout);
    assert_eq!(output.status.code(), Some(0), "{screen}");
    assert_eq!(screen.contains("/s, paused 0.0 s"), is_shown, "{option}: {screen}");
}

#[test]
fn progress_is_shown_on_a_terminal_unless_nobody_wants_it() {
    check(SLOW, "", true);
    check(SLOW, "--json", true);
    check(SLOW, "--no-progress", false);
    check(SLOW, "--quiet", false);
}

#[test]
fn progress_does_not_get_into_data_on_the_same_terminal() {
    check(&SLOW.replace(r#"file = { write = "out" }"#, "stdout = {}"), "", false);
}

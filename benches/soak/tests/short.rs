//! The program itself, in forms that are shorter than short.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what the program told"
)]

use std::process::Command;

/// Runs it; returns its exit code, what it told, and its figures.
fn soak(arguments: &[&str]) -> (Option<i32>, String, serde_json::Value) {
    let folder = tempfile::tempdir().expect("room");
    let figures = folder.path().join("figures.json");
    let mut command = Command::new(env!("CARGO_BIN_EXE_soak"));
    let output = command.args(arguments).arg("--json").arg(&figures).output().expect("it runs");
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    println!("{told}{}", String::from_utf8_lossy(&output.stderr));
    let figures = std::fs::read(figures).ok().and_then(|text| serde_json::from_slice(&text).ok());
    (output.status.code(), told, figures.unwrap_or_default())
}

/// Runs what must be good, and returns its figures.
fn good(arguments: &[&str]) -> serde_json::Value {
    let (code, told, figures) = soak(arguments);
    assert_eq!(code, Some(0), "{told}");
    assert!(told.trim_end().ends_with("all good"), "{told}");
    assert_eq!(figures["good"], true);
    figures
}

#[test]
fn f2_a_storm_of_every_kind_loses_nothing_and_repeats_one_item_for_a_kill() {
    let figures = good(&["storm", "--kills", "60"]);
    assert_eq!((&figures["kills"], &figures["lost"]), (&60.into(), &0.into()));
    assert_eq!(figures["redelivered"], 60);
}

#[test]
fn a_seed_repeats_a_storm() {
    let storm = || good(&["storm", "--kills", "20", "--seed", "0x5eed"]);
    let (one, other) = (storm(), storm());
    for figure in ["seed", "items", "kills_before_effect", "restarts"] {
        assert_eq!(one[figure], other[figure], "{figure}");
    }
}

#[test]
fn kills_of_one_kind_are_of_that_kind() {
    let figures = good(&["storm", "--kills", "20", "--only", "in-factory"]);
    assert_eq!((&figures["kills_in_factory"], &figures["restarts"]), (&20.into(), &40.into()));
}

#[test]
fn f1_chunks_of_one_byte_cost_what_they_are_charged_and_all_come() {
    for form in [
        &["tiny", "--chunks", "300000", "--window", "8"][..],
        &["tiny", "--chunks", "300000", "--window", "8", "--one-link"],
    ] {
        assert_eq!(good(form)["came"], 300_000);
    }
}

#[test]
fn a_window_that_is_not_filled_is_no_proof() {
    let (code, told, _) = soak(&["tiny", "--chunks", "1000", "--window", "8"]);
    assert_eq!(code, Some(1));
    assert!(told.contains("FAILED") && told.contains("give more chunks"), "{told}");
}

#[test]
fn streams_of_all_kinds_add_up_and_leave_nothing() {
    let figures = good(&["run", "--for", "2s", "--streams", "1", "--every", "1s"]);
    assert_eq!(figures["base"]["descriptors"], figures["end"]["descriptors"]);
    assert_eq!(figures["base"]["threads"], figures["end"]["threads"]);
}

#[test]
fn pipelines_that_come_and_go_leave_nothing() {
    let figures = good(&["cycles", "--times", "10"]);
    assert_eq!((&figures["live_stages"], &figures["times"]), (&0.into(), &10.into()));
}

#[test]
fn a_number_that_is_none_is_refused_with_the_way_to_write_it() {
    let (code, _, _) = soak(&["storm", "--seed", "five"]);
    assert_eq!(code, Some(2));
}

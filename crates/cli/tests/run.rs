//! `aqueduct run`, as a user runs it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what was skipped"
)]

mod common;

use std::{
    fs,
    io::Write,
    net::TcpListener,
    path::Path,
    process::{Output, Stdio},
};

use common::{ERRORS, aqueduct, files_in, free_port, json, log, text};

/// Runs these pipelines in a folder, where their paths lead.
fn run_in(directory: &Path, toml: &str, args: &[&str]) -> Output {
    let file = directory.join("pipelines.toml");
    fs::write(&file, toml).expect("room");
    let output = aqueduct(["run", "pipelines.toml"]).args(args).current_dir(directory).output();
    fs::remove_file(file).expect("it was there");
    output.expect("the program runs")
}

/// Two pipelines, of which one sends to the other over TCP.
fn over_tcp() -> String {
    let address = free_port();
    format!(
        r#"
        [[pipeline.receive.stage]]
        tcp = {{ listen = "{address}" }}
        [[pipeline.receive.stage]]
        gunzip = {{}}
        [[pipeline.receive.stage]]
        file = {{ write = "found.txt" }}

        [[pipeline.send.stage]]
        file = {{ read = "access.log" }}
        [[pipeline.send.stage]]
        lines = {{}}
        [[pipeline.send.stage]]
        filter = {{ contains = "ERROR" }}
        [[pipeline.send.stage]]
        boundary = {{ low = "256 B", high = "512 B", arbiter = "packer" }}
        gzip = {{}}
        [[pipeline.send.stage]]
        tcp = {{ connect = "{address}", retry = "30 s" }}
        "#
    )
}

#[test]
fn several_pipelines_of_a_file_run_at_once_and_meet_over_tcp() {
    let directory = tempfile::tempdir().expect("room");
    let source = directory.path().join("access.log");
    log(&source, 1 << 20);
    let output = run_in(directory.path(), &over_tcp(), &[]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    let all = fs::read_to_string(source).expect("text");
    let expected: String =
        all.split_inclusive('\n').filter(|line| line.contains("ERROR")).collect();
    let found = fs::read_to_string(directory.path().join("found.txt")).expect("text");
    assert!(found == expected);
    assert!(output.stdout.is_empty());
    assert!(stderr.contains("receive, ") && stderr.contains("send, "), "{stderr}");
}

const TWO: &str = r#"
    [[pipeline.one.stage]]
    file = { read = "access.log" }
    [[pipeline.one.stage]]
    file = { write = "one.log" }

    [[pipeline.two.stage]]
    file = { read = "access.log" }
    [[pipeline.two.stage]]
    file = { write = "two.log" }
"#;

#[test]
fn only_the_pipelines_that_are_asked_for_run() {
    for (args, files) in [
        (&["--only", "two"][..], &["access.log", "two.log"][..]),
        (&["--only", "two", "--only", "one"], &["access.log", "one.log", "two.log"]),
    ] {
        let directory = tempfile::tempdir().expect("room");
        log(&directory.path().join("access.log"), 1000);
        let output = run_in(directory.path(), TWO, &[args, &["--json"]].concat());
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(files_in(directory.path()), files);
        let report = json(&output.stdout);
        assert_eq!(report["pipelines"].as_array().expect("a list").len(), files.len() - 1);
    }
}

#[test]
fn who_asks_for_a_pipeline_that_is_not_there_is_told_which_are() {
    let directory = tempfile::tempdir().expect("room");
    log(&directory.path().join("access.log"), 1000);
    let output = run_in(directory.path(), TWO, &["--only", "one", "--only", "tow"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("there is no pipeline tow: the file has one, two"), "{stderr}");
    assert_eq!(files_in(directory.path()), ["access.log"]);
}

#[test]
fn a_stage_that_fails_is_named_with_the_remedy_and_the_others_are_stopped() {
    // The other pipeline would wait for this peer for ever.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    let toml = format!(
        r#"
        [[pipeline.waits.stage]]
        tcp = {{ connect = "{address}" }}
        [[pipeline.waits.stage]]
        file = {{ write = "waits.log" }}

        [[pipeline.fails.stage]]
        name = "orders"
        file = {{ read = "missing.log" }}
        [[pipeline.fails.stage]]
        file = {{ write = "fails.log" }}
        "#
    );
    let directory = tempfile::tempdir().expect("room");
    let output = run_in(directory.path(), &toml, &[]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for part in ["error: orders: cannot open file missing.log", "check the path"] {
        assert!(stderr.contains(part), "{part:?} is missing in: {stderr}");
    }
    assert_eq!(stderr.matches("error: ").count(), 1, "{stderr}");
    assert!(files_in(directory.path()).is_empty());
}

const TO_STDOUT: &str = r#"
    [[pipeline.p.stage]]
    file = { read = "access.log" }
    [[pipeline.p.stage]]
    stdout = {}
"#;

#[test]
fn the_report_does_not_get_into_data_on_stdout_and_quiet_means_none() {
    let directory = tempfile::tempdir().expect("room");
    let source = directory.path().join("access.log");
    log(&source, 100_000);
    let data = fs::read(source).expect("it is there");
    let run = |args: &[&str]| {
        let output = run_in(directory.path(), TO_STDOUT, args);
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert!(output.stdout == data);
        output.stderr
    };
    let words = text(&run(&[]));
    assert!(words.starts_with("p, ") && words.contains("file → stdout: "), "{words}");
    assert_eq!(json(&run(&["--json"]))["outcome"], "done");
    assert_eq!(text(&run(&["--quiet"])), "");
}

/// Runs the program with this as its stdin.
fn run_stdin(directory: &Path, args: &[&str], stdin: &str) -> Output {
    let mut command = aqueduct(args);
    let mut child =
        command.current_dir(directory).stdin(Stdio::piped()).spawn().expect("the program runs");
    let mut pipe = child.stdin.take().expect("a pipe");
    pipe.write_all(stdin.as_bytes()).expect("it reads");
    drop(pipe);
    child.wait_with_output().expect("it ends")
}

#[test]
fn pipelines_may_come_from_stdin_if_no_stage_reads_it_too() {
    let directory = tempfile::tempdir().expect("room");
    log(&directory.path().join("access.log"), 1000);
    let output = run_stdin(directory.path(), &["run", "-"], ERRORS);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(files_in(directory.path()), ["access.log", "errors.log"]);

    let reads_too = TO_STDOUT.replace(r#"file = { read = "access.log" }"#, "stdin = {}");
    let output = run_stdin(directory.path(), &["run", "-"], &reads_too);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("come from stdin") && stderr.contains("give a FILE"), "{stderr}");

    let output = run_stdin(directory.path(), &["check", "-"], "pipelin = 1");
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("stdin:1:1") && stderr.contains("did you mean `pipeline`?"));
}

#[test]
fn a_stage_may_read_stdin() {
    let directory = tempfile::tempdir().expect("room");
    let toml = ERRORS.replace(r#"file = { read = "access.log" }"#, "stdin = {}");
    fs::write(directory.path().join("errors.toml"), toml).expect("room");
    let output = run_stdin(directory.path(), &["run", "errors.toml"], "ERROR 1\nfine\nERROR 2");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let found = fs::read_to_string(directory.path().join("errors.log")).expect("text");
    assert_eq!(found, "ERROR 1\nERROR 2");
}

const SECRET: &str = r#"
    [[pipeline.p.stage]]
    file = { read = "pipelines.toml" }
    [[pipeline.p.stage]]
    tcp = { connect = { env = "AQUEDUCT_COLLECTOR" } }
"#;

#[test]
fn a_value_from_the_environment_is_told_to_nobody() {
    let directory = tempfile::tempdir().expect("room");
    let file = directory.path().join("pipelines.toml");
    fs::write(&file, SECRET).expect("room");
    let address = free_port().to_string();
    for verbosity in ["--json", "-v", "-vvv"] {
        let mut command = aqueduct(["run", "pipelines.toml", verbosity]);
        command.current_dir(directory.path()).env("AQUEDUCT_COLLECTOR", &address);
        let output = command.output().expect("the program runs");
        let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("cannot connect to tcp ***: "), "{stderr}");
        assert!(!stderr.contains(&address) && !stdout.contains(&address), "{stdout}{stderr}");
    }
}

#[test]
fn a_variable_that_is_missing_is_told_with_its_place() {
    let directory = tempfile::tempdir().expect("room");
    let output = run_in(directory.path(), SECRET, &[]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    for part in ["pipelines.toml:5:31", "no `AQUEDUCT_COLLECTOR`", "help: set this variable"] {
        assert!(stderr.contains(part), "{part:?} is missing in: {stderr}");
    }
}

#[test]
fn a_file_with_mistakes_starts_nothing() {
    let directory = tempfile::tempdir().expect("room");
    log(&directory.path().join("access.log"), 1000);
    // The mistake is in the last pipeline, and the first could run.
    let toml = format!("{TWO}\n[[pipeline.three.stage]]\nstdn = {{}}");
    let output = run_in(directory.path(), &toml, &["--only", "one"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("did you mean `stdin`?"), "{stderr}");
    assert_eq!(files_in(directory.path()), ["access.log"]);
}

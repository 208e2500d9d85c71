//! `graph`, `stages`, `completions`, `man` and `--help`: what tells, and starts nothing.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what was skipped"
)]

mod common;

use std::{
    fs,
    io::{self, Write},
    path::Path,
    process::{Command, Output, Stdio},
};

use common::{aqueduct, files_in, json, run, skip, text};

const PIPELINES: &str = r#"
    [[pipeline.errors.stage]]
    file = { read = "access.log" }
    [[pipeline.errors.stage]]
    lines = {}
    [[pipeline.errors.stage]]
    name = "only errors"
    filter = { contains = "ERROR" }
    [[pipeline.errors.stage]]
    boundary = { low = "1 KiB", high = "4 KiB" }
    file = { write = { env = "AQUEDUCT_NOT_SET" } }
"#;

/// Runs the program in a folder with the pipelines in it.
fn run_in(directory: &Path, args: &[&str]) -> Output {
    fs::write(directory.join("pipelines.toml"), PIPELINES).expect("room");
    aqueduct(args).current_dir(directory).output().expect("the program runs")
}

/// The stdout of a run that does well, and says nothing else.
fn told(output: &Output) -> String {
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    text(&output.stdout)
}

/// What another program makes of this text; nothing if it is not there.
fn piped(program: &str, args: &[&str], input: &str) -> Option<Output> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
        Err(error) => panic!("{program}: {error}"),
    };
    let mut stdin = child.stdin.take().expect("a pipe");
    let input = input.to_owned();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it is read");
    Some(output)
}

#[test]
fn a_picture_has_each_stage_and_the_marks_in_every_form() {
    let directory = tempfile::tempdir().expect("room");
    for (args, beginning) in [
        (&["graph", "pipelines.toml"][..], "flowchart"),
        (&["graph", "pipelines.toml", "--format", "mermaid"], "flowchart"),
        (&["graph", "pipelines.toml", "-f", "dot"], "digraph"),
        (&["graph", "pipelines.toml", "--format", "svg"], "<svg"),
    ] {
        let picture = told(&run_in(directory.path(), args));
        assert!(picture.starts_with(beginning), "{picture}");
        for part in ["errors", "only errors", "1 KiB", "4 KiB"] {
            assert!(picture.contains(part), "{part:?} is missing in: {picture}");
        }
    }
}

#[test]
fn a_picture_goes_to_a_file_if_one_is_named() {
    let directory = tempfile::tempdir().expect("room");
    let svg = ["graph", "pipelines.toml", "--format", "svg"];
    let expected = told(&run_in(directory.path(), &svg));
    let args = [&svg[..], &["--output", "picture.svg"]].concat();
    assert_eq!(told(&run_in(directory.path(), &args)), "");
    let picture = fs::read_to_string(directory.path().join("picture.svg")).expect("text");
    assert_eq!(picture, expected);

    let args = [&svg[..], &["--output", "nowhere/picture.svg"]].concat();
    let output = run_in(directory.path(), &args);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("cannot write nowhere/picture.svg"), "{stderr}");
    assert!(stderr.contains("that its directory is there"), "{stderr}");
    assert_eq!(files_in(directory.path()), ["picture.svg", "pipelines.toml"]);
}

#[test]
fn all_stages_are_told_or_one_with_its_keys_and_an_example() {
    let all = told(&run(["stages"]));
    for part in ["file read", "lines", "filter contains", "rate-limit", "stdout"] {
        assert!(all.contains(part), "{part:?} is missing in: {all}");
    }
    let lines = told(&run(["stages", "lines"]));
    for part in ["longest", "1 MiB", "lines = { longest = \"64 KiB\" }"] {
        assert!(lines.contains(part), "{part:?} is missing in: {lines}");
    }
    assert!(!lines.contains("rate-limit"), "{lines}");
}

#[test]
fn a_stage_that_is_not_there_is_told_with_the_nearest() {
    let output = run(["stages", "linse"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("`linse`: did you mean `lines`?"), "{stderr}");
}

#[test]
fn the_schema_is_json() {
    let schema = json(told(&run(["stages", "--schema"])).as_bytes());
    assert!(schema["$schema"].as_str().expect("text").starts_with("https://json-schema.org/"));
    assert_eq!(run(["stages", "lines", "--schema"]).status.code(), Some(2));
}

#[test]
fn completions_are_scripts_of_their_shells() {
    for shell in ["bash", "zsh", "fish"] {
        let script = told(&run(["completions", shell]));
        assert!(script.contains("drain-within"), "{shell}: {script}");
        match piped(shell, &["-n"], &script) {
            Some(output) => assert!(output.status.success(), "{}", text(&output.stderr)),
            // Every machine that tests this has bash; the others are tested where they are.
            None if shell == "bash" => skip("bash", "bash"),
            None => println!("skipped: there is no {shell}"),
        }
    }
    let output = run(["completions", "tcsh"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("bash, elvish, fish"), "{stderr}");
}

#[test]
fn the_manual_page_has_a_section_for_each_command_and_renders() {
    let page = told(&run(["man"]));
    for command in COMMANDS {
        let title = format!(".SH \"AQUEDUCT {}\"", command.to_uppercase());
        assert!(page.contains(&title), "{title} is missing in: {page}");
    }
    let Some(rendered) = piped("groff", &["-man", "-Tutf8", "-ww"], &page) else {
        // It is part of a desktop and not of a bare machine, and the titles are checked above.
        println!("skipped: there is no groff (on Debian: apt-get install groff-base)");
        return;
    };
    assert_eq!((rendered.status.code(), text(&rendered.stderr)), (Some(0), String::new()));
    assert!(text(&rendered.stdout).contains("130 interrupted"));
}

const COMMANDS: [&str; 7] = ["run", "check", "graph", "stages", "copy", "completions", "man"];

#[test]
fn every_help_has_an_example_and_fits_a_page() {
    for command in COMMANDS {
        let help = told(&run([command, "--help"]));
        assert!(help.contains("\nExample"), "{help}");
        assert!(help.contains(&format!("aqueduct {command}")), "{help}");
        assert!(help.lines().count() <= 50, "{help}");
        assert_eq!(told(&run([command, "-h"])), help, "both helps are the same");
    }
}

#[test]
fn the_program_alone_explains_itself() {
    let alone = run([""; 0]);
    assert_eq!(alone.status.code(), Some(2));
    let help = text(&alone.stderr);
    for command in COMMANDS {
        assert!(help.contains(&format!("\n  {command} ")), "{command} is missing in: {help}");
    }
    assert!(help.contains("Examples:") && help.contains("Exit codes: 0 "), "{help}");
    assert_eq!(told(&run(["--help"])), help);
}

#[test]
fn wrong_usage_is_told_with_what_is_known() {
    for (args, part) in [
        (&["run"][..], "<FILE>"),
        (&["run", "a", "--onyl", "b"], "'--only'"),
        (&["run", "a", "--quiet", "--json"], "cannot be used with"),
        (&["run", "a", "--drain-within", "1 m"], "did you mean `min`?"),
        (&["graph", "a", "--format", "png"], "mermaid, dot, svg"),
        (&["chek", "a"], "'check'"),
        (&["copy", "a"], "<TARGET>"),
    ] {
        let output = run(args);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
        assert!(stderr.contains(part), "{part:?} is missing in: {stderr}");
    }
}

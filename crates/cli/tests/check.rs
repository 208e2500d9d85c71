//! `aqueduct check`, and that no other command starts what it would refuse.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what was skipped"
)]

mod common;

use std::{fs, io, net::TcpListener, path::Path, process::Output};

use common::{aqueduct, files_in, json, text};

fn run_in(directory: &Path, args: &[&str]) -> Output {
    aqueduct(args).current_dir(directory).output().expect("the program runs")
}

/// A pipeline that is good but for this stage in its middle, which stands from line 3 on.
fn with(stage: &str) -> String {
    format!(
        "[[pipeline.p.stage]]\nfile = {{ read = \"in\" }}\n{stage}\n\
         [[pipeline.p.stage]]\nname = \"end\"\nfile = {{ write = \"out\" }}\n"
    )
}

/// Each command refuses the file, tells this of each place, and starts nothing.
fn check(toml: &str, told: &[(&str, &str)]) {
    let directory = tempfile::tempdir().expect("room");
    fs::write(directory.path().join("in"), "water\n").expect("room");
    fs::write(directory.path().join("broken.toml"), toml).expect("room");
    for command in ["check", "run", "graph"] {
        let output = run_in(directory.path(), &[command, "broken.toml"]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{command} {toml}: {stderr}");
        assert!(output.stdout.is_empty());
        for (place, help) in told {
            let place = format!("broken.toml:{place}\n");
            assert!(stderr.contains(&place), "{place:?} is missing in: {stderr}");
            assert!(stderr.contains(help), "{help:?} is missing in: {stderr}");
        }
        assert_eq!(stderr.matches("error: ").count(), told.len(), "{stderr}");
        assert_eq!(files_in(directory.path()), ["broken.toml", "in"]);
    }
}

/// As [`check`], with one mistake that is in the stage in the middle.
fn check_stage(stage: &str, place: &str, help: &str) {
    check(&with(&format!("[[pipeline.p.stage]]\n{stage}")), &[(place, help)]);
}

#[test]
fn words_that_are_not_known_are_told_with_the_nearest_one() {
    check_stage("linse = {}", "4:1", "did you mean `lines`?");
    check_stage("lines = { longset = \"1 KiB\" }", "4:11", "did you mean `longest`?");
    check_stage("lines = {}\nboundry = {}", "5:1", "did you mean `boundary`?");
    check_stage("hash = { algorithm = \"sha-256\" }", "4:22", "did you mean `sha256`?");
    check_stage("lines = {}\nto = \"edn\"", "5:6", "did you mean `end`?");
    check(&with("").replace("p.stage", "p.stagse"), &[("1:14", "did you mean `stage`?")]);
    check(&format!("{}\n[pipelines]", with("")), &[("8:2", "did you mean `pipeline`?")]);
}

#[test]
fn values_that_cannot_be_meant_are_told_with_an_example() {
    check_stage("lines = { longest = \"64 KB\" }", "4:21", "did you mean `KiB`?");
    check_stage("lines = { longest = 64 }", "4:21", "\"64 KiB\"");
    check_stage("lines = {}\nname = 5", "5:8", "write it as `name = \"a name\"`");
    check_stage("gzip = { level = 12 }", "4:18", "write a whole number from 1 to 9");
    check_stage("rate-limit = { items = 1, per = \"1 m\" }", "4:33", "did you mean `min`?");
    check_stage("lines = {}\nboundary = { low = \"2 KiB\", high = \"1 KiB\" }", "5:20", "`low`");
    let nowhere = with("").replace("file = { write = \"out\" }", "tcp = { connect = \"here\" }");
    check(&nowhere, &[("6:19", "\"HOST:PORT\"")]);
}

#[test]
fn stages_that_do_not_fit_are_told_with_what_would() {
    check_stage("filter = { contains = \"a\" }", "4:1", "put a `lines` stage between");
    check_stage("filter = {}", "4:1", "add one of them");
    check_stage("stdout = {}", "4:1", "put it last, or take it out");
    check_stage("lines = {}\nto = \"file\"", "5:6", "a stage that is not before it");
    check_stage("name = \"end\"\nlines = {}", "7:8", "give it another name");
    check("", &[("1:1", "[[pipeline.NAME.stage]]")]);
    check("[pipeline.p]\n", &[("1:1", "[[pipeline.NAME.stage]]")]);
}

#[test]
fn what_is_no_toml_is_told_with_its_place() {
    check_stage("lines = {", "5:1", "close the table with `}`");
    check_stage("lines = yes", "4:9", "put the value in double quotes");
}

#[test]
fn several_mistakes_are_told_at_once() {
    let stages = "[[pipeline.p.stage]]\nlines = { longset = \"1 KiB\" }\n\
                  [[pipeline.p.stage]]\nfilter = { contians = \"a\" }\n\
                  [[pipeline.p.stage]]\ngzip = { level = 0 }";
    let told = [
        ("4:11", "did you mean `longest`?"),
        ("6:12", "did you mean `contains`?"),
        ("8:18", "write a whole number from 1 to 9"),
    ];
    check(&with(stages), &told);
}

#[test]
fn mistakes_are_json_for_editors() {
    let directory = tempfile::tempdir().expect("room");
    let broken = with("[[pipeline.p.stage]]\nlinse = {}");
    fs::write(directory.path().join("broken.toml"), broken).expect("room");
    fs::write(directory.path().join("good.toml"), with("")).expect("room");
    let output = run_in(directory.path(), &["check", "--json", "good.toml", "broken.toml"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(2), String::new()));
    let found = json(&output.stdout);
    assert_eq!(found.as_array().map(Vec::len), Some(1));
    assert_eq!(found[0]["file"], "broken.toml");
    let mistake = &found[0]["mistakes"][0];
    assert_eq!((&mistake["line"], &mistake["column"]), (&4.into(), &1.into()));
    assert_eq!(mistake["help"], "did you mean `lines`?");

    let output = run_in(directory.path(), &["check", "--json", "good.toml"]);
    assert_eq!((output.status.code(), text(&output.stdout)), (Some(0), "[]\n".into()));
}

#[test]
fn nothing_is_told_of_a_good_file_and_nothing_is_looked_up_or_started() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("an address");
    let toml = format!(
        r#"
        [[pipeline.in-use.stage]]
        tcp = {{ listen = "{address}" }}
        [[pipeline.in-use.stage]]
        file = {{ write = "out" }}

        [[pipeline.out.stage]]
        file = {{ read = "not there" }}
        [[pipeline.out.stage]]
        tcp = {{ connect = "{address}" }}

        [[pipeline.secret.stage]]
        file = {{ read = {{ env = "AQUEDUCT_NOT_SET" }} }}
        [[pipeline.secret.stage]]
        file = {{ append = {{ file = "no secret" }} }}
        "#
    );
    let directory = tempfile::tempdir().expect("room");
    fs::write(directory.path().join("good.toml"), toml).expect("room");
    let output = run_in(directory.path(), &["check", "good.toml"]);
    assert_eq!((output.status.code(), text(&output.stderr)), (Some(0), String::new()));
    assert!(output.stdout.is_empty());
    assert_eq!(files_in(directory.path()), ["good.toml"]);
    let nobody = listener.accept().expect_err("nobody connected");
    assert_eq!(nobody.kind(), io::ErrorKind::WouldBlock);
}

#[test]
fn a_file_that_cannot_be_read_is_told_beside_the_mistakes_of_the_others() {
    let directory = tempfile::tempdir().expect("room");
    fs::write(directory.path().join("broken.toml"), "pipelin = 1").expect("room");
    for command in ["check", "run", "graph"] {
        let output = run_in(directory.path(), &[command, "missing.toml"]);
        let stderr = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("error: cannot read missing.toml: "), "{stderr}");
        assert!(stderr.contains("check the path"), "{stderr}");
    }
    let output = run_in(directory.path(), &["check", "missing.toml", "broken.toml"]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("cannot read missing.toml"), "{stderr}");
    assert!(stderr.contains("broken.toml:1:1"), "{stderr}");
}

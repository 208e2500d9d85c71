//! However much goes through, and however slowly it is taken, memory stays small.
//!
//! `AQUEDUCT_TEST_MIB` says how much goes through; CI sets it to 1024.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it counted"
)]

mod common;

use std::{fs, io::Read, net::TcpListener, process::Command};

use common::{
    ERRORS, Started, aqueduct, assert_same_files, json, log, mebibytes, random_file, run, skip,
    text,
};

/// What a process may have resident at most.
const MOST_MEMORY: u64 = 32 << 20;
/// What a link of the program holds at most, by its default marks.
const CAPACITY: u64 = 512 << 10;

fn assert_small(report: &serde_json::Value) {
    if let Some(memory) = report["peak_memory_bytes"].as_u64() {
        println!("at most {} KiB resident", memory >> 10);
        assert!(memory <= MOST_MEMORY, "{memory} bytes resident");
    }
    let held = report["pipelines"][0]["edges"][0]["high_water_bytes"].as_u64().expect("a number");
    assert!(held <= CAPACITY, "{held} bytes held");
}

#[test]
fn both_ends_of_a_long_copy_stay_small() {
    let directory = tempfile::tempdir().expect("room");
    let source = random_file(directory.path(), "source", mebibytes() << 20);
    let target = directory.path().join("target");
    let mut receive = aqueduct(["copy", "tcp-listen://127.0.0.1:0"]);
    receive.arg(&target).arg("--json");
    let mut receiver = Started::start(receive);
    let peer = format!("tcp://{}", receiver.address());
    let sent = run(["copy".as_ref(), source.as_os_str(), peer.as_ref(), "--json".as_ref()]);
    let (code, stdout, stderr) = receiver.end();
    assert_eq!((sent.status.code(), code), (Some(0), Some(0)), "{}{stderr}", text(&sent.stderr));
    assert_small(&json(&sent.stdout));
    assert_small(&json(stdout.as_bytes()));
    assert_same_files(&source, &target);
}

#[test]
fn a_reader_that_stops_reading_and_leaves_costs_no_memory_and_is_an_error() {
    let directory = tempfile::tempdir().expect("room");
    let source = random_file(directory.path(), "source", mebibytes() << 20);
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let peer = format!("tcp://{}", listener.local_addr().expect("an address"));
    let mut send = aqueduct(["copy".as_ref(), source.as_os_str(), peer.as_ref()]);
    let child = send.arg("--json").spawn().expect("the program runs");
    let (mut reader, _) = listener.accept().expect("it connects");
    // It takes 4 MiB and leaves the rest in the socket, so that its end is a reset.
    reader.read_exact(&mut vec![0; 4 << 20]).expect("it sends");
    drop(reader);
    let output = child.wait_with_output().expect("it ends");
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains(&peer["tcp://".len()..]) && stderr.contains("byte"), "{stderr}");
    let report = json(&output.stdout);
    assert_eq!(report["outcome"], "failed");
    assert_small(&report);
}

#[test]
fn three_stages_give_what_grep_gives_and_stay_small() {
    let directory = tempfile::tempdir().expect("room");
    let at = |name: &str| directory.path().join(name);
    log(&at("access.log"), mebibytes() << 20);
    fs::write(at("errors.toml"), ERRORS).expect("room");
    let mut command = aqueduct(["run", "errors.toml", "--json"]);
    let output = command.current_dir(directory.path()).output().expect("the program runs");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let report = json(&output.stdout);
    assert_eq!(report["outcome"], "done");
    assert_small(&report);
    let bytes = fs::metadata(at("errors.log")).expect("it is there").len();
    assert_eq!(report["pipelines"][0]["edges"][0]["bytes"], bytes);

    let found = fs::File::create(at("grep.log")).expect("room");
    let mut grep = Command::new("grep");
    grep.env("LC_ALL", "C").args(["-F", "ERROR"]).arg(at("access.log")).stdout(found);
    let Ok(status) = grep.status() else { return skip("grep", "grep") };
    assert!(status.success());
    assert_same_files(&at("errors.log"), &at("grep.log"));
}

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

use std::{io::Read, net::TcpListener};

use common::{Listening, aqueduct, assert_same_files, json, random_file, run, text};

/// What a process may have resident at most.
const MOST_MEMORY: u64 = 32 << 20;
/// What a link of the program holds at most, by its default marks.
const CAPACITY: u64 = 512 << 10;

fn mebibytes() -> u64 {
    std::env::var("AQUEDUCT_TEST_MIB").ok().and_then(|text| text.parse().ok()).unwrap_or(64)
}

fn assert_small(report: &serde_json::Value) {
    if let Some(memory) = report["peak_memory_bytes"].as_u64() {
        println!("at most {} KiB resident", memory >> 10);
        assert!(memory <= MOST_MEMORY, "{memory} bytes resident");
    }
    let held = report["edges"][0]["peak_held_bytes"].as_u64().expect("a number");
    assert!(held <= CAPACITY, "{held} bytes held");
}

#[test]
fn both_ends_of_a_long_copy_stay_small() {
    let directory = tempfile::tempdir().expect("room");
    let source = random_file(directory.path(), "source", mebibytes() << 20);
    let target = directory.path().join("target");
    let mut receive = aqueduct(["copy", "tcp-listen://127.0.0.1:0"]);
    receive.arg(&target).arg("--json");
    let receiver = Listening::start(receive);
    let peer = format!("tcp://{}", receiver.address);
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

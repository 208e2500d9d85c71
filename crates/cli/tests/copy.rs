//! `aqueduct copy`, run as a user runs it.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it counted"
)]

mod common;

use std::{fs, io::Write, process::Stdio};

use common::{Started, aqueduct, assert_same_files, json, kill, random_file, run, text};

#[test]
fn a_file_arrives_equal_and_the_report_counts_it() {
    let directory = tempfile::tempdir().expect("room");
    let source = random_file(directory.path(), "source", 3_000_001);
    let target = directory.path().join("target");
    let args = ["copy".as_ref(), source.as_os_str(), target.as_os_str(), "--json".as_ref()];
    let output = run(args);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_same_files(&source, &target);
    let report = json(&output.stdout);
    assert_eq!(report["outcome"], "done");
    let edge = &report["pipelines"][0]["edges"][0];
    assert_eq!(edge["bytes"], 3_000_001);
    assert_eq!(edge["undelivered_items"], 0);
    assert!(edge["high_water_bytes"].as_u64().expect("a number") <= 512 * 1024);
}

#[test]
fn bytes_of_files_stay_in_the_kernel_unless_they_are_looked_at_or_it_is_refused() {
    let directory = tempfile::tempdir().expect("room");
    let source = random_file(directory.path(), "source", 3_000_001);
    let target = directory.path().join("target");
    for (option, path) in [
        (None, "kernel: copy_file_range"),
        (Some("--user-space"), "user"),
        (Some("--expect-bytes=3000001"), "user"),
    ] {
        let mut command = aqueduct(["copy".as_ref(), source.as_os_str(), target.as_os_str()]);
        let output = command.args(option).arg("--json").output().expect("the program runs");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_same_files(&source, &target);
        let edge = &json(&output.stdout)["pipelines"][0]["edges"][0];
        assert_eq!((&edge["path"], &edge["bytes"]), (&path.into(), &3_000_001.into()));
    }
}

#[test]
fn stdin_goes_to_stdout_and_the_report_does_not_get_into_it() {
    let mut child = aqueduct(["copy", "-", "-", "--json"])
        .stdin(Stdio::piped())
        .spawn()
        .expect("the program runs");
    let mut stdin = child.stdin.take().expect("a pipe");
    let data: Vec<u8> = (0..200_000_u32).flat_map(u32::to_le_bytes).collect();
    let written = data.clone();
    let writer = std::thread::spawn(move || stdin.write_all(&written));
    let output = child.wait_with_output().expect("it ends");
    writer.join().expect("no panic").expect("it is read");
    assert_eq!(output.status.code(), Some(0));
    assert!(output.stdout == data);
    assert_eq!(json(&output.stderr)["pipelines"][0]["edges"][0]["bytes"], data.len());
}

#[test]
fn a_reader_of_stdout_that_leaves_is_no_error() {
    let directory = tempfile::tempdir().expect("room");
    let source = random_file(directory.path(), "source", 8 << 20);
    let mut child = aqueduct(["copy".as_ref(), source.as_os_str(), "-".as_ref()])
        .spawn()
        .expect("the program runs");
    drop(child.stdout.take());
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn two_programs_copy_a_file_over_tcp() {
    let directory = tempfile::tempdir().expect("room");
    let source = random_file(directory.path(), "source", 5_000_000);
    let target = directory.path().join("target");
    let mut receive = aqueduct(["copy", "tcp-listen://127.0.0.1:0"]);
    receive.arg(&target).args(["--expect-bytes", "5000000", "--json"]);
    let mut receiver = Started::start(receive);
    let peer = format!("tcp://{}", receiver.address());
    let sent = run(["copy".as_ref(), source.as_os_str(), peer.as_ref(), "--json".as_ref()]);
    assert_eq!(sent.status.code(), Some(0), "{}", text(&sent.stderr));
    let (code, stdout, stderr) = receiver.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(json(stdout.as_bytes())["pipelines"][0]["edges"][0]["bytes"], 5_000_000);
    assert_same_files(&source, &target);
}

#[test]
fn a_short_stream_fails_and_leaves_no_file() {
    let directory = tempfile::tempdir().expect("room");
    let source = random_file(directory.path(), "source", 1000);
    let target = directory.path().join("target");
    for (args, told) in [
        (["--expect-bytes", "1001"], "1000 bytes came and 1001 were expected"),
        (["--expect-bytes", "999"], "more than the expected 999 bytes"),
        (["--sha256", &"0".repeat(64)], "the SHA-256 of what came is"),
    ] {
        let mut command = aqueduct(["copy".as_ref(), source.as_os_str(), target.as_os_str()]);
        let output = command.args(args).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(1));
        let stderr = text(&output.stderr);
        assert!(stderr.contains(told), "{stderr}");
        assert!(stderr.contains("nothing was kept, and "), "{stderr}");
        let left: Vec<_> = fs::read_dir(directory.path()).expect("a folder").collect();
        assert_eq!(left.len(), 1, "only the source is there");
    }
}

#[test]
fn the_file_that_was_there_stays_until_the_new_one_is_whole() {
    let directory = tempfile::tempdir().expect("room");
    let source = random_file(directory.path(), "source", 1000);
    let target = directory.path().join("target");
    fs::write(&target, "old").expect("room");
    let args = ["copy".as_ref(), source.as_os_str(), target.as_os_str()];
    let failed = aqueduct(args).args(["--expect-bytes", "1"]).output().expect("the program runs");
    assert_eq!(failed.status.code(), Some(1));
    assert_eq!(fs::read(&target).expect("it is there"), b"old");
    assert_eq!(run(args).status.code(), Some(0));
    assert_same_files(&source, &target);
}

#[test]
fn a_file_may_be_copied_onto_itself_and_be_called_like_a_stage() {
    let directory = tempfile::tempdir().expect("room");
    let source = random_file(directory.path(), "source", 1000);
    let before = fs::read(&source).expect("it is there");
    for (from, to) in [("source", "source"), ("source", "verify"), ("verify", "verify")] {
        let mut command = aqueduct(["copy", from, to]);
        let output = command.current_dir(directory.path()).output().expect("the program runs");
        assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
        assert_eq!(fs::read(directory.path().join(to)).expect("it is there"), before);
    }
}

#[test]
fn an_interruption_ends_it_with_130_and_leaves_no_file() {
    for signal in ["-INT", "-TERM"] {
        let directory = tempfile::tempdir().expect("room");
        let target = directory.path().join("target");
        let mut receive = aqueduct(["copy", "tcp-listen://127.0.0.1:0"]);
        receive.arg(&target);
        let mut receiver = Started::start(receive);
        let mut peer = std::net::TcpStream::connect(receiver.address()).expect("it listens");
        peer.write_all(&[7; 100_000]).expect("it reads");
        if !kill(signal, &receiver.child) {
            return;
        }
        let (code, _, stderr) = receiver.end();
        assert_eq!(code, Some(130), "{stderr}");
        assert!(stderr.contains("interrupted"), "{stderr}");
        assert_eq!(fs::read_dir(directory.path()).expect("a folder").count(), 0);
    }
}

#[test]
fn an_interruption_ends_it_also_while_nobody_has_connected() {
    let directory = tempfile::tempdir().expect("room");
    let mut receive = aqueduct(["copy", "tcp-listen://127.0.0.1:0"]);
    receive.arg(directory.path().join("target"));
    let mut receiver = Started::start(receive);
    receiver.address();
    if !kill("-INT", &receiver.child) {
        return;
    }
    assert_eq!(receiver.end().0, Some(130));
    assert_eq!(fs::read_dir(directory.path()).expect("a folder").count(), 0);
}

//! Bad input: one paragraph that names the thing and the remedy, the right exit code, no panic, and
//! nothing under the final name.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it counted"
)]

mod common;

use std::{net::TcpListener, path::Path};

use common::{run, text};

/// Runs a copy in an empty folder with a source in it, and checks how it fails.
fn check(source: &str, target: &str, code: i32, told: &[&str]) {
    let directory = tempfile::tempdir().expect("room");
    let at = |path: &str| match path {
        "SOURCE" => {
            let source = directory.path().join("source");
            std::fs::write(&source, "water").expect("room");
            source.display().to_string()
        }
        "FOLDER" => directory.path().display().to_string(),
        path if path.starts_with("here/") => {
            directory.path().join(&path["here/".len()..]).display().to_string()
        }
        other => other.to_owned(),
    };
    let output = run(["copy", &at(source), &at(target)]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{stderr}");
    for part in told {
        assert!(stderr.contains(part), "{part:?} is missing in: {stderr}");
    }
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(output.stdout.is_empty());
    let target = at(target);
    if target.starts_with('/') && target != directory.path().display().to_string() {
        assert!(!Path::new(&target).is_file(), "{target} was made");
    }
    let left = std::fs::read_dir(directory.path()).expect("a folder").count();
    assert!(left <= 1, "something was left behind");
}

#[test]
fn a_missing_file() {
    check("here/missing", "here/target", 1, &["cannot open", "missing", "; check the path"]);
}

#[test]
fn a_directory_as_input() {
    check("FOLDER", "here/target", 1, &["cannot open", "directory"]);
}

#[test]
fn a_folder_that_is_not_there() {
    check("SOURCE", "here/nowhere/target", 1, &["cannot create", "nowhere/target"]);
}

#[test]
fn a_directory_as_output() {
    check("SOURCE", "FOLDER", 1, &["cannot", "directory"]);
}

#[test]
fn a_refused_connection() {
    // A port that was free a moment ago and that nobody listens on.
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("tcp://{}", listener.local_addr().expect("an address"));
    drop(listener);
    check("SOURCE", &address, 1, &["cannot connect to tcp 127.0.0.1:", "refused"]);
}

#[test]
fn a_port_in_use() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = format!("tcp-listen://{}", listener.local_addr().expect("an address"));
    check(&address, "here/target", 1, &["cannot listen on tcp 127.0.0.1:", "in use"]);
}

#[test]
fn a_missing_source_does_not_wait_for_a_peer() {
    check("here/missing", "tcp-listen://127.0.0.1:0", 1, &["cannot open", "missing"]);
}

#[test]
fn an_unknown_scheme() {
    check("htp://a", "here/target", 2, &["unknown scheme htp://", "use a path"]);
    check("SOURCE", "tcp://nohost", 2, &["has no port", "tcp://HOST:PORT"]);
}

#[test]
fn bad_options() {
    for (option, value, told) in [
        ("--watermarks", "2KiB,1KiB", "above the high mark"),
        ("--watermarks", "1 apple,2", "is no size"),
        ("--expect-bytes", "many", "is no size"),
        ("--sha256", "12", "64 hexadecimal digits"),
    ] {
        let output = run(["copy", "a", "b", option, value]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(told), "{}", text(&output.stderr));
    }
}

/// Running as root, nothing is unwritable; a full disk is the same to the program.
#[cfg(target_os = "linux")]
#[test]
fn an_output_that_cannot_be_written() {
    let directory = tempfile::tempdir().expect("room");
    let source = directory.path().join("source");
    std::fs::write(&source, "water").expect("room");
    let output = run(["copy".as_ref(), source.as_os_str(), "/proc/aqueduct".as_ref()]);
    let stderr = text(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(stderr.contains("cannot create file /proc/aqueduct"), "{stderr}");
}

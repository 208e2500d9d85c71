//! The promises of stdin and stdout, kept by this very program as a child of itself.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails; one that is skipped says so"
)]

mod common;

use std::{
    io::{Read, Write},
    process::{Child, ChildStdin, Command, Stdio},
};

use aqueduct_actors::{Exit, Shell};
use aqueduct_endpoints::{EndpointError, Stdin, Stdout};
use aqueduct_link::Slot;

use common::{Basin, Source, in_system, marks, run, water};

/// Behind this begins what the child writes; before it is what the test harness says.
const BEGIN: &[u8] = b"<<<BEGIN>>>";
const ROLE: &str = "AQUEDUCT_TEST_ROLE";
const ENDED_BY_BROKEN_PIPE: i32 = 41;

fn child(role: &str) -> (Child, ChildStdin) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child_plays_its_role", "--nocapture"])
        .env(ROLE, role)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let stdin = child.stdin.take().unwrap();
    (child, stdin)
}

/// What the child wrote, behind what the harness did.
fn output_of(mut child: Child) -> Vec<u8> {
    let mut output = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(0));
    let begin = output.windows(BEGIN.len()).position(|window| window == BEGIN).unwrap();
    output.split_off(begin + BEGIN.len())
}

#[test]
fn child_plays_its_role() {
    let Ok(role) = std::env::var(ROLE) else { return };
    std::io::stdout().write_all(BEGIN).unwrap();
    let code = in_system(async {
        match role.as_str() {
            "copy" => copy().await,
            "copy by two" => copy_by_two().await,
            "flood" => flood().await,
            "leave" => leave().await,
            "flags" => flags().await,
            "again" => again().await,
            _ => 99,
        }
    });
    std::process::exit(code);
}

async fn copy() -> i32 {
    run(Stdin::open().await.unwrap(), Stdout::open().await.unwrap()).await.well();
    0
}

#[test]
fn what_comes_in_goes_out() {
    for bytes in [0, 1, 65_535, 65_536, 65_537, 3 * 1024 * 1024] {
        let (child, mut stdin) = child("copy");
        let writing = std::thread::spawn(move || stdin.write_all(&water(bytes)).unwrap());
        assert!(output_of(child) == water(bytes), "{bytes} bytes");
        writing.join().unwrap();
    }
}

/// The first of two readers is dropped with a read in flight.
async fn copy_by_two() -> i32 {
    let mut slot = Slot::new("test", marks());
    let outlet = slot.register("stdin").unwrap();
    let first = Shell::pull("stdin", Stdin::open().await.unwrap(), outlet).start();
    assert!(Stdin::open().await.is_err(), "there is one producer at a time");
    // It has begun to read when it has had its first turn.
    tokio::task::yield_now().await;
    slot.inlet().unwrap().stop("the test wants another");
    assert!(matches!(first.finished().await.unwrap(), Exit::Stopped(_)));
    // Only now does the parent write.
    run(Source::of(b"ready"), Stdout::open().await.unwrap()).await.well();
    copy().await
}

#[test]
fn a_chunk_in_flight_comes_first_from_the_next_reader() {
    let (mut child, mut stdin) = child("copy by two");
    let mut before = Vec::new();
    let stdout = child.stdout.as_mut().unwrap();
    while !before.ends_with(b"ready") {
        let mut byte = [0];
        stdout.read_exact(&mut byte).unwrap();
        before.push(byte[0]);
    }
    let writing = std::thread::spawn(move || stdin.write_all(&water(300_000)).unwrap());
    let mut rest = Vec::new();
    stdout.read_to_end(&mut rest).unwrap();
    assert!(rest == water(300_000));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    writing.join().unwrap();
}

async fn flood() -> i32 {
    let stdout = Stdout::open().await.unwrap();
    let ended = run(Source::of(&water(10_000_000)), stdout).await;
    let mut broken = 0;
    common::check_error(ended.consumer, |error: &EndpointError| {
        assert!(error.is_broken_pipe(), "{error}");
        assert_eq!(error.endpoint(), "stdout");
        broken = ENDED_BY_BROKEN_PIPE;
    });
    broken
}

#[test]
fn a_reader_that_leaves_is_a_broken_pipe() {
    let (mut child, _stdin) = child("flood");
    let mut first = [0; 1000];
    child.stdout.take().unwrap().read_exact(&mut first).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(ENDED_BY_BROKEN_PIPE));
}

async fn leave() -> i32 {
    let mut slot = Slot::new("test", marks());
    let outlet = slot.register("stdin").unwrap();
    let reader = Shell::pull("stdin", Stdin::open().await.unwrap(), outlet).start();
    tokio::task::yield_now().await;
    slot.inlet().unwrap().stop("the test has enough");
    reader.finished().await.unwrap();
    0
}

#[test]
fn a_blocked_read_holds_up_no_shutdown() {
    let (child, stdin) = child("leave");
    assert!(output_of(child).is_empty());
    drop(stdin);
}

async fn flags() -> i32 {
    let _both = (Stdin::open().await.unwrap(), Stdout::open().await.unwrap());
    for descriptor in [0, 1] {
        let info = format!("/proc/self/fdinfo/{descriptor}");
        let Ok(info) = std::fs::read_to_string(info) else { return 0 };
        let flags = info.lines().find_map(|line| line.strip_prefix("flags:")).unwrap();
        let flags = u32::from_str_radix(flags.trim(), 8).unwrap();
        assert_eq!(flags & 0o4000, 0, "O_NONBLOCK on {descriptor}");
    }
    0
}

#[test]
fn shared_descriptors_stay_blocking() {
    let (child, _stdin) = child("flags");
    output_of(child);
}

async fn again() -> i32 {
    for part in [&b"one "[..], b"two "] {
        run(Source::of(part), Stdout::open().await.unwrap()).await.well();
    }
    let basin = Basin::default();
    run(Stdin::open().await.unwrap(), basin.clone()).await.well();
    run(Stdin::open().await.unwrap(), basin.clone()).await.well();
    assert_eq!(basin.bytes(), b"water");
    0
}

#[test]
fn both_can_be_opened_again() {
    let (child, mut stdin) = child("again");
    stdin.write_all(b"water").unwrap();
    drop(stdin);
    assert_eq!(output_of(child), b"one two ");
}

//! `aqueduct run` and signals: the first one drains, the second one stops at once.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what was skipped"
)]

mod common;

use std::{
    env, fs,
    io::{Read, Write},
    net::{SocketAddr, TcpListener},
    path::Path,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use common::{Started, aqueduct, files_in, json, kill, wait_until};

/// Starts these pipelines in a folder, where their paths lead.
fn start(directory: &Path, toml: &str, args: &[&str]) -> Started {
    fs::write(directory.join("pipelines.toml"), toml).expect("room");
    let mut command = aqueduct(["run", "pipelines.toml"]);
    command.args(args).current_dir(directory);
    Started::start(command)
}

fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    (listener, address)
}

/// The bytes that a peer sends, from this place on: numbers that count up.
fn numbers(from: u64) -> Vec<u8> {
    (from..from + 8192).flat_map(u64::to_le_bytes).collect()
}

/// A peer that writes until the other side has gone; tells when 32 MiB were taken, which is more
/// than any system holds between two sockets.
fn endless_peer(listener: TcpListener, flows: mpsc::Sender<()>) -> thread::JoinHandle<()> {
    thread::spawn(move || {
        let (mut peer, _) = listener.accept().expect("it connects");
        for from in (0..).step_by(8192) {
            if peer.write_all(&numbers(from)).is_err() {
                return;
            }
            if from == 4 << 20 {
                flows.send(()).expect("the test waits");
            }
        }
    })
}

#[test]
fn a_signal_drains_so_that_what_was_read_is_delivered_and_the_file_has_its_name() {
    for signal in ["-TERM", "-INT"] {
        let directory = tempfile::tempdir().expect("room");
        let (listener, address) = listen();
        let toml = format!(
            r#"
            [[pipeline.p.stage]]
            tcp = {{ connect = "{address}" }}
            [[pipeline.p.stage]]
            file = {{ write = "out" }}
            "#
        );
        let (flows, flowing) = mpsc::channel();
        let peer = endless_peer(listener, flows);
        let program = start(directory.path(), &toml, &["--json"]);
        flowing.recv().expect("bytes are taken");
        if !kill(signal, &program.child) {
            return;
        }
        let (code, stdout, stderr) = program.end();
        peer.join().expect("the peer sees the end");
        assert_eq!(code, Some(0), "{stderr}");
        assert!(stderr.contains("draining, for at most 30s"), "{stderr}");
        let report = json(stdout.as_bytes());
        assert_eq!(report["outcome"], "drained");
        assert_eq!(files_in(directory.path()), ["out", "pipelines.toml"]);
        let out = fs::read(directory.path().join("out")).expect("it is there");
        let edge = &report["pipelines"][0]["edges"][0];
        assert_eq!((&edge["bytes"], &edge["undelivered_items"]), (&out.len().into(), &0.into()));
        assert!(out.len() > 16 << 20, "only {} bytes", out.len());
        for (part, from) in out.chunks(65536).zip((0..).step_by(8192)) {
            assert!(numbers(from).starts_with(part), "it is no prefix after number {from}");
        }
    }
}

/// Signals at other moments each time; the seed of the moments is printed.
#[test]
fn signals_under_load_lose_nothing_that_was_accepted() {
    let directory = tempfile::tempdir().expect("room");
    let mut moment = 0x5eed_516e_u64;
    println!("seed {moment:#x}");
    let rounds = if env::var_os("AQUEDUCT_TEST_ALL").is_some() { 200 } else { 40 };
    let mut empty = 0;
    for round in 0..rounds {
        moment = moment.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        let blocks = moment >> 58;
        let (listener, address) = listen();
        let (flows, flowing) = mpsc::channel();
        let peer = thread::spawn(move || {
            let (mut peer, _) = listener.accept().expect("it connects");
            for block in 0.. {
                if peer.write_all(&numbers(block * 8192)).is_err() {
                    return;
                }
                if block == blocks {
                    flows.send(()).expect("the test waits");
                }
            }
        });
        let toml = format!(
            "[[pipeline.p.stage]]\ntcp = {{ connect = \"{address}\" }}\n\
             [[pipeline.p.stage]]\nfile = {{ write = \"out\" }}\n"
        );
        let program = start(directory.path(), &toml, &["--json", "--no-progress"]);
        flowing.recv().expect("bytes are taken");
        if !kill("-TERM", &program.child) {
            return;
        }
        let (code, stdout, stderr) = program.end();
        peer.join().expect("the peer sees the end");
        assert_eq!(code, Some(0), "round {round}: {stderr}");
        let report = json(stdout.as_bytes());
        assert_eq!(report["outcome"], "drained");
        let edge = &report["pipelines"][0]["edges"][0];
        // Who is stopped before the first byte was read makes no file.
        let path = directory.path().join("out");
        let out = fs::read(&path).unwrap_or_default();
        assert_eq!(edge["bytes"], out.len(), "round {round}");
        assert_eq!(
            (&edge["undelivered_items"], &edge["undelivered_bytes"]),
            (&0.into(), &0.into())
        );
        for (part, from) in out.chunks(65536).zip((0..).step_by(8192)) {
            assert!(numbers(from).starts_with(part), "it is no prefix after number {from}");
        }
        if path.exists() {
            fs::remove_file(path).expect("it is ours");
        } else {
            empty += 1;
        }
    }
    println!(
        "{rounds} signals: exit 0 each time, and in the file all that was accepted; \
         {empty} of them came before the first byte"
    );
    assert!(empty < rounds / 4, "most signals come too early to show anything");
}

#[cfg(target_os = "linux")]
/// Waits until a process has written nothing for a while.
fn wait_until_nothing_is_written(process: u32) {
    let written = || fs::read_to_string(format!("/proc/{process}/io")).expect("it lives");
    let (mut last, mut since) = (written(), Instant::now());
    wait_until("a stall", || {
        let now = written();
        if now != last {
            (last, since) = (now, Instant::now());
        }
        since.elapsed() > Duration::from_millis(300)
    });
}

#[cfg(target_os = "linux")]
#[test]
fn what_a_peer_never_read_is_told_to_the_byte_and_the_exit_is_not_0() {
    let directory = tempfile::tempdir().expect("room");
    let (listener, address) = listen();
    fs::write(directory.path().join("in"), vec![7; 64 << 20]).expect("room");
    let toml = format!(
        r#"
        pipeline.p.kernel = false
        [[pipeline.p.stage]]
        file = {{ read = "in" }}
        [[pipeline.p.stage]]
        tcp = {{ connect = "{address}" }}
        "#
    );
    let program = start(directory.path(), &toml, &["--drain-within", "200 ms", "--json"]);
    let (mut peer, _) = listener.accept().expect("it connects");
    // Something has come, and the rest is not read while the program lives: it stalls.
    peer.read_exact(&mut [0; 1]).expect("it sends");
    wait_until_nothing_is_written(program.child.id());
    if !kill("-TERM", &program.child) {
        return;
    }
    let (code, stdout, stderr) = program.end();
    assert_eq!(code, Some(130), "{stderr}");
    let report = json(stdout.as_bytes());
    let edge = &report["pipelines"][0]["edges"][0];
    let figure = |name: &str| edge[name].as_u64().expect("a number");
    let (delivered, undelivered) = (figure("bytes"), figure("undelivered_bytes"));
    println!("{delivered} bytes given to the kernel, {undelivered} accepted and not");
    // All that was read is one or the other, and the link was full of what is not.
    assert!(undelivered > 0 && figure("undelivered_items") > 0);
    assert_eq!((delivered + undelivered) % (64 << 10), 0);
    assert!(undelivered <= figure("high_water_bytes"));
    // The connection is reset, so that the peer cannot take what came for the whole.
    let mut arrived = Vec::new();
    let error = peer.read_to_end(&mut arrived).expect_err("it was cut off");
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    assert!((arrived.len() as u64) < delivered + (64 << 10));
}

/// Lets one line through, and the next in an hour.
const SLOW: &str = r#"
    [[pipeline.p.stage]]
    file = { read = "pipelines.toml" }
    [[pipeline.p.stage]]
    lines = {}
    [[pipeline.p.stage]]
    rate-limit = { items = 1, per = "1 h" }
    [[pipeline.p.stage]]
    file = { write = "out" }
"#;

/// Waits until something is written to a file that has not got its name.
fn wait_for_a_draft(directory: &Path) {
    wait_until("bytes in a file", || {
        let is_draft = |name: &String| name.ends_with(".part");
        let draft = files_in(directory).into_iter().find(is_draft);
        let metadata = draft.and_then(|name| fs::metadata(directory.join(name)).ok());
        metadata.is_some_and(|metadata| metadata.len() > 0)
    });
}

#[test]
fn a_second_signal_stops_at_once_and_no_file_gets_its_name() {
    for second in ["-TERM", "-INT"] {
        let directory = tempfile::tempdir().expect("room");
        let mut program = start(directory.path(), SLOW, &["--drain-within", "1h", "--json"]);
        wait_for_a_draft(directory.path());
        if !kill("-TERM", &program.child) {
            return;
        }
        program.hear("draining, for at most 3600s");
        kill(second, &program.child);
        let (code, stdout, stderr) = program.end();
        assert_eq!(code, Some(130), "{stderr}");
        assert!(stderr.contains("interrupted: what was not complete is not kept"), "{stderr}");
        assert_eq!(json(stdout.as_bytes())["outcome"], "interrupted");
        assert_eq!(files_in(directory.path()), ["pipelines.toml"]);
    }
}

#[test]
fn draining_that_takes_too_long_is_stopped_at_once() {
    let directory = tempfile::tempdir().expect("room");
    let (listener, address) = listen();
    let toml = SLOW
        .replace(r#"file = { write = "out" }"#, &format!(r#"tcp = {{ connect = "{address}" }}"#));
    let program = start(directory.path(), &toml, &["--drain-within", "100 ms"]);
    let (mut peer, _) = listener.accept().expect("it connects");
    // The first line has come, and the second would in an hour.
    peer.read_exact(&mut [0; 1]).expect("it sends");
    if !kill("-TERM", &program.child) {
        return;
    }
    let (code, _, stderr) = program.end();
    assert_eq!(code, Some(130), "{stderr}");
    assert!(stderr.contains("draining took too long: raise --drain-within"), "{stderr}");
}

#[test]
fn a_pipeline_that_still_waits_for_its_peer_ends_by_a_signal_too() {
    let directory = tempfile::tempdir().expect("room");
    let (listener, address) = listen();
    let toml = format!(
        r#"
        [[pipeline.p.stage]]
        tcp = {{ connect = "{address}" }}
        [[pipeline.p.stage]]
        stdout = {{}}
        "#
    );
    let program = start(directory.path(), &toml, &[]);
    let (_silent, _) = listener.accept().expect("it connects");
    if !kill("-TERM", &program.child) {
        return;
    }
    let (code, stdout, stderr) = program.end();
    assert_eq!((code, stdout.as_str()), (Some(0), ""), "{stderr}");
}

#[test]
fn a_pipeline_that_is_drained_before_its_peer_came_leaves_the_older_file_as_it_was() {
    let directory = tempfile::tempdir().expect("room");
    let out = directory.path().join("out");
    fs::write(&out, "older").expect("room");
    let toml = r#"
        [[pipeline.p.stage]]
        tcp = { listen = "127.0.0.1:0" }
        [[pipeline.p.stage]]
        file = { write = "out" }
    "#;
    let mut program = start(directory.path(), toml, &["--json"]);
    program.address();
    if !kill("-TERM", &program.child) {
        return;
    }
    let (code, stdout, stderr) = program.end();
    assert_eq!(code, Some(0), "{stderr}");
    assert_eq!(json(stdout.as_bytes())["outcome"], "drained");
    assert_eq!(fs::read_to_string(&out).expect("it is there"), "older");
    assert_eq!(files_in(directory.path()), ["out", "pipelines.toml"]);
}

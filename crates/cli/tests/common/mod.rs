//! What the tests of the program share: they run the real one.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    io::{BufRead, BufReader, Read},
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Output, Stdio},
    time::{Duration, Instant},
};

/// The program, about to run with these arguments.
pub(crate) fn aqueduct<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_aqueduct"));
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs it to its end.
pub(crate) fn run<A: AsRef<std::ffi::OsStr>>(args: impl IntoIterator<Item = A>) -> Output {
    aqueduct(args).output().expect("the program runs")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn json(output: &[u8]) -> serde_json::Value {
    serde_json::from_slice(output).unwrap_or_else(|error| panic!("{error}: {}", text(output)))
}

/// The program while it runs: the process, and what it says on stderr.
pub(crate) struct Started {
    pub(crate) child: Child,
    stderr: BufReader<ChildStderr>,
    heard: String,
}

impl Started {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program runs");
        let stderr = BufReader::new(child.stderr.take().expect("stderr is a pipe"));
        Self { child, stderr, heard: String::new() }
    }

    /// Waits for a line with this in it, and returns what stands behind it.
    pub(crate) fn hear(&mut self, part: &str) -> String {
        loop {
            let mut line = String::new();
            let bytes = self.stderr.read_line(&mut line).expect("stderr is text");
            assert!(bytes > 0, "it ended and never said {part:?}: {}", self.heard);
            self.heard += &line;
            if let Some((_, behind)) = line.split_once(part) {
                return behind.trim().to_owned();
            }
        }
    }

    /// Waits until it says where it listens.
    pub(crate) fn address(&mut self) -> SocketAddr {
        self.hear("listening on ").parse().expect("an address")
    }

    /// Waits for its end: exit code, stdout, all of stderr.
    pub(crate) fn end(mut self) -> (Option<i32>, String, String) {
        let mut stdout = String::new();
        if let Some(mut pipe) = self.child.stdout.take() {
            pipe.read_to_string(&mut stdout).expect("stdout is text");
        }
        self.stderr.read_to_string(&mut self.heard).expect("stderr is text");
        let stderr = std::mem::take(&mut self.heard);
        (self.child.wait().expect("it ends").code(), stdout, stderr)
    }
}

impl Drop for Started {
    /// A test that failed leaves no process behind; one that has ended needs no more.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Waits until this is so, and fails if it takes longer than a minute.
pub(crate) fn wait_until(what: &str, mut is_so: impl FnMut() -> bool) {
    let began = Instant::now();
    while !is_so() {
        assert!(began.elapsed() < Duration::from_secs(60), "it did not happen: {what}");
        std::thread::yield_now();
    }
}

/// A port of this machine that was free a moment ago.
pub(crate) fn free_port() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

/// The names of the files in a folder, sorted.
pub(crate) fn files_in(directory: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(directory).expect("a folder");
    let name = |entry: std::fs::DirEntry| entry.file_name().to_string_lossy().into_owned();
    let mut names: Vec<_> = entries.map(|entry| name(entry.expect("readable"))).collect();
    names.sort();
    names
}

/// How much goes through in the tests of memory: `AQUEDUCT_TEST_MIB`, which CI sets to 1024.
pub(crate) fn mebibytes() -> u64 {
    std::env::var("AQUEDUCT_TEST_MIB").ok().and_then(|text| text.parse().ok()).unwrap_or(64)
}

/// Says that a test is skipped for want of a program, which CI does not allow.
pub(crate) fn skip(program: &str, package: &str) {
    println!("skipped: there is no {program} (on Debian: apt-get install {package})");
    assert!(std::env::var_os("AQUEDUCT_TEST_ALL").is_none(), "nothing may be skipped");
}

/// Writes this many bytes that do not repeat, and returns the path.
pub(crate) fn random_file(directory: &Path, name: &str, bytes: u64) -> PathBuf {
    let path = directory.join(name);
    let mut file = std::io::BufWriter::new(std::fs::File::create(&path).expect("a new file"));
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut left = bytes;
    while left > 0 {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let part = left.min(8);
        std::io::Write::write_all(&mut file, &state.to_le_bytes()[..part as usize]).expect("room");
        left -= part;
    }
    path
}

/// Writes lines of which every fifth has an ERROR, at least this many bytes of them.
pub(crate) fn log(path: &Path, bytes: u64) {
    let mut file = std::io::BufWriter::new(std::fs::File::create(path).expect("a new file"));
    let (mut written, mut number) = (0, 0_u64);
    while written < bytes {
        let level = if number % 5 == 3 { "ERROR" } else { "info" };
        let line = format!("{number:010} {level} {}\n", "water ".repeat(number as usize % 23));
        std::io::Write::write_all(&mut file, line.as_bytes()).expect("room");
        written += line.len() as u64;
        number += 1;
    }
    std::io::Write::flush(&mut file).expect("room");
}

/// A pipeline of three stages and the file that it reads: the lines of `access.log` with ERROR.
pub(crate) const ERRORS: &str = r#"
    [[pipeline.errors.stage]]
    file = { read = "access.log" }
    [[pipeline.errors.stage]]
    lines = {}
    [[pipeline.errors.stage]]
    filter = { contains = "ERROR" }
    [[pipeline.errors.stage]]
    file = { write = "errors.log" }
"#;

/// Compares two files without holding them in memory.
pub(crate) fn assert_same_files(one: &Path, other: &Path) {
    let open = |path| BufReader::new(std::fs::File::open(path).expect("the file is there"));
    let (mut one, mut other) = (open(one), open(other));
    let mut at = 0;
    loop {
        let (a, b) = (one.fill_buf().expect("readable"), other.fill_buf().expect("readable"));
        let both = a.len().min(b.len());
        assert_eq!(a.is_empty(), b.is_empty(), "one ends at byte {at}");
        if both == 0 {
            return;
        }
        assert!(a[..both] == b[..both], "they differ after byte {at}");
        one.consume(both);
        other.consume(both);
        at += both;
    }
}

/// Sends a signal; without a `kill` command the test is skipped.
pub(crate) fn kill(signal: &str, child: &Child) -> bool {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    if sent.is_err() {
        skip("kill", "procps");
    }
    sent.is_ok()
}

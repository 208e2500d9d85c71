//! What the tests of the program share: they run the real one.

#![allow(dead_code, reason = "each test file uses a part of it")]

use std::{
    io::{BufRead, BufReader, Read},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
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

/// A copy that listens: the process, where it listens, and the rest of its stderr.
pub(crate) struct Listening {
    pub(crate) child: Child,
    pub(crate) address: SocketAddr,
    stderr: BufReader<std::process::ChildStderr>,
}

impl Listening {
    /// Starts it and waits until it says where it listens.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.spawn().expect("the program runs");
        let mut stderr = BufReader::new(child.stderr.take().expect("stderr is a pipe"));
        let mut line = String::new();
        stderr.read_line(&mut line).expect("it speaks");
        let address = line.trim().strip_prefix("listening on ").and_then(|text| text.parse().ok());
        let address = address.unwrap_or_else(|| panic!("it does not listen: {line}"));
        Self { child, address, stderr }
    }

    /// Waits for its end: exit code, stdout, the rest of stderr.
    pub(crate) fn end(mut self) -> (Option<i32>, String, String) {
        let mut stdout = String::new();
        if let Some(mut pipe) = self.child.stdout.take() {
            pipe.read_to_string(&mut stdout).expect("stdout is text");
        }
        let mut stderr = String::new();
        self.stderr.read_to_string(&mut stderr).expect("stderr is text");
        (self.child.wait().expect("it ends").code(), stdout, stderr)
    }
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

/// Sends a signal; without a `kill` command the test is skipped, which CI does not allow.
pub(crate) fn kill(signal: &str, child: &Child) -> bool {
    let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
    let skipped = sent.is_err();
    if skipped {
        println!("skipped: there is no kill command (on Debian: apt-get install procps)");
        assert!(std::env::var_os("AQUEDUCT_TEST_ALL").is_none(), "nothing may be skipped");
    }
    !skipped
}

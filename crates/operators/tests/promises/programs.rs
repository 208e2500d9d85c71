//! The programs that everybody has agree with us about the formats.

use std::{
    env,
    io::{ErrorKind, Write as _},
    process::{Command, Stdio},
    thread,
};

use aqueduct_operators::{Transform, gunzip, gzip};
#[cfg(feature = "zstd")]
use aqueduct_operators::{unzstd, zstd};
use bytes::Bytes;

use crate::support::{even, noise, run_joined};

/// Returns what the program makes of the input; `None` if it is not installed and need not be.
fn pipe(program: &str, arguments: &[&str], input: Vec<u8>) -> Option<Vec<u8>> {
    let spawned =
        Command::new(program).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut child = match spawned {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let all = env::var_os("AQUEDUCT_TEST_ALL").is_some_and(|value| value == "1");
            assert!(!all, "AQUEDUCT_TEST_ALL wants {program}: install it");
            println!("skipped: {program} is not installed");
            return None;
        }
        Err(error) => panic!("{program}: {error}"),
    };
    let mut stdin = child.stdin.take().unwrap();
    let writer = thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{program}: {}", output.status);
    Some(output.stdout)
}

fn data() -> Vec<u8> {
    [noise(200_000), b"again and again ".repeat(20_000), vec![0; 300_000]].concat()
}

/// What we pack the program opens, and what the program packs we open.
fn check<C, D>(program: &str, pack: C, unpack: D)
where
    C: Transform<In = Bytes, Out = Bytes, Error: std::fmt::Debug>,
    D: Transform<In = Bytes, Out = Bytes, Error: std::fmt::Debug>,
{
    let ours = run_joined(pack, even(data(), 10_000)).unwrap();
    if let Some(opened) = pipe(program, &["-d", "-c"], ours) {
        assert!(opened == data(), "{program} opens what we packed, and it is the same");
    }
    if let Some(theirs) = pipe(program, &["-c"], data()) {
        let opened = run_joined(unpack, even(theirs, 10_000)).unwrap();
        assert!(opened == data(), "we open what {program} packed, and it is the same");
    }
}

#[test]
fn the_gzip_of_the_system_agrees() {
    check("gzip", gzip(6).unwrap(), gunzip());
}

#[cfg(feature = "zstd")]
#[test]
fn the_zstd_of_the_system_agrees() {
    check("zstd", zstd(3).unwrap(), unzstd());
}

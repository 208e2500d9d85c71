//! Stdin, of a process that this one writes to.

use std::{io::Write, process::Stdio, thread};

use aqueduct::endpoints::Stdin;
use aqueduct_testkit::{Checked, ProducerVerification};

use crate::{bytes, check_named, child, chunk, names};

/// How often the same megabyte is written: a reader takes up to 64 KiB at once.
const MEGABYTES: usize = 16;

/// What stdin says comes once, and cannot be compared with what comes when it is read anew.
const LEFT_OUT: &str = "required_f2_the_same_comes_whatever_the_demand";

#[test]
fn stdin_passes() {
    if let Some(rule) = child::rule() {
        let verdict = aqueduct_testkit::__producer_rules! {
            [check_named] rule.as_str(), ProducerVerification::pull(Stdin::open, bytes)
        };
        // Enough is written for every rule.
        assert_eq!(verdict, Ok(Checked::Kept), "{rule}");
        return;
    }
    let megabyte = &(0..1500).flat_map(chunk).collect::<Vec<_>>();
    for rule in aqueduct_testkit::__producer_rules! { [names] } {
        if rule == LEFT_OUT {
            continue;
        }
        let mut child = child::process("stdin::stdin_passes", rule);
        let mut child = child.stdin(Stdio::piped()).spawn().unwrap();
        let mut stdin = child.stdin.take().unwrap();
        let output = thread::scope(|scope| {
            // Who has seen enough reads no further.
            scope.spawn(move || (0..MEGABYTES).try_for_each(|_| stdin.write_all(megabyte)));
            child.wait_with_output().unwrap()
        });
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success() && told.contains("1 passed"), "{rule}: {told}");
    }
}

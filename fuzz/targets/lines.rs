//! Lines are the same however their stream is cut, none is longer than allowed, and no byte is lost.

#![no_main]

mod support;

use aqueduct_operators::lines;
use libfuzzer_sys::fuzz_target;
use support::{Streams, run};

const LONGEST: usize = 40;

fuzz_target!(|input: &[u8]| {
    let Some(Streams { whole, cut }) = Streams::of(input) else { return };
    let found = run(lines(LONGEST), [whole.clone()]);
    assert_eq!(found, run(lines(LONGEST), cut));
    let (read, end) = found;
    assert!(read.iter().all(|line| line.len() <= LONGEST && !line.is_empty()));
    match end {
        Ok(()) => assert_eq!(read.concat(), whole),
        Err(_) => assert!(whole.starts_with(&read.concat())),
    }
});

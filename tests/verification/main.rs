//! Every producer, consumer and stage that is shipped passes the verification kit.
//!
//! Two are not here. Stdin is one for each process, and cannot be made anew for each check: its
//! promises are in `crates/endpoints/tests/stdio.rs`. `Sum`, which ends a pipeline in a value, is
//! private to `aqueduct-pipeline` and checked there.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod adapters;
mod files;
mod sockets;
mod stages;
mod stdout;
mod transforms;

use bytes::Bytes;

/// What a chunk says.
fn bytes(chunk: &Bytes, seen: &mut Vec<u8>) {
    seen.extend_from_slice(chunk);
}

/// The chunk of this number: of any length, and with bytes that tell it from others.
fn chunk(n: u64) -> Bytes {
    let length = 1 + n * 37 % 1500;
    (0..length).map(|at| ((n * 7 + at) % 251) as u8).collect()
}

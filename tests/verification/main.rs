//! Every producer, consumer and stage that is shipped passes the verification kit.
//!
//! `Sum`, which ends a pipeline in a value, is not here: it is private to `aqueduct-pipeline`, whose
//! `crates/pipeline/tests/ends.rs` runs it. `InletStream`, `OutletSink` and `pump` are ends of a link,
//! and no producers or consumers: their tests are in `crates/actors/tests/adapters.rs`, and in
//! `adapters_pump.rs` beside it. `zstd` and `unzstd` are verified in
//! `crates/config/tests/verification.rs`.
//!
//! What a file that is made or a peer has got is not seen before the end: there the order is not
//! looked at here, but in the tests of the endpoints.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking"
)]

mod adapters;
mod child;
mod files;
mod sockets;
mod stages;
mod stdin;
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

//! The stages `zstd` and `unzstd` pass the verification kit; all others are verified in
//! `tests/verification` at the top, which is built without the C library of these two.

#![cfg(feature = "zstd")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use aqueduct_operators::{Transform, unzstd, zstd};
use aqueduct_testkit::{StageVerification, verify_stage};
use bytes::Bytes;

fn chunk(n: u64) -> Bytes {
    vec![(n % 251) as u8; 1 + n as usize * 37 % 1500].into()
}

/// A whole frame.
fn compressed(n: u64) -> Bytes {
    let (mut transform, mut frame) = (zstd(1).unwrap(), Vec::new());
    transform.apply(chunk(n), &mut |part| frame.extend_from_slice(&part)).unwrap();
    while transform.more(&mut |part| frame.extend_from_slice(&part)).unwrap() {}
    transform.finish(&mut |part| frame.extend_from_slice(&part)).unwrap();
    frame.into()
}

fn bytes(chunk: &Bytes, seen: &mut Vec<u8>) {
    seen.extend_from_slice(chunk);
}

verify_stage!(compressing, StageVerification::transform(|| zstd(1).unwrap(), chunk, bytes));
verify_stage!(expanding, StageVerification::transform(unzstd, compressed, bytes).never_empty());

//! Every transform, as an actor of its own.

use std::convert::Infallible;

use aqueduct::operators::{
    Algorithm, Delimiter, Expected, Framing, LengthOf, Transform, chunked, count, filter, flat_map,
    frame, from_json, gunzip, gzip, hash, lines, map, skip, take, tap, to_json, try_map, unframe,
    verify,
};
use aqueduct_testkit::{StageVerification, verify_stage};
use bytes::Bytes;

use crate::{bytes, chunk};

fn number(n: &u64, seen: &mut Vec<u8>) {
    seen.extend(n.to_be_bytes());
}

/// A number as a line of text, cut where lines are not.
fn text(n: u64) -> Bytes {
    format!("{n} is\na num").into()
}

/// What this transform makes of one chunk and an end, as one chunk.
fn alone<T>(mut transform: T, chunk: Bytes) -> Bytes
where
    T: Transform<In = Bytes, Out = Bytes, Error: std::fmt::Debug>,
{
    let mut out = Vec::new();
    transform.apply(chunk, &mut |part| out.extend_from_slice(&part)).unwrap();
    while transform.more(&mut |part| out.extend_from_slice(&part)).unwrap() {}
    transform.finish(&mut |part| out.extend_from_slice(&part)).unwrap();
    out.into()
}

macro_rules! transforms {
    ($($name:ident: $make:expr, $item:expr, $show:expr;)+) => {
        $(verify_stage!($name, StageVerification::transform(|| $make, $item, $show));)+
    };
}

transforms! {
    mapping: map(|n: u64| n * 3), |n| n, number;
    trying: try_map(|n: u64| Ok::<_, Infallible>(n + 1)), |n| n, number;
    filtering: filter(|n: &u64| n.is_multiple_of(3)), |n| n, number;
    tapping: tap(|_: &u64| {}), |n| n, number;
    flattening: flat_map(|n: u64| 0..n % 200), |n| n, number;
    taking: take::<u64>(10), |n| n, number;
    skipping: skip::<u64>(10), |n| n, number;
    counting: count::<u64>(), |n| n, number;
    cutting_lines: lines(64), text, bytes;
    framing_by_length: frame(Framing::Length(LengthOf::U32Big)), chunk, bytes;
    framing_by_delimiter: frame(Framing::Delimiter(Delimiter::from(b'|'))), text, bytes;
    unframing: unframe(Framing::Length(LengthOf::U32Big), 4096),
        |n| alone(frame(Framing::Length(LengthOf::U32Big)), chunk(n)), bytes;
    reading_json: from_json::<u64>(), |n| Bytes::from(n.to_string()), number;
    writing_json: to_json::<u64>(), |n| n, bytes;
    hashing: hash(Algorithm::Sha256), chunk, bytes;
    verifying: verify(Expected::default()), chunk, bytes;
    chunking: chunked(), chunk, bytes;
    compressing: gzip(1).unwrap(), chunk, bytes;
}

// Members behind each other are one stream; none at all are no gzip.
verify_stage!(
    expanding,
    StageVerification::transform(gunzip, |n| alone(gzip(1).unwrap(), chunk(n)), bytes)
        .never_empty()
);

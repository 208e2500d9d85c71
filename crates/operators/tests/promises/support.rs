//! Driving a transform, and cutting its input.

use std::collections::VecDeque;

use aqueduct_operators::Transform;
use bytes::Bytes;
use proptest::prelude::*;

/// Returns all that comes of the items, as a loop would drive the transform.
pub(crate) fn run<T: Transform>(
    transform: T,
    items: impl IntoIterator<Item = T::In>,
) -> Result<Vec<T::Out>, T::Error> {
    let mut out = Vec::new();
    drive(transform, items, &mut out)?;
    Ok(out)
}

/// As [`run`], but what came before an error is kept.
pub(crate) fn drive<T: Transform>(
    mut transform: T,
    items: impl IntoIterator<Item = T::In>,
    out: &mut Vec<T::Out>,
) -> Result<(), T::Error> {
    let mut items: VecDeque<T::In> = items.into_iter().collect();
    while transform.step(&mut items, &mut |item| out.push(item))? {}
    assert!(items.is_empty(), "nothing is left to do, and so nothing is left");
    transform.finish(&mut |item| out.push(item))
}

/// Returns the bytes of all chunks that come.
pub(crate) fn run_joined<T: Transform<Out = Bytes>>(
    transform: T,
    items: impl IntoIterator<Item = T::In>,
) -> Result<Vec<u8>, T::Error> {
    Ok(run(transform, items)?.concat())
}

/// Cuts the data into chunks of these sizes, and what remains; some chunks may be empty.
pub(crate) fn cut(data: impl Into<Bytes>, sizes: &[usize]) -> Vec<Bytes> {
    let mut rest = data.into();
    let mut chunks: Vec<Bytes> =
        sizes.iter().map(|size| rest.split_to(rest.len().min(*size))).collect();
    chunks.push(rest);
    chunks
}

/// Cuts the data into chunks that are all of this size.
pub(crate) fn even(data: impl Into<Bytes>, size: usize) -> Vec<Bytes> {
    data.into().chunks(size).map(Bytes::copy_from_slice).collect()
}

/// Sizes for [`cut`].
pub(crate) fn sizes() -> impl Strategy<Value = Vec<usize>> {
    proptest::collection::vec(0_usize..9, 0..200)
}

/// Bytes that do not compress, the same ones every time.
pub(crate) fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    (0..length).map(|_| next()).collect()
}

//! Bytes that are promised and not fetched.

use std::{collections::VecDeque, fs::File, sync::Arc};

use aqueduct_link::{CHUNK_OVERHEAD, Name, Weigh};
use bytes::Bytes;

use super::spring::Spring;
use crate::taken::Piece;

/// The most bytes of one call: what a pipe holds where it may, and more than a link holds unless
/// told otherwise.
pub(super) const MOST: usize = 1024 * 1024;

/// The most spans that make one call: what a link with byte marks holds unless told otherwise.
const SPANS: usize = 1024;

/// A promise of bytes that are still in the kernel: a part of a file, or what waits in the receive
/// buffer of a connection.
///
/// Whoever takes it out of a link moves its bytes: see [`SpanConsumer`](crate::SpanConsumer).
/// The bytes of a connection are gone when they are moved, so that a span of one cannot be
/// delivered again once a part of it was moved; those of a file stay.
#[derive(Clone, Debug)]
pub struct Span {
    pub(super) origin: Origin,
    /// From the beginning of the file, connection or chunk.
    pub(super) offset: u64,
    pub(super) bytes: usize,
}

/// Where the bytes of a span are.
#[derive(Clone, Debug)]
pub(super) enum Origin {
    File(Arc<Plain>),
    Tcp(Arc<Spring>),
    /// What had to be read, since its length was not known before.
    Chunk(Bytes),
}

/// A regular file that is read at offsets.
#[derive(Debug)]
pub(super) struct Plain {
    pub(super) name: Name,
    pub(super) file: Arc<File>,
}

impl Span {
    /// How many bytes are promised.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.bytes
    }

    /// Returns whether no bytes are promised; producers give no such span.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.bytes == 0
    }

    /// Returns what is left behind this many bytes.
    fn after(&self, taken: usize) -> Self {
        let offset = self.offset + taken as u64;
        Self { origin: self.origin.clone(), offset, bytes: self.bytes - taken }
    }

    /// Returns whether the other one begins in the same place where this one ends.
    fn meets(&self, other: &Self) -> bool {
        self.origin.is_same(&other.origin) && self.offset + self.bytes as u64 == other.offset
    }
}

impl Origin {
    /// Returns whether both are handles of the same.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::File(one), Self::File(other)) => Arc::ptr_eq(one, other),
            (Self::Tcp(one), Self::Tcp(other)) => Arc::ptr_eq(one, other),
            (Self::Chunk(one), Self::Chunk(other)) => one.is_same(other),
            _ => false,
        }
    }
}

impl Piece for Span {
    fn size(&self) -> usize {
        self.bytes
    }

    fn is_same(&self, other: &Self) -> bool {
        self.origin.is_same(&other.origin)
            && (self.offset, self.bytes) == (other.offset, other.bytes)
    }
}

/// As the chunk that the bytes would make, so that marks mean the same for both.
impl Weigh for Span {
    fn weight(&self) -> u64 {
        self.bytes as u64 + CHUNK_OVERHEAD
    }
}

/// Clones handles of spans from the front that are one stretch, until they make one call.
pub(super) fn gather<'a>(spans: impl Iterator<Item = &'a Span>) -> VecDeque<Span> {
    let mut stretch: VecDeque<Span> = VecDeque::new();
    let mut bytes = 0;
    for span in spans.take(SPANS) {
        let goes_on = stretch.back().is_none_or(|last| last.meets(span));
        if !goes_on || bytes >= MOST {
            break;
        }
        bytes += span.bytes;
        stretch.push_back(span.clone());
    }
    stretch
}

/// Returns the stretch as one span, without the bytes that are taken of its first.
pub(super) fn merge(stretch: &VecDeque<Span>, taken: usize) -> Option<Span> {
    let mut whole = stretch.front()?.after(taken);
    whole.bytes += stretch.iter().skip(1).map(Span::len).sum::<usize>();
    Some(whole)
}

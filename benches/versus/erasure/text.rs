//! The text, and the producer that has it in memory.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    ops::Range,
    sync::Arc,
};

use aqueduct::{
    actors::{Ctx, Demand, Next, Outbox, PullProducer},
    endpoints::CHUNK,
    link::Weigh,
};
use bytes::Bytes;

/// Lines of the text before it begins again: less than a MiB, which stays in the cache as what was
/// just read from a file does.
const LINES: u64 = 16 * 1024;

/// The kept ones among [`LINES`]; a power of two.
pub(super) const KEPT: u64 = LINES / 2;

/// Where the number of a line is.
pub(super) const NUMBER: Range<usize> = 5..13;

/// Lines are longer by up to this than they must be.
const FILLER: &[u8] = b" and what else a line of a log would say";

/// Some lines, as chunks; clones share them.
#[derive(Clone, Debug)]
pub(super) struct Text(Arc<[Bytes]>);

impl Text {
    /// Returns so many lines, of which every second one is kept.
    pub(super) fn of(lines: u64) -> Self {
        let (block, rest) = block(lines % LINES);
        let whole = (0..lines / LINES).map(|_| block.clone());
        let blocks = whole.chain([block.slice(..rest)]);
        Self(blocks.flat_map(chunks).collect())
    }

    pub(super) fn chunks(&self) -> &[Bytes] {
        &self.0
    }

    /// Returns a factory of producers of this text.
    pub(super) fn producer(
        &self,
    ) -> impl Fn() -> Ready<Result<Memory, Infallible>> + Send + 'static {
        let text = self.clone();
        move || ready(Ok(Memory { text: text.clone(), next: 0 }))
    }
}

/// Makes the block of [`LINES`] lines, and says where the first `rest` of them end.
fn block(rest: u64) -> (Bytes, usize) {
    let mut block = Vec::new();
    let mut end = 0;
    for line in 0..LINES {
        if line == rest {
            end = block.len();
        }
        block.extend_from_slice(if line.is_multiple_of(2) { b"keep " } else { b"drop " });
        block.extend_from_slice(&written(line / 2));
        // A step that has no factor in common with the length makes neighbours differ.
        let filler = usize::try_from(line * 7).unwrap_or(0) % FILLER.len();
        block.extend_from_slice(&FILLER[..filler]);
        block.push(b'\n');
    }
    (block.into(), end)
}

fn chunks(mut block: Bytes) -> impl Iterator<Item = Bytes> {
    std::iter::from_fn(move || {
        let chunk = block.split_to(CHUNK.min(block.len()));
        (!chunk.is_empty()).then_some(chunk)
    })
}

/// Writes a number with four bits in a character, which are quickly read.
fn written(number: u64) -> [u8; 8] {
    std::array::from_fn(|at| b'0' | (number >> (28 - 4 * at) & 15) as u8)
}

/// Reads what [`written`] wrote.
#[inline]
pub(super) fn read(number: &[u8]) -> u64 {
    number.iter().fold(0, |number, digit| number << 4 | u64::from(digit & 15))
}

/// Gives chunks as a file does: about as many bytes as are wanted.
#[derive(Debug)]
pub(super) struct Memory {
    text: Text,
    next: usize,
}

impl PullProducer for Memory {
    type Item = Bytes;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let mut left = wanted.bytes();
        let rest = self.text.chunks().get(self.next..).unwrap_or_default();
        let some = rest.iter().take_while(|chunk| {
            let is_wanted = left > 0;
            left = left.saturating_sub(chunk.weight());
            is_wanted
        });
        let given = out.extend(some.cloned());
        self.next += usize::try_from(given).unwrap_or(usize::MAX);
        Ok(if self.next < self.text.chunks().len() { Next::More } else { Next::Done })
    }
}

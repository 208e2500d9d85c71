//! Read buffers that are used again, so that reading costs no allocation a chunk.
//!
//! With glibc, one `malloc` a chunk makes a link ten times slower: a drained window is trimmed off
//! the heap, and each refill faults it in again.

use std::{collections::VecDeque, fmt, mem};

use bytes::{Bytes, BytesMut};

/// The size of a block that is read into, in bytes.
pub const BLOCK: usize = 256 * 1024;

/// The most that is read at once unless told otherwise, in bytes.
///
/// Less costs more system calls; more makes the flow coarse, and four of them fill the usual high
/// mark of 256 KiB.
pub const CHUNK: usize = 64 * 1024;

/// Chunks shorter than this are copied out of their block, in bytes: whoever keeps one for long
/// pins [`SMALL_BLOCK`] and not a whole [`BLOCK`].
const SMALL: usize = SMALL_BLOCK / 8;
const SMALL_BLOCK: usize = 32 * 1024;

/// How many blocks in use are remembered to be used again; what is in use beyond is freed by its
/// last holder.
const RESTING_MOST: usize = 16;

/// Blocks of memory that are read into, handed out in chunks, and used again when nobody holds a
/// chunk of them any more.
///
/// The memory in use is at most what the holders of chunks hold, in whole blocks, and two blocks.
pub struct Slab {
    large: Arena,
    small: Arena,
}

impl Slab {
    /// Returns a slab without any memory; the first read brings a block.
    #[must_use]
    pub fn new() -> Self {
        Self { large: Arena::new(BLOCK), small: Arena::new(SMALL_BLOCK) }
    }

    /// Returns an empty buffer with room for `most` bytes, or for a whole [`BLOCK`] if that is
    /// less: read into it, then call [`take`](Self::take).
    pub fn room(&mut self, most: usize) -> &mut BytesMut {
        self.large.make_room(most);
        &mut self.large.current
    }

    /// Moves the buffer of [`room`](Self::room) out, for a reader on another thread; give it back
    /// by [`give_back`](Self::give_back), or it is forgotten.
    pub fn lend(&mut self, most: usize) -> BytesMut {
        self.large.make_room(most);
        mem::take(&mut self.large.current)
    }

    /// Takes back what [`lend`](Self::lend) gave.
    pub fn give_back(&mut self, block: BytesMut) {
        self.large.current = block;
    }

    /// Returns what was read into the buffer, as a chunk that can be shared.
    pub fn take(&mut self) -> Bytes {
        let read = &mut self.large.current;
        if read.len() >= SMALL {
            return read.split().freeze();
        }
        self.small.make_room(read.len());
        self.small.current.extend_from_slice(read);
        read.clear();
        self.small.current.split().freeze()
    }

    /// How many blocks were allocated so far: constant once the flow is steady.
    #[must_use]
    pub const fn blocks(&self) -> u64 {
        self.large.made + self.small.made
    }
}

impl Default for Slab {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for Slab {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Slab").field("blocks", &self.blocks()).finish_non_exhaustive()
    }
}

/// Blocks of one size.
struct Arena {
    size: usize,
    /// The block that is filled now: its unused rest.
    current: BytesMut,
    /// Blocks that are used up, the oldest first; each by an empty handle that keeps its memory.
    resting: VecDeque<BytesMut>,
    made: u64,
}

impl Arena {
    fn new(size: usize) -> Self {
        Self { size, current: BytesMut::new(), resting: VecDeque::new(), made: 0 }
    }

    /// Sees to it that the current block is empty and has this much room.
    fn make_room(&mut self, most: usize) {
        self.current.clear();
        // A block that nobody holds a part of is used from its beginning: it is in the cache.
        if self.current.try_reclaim(self.size) || self.current.capacity() >= most.min(self.size) {
            return;
        }
        let free = self
            .resting
            .iter_mut()
            .position(|block| block.try_reclaim(self.size))
            .and_then(|place| self.resting.remove(place));
        let next = free.unwrap_or_else(|| {
            self.made += 1;
            BytesMut::with_capacity(self.size)
        });
        let full = mem::replace(&mut self.current, next);
        if self.made > 1 {
            self.resting.push_back(full);
        }
        if self.resting.len() > RESTING_MOST {
            self.resting.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(slab: &mut Slab, bytes: usize) -> Bytes {
        slab.room(CHUNK).resize(bytes, 7);
        slab.take()
    }

    #[test]
    fn a_steady_flow_allocates_nothing() {
        let mut slab = Slab::new();
        let mut held = VecDeque::new();
        let mut after_warm_up = 0;
        for turn in 0..10_000 {
            held.push_back(read(&mut slab, CHUNK));
            if held.len() > 8 {
                held.pop_front();
            }
            if turn == 100 {
                after_warm_up = slab.blocks();
            }
        }
        assert_eq!(slab.blocks(), after_warm_up);
        assert!(after_warm_up <= 4, "9 chunks of 64 KiB need at most 4 blocks");
    }

    #[test]
    fn a_block_that_nobody_holds_is_used_from_its_beginning() {
        let mut slab = Slab::new();
        let first = read(&mut slab, CHUNK).as_ptr();
        for _ in 0..100 {
            assert_eq!(read(&mut slab, CHUNK).as_ptr(), first);
        }
        assert_eq!(slab.blocks(), 1);
    }

    #[test]
    fn a_small_chunk_does_not_pin_a_large_block() {
        let mut slab = Slab::new();
        let line = read(&mut slab, 80);
        let first = read(&mut slab, CHUNK).as_ptr();
        assert_eq!(read(&mut slab, CHUNK).as_ptr(), first);
        assert_eq!(line, vec![7; 80]);
    }

    #[test]
    fn small_chunks_share_a_block() {
        let mut slab = Slab::new();
        let lines: Vec<Bytes> = (0..256).map(|_| read(&mut slab, 100)).collect();
        assert_eq!(lines.len(), 256);
        assert_eq!(slab.blocks(), 2, "one to read into, one for 25,600 bytes");
    }

    #[test]
    fn a_lent_block_comes_back() {
        let mut slab = Slab::new();
        for _ in 0..10 {
            let mut block = slab.lend(CHUNK);
            block.resize(CHUNK, 1);
            slab.give_back(block);
            assert_eq!(slab.take().len(), CHUNK);
        }
        assert_eq!(slab.blocks(), 1);
    }
}

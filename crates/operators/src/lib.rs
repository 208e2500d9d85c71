//! Pure transforms of items.
//!
//! A [`Transform`] takes an item and emits none, one or many.
//! It takes no part in flow control, and knows no actor, no clock and no runtime; it is fused into
//! the actor beside it, where the whole chain is one monomorphised loop.
//! A boundary between actors is for run-time needs (another arbiter, another fate), never for the
//! order of the code.
//!
//! | What | Transforms |
//! |---|---|
//! | closures | [`map`], [`try_map`], [`filter`], [`flat_map`], [`tap`] |
//! | numbers of items | [`take`], [`skip`], [`count`] |
//! | pieces of a stream of bytes | [`lines`], [`unframe`] and [`frame`], [`chunked`] |
//! | JSON | [`from_json`], [`from_json_by`], [`to_json`] |
//! | compression | [`gzip`], [`gunzip`]; `zstd` and `unzstd`, with the feature `zstd` |
//! | what a stream is | [`hash`], [`verify`] |
//!
//! What needs a clock has its pure core here, and is told the time: [`Batcher`], [`RateLimit`].
//!
//! ```
//! use aqueduct_operators::{Transform, filter, lines};
//! use bytes::Bytes;
//!
//! let mut never = lines(1024).then(filter(|line: &Bytes| line.starts_with(b"never")));
//! let mut found = Vec::new();
//! never.apply(Bytes::from("never say\nalways\nnev"), &mut |line| found.push(line))?;
//! never.apply(Bytes::from("er mind"), &mut |line| found.push(line))?;
//! never.finish(&mut |line| found.push(line))?;
//! assert_eq!(found, ["never say\n", "never mind"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod basic;
mod batch;
mod chain;
mod chunked;
mod compress;
mod counted;
mod flat_map;
mod frame;
mod hash;
mod json;
mod lines;
mod rate;
mod trail;
mod verify;

use std::collections::VecDeque;

pub use basic::{Filter, Map, Tap, TryMap, filter, map, tap, try_map};
pub use batch::{Batcher, Batching};
pub use chain::{Chain, Either};
pub use chunked::{Chunked, chunked};
pub use compress::{
    CompressError, DecompressError, EXPANSION, Gunzip, Gzip, LevelError, gunzip, gzip,
};
#[cfg(feature = "zstd")]
pub use compress::{Unzstd, Zstd, unzstd, zstd};
pub use counted::{Count, Skip, Take, count, skip, take};
pub use flat_map::{FlatMap, flat_map};
pub use frame::{
    Delimiter, EmptyDelimiter, Frame, FrameError, Framing, LengthOf, Unframe, UnframeError, frame,
    unframe,
};
pub use hash::{Algorithm, HashLine, hash};
pub use json::{FromJson, FromJsonError, ToJson, ToJsonError, from_json, from_json_by, to_json};
pub use lines::{LineTooLong, Lines, lines};
pub use rate::{Rate, RateError, RateLimit};
pub use trail::Trail;
pub use verify::{Expected, Mismatch, NotSha256, Sha256Hex, Verify, verify};

/// A pure step from items to items.
///
/// # Memory
/// What one item expands to is emitted in portions: [`apply`](Self::apply) emits the first, and
/// [`more`](Self::more) one portion a call until nothing is left.
/// So a chunk that decompresses to a thousand times its size never lies in memory as a whole.
pub trait Transform {
    /// What it takes.
    type In;
    /// What it emits.
    type Out;
    /// Why it may fail.
    type Error;

    /// Whether what comes of one item may be emitted in several portions, by
    /// [`more`](Self::more).
    ///
    /// Default: true, which is always right. Where `more` is not implemented, `false` saves asking
    /// after each item; where it is, `false` would lose what it emits.
    const IN_PORTIONS: bool = true;

    /// Whether something of an item may stay inside when all was emitted that comes of it by itself.
    ///
    /// Default: true, which is always right; `false` says that [`held`](Self::held) is always 0.
    const HOLDS: bool = true;

    /// Takes one item and emits what comes of it, or the first portion of that.
    ///
    /// Whoever calls it has called [`more`](Self::more) until that answered `false`.
    ///
    /// # Errors
    /// If the item cannot be transformed; what was emitted before counts.
    fn apply(
        &mut self,
        item: Self::In,
        emit: &mut impl FnMut(Self::Out),
    ) -> Result<(), Self::Error>;

    /// Emits the next portion of what was taken; `false` if nothing was left.
    ///
    /// # Errors
    /// As for [`apply`](Self::apply).
    #[inline]
    fn more(&mut self, emit: &mut impl FnMut(Self::Out)) -> Result<bool, Self::Error> {
        let _ = emit;
        Ok(false)
    }

    /// Emits what is left when no more items come; called once, after [`more`](Self::more) answered
    /// `false`.
    ///
    /// # Errors
    /// If what is left is no whole item.
    fn finish(&mut self, emit: &mut impl FnMut(Self::Out)) -> Result<(), Self::Error> {
        let _ = emit;
        Ok(())
    }

    /// How many of the last items it took have something left inside that was not emitted, after
    /// [`more`](Self::more) answered `false`: a producer that waits until its items are
    /// acknowledged must not forget those.
    ///
    /// Default: all, until it has finished. That is always right, but acknowledges nothing sooner; it
    /// is also the answer of transforms whose output is of use only as a whole.
    /// The first call may begin to count, and answer more than the truth.
    fn held(&mut self) -> u64 {
        if Self::HOLDS { u64::MAX } else { 0 }
    }

    /// Returns whether it wants no more items, though more would come: the producer is then told to
    /// stop, and [`finish`](Self::finish) is called.
    #[inline]
    fn is_done(&self) -> bool {
        false
    }

    /// The loop that drives it turns to something else for now: for a transform that counts what it
    /// does, and tells it now and then.
    fn rest(&mut self) {}

    /// The word for what it does, in pictures and reports.
    fn kind(&self) -> &'static str {
        "transform"
    }

    /// Takes items from the front of `items` and emits what comes of them, about [`PORTION`] at a
    /// time; `false` when nothing is left to do for them.
    ///
    /// This is how a loop drives a transform; one that hides others behind a `dyn` makes it one call
    /// for the whole batch.
    ///
    /// # Errors
    /// As for [`apply`](Self::apply); the items behind the one that failed stay where they are.
    #[inline]
    fn step(
        &mut self,
        items: &mut VecDeque<Self::In>,
        emit: &mut impl FnMut(Self::Out),
    ) -> Result<bool, Self::Error>
    where
        Self: Sized,
    {
        let step = portion(self, items, emit);
        self.rest();
        step
    }

    /// Returns this transform and `next` behind it, as one.
    fn then<T: Transform<In = Self::Out>>(self, next: T) -> Chain<Self, T>
    where
        Self: Sized,
    {
        Chain::new(self, next)
    }
}

#[inline]
fn portion<T: Transform>(
    transform: &mut T,
    items: &mut VecDeque<T::In>,
    emit: &mut impl FnMut(T::Out),
) -> Result<bool, T::Error> {
    if T::IN_PORTIONS && transform.more(emit)? {
        return Ok(true);
    }
    for _ in 0..PORTION {
        if transform.is_done() {
            items.clear();
        }
        let Some(item) = items.pop_front() else { return Ok(false) };
        transform.apply(item, emit)?;
        if T::IN_PORTIONS && transform.more(emit)? {
            return Ok(true);
        }
    }
    Ok(!items.is_empty())
}

/// The most items that [`Transform::step`] takes in one call.
pub const PORTION: usize = 64;

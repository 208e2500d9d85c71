//! Watermarks with a unit, so that bytes cannot be counted of what has no weight.

use std::{fmt, marker::PhantomData};

use aqueduct_flow::{Amount, Limits, LimitsError};
use bytes::{Bytes, BytesMut};

use crate::Compactor;

/// The weight of an item in bytes.
///
/// It must be the same each time it is asked while the item is in a link.
pub trait Weigh {
    /// Returns how many bytes this item keeps from being used for anything else.
    fn weight(&self) -> u64;

    /// Lets go of memory that it keeps alive and is not charged for, as a slice of a larger block
    /// does. What it says and weighs stays the same.
    ///
    /// Called for what a transform or a stage writes, before it is weighed. Default: nothing.
    #[inline]
    fn compact(&mut self, compactor: &mut Compactor) {
        let _ = compactor;
    }
}

/// What a chunk of bytes is charged beyond its length, in bytes: its place in the ring and its
/// share of the block it points into.
///
/// Without it, chunks of one byte would cost a hundred times what they are counted for.
pub const CHUNK_OVERHEAD: u64 = 64;

macro_rules! weigh_by_length {
    ($($type:ty),+) => {
        $(impl Weigh for $type {
            #[inline]
            fn weight(&self) -> u64 {
                self.len() as u64 + CHUNK_OVERHEAD
            }
        })+
    };
}
weigh_by_length!(BytesMut, Vec<u8>, Box<[u8]>, String, &'static str, &'static [u8]);

impl Weigh for Bytes {
    #[inline]
    fn weight(&self) -> u64 {
        self.len() as u64 + CHUNK_OVERHEAD
    }

    #[inline]
    fn compact(&mut self, compactor: &mut Compactor) {
        compactor.compact(self);
    }
}

/// How items of a link are weighed.
pub struct Scales<T> {
    pub(crate) weight: fn(&T) -> u64,
    pub(crate) compact: fn(&mut T, &mut Compactor),
}

/// The unit of marks that count items; fits every item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Items {}

/// The unit of marks that count bytes; fits items that [`Weigh`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteCount {}

/// A unit in which items of type `T` can be counted.
pub trait Unit<T> {
    /// How an item is weighed; `None` where only its number counts.
    fn scales() -> Option<Scales<T>>;
}

impl<T> Unit<T> for Items {
    fn scales() -> Option<Scales<T>> {
        None
    }
}

impl<T: Weigh> Unit<T> for ByteCount {
    fn scales() -> Option<Scales<T>> {
        Some(Scales { weight: T::weight, compact: T::compact })
    }
}

/// Where a producer is paused and resumed, and what its link holds at most.
///
/// | mark | meaning | too small | too large |
/// |---|---|---|---|
/// | high | above it, the producer is paused | pauses often | holds much |
/// | low | at it, the producer is resumed | the link runs dry before the producer is back | pauses often |
/// | capacity | beyond it, nothing is accepted; by default twice the high mark | a producer that writes on after a pause gets its items back | memory |
///
/// Across threads a link wants at least 256 items between empty and high: each time it is full or
/// empty somebody sleeps, which costs about 20 µs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Watermarks<U> {
    limits: Limits,
    unit: PhantomData<U>,
}

/// The most chunks that a link with byte marks holds, unless told otherwise.
pub const DEFAULT_CHUNKS: u64 = 1024;

/// The largest capacity in items: the ring is allocated whole when the link is made.
pub const MAX_ITEMS: u64 = 1 << 24;

impl Watermarks<Items> {
    /// Returns marks that count items, with a capacity of twice the high mark.
    ///
    /// # Errors
    /// If `low` is above `high`, or `high` is 0.
    pub fn items(low: u64, high: u64) -> Result<Self, LimitsError> {
        Self::items_within(low, high, high.saturating_mul(2))
    }

    /// Returns marks that count items, with this capacity.
    ///
    /// # Errors
    /// If they are not `low <= high <= capacity`, or the capacity is 0.
    pub fn items_within(low: u64, high: u64, capacity: u64) -> Result<Self, LimitsError> {
        let of = |items| Amount::new(items, u64::MAX);
        Self::of(of(low), of(high), of(capacity))
    }
}

impl Watermarks<ByteCount> {
    /// Returns marks that count bytes, with a capacity of twice the high mark and of
    /// [`DEFAULT_CHUNKS`] items.
    ///
    /// # Errors
    /// If `low` is above `high`.
    pub fn bytes(low: u64, high: u64) -> Result<Self, LimitsError> {
        Self::bytes_within(low, high, high.saturating_mul(2))
    }

    /// Returns marks that count bytes, with this capacity.
    ///
    /// # Errors
    /// If they are not `low <= high <= capacity`.
    pub fn bytes_within(low: u64, high: u64, capacity: u64) -> Result<Self, LimitsError> {
        Self::of(
            Amount::new(DEFAULT_CHUNKS / 4, low),
            Amount::new(DEFAULT_CHUNKS / 4 * 3, high),
            Amount::new(DEFAULT_CHUNKS, capacity),
        )
    }
}

impl<U> Watermarks<U> {
    fn of(low: Amount, high: Amount, capacity: Amount) -> Result<Self, LimitsError> {
        if capacity.items > MAX_ITEMS {
            return Err(LimitsError::TooManyItems { asked: capacity.items, most: MAX_ITEMS });
        }
        Ok(Self { limits: Limits::new(low, high, capacity)?, unit: PhantomData })
    }

    /// The limits without their unit.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }
}

/// Returns limits that are known at compile time, where wrong ones would not compile.
#[allow(clippy::panic, reason = "it is called at compile time only")]
const fn checked(low: Amount, high: Amount, capacity: Amount) -> Limits {
    match Limits::new(low, high, capacity) {
        Ok(limits) => limits,
        Err(_) => panic!("the default marks contradict each other"),
    }
}

/// 256 to 1,024 items, and at most 2,048: enough that a link across threads seldom runs dry or full.
impl Default for Watermarks<Items> {
    fn default() -> Self {
        const LIMITS: Limits = checked(
            Amount::new(256, u64::MAX),
            Amount::new(1024, u64::MAX),
            Amount::new(2048, u64::MAX),
        );
        Self { limits: LIMITS, unit: PhantomData }
    }
}

/// 64 KiB to 256 KiB, and at most 512 KiB in [`DEFAULT_CHUNKS`] chunks.
impl Default for Watermarks<ByteCount> {
    fn default() -> Self {
        const LIMITS: Limits = checked(
            Amount::new(DEFAULT_CHUNKS / 4, kib(64)),
            Amount::new(DEFAULT_CHUNKS / 4 * 3, kib(256)),
            Amount::new(DEFAULT_CHUNKS, kib(512)),
        );
        Self { limits: LIMITS, unit: PhantomData }
    }
}

/// Watermarks for items of type `T`, whatever their unit: what a slot is made with.
///
/// It is what [`Watermarks`] become, so that marks of either unit can be kept and handed on as one
/// type.
pub struct Marks<T> {
    limits: Limits,
    scales: Option<Scales<T>>,
}

impl<T> Marks<T> {
    /// The marks and the capacity.
    #[must_use]
    pub const fn limits(&self) -> Limits {
        self.limits
    }

    /// How an item is weighed; `None` where only its number counts.
    #[must_use]
    pub fn weigh(&self) -> Option<fn(&T) -> u64> {
        self.scales.map(|scales| scales.weight)
    }

    pub(crate) const fn scales(&self) -> Option<Scales<T>> {
        self.scales
    }

    /// Returns whether bytes are counted, and not items alone.
    #[must_use]
    pub const fn counts_bytes(&self) -> bool {
        self.scales.is_some()
    }
}

impl<T, U: Unit<T>> From<Watermarks<U>> for Marks<T> {
    fn from(marks: Watermarks<U>) -> Self {
        Self { limits: marks.limits, scales: U::scales() }
    }
}

// Derived, these would ask the same of the item, which is not in the marks.

impl<T> Clone for Scales<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Scales<T> {}

impl<T> fmt::Debug for Scales<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scales").finish_non_exhaustive()
    }
}

impl<T> Clone for Marks<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Marks<T> {}

impl<T> fmt::Debug for Marks<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Marks")
            .field("limits", &self.limits)
            .field("counts_bytes", &self.counts_bytes())
            .finish()
    }
}

/// Returns this many times 1024 bytes.
#[must_use]
pub const fn kib(n: u64) -> u64 {
    n.saturating_mul(1024)
}

/// Returns this many times 1024 × 1024 bytes.
#[must_use]
pub const fn mib(n: u64) -> u64 {
    n.saturating_mul(1024 * 1024)
}

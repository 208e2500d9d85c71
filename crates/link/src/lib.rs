//! The bounded link between one producer and one consumer.
//!
//! ```text
//!            register                                          inlet
//!   Slot ───────────────► Outlet ═══ ring of one epoch ═══► Inlet ◄─────── Slot
//!                 write, spill, finish                 batch: lend, commit
//!                         ◄──── control state: hold, stop, asked ─────
//! ```
//!
//! A [`Slot`] is a consumer's one place for a producer.
//! Registering answers with an [`Outlet`], or with a [`RuntimeError`] that names who is there
//! already; the consumer takes the [`Inlet`].
//! Between them is one ring for each registration, bounded in items and in bytes.
//!
//! ```
//! use aqueduct_link::{Flow, Slot, Watermarks, WriteError};
//!
//! let mut slot = Slot::new("printer", Watermarks::items_within(1, 2, 3)?);
//! let mut outlet = slot.register("counter")?;
//! let mut inlet = slot.inlet()?;
//!
//! assert_eq!(outlet.write(1)?, Flow::Go);
//! assert_eq!(outlet.write(2)?, Flow::Go);
//! assert_eq!(outlet.write(3)?, Flow::Paused); // Above the high mark, known in the same call.
//! assert!(matches!(outlet.write(4), Err(WriteError::Full(4)))); // Never more than its capacity.
//!
//! let mut batch = inlet.batch(16);
//! while let Some(item) = batch.next() {
//!     println!("{item}"); // Lent from the ring; the next call commits it.
//! }
//! assert_eq!(
//!     slot.register("second").unwrap_err().to_string(),
//!     "Cannot register producer second, because producer counter was never unregistered.",
//! );
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The rules that every write and every signal follows are in `aqueduct-flow`, whose types are
//! embedded here; this crate carries their inputs from one thread to the other.
//! It knows no actor and no runtime: whoever polls it brings the waker.

mod acks;
mod batch;
mod clock;
mod compact;
mod dead;
mod errors;
mod hold;
mod hub;
mod inlet;
mod lane;
mod lease;
mod ledger;
mod marks;
mod meter;
mod outlet;
mod pace;
mod receipt;
mod registration;
mod ring;
mod shared;
mod signals;
mod slot;
mod stopwatch;
mod sync;

#[cfg(all(test, loom))]
mod loom_tests;

pub use aqueduct_flow::{Amount, Epoch, Limits, LimitsError, Reason, Reasons, slot::AfterLoss};
pub use batch::Batch;
pub use clock::{Clock, mins, secs};
pub use compact::Compactor;
pub use dead::DeadLetter;
pub use errors::{AlreadyTaken, RuntimeError, Stopped, Unacknowledged, WriteError};
pub use hold::Hold;
pub use inlet::{End, Inlet, Turn};
pub use lease::Lease;
pub use marks::{
    ByteCount, CHUNK_OVERHEAD, DEFAULT_CHUNKS, Items, MAX_ITEMS, Marks, Scales, Unit, Watermarks,
    Weigh, kib, mib,
};
pub use meter::{EdgeReport, Gauge, PausedFor};
pub use outlet::{Flow, Outlet, STAGE_ITEMS};
pub use receipt::Receipt;
pub use signals::Side;
pub use slot::{Slot, SlotOptions};

/// A name of a producer, a consumer or a reason; cheap to clone.
pub type Name = std::sync::Arc<str>;

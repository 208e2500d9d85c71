//! The protocol of Aqueduct as pure state: it counts, and does nothing else.
//!
//! There is no clock here, no I/O, no waker and no payload.
//! Three machines take inputs and answer with effects:
//!
//! ```text
//!   Outlet (producer's half)        Slot (one for a consumer)        Inlet (consumer's half)
//!   written, committed as seen      who is registered, which epoch   lent, committed, discarded
//!   → Accept Pause Resume Stop      → Open Refuse Release            → Publish Tell
//! ```
//!
//! Each has one entry, `on(input) -> Result<Effects, Violation>`.
//! A [`Violation`] is a bug of the caller and changes nothing; a refusal (a full link, a second
//! producer) is an effect, because it is the world's doing.
//! The machines are `Clone + Eq + Hash`, so that a model checker can explore the very types that
//! run; `aqueduct-link` embeds them and only carries their inputs between threads.
//!
//! ```
//! use aqueduct_flow::{Amount, Limits, outlet::{Effect, Input, Outlet}};
//!
//! let limits = Limits::new(Amount::items(1), Amount::items(2), Amount::items(4))?;
//! let mut outlet = Outlet::new(limits);
//! assert!(outlet.on(Input::Write(Amount::items(2)))?.contains(Effect::Accept));
//! // The write that crosses the high mark is taken, and says Pause.
//! assert!(outlet.on(Input::Write(Amount::items(1)))?.contains(Effect::Pause));
//! // Resume comes at the low mark.
//! assert!(!outlet.on(Input::Committed(Amount::items(1)))?.contains(Effect::Resume));
//! assert!(outlet.on(Input::Committed(Amount::items(2)))?.contains(Effect::Resume));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod amount;
mod effects;
mod holds;
mod limits;
mod reasons;
mod violation;

pub mod inlet;
pub mod outlet;
pub mod slot;

pub use amount::Amount;
pub use effects::{Effects, Listed};
pub use holds::{HoldEdge, HoldId, Holds};
pub use limits::{Limits, LimitsError};
pub use reasons::{Reason, Reasons};
pub use slot::Epoch;
pub use violation::Violation;

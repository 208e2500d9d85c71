//! The protocol of Aqueduct, explored exhaustively.
//!
//! A model of a slot, its consumer, its producers and whoever else has a handle of it.
//! The machines in it are those that run: [`Outlet`](aqueduct_flow::outlet::Outlet),
//! [`Inlet`](aqueduct_flow::inlet::Inlet), [`Slot`](aqueduct_flow::slot::Slot) and
//! [`Holds`](aqueduct_flow::Holds) are part of the model's [`State`] as they are.
//! What is written anew is what lies between them in `aqueduct-link`: each access to a word that two
//! threads share is one step ([`Op`]), and between any two steps every other thread may take its own.
//!
//! ```
//! use aqueduct_model::{Params, SlotModel, check};
//!
//! let report = check(SlotModel::new(Params { writes: 1, ..Params::SMALL })?, true);
//! assert!(report.is_good(), "{report}");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! `cargo run --release -p aqueduct-model -- --long` explores every preset, and
//! `--mistake finish-of-the-revoked` prints the shortest way to what a planted mistake breaks.
//!
//! # What is checked
//!
//! - At every moment: the rules F1 to F10 of SPEC.md, each as a property with its number, and that no
//!   machine is ever asked for what it forbids. Some are read off the state; others are noted by a
//!   witness in it, which knows the fate of each item and what each side was told.
//! - On the whole graph: [`explore`] shows that a clean end can be reached from everywhere, without a
//!   death, a hold or an end from outside being needed for it.
//! - In a model of its own, [`Registry`]: that registration is linearizable.
//! - That all this could fail: every [`Mistake`] is found.
//!
//! # What each word is in the link
//!
//! | here | in `crates/link/src` |
//! |---|---|
//! | [`Link::ring`] | the ring of `ring.rs`: `push`, `pop`, `len` |
//! | [`Link::parked`], [`Link::bell`] | `signals.rs`: `Doorbell` |
//! | [`Link::committed`], [`Link::waiting`], [`Link::wake_at`], [`Link::credit`] | `signals.rs`: `Credit` |
//! | [`Link::wish`] | `signals.rs`: `Wishes`, the flags and the demand |
//! | [`Link::ending`], [`Link::aborted`], [`Link::stops`] | `shared.rs`: `Shared`, `Ending` |
//! | [`Link::told`], [`Link::discarded`] | `meter.rs`: `written`, `has_discarded` |
//! | [`Link::lane`] | `lane.rs`: `Lane`, whoever has it |
//! | [`Hub`] | `hub.rs`: `State`, and `registrants`; each locked section is one step |
//! | [`Table`] | `hold.rs`: `Table` |
//! | [`Producer`] | `outlet.rs` and `outlet/waiting.rs`: `Outlet` |
//! | [`Consumer`] | `inlet.rs`: `Inlet`; `batch.rs`: `Batch` |
//!
//! # What is not modelled
//!
//! - Weak memory: steps happen one after the other, and each sees all before it. What a fence is for
//!   is checked by loom, in `crates/link/src/loom_tests.rs`.
//! - Two words that are always written or read together are one word: the items and bytes of a total,
//!   the total to be woken at and the flag beside it when they are read, the flags and the demand.
//!   What a registration reads of earlier ones, it reads at one moment.
//! - Leases: items go one by one to a handler. Neither is `take`, which commits before its handler is
//!   done, nor `write_all`, `show` and `poll_end`.
//! - Adaptive spinning before a sleep, which polls once more; clocks, names and reasons.
//! - More than one slot, and what the actors' shells do: they call the link as the threads here do.
//! - A task is polled when it was woken, and not without. A wake-up that comes before a poll begins
//!   is used up by it, which is the least that any executor gives.
//!
//! - A slot that loses its last handle while nobody consumes from it.
//!
//! # What the model found
//!
//! Four of the mistakes are not invented, but were met in the link, whose tests did not show them:
//! [`Mistake::FinishOfTheRevoked`], [`Mistake::TotalBeforeLook`], [`Mistake::RingDroppedUnseen`] and
//! [`Mistake::RevokedUncounted`].
//! Without a mistake the model does there what the rules ask for: `Registration::finish` tells
//! `Finished` only if the slot has taken the finish, `Outlet::see_committed` takes in no total that
//! is older than the one it has, `Hub::drained` leaves every ring to the sweep, which looks into it
//! once more, and a registration counts a whole capacity for one that has not ended.
//!
mod consumer;
mod endings;
mod hub;
mod link;
mod liveness;
mod mistakes;
mod model;
mod op;
mod outlet;
mod outside;
mod params;
mod parking;
mod people;
mod presets;
mod producer;
mod properties;
mod registry;
mod report;
mod signals;
mod state;
mod step;
mod tell;

pub use link::{Ending, Fate, Link};
pub use liveness::{Graph, Trap, explore};
pub use mistakes::Mistake;
pub use model::{Action, SlotModel};
pub use op::Op;
pub use params::{Deed, Params, Parting, Style};
pub use people::{Consumer, ConsumerAt, End, Outsider, OutsiderAt, Producer, ProducerAt, Terminal};
pub use presets::{PRESETS, Preset, preset};
pub use properties::{Rule, is_clean_end};
pub use registry::{Answer, Call, Place, Race, RacerAt, Registry};
pub use report::{CLEAN_END, Report, Violated, check};
pub use state::{Budget, Fault, Hub, State, Table};
pub use step::Who;

//! Who owns the slots and the children, and what happens when a child fails.
//!
//! ```
//! use aqueduct_actors::StreamProducer;
//! # use aqueduct_actors::{Batch, Consumed, Consumer, Ctx};
//! use aqueduct_link::Watermarks;
//! use aqueduct_supervise::{Restart, Supervisor};
//! # use std::convert::Infallible;
//! # struct Printer;
//! # impl Consumer for Printer {
//! #     type Item = u64;
//! #     type Error = Infallible;
//! #     fn consume(&mut self, batch: &mut Batch<'_, u64>, _: &mut Ctx<'_, Self>)
//! #         -> Result<Consumed<Self>, Infallible> {
//! #         while let Some(n) = batch.next() { println!("{n}"); }
//! #         Ok(Consumed::Done)
//! #     }
//! # }
//! # struct Numbers;
//! # impl Numbers { fn up_to(n: u64) -> aqueduct_actors::StreamProducer<impl futures_core::Stream<Item = u64>> {
//! #     let mut i = 0;
//! #     StreamProducer::new(Iter(move || { i += 1; (i <= n).then_some(i) })) } }
//! # struct Iter<F>(F);
//! # impl<F: FnMut() -> Option<u64> + Unpin> futures_core::Stream for Iter<F> { type Item = u64;
//! #     fn poll_next(mut self: std::pin::Pin<&mut Self>, _: &mut std::task::Context<'_>)
//! #         -> std::task::Poll<Option<u64>> { std::task::Poll::Ready((self.0)()) } }
//!
//! actix::System::new().block_on(async {
//!     let supervisor = Supervisor::new("numbers");
//!     let slot = supervisor.slot("printer", Watermarks::items(64, 256)?)?;
//!     supervisor.consumer(&slot, || async { Ok::<_, Infallible>(Printer) })
//!         .restart(Restart::transient())
//!         .start()?;
//!     supervisor.producer("counter", &slot, || async { Ok::<_, Infallible>(Numbers::up_to(1000)) })
//!         .start()?;
//!     let report = supervisor.finished().await?;
//!     assert_eq!(report.edges[0].committed.items, 1000);
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! A child is known by its factory, which makes its value at the start and anew after each failure
//! (a panic or an error); the factory runs on the child's arbiter, so that the value need not be
//! `Send`.
//! A child by trait keeps its address and its ends of links through a restart; a plain actor gets a
//! new address, and [`Child::address`] finds the one that is good now.

#[cfg(panic = "abort")]
compile_error!(
    "aqueduct needs panic = \"unwind\": a supervisor cannot catch a panic that aborts the process"
);

mod arbiters;
mod branch;
mod child;
mod children;
mod dice;
mod edge;
mod errors;
mod line;
mod nurse;
mod plain;
pub mod policy;
mod post;
mod register;
mod report;
mod spec;
mod stop;
mod supervisor;
mod watchdog;

pub use arbiters::Arbiters;
pub use branch::{Branch, BranchSpec};
pub use child::Child;
pub use errors::{NameTaken, StartError};
pub use plain::PlainSpec;
pub use policy::{Restart, Strategy};
pub use register::{RegisterAt, RegisterError};
pub use report::{ChildReport, Report, SupervisorError};
pub use spec::Spec;
pub use supervisor::Supervisor;
pub use watchdog::{Stall, Watchdog};

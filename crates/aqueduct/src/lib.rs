//! Flow control for actors.
//!
//! Producers and consumers are actix actors; between each two is a bounded [`link`], a supervisor
//! sees to it that a consumer has one producer, and nothing that was accepted is lost in silence.
//!
//! ```
//! use aqueduct::prelude::*;
//!
//! # let dir = tempfile::tempdir()?;
//! # let (from, to) = (dir.path().join("in.txt"), dir.path().join("out.txt"));
//! # std::fs::write(&from, "never say\nalways\n")?;
//! actix::System::new().block_on(async move {
//!     let supervisor = Supervisor::new("grep");
//!     let slot = supervisor.slot("out.txt", Watermarks::bytes(kib(64), kib(256))?)?;
//!
//!     let target = to.clone();
//!     supervisor.consumer(&slot, move || File::create(target.clone())).start()?;
//!     supervisor
//!         .producer_through(
//!             "in.txt",
//!             &slot,
//!             move || File::open(from.clone()),
//!             lines(kib(64) as usize).then(filter(|line: &Bytes| line.starts_with(b"never"))),
//!         )
//!         .start()?;
//!
//!     supervisor.finished().await?; // everything is written, synced, and under its final name
//!     assert_eq!(std::fs::read(&to)?, b"never say\n");
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | module | what it has |
//! |---|---|
//! | [`link`] | the bounded ring between two: [`Slot`](link::Slot), [`Outlet`](link::Outlet), [`Inlet`](link::Inlet), marks, holds |
//! | [`actors`] | producers, consumers and stages as actors: traits, messages, `attach`, adapters |
//! | [`operators`] | pure transforms, fused into the actor beside them |
//! | [`supervise`] | who owns slots and children, and what happens when one fails |
//! | [`endpoints`] | files, TCP, stdin and stdout |
//!
//! Every rule that a write or a signal follows has a number (F1 to F10) in SPEC.md of the
//! repository, and a place in `aqueduct-flow`.

pub use aqueduct_actors as actors;
pub use aqueduct_endpoints as endpoints;
pub use aqueduct_link as link;
pub use aqueduct_operators as operators;
pub use aqueduct_supervise as supervise;

/// What most programs need.
pub mod prelude {
    pub use aqueduct_actors::{
        Attach, Batch, Consumed, Consumer, Ctx, Demand, End, Failure, Next, Outbox, Pause,
        PullProducer, PushProducer, Register, Resume, Shell, Stage, Stop, Write, attach_outlet,
    };
    pub use aqueduct_endpoints::{File, Stdin, Stdout, Tcp};
    pub use aqueduct_link::{
        Flow, Hold, Inlet, Outlet, RuntimeError, Slot, Watermarks, Weigh, WriteError, kib, mib,
    };
    pub use aqueduct_operators::{Transform, filter, lines, map, tap};
    pub use aqueduct_supervise::{Arbiters, Child, Restart, Supervisor};
    #[doc(no_inline)]
    pub use bytes::Bytes;
}

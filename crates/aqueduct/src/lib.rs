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
//! # let found = to.clone();
//! actix::System::new().block_on(async move {
//!     let report = File::read(from)
//!         .then(lines(kib(64) as usize))
//!         .filter("never", |line: &Bytes| line.starts_with(b"never"))
//!         .to(File::create(to))
//!         .watermarks(Watermarks::bytes(kib(64), kib(256))?)
//!         .run()
//!         .await?; // everything is written, synced, and under its final name
//!     println!("{report}"); // what each link did, and which stage limits the whole
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! })?;
//! # assert_eq!(std::fs::read(&found)?, b"never say\n");
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! The lines and the filter run in the actor of the file; between it and the one that writes is a
//! bounded link. [`Pipeline`](pipeline::Pipeline) has more: boundaries, arbiters, batches, stages
//! and consumers of your own, restarts.
//!
//! | module | what it has |
//! |---|---|
//! | [`link`] | the bounded ring between two: [`Slot`](link::Slot), [`Outlet`](link::Outlet), [`Inlet`](link::Inlet), marks, holds |
//! | [`actors`] | producers, consumers and stages as actors: traits, messages, `attach`, adapters |
//! | [`operators`] | pure transforms, fused into the actor beside them |
//! | [`supervise`] | who owns slots and children, and what happens when one fails |
//! | [`endpoints`] | files, TCP, stdin and stdout |
//! | [`pipeline`] | stages in a row: composed, checked, drawn, run and reported |
//!
//! Every rule that a write or a signal follows has a number (F1 to F11) in SPEC.md of the
//! repository, and a place in `aqueduct-flow`.

pub use aqueduct_actors as actors;
pub use aqueduct_endpoints as endpoints;
pub use aqueduct_link as link;
pub use aqueduct_operators as operators;
pub use aqueduct_pipeline as pipeline;
pub use aqueduct_supervise as supervise;

/// What most programs need.
pub mod prelude {
    pub use aqueduct_actors::{
        Attach, Batch, Consumed, Consumer, Ctx, Demand, End, Failure, Next, Outbox, Pause,
        PullProducer, PushProducer, Register, Resume, Shell, Stage, Stop, StreamProducer, Write,
        attach_outlet,
    };
    pub use aqueduct_endpoints::{File, Stdin, Stdout, Tcp};
    pub use aqueduct_link::{
        Flow, Hold, Inlet, Outlet, RuntimeError, Slot, Watermarks, Weigh, WriteError, kib, mib,
        mins, secs,
    };
    pub use aqueduct_operators::{Batching, Rate, Transform, filter, lines, map, tap};
    pub use aqueduct_pipeline::{Pipeline, PipelineError, ReadFile};
    pub use aqueduct_supervise::{Arbiters, Child, Restart, Supervisor, Watchdog};
    #[doc(no_inline)]
    pub use bytes::Bytes;
}

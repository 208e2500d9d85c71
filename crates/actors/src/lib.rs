//! Producers and consumers as actix actors.
//!
//! There are two ways to be one, and they meet at the same link:
//!
//! * **by trait**: implement [`Consumer`], [`PullProducer`], [`PushProducer`] or [`Stage`], and let
//!   a [`Shell`] run it. Items are lent straight from the ring, and no mailbox is on their way.
//! * **by handler**: an ordinary actix actor with `Handler<Write<T>>` (or `Handler<Pause>`,
//!   `Handler<Resume>`, `Handler<Stop>`) and one line in `started`: [`Attach::attach`] for its
//!   slot, [`attach_outlet`] for its outlet.
//!
//! ```
//! use aqueduct_actors::{Batch, Consumed, Consumer, Ctx, Demand, Next, Outbox, PullProducer, Shell};
//! use aqueduct_link::{Slot, Watermarks};
//! use std::convert::Infallible;
//!
//! struct Counter(u64);
//! impl PullProducer for Counter {
//!     type Item = u64;
//!     type Error = Infallible;
//!     fn produce(
//!         &mut self, wanted: Demand, out: &mut Outbox<'_, u64>, _: &mut Ctx<'_, Self>,
//!     ) -> Result<Next, Infallible> {
//!         out.extend((0..wanted.items()).map(|_| { self.0 += 1; self.0 }));
//!         Ok(if self.0 < 1000 { Next::More } else { Next::Done })
//!     }
//! }
//!
//! struct Printer;
//! impl Consumer for Printer {
//!     type Item = u64;
//!     type Error = Infallible;
//!     fn consume(
//!         &mut self, batch: &mut Batch<'_, u64>, _: &mut Ctx<'_, Self>,
//!     ) -> Result<Consumed<Self>, Infallible> {
//!         while let Some(n) = batch.next() { println!("{n}"); } // next() commits the one before
//!         Ok(Consumed::Done)
//!     }
//! }
//!
//! actix::System::new().block_on(async {
//!     let slot = Slot::new("printer", Watermarks::items(64, 256)?);
//!     let outlet = slot.register("counter")?;
//!     let printed = Shell::consumer("printer", Printer, &slot)?.start();
//!     let counted = Shell::pull("counter", Counter(0), outlet).start();
//!     counted.finished().await?;
//!     printed.finished().await?;
//!     Ok::<(), Box<dyn std::error::Error>>(())
//! })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Data does not travel in mailboxes, because no bound of an actix mailbox holds: its capacity
//! binds neither `do_send` nor a cloned address, a backlog delays every other message, and mail
//! dies with its actor.

mod adapters;
mod attach;
mod budget;
mod consumer;
mod ctx;
mod failure;
mod messages;
mod outbox;
mod producer;
mod shell;
mod stage;

pub use adapters::{InletStream, OutletSink, SinkConsumer, StreamProducer, pump};
pub use aqueduct_link::{Batch, End};
pub use attach::{Attach, attach_outlet};
pub use budget::TURN_TIME;
pub use consumer::{Consumed, Consumer};
pub use ctx::Ctx;
pub use failure::Failure;
pub use messages::{Close, Drain, Pause, Register, Resume, Stop, Unregister, Write};
pub use outbox::Outbox;
pub use producer::{Demand, Next, PullProducer, PushProducer};
#[doc(hidden)]
pub use shell::Fate;
pub use shell::{
    ActorError, Cause, Exit, Keeper, Lives, Running, Shell, TURN_ITEMS, Transforming, Verdict,
};
pub use stage::Stage;

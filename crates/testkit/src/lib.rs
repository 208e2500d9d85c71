//! Test your own producers, consumers and stages.
//!
//! Three things, from the smallest to the largest:
//!
//! * **probes**: [`TestProducer`] and [`TestConsumer`] are one end of a link in a test's hands;
//!   [`ScriptedIo`] is a peer that takes three bytes and breaks; [`ManualClock`] moves by hand;
//!   [`assert_all_stopped`] finds what a test has left behind;
//! * **the verification kit**: [`ConsumerVerification`], [`ProducerVerification`] and
//!   [`StageVerification`] check the rules of SPEC.md, one test a rule;
//! * [`verify_consumer!`], [`verify_producer!`] and [`verify_stage!`] make tests of all of them.
//!
//! ```
//! use aqueduct_link::{Flow, Watermarks};
//! use aqueduct_testkit::{TestConsumer, TestProducer};
//!
//! let mut consumer = TestConsumer::new(Watermarks::items(1, 2)?)?;
//! let mut producer = TestProducer::register(consumer.slot())?;
//! assert_eq!(producer.write_past_the_mark(0..100), 4, "the capacity is twice the high mark");
//! producer.expect_paused()?;
//! assert_eq!(consumer.take_what_is_there(), [0, 1, 2, 3]);
//! producer.finish();
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! | rule | consumer | producer | stage |
//! |---|---|---|---|
//! | F1 a bound that holds | | | takes no more while its consumer is full |
//! | F2 nothing lost | every item once, in order; without another behind it | the same whatever the demand | the same however it goes in |
//! | F3 pause | | nothing written while it is held | |
//! | F6 finish | behind the last item | behind the last item | goes through |
//! | F7 no lost wake-up | comes back after it has waited | goes on whenever there is room | |
//! | F9 the other end | an abort, a death, its own end | a stop ends it | abort and stop go through |
//! | F10 control | gives its thread back | no more than is wanted; gives its thread back | gives its thread back |
//!
//! F4, F5 and F8 are kept by the slot and the link, whoever stands at their ends: there is nothing
//! in a producer or consumer that could break them.
//!
//! What the kit does not see: what a subject does to the world outside, unless
//! [`ConsumerVerification::handled_by`] tells it; how it behaves after a failure of its own; memory
//! that it keeps for itself.

mod broken;
mod clock;
mod io;
mod probe;
mod stopped;
mod verify;
mod wait;

pub use broken::{Broken, Checked, Verdict};
pub use clock::ManualClock;
pub use io::{Io, Peer, ScriptedIo};
pub use probe::{TestConsumer, TestProducer};
pub use stopped::{Counted, Scope, assert_all_stopped};
pub use verify::{ConsumerVerification, ProducerVerification, StageVerification, check, settle};
pub use wait::{DEADLINE, QUIET_TURNS, let_others_run, until, within};

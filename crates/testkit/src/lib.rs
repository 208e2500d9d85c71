//! Test your own producers, consumers and stages.
//!
//! Four things, from the smallest to the largest:
//!
//! * **probes**: [`TestProducer`] and [`TestConsumer`] are one end of a link in a test's hands;
//!   [`ScriptedIo`] is a peer that takes three bytes and breaks; [`ManualClock`] moves by hand;
//!   [`assert_all_stopped`] finds what a test has left behind;
//! * **the verification kit**: [`ConsumerVerification`], [`ProducerVerification`] and
//!   [`StageVerification`] check the rules of SPEC.md, one test a rule;
//! * [`verify_consumer!`], [`verify_producer!`] and [`verify_stage!`] make tests of all of them;
//! * **simulation**: [`Simulation`] runs a whole service under a clock that jumps, with panics,
//!   delays, broken connections and full disks that a seed decides.
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
//! | rule | [`verify_consumer!`] makes the tests |
//! |---|---|
//! | F2 nothing is lost | `required_f2_every_item_is_committed`, `optional_f2_every_item_is_handled_once_and_in_order`, `required_f2_an_item_is_handled_without_another_behind_it` |
//! | F6 finish | `required_f6_the_end_comes_behind_the_last_item` |
//! | F7 no wake-up is lost | `required_f7_it_comes_back_after_it_has_waited` |
//! | F9 the other end | `required_f9_an_abort_ends_it`, `required_f9_the_death_of_its_producer_ends_it_behind_the_last_item`, `required_f9_when_it_goes_its_producer_is_stopped`, `required_f9_dropped_at_any_moment_it_leaves_nothing` |
//! | F10 control | `required_f10_it_gives_its_thread_back` |
//!
//! | rule | [`verify_producer!`] makes the tests |
//! |---|---|
//! | F2 nothing is lost | `required_f2_the_same_comes_whatever_the_demand` |
//! | F3 pause | `required_f3_nothing_is_written_while_it_is_held` |
//! | F6 finish | `required_f6_its_end_comes_behind_the_last_item` |
//! | F7 no wake-up is lost | `required_f7_it_goes_on_whenever_there_is_room` |
//! | F9 the other end | `required_f9_a_stop_ends_it`, `required_f9_dropped_at_any_moment_it_leaves_nothing` |
//! | F10 control | `required_f10_it_writes_no_more_than_is_wanted`, `required_f10_it_writes_no_more_than_it_was_asked_for`, `required_f10_it_gives_its_thread_back` |
//!
//! | rule | [`verify_stage!`] makes the tests |
//! |---|---|
//! | F1 a bound that holds | `required_f1_it_takes_no_more_while_its_consumer_is_full` |
//! | F2 nothing is lost | `required_f2_the_same_comes_out_however_it_goes_in` |
//! | F6 finish | `required_f6_the_end_goes_through_it_behind_the_last_item` |
//! | F9 the other end | `required_f9_an_abort_goes_through_it`, `required_f9_a_stop_goes_through_it`, `required_f9_dropped_at_any_moment_it_leaves_nothing` |
//! | F10 control | `required_f10_it_gives_its_thread_back` |
//!
//! A test that cannot look passes, and tells the reason in its output (`cargo test -- --nocapture`):
//! a producer of three items cannot be paused, one without an end cannot be seen to end, and what a
//! consumer did with its items is known where [`ConsumerVerification::handled_by`] tells it.
//! Random choices are repeated by `AQUEDUCT_SEED`, whose value is in the answer of a test that fails.
//!
//! F4, F5 and F8 are kept by the slot and the link, whoever stands at their ends: there is nothing
//! in a producer or consumer that could break them. The shell keeps F1 of stages, and lets a stop
//! through them; these two tests watch the shell.
//!
//! What the kit does not see:
//!
//! * what a subject does to the world outside;
//! * how it behaves after a failure of its own, in the life that comes then;
//! * memory, tasks and threads that it keeps for itself: a stage that hoards all it is given until
//!   the end looks like one that counts;
//! * a panic in its `drop`, where tokio or the shell catches it;
//! * actors with handlers ([`Attach`](aqueduct_actors::Attach)): it runs what is written by trait.

mod broken;
mod clock;
mod dice;
mod io;
mod probe;
mod sim;
mod stopped;
mod verify;
mod wait;

pub use broken::{Broken, Checked, Verdict};
pub use clock::ManualClock;
pub use io::{Io, Peer, ScriptedIo};
pub use probe::{TestConsumer, TestProducer};
pub use sim::{
    Arrived, Event, Faults, Sim, SimSink, SimSource, SimStage, Simulation, TRACE_EVENTS, Trace,
    Wire,
};
pub use stopped::{Counted, Scope, assert_all_stopped};
pub use verify::{ConsumerVerification, ProducerVerification, StageVerification, check, settle};
pub use wait::{DEADLINE, QUIET_TURNS, let_others_run, until, within};

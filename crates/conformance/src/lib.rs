//! Drives the types of Aqueduct through scenarios of Twisted's conformance kit.
//!
//! A scenario names a kind of consumer, scripts its producers and lists what happens; the answer
//! tells what was seen from outside, event by event, and the state that is left.
//! Real Twisted, with Aqueduct's deviations applied to it, answers the same scenarios; both must
//! agree in every effect, in their order, in the final state and in a hash of all bytes.
//! The format and the command that compares with live Twisted are in `tests/conformance/`.
//!
//! ```text
//!   Scenario ──► Kind (one of 13) ──► Place: flow::{Slot, Outlet, Inlet} ──► World ──► Outcome
//!                  kernel, queue,       who is registered, pause, resume,      what was seen
//!                  files: scripted      stop, refusal: all decided here
//! ```
//!
//! The kinds have neither sockets nor files: the scenario says what the kernel takes and what
//! fails. The bodies of HTTP/1.1 are encoded and measured by the transforms of
//! `aqueduct-operators`.
//! A producer's script runs after the event that called it, as it does between actors.
//!
//! ```
//! let scenario = r#"{"id": "one", "kind": "filedescriptor", "options": {"buffer_size": 10},
//!     "events": [{"op": "register"}, {"op": "write", "n": 11}, {"op": "drain"}]}"#;
//! let answer = aqueduct_conformance::answer(scenario)?;
//! assert!(answer.contains(r#"[{"e":"call","m":"pause","p":"p1"}]"#));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod kinds;
mod place;
mod run;
mod scenario;
mod world;

pub use kinds::KINDS;
pub use place::Over;
pub use run::{answer, answer_over};

/// The high mark of a consumer that is told none, in bytes: Twisted's.
const BUFFER_SIZE: u64 = 65_536;

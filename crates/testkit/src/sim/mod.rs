//! Whole services under a clock that jumps, with faults that a seed decides.

mod faults;
mod kept;
mod parts;
mod run;
mod trace;
mod wire;

pub use faults::{Faults, Sim};
pub use parts::{Arrived, SimSink, SimSource, SimStage};
pub use run::Simulation;
pub use trace::{Event, TRACE_EVENTS, Trace};
pub use wire::Wire;

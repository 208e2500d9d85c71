//! What happened in a simulation, in order.

use std::{fmt, time::Duration};

/// The most events that a trace keeps; it counts the others.
pub const TRACE_EVENTS: usize = 100_000;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// When, by the clock of the simulation.
    pub at: Duration,
    /// To whom.
    pub who: String,
    /// What.
    pub what: String,
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>12.6} s  {}: {}", self.at.as_secs_f64(), self.who, self.what)
    }
}

/// All that happened in one simulation: for one seed always the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trace {
    events: Vec<Event>,
    dropped: usize,
}

impl Trace {
    pub(super) fn add(&mut self, event: Event) {
        if self.events.len() < TRACE_EVENTS {
            self.events.push(event);
        } else {
            self.dropped += 1;
        }
    }

    /// The events, the first [`TRACE_EVENTS`] of them.
    #[must_use]
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// How many events there were beyond those.
    #[must_use]
    pub const fn dropped(&self) -> usize {
        self.dropped
    }

    /// The last events, so many, one a line.
    #[must_use]
    pub fn tail(&self, most: usize) -> String {
        let from = self.events.len().saturating_sub(most);
        let lines = self.events[from..].iter().map(|event| format!("{event}\n"));
        lines.collect()
    }
}

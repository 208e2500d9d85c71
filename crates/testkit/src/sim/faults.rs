//! What goes wrong, when, and to whom.

use std::{
    fmt,
    future::Future,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Waker},
    time::Duration,
};

use aqueduct_actors::Failure;
use aqueduct_link::{Clock, SlotOptions};
use tokio::time::Instant;

use super::trace::{Event, Trace};
use crate::dice::Dice;

/// How often something goes wrong: once in so many chances, and never with 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Faults {
    /// A handler panics.
    pub panics: u64,
    /// A handler fails.
    pub errors: u64,
    /// A handler keeps its thread for up to [`longest`](Self::longest), so that the timers of others
    /// are late.
    pub blocks: u64,
    /// An end waits for up to [`longest`](Self::longest) before it goes on.
    pub delays: u64,
    /// A [`Wire`](super::Wire) takes or gives a part of what it could.
    pub parts: u64,
    /// The longest delay.
    pub longest: Duration,
    /// The most panics and errors of one simulation, so that it comes to an end.
    pub most_blows: u64,
}

impl Faults {
    /// Nothing goes wrong.
    pub const NONE: Self = Self {
        panics: 0,
        errors: 0,
        blocks: 0,
        delays: 0,
        parts: 0,
        longest: Duration::ZERO,
        most_blows: 0,
    };
}

impl Default for Faults {
    fn default() -> Self {
        Self {
            panics: 40,
            errors: 60,
            blocks: 100,
            delays: 10,
            parts: 2,
            longest: Duration::from_secs(5),
            most_blows: 20,
        }
    }
}

/// The panic of a simulation, which the standard hook does not show.
#[derive(Debug)]
pub(super) struct Planted;

/// One simulation: its choices, its clock and its trace; cheap to clone.
#[derive(Clone)]
pub struct Sim(Arc<Mutex<State>>);

struct State {
    seed: u64,
    dice: Dice,
    faults: Faults,
    blows: u64,
    trace: Trace,
}

std::thread_local! {
    static BEGAN: std::cell::Cell<Option<Instant>> = const { std::cell::Cell::new(None) };
}

impl Sim {
    pub(super) fn new(seed: u64, faults: Faults) -> Self {
        BEGAN.set(None);
        Self(Arc::new(Mutex::new(State {
            seed,
            dice: Dice(seed),
            faults,
            blows: 0,
            trace: Trace::default(),
        })))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The seed of this simulation, for others that make choices, as `Supervisor::seeded`.
    #[must_use]
    pub fn seed(&self) -> u64 {
        self.state().seed
    }

    /// A number below `end`, chosen by the seed; 0 if there is none.
    #[must_use]
    pub fn below(&self, end: u64) -> u64 {
        self.state().dice.below(end)
    }

    /// True once in so many times, as the seed chooses; never with 0.
    #[must_use]
    pub fn once_in(&self, chances: u64) -> bool {
        chances > 0 && self.below(chances) == 0
    }

    /// The time since the simulation began, by its clock.
    #[must_use]
    pub fn now(&self) -> Duration {
        now()
    }

    /// Options of slots whose figures and turns go by the clock of the simulation.
    #[must_use]
    pub fn options(&self) -> SlotOptions {
        SlotOptions { clock: Clock::new(now), ..SlotOptions::default() }
    }

    /// Adds this to the trace.
    pub fn note(&self, who: &str, what: impl fmt::Display) {
        let event = Event { at: now(), who: who.to_owned(), what: what.to_string() };
        self.state().trace.add(event);
    }

    /// A place where a handler may go wrong: put one before and one behind what it does.
    ///
    /// # Errors
    /// A planted failure.
    ///
    /// # Panics
    /// A planted panic.
    #[allow(clippy::panic, reason = "that is what it is for")]
    pub fn strike(&self, who: &str) -> Result<(), Failure> {
        let Faults { panics, errors, blocks, .. } = self.state().faults;
        if self.once_in(blocks) {
            let time = self.some_time();
            self.note(who, format_args!("blocks its thread for {time:?}"));
            block_for(time);
        }
        let (panics, fails) = (self.once_in(panics), self.once_in(errors));
        if !(panics || fails) || !self.may_strike() {
            return Ok(());
        }
        if panics {
            self.note(who, "panics");
            std::panic::panic_any(Planted);
        }
        self.note(who, "fails");
        Err(Failure::message("a planted failure"))
    }

    /// How long to wait before going on, if a delay was chosen.
    #[must_use]
    pub fn delay(&self, who: &str) -> Option<Duration> {
        let delays = self.state().faults.delays;
        let time = self.once_in(delays).then(|| self.some_time())?;
        self.note(who, format_args!("waits for {time:?}"));
        Some(time)
    }

    /// A part of so much, at least 1: all of it, where no part was chosen.
    #[must_use]
    pub fn part_of(&self, all: usize) -> usize {
        let parts = self.state().faults.parts;
        if all > 1 && self.once_in(parts) {
            return 1 + usize::try_from(self.below(all as u64 - 1)).unwrap_or(0);
        }
        all
    }

    /// How often something panicked or failed until now.
    #[must_use]
    pub fn blows(&self) -> u64 {
        self.state().blows
    }

    pub(super) fn take_trace(&self) -> Trace {
        std::mem::take(&mut self.state().trace)
    }

    fn may_strike(&self) -> bool {
        let mut state = self.state();
        let may = state.blows < state.faults.most_blows;
        state.blows += u64::from(may);
        may
    }

    fn some_time(&self) -> Duration {
        let longest = u64::try_from(self.state().faults.longest.as_micros()).unwrap_or(u64::MAX);
        Duration::from_micros(self.below(longest))
    }
}

impl fmt::Debug for Sim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sim").field("seed", &self.seed()).finish_non_exhaustive()
    }
}

/// The time since the first look at the clock of this simulation.
fn now() -> Duration {
    let now = Instant::now();
    let began = BEGAN.get().unwrap_or(now);
    BEGAN.set(Some(began));
    now.saturating_duration_since(began)
}

/// Moves the clock without giving the thread back: as a handler does that computes, or calls what
/// blocks.
fn block_for(time: Duration) {
    // The clock moves when this is polled first; what comes after is a yield.
    let moving = pin!(tokio::time::advance(time));
    let _ = moving.poll(&mut Context::from_waker(Waker::noop()));
}

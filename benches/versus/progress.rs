//! Where a run is: on stderr, since it may take minutes.

use std::{
    io::{IsTerminal, stderr},
    time::{Duration, Instant},
};

/// How often it is told where no terminal shows it, as in a log.
const SELDOM: Duration = Duration::from_secs(10);

/// Knows how long each entry took, and so how long the rest may take.
#[derive(Debug)]
pub(crate) struct Progress {
    rounds: u32,
    /// Of each entry: how long its latest run took.
    took: Vec<Option<Duration>>,
    is_shown: bool,
    told: Option<Instant>,
}

impl Progress {
    pub(crate) fn new(entries: usize, rounds: u32) -> Self {
        Self { rounds, took: vec![None; entries], is_shown: stderr().is_terminal(), told: None }
    }

    /// This entry takes its turn.
    pub(crate) fn show(&mut self, round: u32, turn: usize, path: &str) {
        let is_early = self.told.is_some_and(|told| told.elapsed() < SELDOM);
        if is_early && !self.is_shown {
            return;
        }
        self.told = Some(Instant::now());
        let of = self.took.len();
        let stage = if round == 0 { "warm-up".into() } else { format!("{round}/{}", self.rounds) };
        let left = self.left(round, turn).as_secs();
        let line = format!(
            "round {stage}, {} of {of}, about {}:{:02} left: {path}",
            turn + 1,
            left / 60,
            left % 60
        );
        if self.is_shown {
            eprint!("\r{line}\x1b[K");
        } else {
            eprintln!("{line}");
        }
    }

    /// A run of the entry at this place took so long.
    pub(crate) fn took(&mut self, place: usize, time: Duration) {
        if let Some(took) = self.took.get_mut(place) {
            *took = Some(time);
        }
        self.clear();
    }

    /// The entry at this place runs no more.
    pub(crate) fn out(&mut self, place: usize) {
        if let Some(took) = self.took.get_mut(place) {
            *took = Some(Duration::ZERO);
        }
    }

    /// Takes the line away, so that something else can be told.
    pub(crate) fn clear(&self) {
        if self.is_shown {
            eprint!("\r\x1b[K");
        }
    }

    /// The rest of this round and the rounds behind it, with a mean for entries that never ran.
    fn left(&self, round: u32, turn: usize) -> Duration {
        let known = self.took.iter().flatten();
        let (count, sum) =
            known.fold((0_u32, Duration::ZERO), |(n, sum), took| (n + 1, sum + *took));
        let mean = sum.checked_div(count).unwrap_or_default();
        let entries = u32::try_from(self.took.len()).unwrap_or(u32::MAX);
        let turn = u32::try_from(turn).unwrap_or(u32::MAX);
        let runs = (self.rounds - round) * entries + entries.saturating_sub(turn);
        mean.saturating_mul(runs)
    }
}

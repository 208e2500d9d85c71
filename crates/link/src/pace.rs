//! When to look again before going to sleep.
//!
//! Across threads a sleep and its wake-up cost about 20 µs, a look a tenth of one; so an end whose
//! peer is at work on another thread yields a few times before it parks.
//! It yields to its executor (`wake_by_ref`, then `Pending`), so that mail and other actors run in
//! between.
//! On one thread yielding gains nothing: the peer cannot work meanwhile.

use std::{task::Context, time::Duration};

use crate::Clock;

/// The most looks before a sleep.
///
/// On a quiet machine 16 are as good as 128; where other threads want the same cores, each look that
/// finds nothing keeps the peer from its work, and 128 cost several times as much.
const MOST_LOOKS: u32 = 16;
/// The fewest, so that an end can find out that its peer has become quick again.
const FEWEST_LOOKS: u32 = 4;
/// A sleep shorter than this was not worth it: look more often the next time.
const SHORT_SLEEP: Duration = Duration::from_micros(100);
/// The longest time that is spent on looking before one sleep.
const LONGEST_LOOK: Duration = Duration::from_micros(100);

#[derive(Debug)]
pub(crate) struct Pace {
    clock: Clock,
    /// How many looks the next sleep is worth.
    budget: u32,
    looks: u32,
    began: Duration,
    asleep_since: Option<Duration>,
}

impl Pace {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, budget: MOST_LOOKS, looks: 0, began: Duration::ZERO, asleep_since: None }
    }

    /// There was something to do.
    #[inline]
    pub(crate) fn worked(&mut self) {
        self.looks = 0;
        if let Some(since) = self.asleep_since.take() {
            let short = self.clock.now().saturating_sub(since) < SHORT_SLEEP;
            self.budget = if short {
                (self.budget * 2).min(MOST_LOOKS)
            } else {
                (self.budget / 2).max(FEWEST_LOOKS)
            };
        }
    }

    /// Returns true, with a wake-up on its way, if the end should look again soon and not park.
    pub(crate) fn look_again(&mut self, apart: bool, cx: &Context<'_>) -> bool {
        if !apart || self.asleep_since.is_some() || self.looks >= self.budget {
            return false;
        }
        let now = self.clock.now();
        if self.looks == 0 {
            self.began = now;
        } else if now.saturating_sub(self.began) > LONGEST_LOOK {
            return false;
        }
        self.looks += 1;
        cx.waker().wake_by_ref();
        true
    }

    /// The end goes to sleep.
    ///
    /// On one thread it does not matter for how long, and reading the clock costs as much as a few
    /// items.
    pub(crate) fn sleeps(&mut self, apart: bool) {
        if apart && self.asleep_since.is_none() {
            self.asleep_since = Some(self.clock.now());
        }
    }
}

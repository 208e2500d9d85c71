//! When to look again before going to sleep.
//!
//! Across threads a sleep and its wake-up cost about 20 µs, a look a tenth of one; so an end whose
//! peer is at work on another thread yields a few times before it parks.
//! It yields to its executor (`wake_by_ref`, then `Pending`), so that mail and other actors run in
//! between.
//! On one thread yielding gains nothing: the peer cannot work meanwhile.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    task::Context,
    time::Duration,
};

use crate::Clock;

/// The most looks before a sleep: at some 0.4 µs each, about as long as a sleep and its wake-up, so that
/// who looks in vain loses about as much again.
///
/// Where other threads want the same cores, each look that finds nothing keeps the peer from its
/// work: beside two busy threads 16 took up to 29 % less time, and on a quiet machine, with chunks of
/// 64 KiB, twice as much.
const MOST_LOOKS: u32 = 48;
/// The most ends that look again at a time on one thread: with more than these, the thread has enough
/// to do, and looks keep those from it that have work.
const MOST_LOOKING: usize = 8;
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
    looking: Option<Looking>,
    asleep_since: Option<Duration>,
}

impl Pace {
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            budget: MOST_LOOKS,
            looks: 0,
            began: Duration::ZERO,
            looking: None,
            asleep_since: None,
        }
    }

    /// There was something to do.
    #[inline]
    pub(crate) fn worked(&mut self) {
        self.looks = 0;
        self.looking = None;
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
            self.looking = Looking::one_more();
        }
        if self.looking.is_none() {
            return false;
        }
        if now.saturating_sub(self.began) > LONGEST_LOOK {
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
        self.looking = None;
        if apart && self.asleep_since.is_none() {
            self.asleep_since = Some(self.clock.now());
        }
    }
}

/// An end that looks again, counted for its thread until it is dropped.
#[derive(Debug)]
struct Looking(Arc<AtomicUsize>);

impl Looking {
    /// Counts one more, if there are not enough.
    fn one_more() -> Option<Self> {
        thread_local! {
            static COUNT: Arc<AtomicUsize> = Arc::default();
        }
        // The end may go to another thread meanwhile, and still counts for this one.
        COUNT.with(|count| {
            let others = count.fetch_add(1, Relaxed);
            let looking = Self(count.clone());
            (others < MOST_LOOKING).then_some(looking)
        })
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Waker;

    use super::*;

    fn looks(pace: &mut Pace) -> u32 {
        let cx = Context::from_waker(Waker::noop());
        let mut looks = 0;
        while pace.look_again(true, &cx) {
            looks += 1;
        }
        looks
    }

    fn paces(count: usize) -> Vec<Pace> {
        (0..count).map(|_| Pace::new(Clock::new(|| Duration::ZERO))).collect()
    }

    #[test]
    fn an_end_looks_again_and_then_sleeps() {
        let mut pace = Pace::new(Clock::new(|| Duration::ZERO));
        assert_eq!(looks(&mut pace), MOST_LOOKS);
        pace.sleeps(true);
        assert_eq!(looks(&mut pace), 0);
        pace.worked();
        assert_eq!(looks(&mut pace), MOST_LOOKS);
    }

    #[test]
    fn of_many_ends_on_a_thread_only_some_look_again() {
        let mut paces = paces(MOST_LOOKING + 2);
        let cx = Context::from_waker(Waker::noop());
        let looking = |paces: &mut [Pace]| {
            paces.iter_mut().map(|pace| usize::from(pace.look_again(true, &cx))).sum::<usize>()
        };
        assert_eq!(looking(&mut paces), MOST_LOOKING);
        let (looked, others) = paces.split_at_mut(MOST_LOOKING);
        others.iter_mut().for_each(|pace| pace.sleeps(true));
        looked[0].worked();
        drop(std::mem::replace(&mut looked[1], Pace::new(Clock::new(|| Duration::ZERO))));
        others.iter_mut().for_each(Pace::worked);
        assert_eq!(looking(others), 2, "one found work, one is gone");
    }
}

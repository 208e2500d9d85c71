//! When a failed child lives again: pure, with the time as an argument.

use std::{collections::VecDeque, time::Duration};

/// What happens to a child that fails.
///
/// The default is [`transient`](Self::transient): at most 5 restarts in 30 s, the first at once,
/// each next one after twice the time, from 10 ms up to 1 s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restart {
    at_most: u32,
    per: Duration,
    back_off: Duration,
}

/// The longest wait before a restart.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(1);

impl Restart {
    /// A child that fails is not restarted.
    #[must_use]
    pub const fn temporary() -> Self {
        Self { at_most: 0, per: Duration::ZERO, back_off: Duration::ZERO }
    }

    /// A child that fails is restarted; one that ends well is not.
    #[must_use]
    pub const fn transient() -> Self {
        Self { at_most: 5, per: Duration::from_secs(30), back_off: Duration::from_millis(10) }
    }

    /// How many restarts there may be in the time of [`per`](Self::per); the next failure is final.
    #[must_use]
    pub const fn at_most(mut self, restarts: u32) -> Self {
        self.at_most = restarts;
        self
    }

    /// The time in which restarts are counted.
    #[must_use]
    pub const fn per(mut self, time: Duration) -> Self {
        self.per = time;
        self
    }

    /// How many restarts there may be in which time; `None` if there is none at all.
    #[must_use]
    pub const fn limit(&self) -> Option<(u32, Duration)> {
        if self.at_most == 0 { None } else { Some((self.at_most, self.per)) }
    }

    /// The wait before the second restart of a row; zero for no waiting at all.
    #[must_use]
    pub const fn back_off(mut self, first: Duration) -> Self {
        self.back_off = first;
        self
    }
}

impl Default for Restart {
    fn default() -> Self {
        Self::transient()
    }
}

/// The failures of one child.
#[derive(Clone, Debug)]
pub(crate) struct Failures {
    policy: Restart,
    /// When the last restarts were, the oldest first; at most `at_most` of them.
    restarts: VecDeque<Duration>,
}

impl Failures {
    pub(crate) const fn new(policy: Restart) -> Self {
        Self { policy, restarts: VecDeque::new() }
    }

    /// The child failed at this time: how long to wait before it is restarted, or `None` if it is
    /// not.
    pub(crate) fn failed(&mut self, now: Duration) -> Option<Duration> {
        while self.restarts.front().is_some_and(|at| now.saturating_sub(*at) > self.policy.per) {
            self.restarts.pop_front();
        }
        let in_a_row = u32::try_from(self.restarts.len()).unwrap_or(u32::MAX);
        if in_a_row >= self.policy.at_most {
            return None;
        }
        self.restarts.push_back(now);
        let doublings = in_a_row.checked_sub(1);
        let wait = doublings.map_or(Duration::ZERO, |doublings| {
            self.policy.back_off.saturating_mul(2_u32.saturating_pow(doublings))
        });
        Some(wait.min(LONGEST_BACK_OFF))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: Restart, failures_ms: &[u64], waits_ms: &[Option<u64>]) {
        let mut failures = Failures::new(policy);
        let waits: Vec<_> = failures_ms
            .iter()
            .map(|ms| failures.failed(Duration::from_millis(*ms)))
            .map(|wait| wait.map(|wait| wait.as_millis() as u64))
            .collect();
        assert_eq!(waits, waits_ms);
    }

    #[test]
    fn a_temporary_child_is_never_restarted() {
        check(Restart::temporary(), &[0, 99_999], &[None, None]);
    }

    #[test]
    fn the_failure_after_the_last_restart_is_final() {
        check(Restart::transient().at_most(2), &[0, 1, 2], &[Some(0), Some(10), None]);
    }

    #[test]
    fn restarts_are_counted_in_a_window() {
        let policy = Restart::transient().at_most(1).per(Duration::from_millis(100));
        check(policy, &[0, 101, 150, 202], &[Some(0), Some(0), None, Some(0)]);
    }

    #[test]
    fn the_wait_doubles_up_to_a_second() {
        let policy = Restart::transient().at_most(10).back_off(Duration::from_millis(300));
        check(policy, &[0; 6], &[0, 300, 600, 1000, 1000, 1000].map(Some));
    }

    #[test]
    fn without_a_back_off_there_is_no_wait() {
        check(Restart::transient().back_off(Duration::ZERO), &[0; 3], &[Some(0); 3]);
    }
}

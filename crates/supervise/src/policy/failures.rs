//! The failures of one child, and the wait after each.

use std::time::Duration;

use super::Restart;

/// The longest wait before a restart.
const LONGEST_BACK_OFF: Duration = Duration::from_secs(1);

/// The failures of one child in a row.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Failures(u32);

impl Failures {
    /// A life of this length ended badly: how long to wait before the next one, or `None` if there
    /// is none. `dice` is any number, as random as it can be had.
    pub(super) fn failed(
        &mut self,
        policy: &Restart,
        lived: Duration,
        dice: u64,
    ) -> Option<Duration> {
        if lived >= policy.healthy() {
            self.0 = 0;
        }
        let before = self.0;
        if before >= policy.limit() {
            return None;
        }
        self.0 = before.saturating_add(1);
        let Some(doublings) = before.checked_sub(1) else { return Some(Duration::ZERO) };
        let wait = policy.first_wait().saturating_mul(2_u32.saturating_pow(doublings));
        Some(jittered(wait.min(LONGEST_BACK_OFF), dice))
    }
}

/// Between half of the time and all of it, so that those who failed together do not come back
/// together.
fn jittered(wait: Duration, dice: u64) -> Duration {
    let half = wait / 2;
    let parts = u32::try_from(dice & 0xffff).unwrap_or(0);
    half + half * parts / 0xffff
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(30);
    const SHORT: Duration = Duration::from_millis(1);

    fn check(policy: Restart, lives: &[Duration], waits_ms: &[Option<u64>]) {
        let mut failures = Failures::default();
        let waits: Vec<_> = lives
            .iter()
            .map(|lived| failures.failed(&policy, *lived, u64::MAX))
            .map(|wait| wait.map(|wait| wait.as_millis() as u64))
            .collect();
        assert_eq!(waits, waits_ms);
    }

    #[test]
    fn a_temporary_child_is_never_made_anew() {
        check(Restart::temporary().at_most(3), &[SHORT, LONG], &[None, None]);
    }

    #[test]
    fn the_failure_after_the_last_restart_is_final() {
        check(Restart::transient().at_most(2), &[SHORT; 3], &[Some(0), Some(10), None]);
        check(Restart::permanent().at_most(0), &[SHORT], &[None]);
    }

    #[test]
    fn a_healthy_life_ends_the_row() {
        let policy = Restart::transient().at_most(2);
        let lives = [SHORT, SHORT, LONG, SHORT, SHORT];
        check(policy, &lives, &[Some(0), Some(10), Some(0), Some(10), None]);
    }

    #[test]
    fn however_long_the_waits_are_lives_that_are_short_come_to_an_end() {
        let policy = Restart::transient().at_most(50).back_off(Duration::from_secs(1_000));
        let mut failures = Failures::default();
        let lives = (0..).take_while(|_| failures.failed(&policy, LONG - SHORT, 7).is_some());
        assert_eq!(lives.count(), 50);
    }

    #[test]
    fn the_wait_doubles_up_to_a_second() {
        let policy = Restart::transient().at_most(10).back_off(Duration::from_millis(300));
        check(policy, &[SHORT; 6], &[0, 300, 600, 1000, 1000, 1000].map(Some));
    }

    #[test]
    fn the_dice_take_up_to_half_of_the_wait_away() {
        let policy = Restart::transient().back_off(Duration::from_millis(100));
        let wait = |dice| {
            let mut failures = Failures(1);
            failures.failed(&policy, SHORT, dice).map(|wait| wait.as_millis())
        };
        assert_eq!([wait(0), wait(0x8000), wait(0xffff)], [Some(50), Some(75), Some(100)]);
    }

    #[test]
    fn without_a_back_off_there_is_no_wait() {
        check(Restart::transient().back_off(Duration::ZERO), &[SHORT; 3], &[Some(0); 3]);
    }
}

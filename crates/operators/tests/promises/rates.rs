//! Rates.

use std::time::Duration;

use aqueduct_operators::{Rate, RateError, RateLimit};
use proptest::prelude::*;

const START: Duration = Duration::from_secs(3);

proptest! {
    /// However often somebody looks, in all as many tokens come as the rate says, and not one
    /// more or less.
    #[test]
    fn a_rate_does_not_drift(
        tokens in 1_u64..2000,
        period in 1_u64..3_000_000_000,
        steps in proptest::collection::vec(0_u64..5_000_000, 1..200),
    ) {
        let rate = Rate::per(tokens, Duration::from_nanos(period))?.burst(u64::MAX)?;
        let mut limit = RateLimit::new(rate, START);
        let full = limit.allow(START);
        limit.spend(full);
        let (mut now, mut spent) = (START, 0);
        for step in steps {
            now += Duration::from_nanos(step);
            let there = limit.allow(now);
            limit.spend(there);
            spent += u128::from(there);
        }
        let passed = (now - START).as_nanos();
        prop_assert_eq!(spent, passed * u128::from(tokens) / u128::from(period));
    }

    /// The time that is told is the first at which a token is there.
    #[test]
    fn the_next_token_is_there_when_it_is_told_and_not_before(
        tokens in 1_u64..5000,
        period in 1_u64..3_000_000_000,
        spent in 0_u64..20_000,
    ) {
        let mut limit = RateLimit::new(Rate::per(tokens, Duration::from_nanos(period))?, START);
        limit.spend(spent);
        let next = limit.next_at();
        if next > START {
            prop_assert_eq!(limit.clone().allow(next - Duration::from_nanos(1)), 0);
        }
        prop_assert!(limit.allow(next) >= 1);
    }

    /// No value of any type makes it overflow.
    #[test]
    fn extreme_values_are_counted_as_the_most_there_is(
        tokens in extreme(),
        period in extreme(),
        burst in extreme(),
        spent in extreme(),
        now in extreme(),
    ) {
        let rate = Rate::per(tokens, Duration::from_nanos(period))?.burst(burst)?;
        let mut limit = RateLimit::new(rate, Duration::ZERO);
        for now in [Duration::from_nanos(now), Duration::from_secs(now), Duration::MAX] {
            prop_assert!(limit.allow(now) <= burst);
            limit.spend(spent);
            limit.spend(spent);
            prop_assert!(limit.next_at() >= now);
        }
    }
}

fn extreme() -> impl Strategy<Value = u64> {
    prop_oneof![Just(1), Just(u64::MAX), Just(u64::MAX - 1), 1..=u64::MAX]
}

fn limit(rate: Rate) -> RateLimit {
    RateLimit::new(rate, START)
}

#[test]
fn a_bucket_begins_full_and_fills_no_further_than_its_burst() {
    let mut ten = limit(Rate::per_second(10).unwrap());
    assert_eq!(ten.allow(START), 10, "the burst is one period's tokens");
    assert_eq!(ten.allow(START + Duration::from_secs(99)), 10);
    let mut one = limit(Rate::per_second(10).unwrap().burst(1).unwrap());
    assert_eq!(one.allow(START + Duration::from_secs(99)), 1);
}

#[test]
fn tokens_come_evenly() {
    let mut limit = limit(Rate::per(4, Duration::from_secs(1)).unwrap());
    limit.spend(4);
    assert_eq!(limit.allow(START + Duration::from_millis(249)), 0);
    assert_eq!(limit.next_at(), START + Duration::from_millis(250));
    assert_eq!(limit.allow(START + Duration::from_millis(500)), 2);
}

#[test]
fn what_was_spent_before_it_was_there_is_paid_first() {
    let mut limit = limit(Rate::per_second(1).unwrap());
    limit.spend(3);
    assert_eq!(limit.next_at(), START + Duration::from_secs(3));
    assert_eq!(limit.allow(START + Duration::from_secs(2)), 0);
    assert_eq!(limit.allow(START + Duration::from_secs(3)), 1);
}

#[test]
fn a_clock_that_goes_back_brings_nothing_twice() {
    let mut limit = limit(Rate::per_second(1).unwrap());
    let later = START + Duration::from_secs(1);
    limit.spend(1);
    assert_eq!(limit.allow(later), 1);
    limit.spend(1);
    assert_eq!(limit.allow(START), 0);
    assert_eq!(limit.allow(later), 0);
}

#[test]
fn a_rate_that_lets_nothing_or_everything_pass_is_refused() {
    let second = Duration::from_secs(1);
    assert_eq!(Rate::per_second(0), Err(RateError::NoTokens));
    assert_eq!(Rate::per(1, Duration::ZERO), Err(RateError::NoTime));
    assert_eq!(Rate::per(1, Duration::MAX), Err(RateError::TooSlow));
    assert_eq!(Rate::per(1, second).and_then(|rate| rate.burst(0)), Err(RateError::NoBurst));
}

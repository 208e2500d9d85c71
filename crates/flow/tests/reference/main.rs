//! The machines beside a second, naive implementation, step by step, on random inputs.
//! The second one keeps the items and the names themselves, in queues and sets, and no totals:
//! after each step both agree, and the rules hold.

#![allow(clippy::unwrap_used, reason = "this is how a test fails")]

mod link;
mod naive;
mod ops;
mod slot;

use aqueduct_flow::{Effects, Listed, Violation};
use proptest::test_runner::{Config, FileFailurePersistence, RngAlgorithm};

/// What a step answered, as text, so that both sides can be compared.
type Answer = Result<Vec<String>, Violation>;

fn said<E: Listed>(answer: Result<Effects<E>, Violation>) -> Answer {
    answer.map(|effects| effects.iter().map(|effect| format!("{effect:?}")).collect())
}

fn say(names: &[&str]) -> Answer {
    Ok(names.iter().map(|name| (*name).to_owned()).collect())
}

/// The first `count` of them, or all.
fn front(weights: impl IntoIterator<Item = u64>, count: usize) -> Vec<u64> {
    weights.into_iter().take(count).collect()
}

fn config() -> Config {
    Config {
        cases: 2048,
        // A failing seed is kept beside the test, and tried first from then on.
        failure_persistence: Some(Box::new(FileFailurePersistence::WithSource("regressions"))),
        // Three times as fast as the default, without optimisation.
        rng_algorithm: RngAlgorithm::XorShift,
        ..Config::default()
    }
}

//! Faults, planted one by one: each is found by the test of the rule that it breaks, and the same
//! subject without the fault passes them all.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, and some faults are panics"
)]

mod consumers;
mod producers;
mod stages;

use aqueduct_testkit::{Checked, Verdict};

/// The verdict is that a promise is broken, and says so in these words.
#[track_caller]
fn assert_found(verdict: Verdict, words: &str) {
    match verdict {
        Ok(checked) => panic!("the fault was not found: {checked:?}"),
        Err(broken) => assert!(broken.to_string().contains(words), "{broken}"),
    }
}

/// One test a fault: the subject, the rule whose test finds it, and words of the answer.
#[macro_export]
macro_rules! found {
    ($($fault:ident: $subject:expr, $rule:ident, $words:literal;)+) => {
        $(#[test]
        fn $fault() {
            let verdict = aqueduct_testkit::check(|| $subject, |subject| async move {
                subject.$rule().await
            });
            $crate::assert_found(verdict, $words);
        })+
    };
}

#[test]
fn what_could_not_be_checked_is_told_and_passes() {
    aqueduct_testkit::settle(Ok(Checked::Skipped("the producer has no end")));
}

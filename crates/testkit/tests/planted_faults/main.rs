//! Faults, planted one by one: each is found by the test of the rule that it breaks and by no test
//! that it does not concern, and the same subject without the fault passes them all.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test fails by panicking, and some faults are panics"
)]

mod consumers;
mod producers;
mod stages;

use std::thread;

use aqueduct_testkit::{Broken, Checked, Verdict};

/// The tests of one kind of subject, by name; each makes a subject with this fault.
type Rules<F> = [(&'static str, fn(F) -> Verdict)];

/// Makes the list of the tests of one kind.
#[macro_export]
macro_rules! rules {
    ($subject:expr; $($rule:ident)+) => {
        &[$((stringify!($rule), |fault| {
            aqueduct_testkit::check(move || ($subject)(fault), |subject| async move {
                subject.$rule().await
            })
        })),+]
    };
}

/// One test a fault: the rule whose test finds it, words of the answer, and the rules whose tests
/// cannot pass either, since that fault is in their way.
#[macro_export]
macro_rules! found {
    (
        $rules:expr;
        $($name:ident: $fault:expr, $rule:ident, $words:literal, also $also:expr;)+
    ) => {
        $(#[test]
        fn $name() {
            $crate::assert_found($rules, $fault, stringify!($rule), $words, &$also);
        })+

        /// The rules that have a fault.
        pub(super) const FINDERS: &[&str] = &[$(stringify!($rule)),+];
    };
}

/// What each test says of this subject.
fn verdicts<F: Copy + Send>(rules: &Rules<F>, subject: F) -> Vec<(&'static str, Verdict)> {
    thread::scope(|scope| {
        let mut running = Vec::new();
        for &(name, check) in rules {
            running.push((name, scope.spawn(move || check(subject))));
        }
        running.into_iter().map(|(name, check)| (name, check.join().unwrap())).collect()
    })
}

/// These tests cannot look at this subject, and all others pass.
#[track_caller]
fn assert_skipped<F: Copy + Send>(rules: &Rules<F>, subject: F, expected: &[&str]) {
    let mut skipped = Vec::new();
    for (name, verdict) in verdicts(rules, subject) {
        match verdict {
            Ok(Checked::Kept) => {}
            Ok(Checked::Skipped(_)) => skipped.push(name),
            Err(broken) => panic!("{name}: {broken}"),
        }
    }
    assert_eq!(skipped, expected);
}

/// The test of this rule finds the fault and says so in these words, and but for those that the
/// fault is in the way of, all others pass.
#[track_caller]
fn assert_found<F: Copy + Send>(
    rules: &Rules<F>,
    fault: F,
    rule: &str,
    words: &str,
    also: &[&str],
) {
    let verdicts = verdicts(rules, fault).into_iter();
    let broken: Vec<_> =
        verdicts.filter_map(|(name, verdict)| Some((name, verdict.err()?))).collect();
    let found = broken.iter().find(|(name, _)| *name == rule);
    match found {
        None => panic!("the fault was not found by {rule}, but by {broken:#?}"),
        Some((_, broken)) => assert!(broken.to_string().contains(words), "{broken}"),
    }
    let others = broken.iter().map(|(name, _)| *name).filter(|name| *name != rule);
    assert_eq!(others.collect::<Vec<_>>(), also, "{broken:#?}");
}

/// Each test finds a fault, but for those of rules that no subject can break: the shell keeps them,
/// whatever it runs.
#[track_caller]
fn assert_each_finds_a_fault<F>(rules: &Rules<F>, finders: &[&str], kept: &[&str]) {
    let idle = rules.iter().map(|(name, _)| *name).filter(|name| !finders.contains(name));
    assert_eq!(idle.collect::<Vec<_>>(), kept);
}

#[test]
fn what_could_not_be_checked_is_told_and_passes() {
    aqueduct_testkit::settle("required_f6", Ok(Checked::Skipped("the producer has no end")));
}

#[test]
#[should_panic(expected = "rule: required_f6")]
fn what_is_broken_is_told_with_its_rule() {
    let broken = Broken { expected: "an end".into(), got: "none".into(), advice: "" };
    aqueduct_testkit::settle("required_f6", Err(broken));
}

//! The verification kit: one test for each rule, for your own producers, consumers and stages.
//!
//! A subject is made anew for each test, which runs it in an actix system of its own and looks at it
//! from outside: what it writes, commits and answers, and whether it gives its thread back.
//! The names begin with `required`, and carry the number of the rule in SPEC.md.

mod consumer;
mod producer;
mod seed;
mod stage;
mod subject;

use std::{
    future::Future,
    panic,
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

pub use consumer::ConsumerVerification;
pub use producer::ProducerVerification;
pub use stage::StageVerification;

use crate::{Broken, Checked, Verdict};

/// How long a check may take before its subject is taken to keep its thread for ever.
const HANG: Duration = Duration::from_secs(60);

/// Runs one check of a subject, in a thread and an actix system of its own.
///
/// # Errors
/// [`Broken`] if the check says so, or if the subject never gives its thread back; that thread is
/// left alone.
pub fn check<S, F>(
    subject: impl FnOnce() -> S + Send + 'static,
    rule: impl FnOnce(S) -> F + Send + 'static,
) -> Verdict
where
    F: Future<Output = Verdict>,
{
    let (tell, told) = channel();
    let checking = thread::spawn(move || {
        let verdict = actix_rt::System::new().block_on(async move { rule(subject()).await });
        // Nobody waits any more where it took too long.
        let _ = tell.send(verdict);
    });
    match told.recv_timeout(HANG) {
        Ok(verdict) => verdict,
        Err(RecvTimeoutError::Disconnected) => match checking.join() {
            Err(panicked) => panic::resume_unwind(panicked),
            Ok(()) => Err(Broken::new("an answer", "none", "")),
        },
        Err(RecvTimeoutError::Timeout) => Err(Broken::new(
            "a subject that gives its thread back",
            format!("it kept it for {} s", HANG.as_secs()),
            "answer Wait where there is nothing to do, and work with futures where it takes long",
        )),
    }
}

/// Makes a test of a verdict.
///
/// # Panics
/// If the promise is broken: this is how a test fails.
#[track_caller]
#[allow(clippy::panic, clippy::print_stdout, reason = "it is the end of a test")]
pub fn settle(verdict: Verdict) {
    match verdict {
        Ok(Checked::Kept) => {}
        Ok(Checked::Skipped(reason)) => println!("skipped: {reason}"),
        Err(broken) => panic!("\n{broken}\n"),
    }
}

/// Makes a module of tests, one for each rule.
#[doc(hidden)]
#[macro_export]
macro_rules! __verify {
    ($name:ident, $subject:expr, $($rule:ident)+) => {
        mod $name {
            #[allow(unused_imports, reason = "the subject may need nothing of what is around it")]
            use super::*;

            $(#[test]
            fn $rule() {
                $crate::settle($crate::check(|| $subject, |subject| async move {
                    subject.$rule().await
                }));
            })+
        }
    };
}

/// Makes a module of tests for a consumer: one for each rule that [`ConsumerVerification`] checks.
#[macro_export]
macro_rules! verify_consumer {
    ($name:ident, $subject:expr) => {
        $crate::__verify! { $name, $subject,
            required_f2_every_item_is_handled_once_and_in_order
            required_f2_an_item_is_handled_without_another_behind_it
            required_f6_the_end_comes_behind_the_last_item
            required_f7_it_comes_back_after_it_has_waited
            required_f9_an_abort_ends_it
            required_f9_the_death_of_its_producer_ends_it_behind_the_last_item
            required_f9_when_it_goes_its_producer_is_stopped
            required_f10_it_gives_its_thread_back
        }
    };
}

/// Makes a module of tests for a producer: one for each rule that [`ProducerVerification`] checks.
#[macro_export]
macro_rules! verify_producer {
    ($name:ident, $subject:expr) => {
        $crate::__verify! { $name, $subject,
            required_f2_the_same_comes_whatever_the_demand
            required_f3_nothing_is_written_while_it_is_held
            required_f6_its_end_comes_behind_the_last_item
            required_f7_it_goes_on_whenever_there_is_room
            required_f9_a_stop_ends_it
            required_f10_it_writes_no_more_than_is_wanted
            required_f10_it_gives_its_thread_back
        }
    };
}

/// Makes a module of tests for a stage or a transform: one for each rule that [`StageVerification`]
/// checks.
#[macro_export]
macro_rules! verify_stage {
    ($name:ident, $subject:expr) => {
        $crate::__verify! { $name, $subject,
            required_f1_it_takes_no_more_while_its_consumer_is_full
            required_f2_the_same_comes_out_however_it_goes_in
            required_f6_the_end_goes_through_it_behind_the_last_item
            required_f9_an_abort_goes_through_it
            required_f9_a_stop_goes_through_it
            required_f10_it_gives_its_thread_back
        }
    };
}

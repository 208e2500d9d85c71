//! The verification kit: one test for each rule, for your own producers, consumers and stages.
//!
//! A subject is made anew for each test, which runs it in an actix system of its own and looks at it
//! from outside: what it writes, commits and answers, and whether it gives its thread back.
//! The names carry the number of the rule in SPEC.md. They begin with `required` where every subject
//! can be checked, and with `optional` where a check needs to be told more than a link can see.
//! What cannot be checked is skipped, with the reason in the output of its test.

mod consumer;
mod macros;
mod producer;
mod seed;
mod stage;
mod subject;

use std::{
    future::Future,
    sync::mpsc::{RecvTimeoutError, channel},
    thread,
    time::Duration,
};

pub use consumer::ConsumerVerification;
pub use producer::ProducerVerification;
pub use stage::StageVerification;

use aqueduct_actors::Cause;

use crate::{Broken, Checked, Verdict};

/// How long a check may take before its subject is taken to keep its thread for ever.
const HANG: Duration = Duration::from_secs(60);

/// Runs one check of a subject, in a thread and an actix system of its own.
///
/// # Errors
/// [`Broken`] if the check says so, if something panics that nobody catches, or if the subject never
/// gives its thread back; that thread is left alone.
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
            Err(panic) => {
                let advice = "a subject may not panic, and not when its system ends with it either";
                let got = Cause::panicked(&*panic).to_string();
                Err(Broken::new("a check without a panic", got, advice))
            }
            Ok(()) => Err(Broken::new("an answer", "none", "")),
        },
        Err(RecvTimeoutError::Timeout) => Err(Broken::new(
            "a subject that gives its thread back",
            format!("it kept it for {} s", HANG.as_secs()),
            "answer Wait where there is nothing to do, and work with futures where it takes long",
        )),
    }
}

/// Makes a test of the verdict about a rule.
///
/// # Panics
/// If the promise is broken: this is how a test fails.
#[track_caller]
#[allow(clippy::panic, clippy::print_stdout, reason = "it is the end of a test")]
pub fn settle(rule: &str, verdict: Verdict) {
    match verdict {
        Ok(Checked::Kept) => {}
        Ok(Checked::Skipped(reason)) => println!("{rule}, skipped: {reason}"),
        Err(broken) => panic!("\n    rule: {rule}\n{broken}\n"),
    }
}

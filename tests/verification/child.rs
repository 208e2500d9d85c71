//! Standard input and output are one for each process: they are checked in processes of their own.

use std::process::{Command, Stdio};

/// Names the rule that is checked, in such a process.
const RULE: &str = "AQUEDUCT_TEST_RULE";

/// The rule that this process is to check, if it is one of those.
pub(crate) fn rule() -> Option<String> {
    std::env::var(RULE).ok()
}

/// This test again, in a process that checks this rule.
pub(crate) fn process(test: &str, rule: &str) -> Command {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args([test, "--exact", "--nocapture"]).env(RULE, rule);
    child.stdin(Stdio::null()).stdout(Stdio::piped());
    child
}

/// The names of the rules.
#[macro_export]
macro_rules! names {
    (; $($rule:ident)+) => {
        [$(stringify!($rule)),+]
    };
}

/// Checks the rule of this name.
#[macro_export]
macro_rules! check_named {
    ($name:expr, $subject:expr; $($rule:ident)+) => {
        match $name {
            $(stringify!($rule) => aqueduct_testkit::check(|| $subject, |subject| async move {
                subject.$rule().await
            }),)+
            other => panic!("there is no rule {other}"),
        }
    };
}

//! Stdout, in a process of its own, whose output is read by this one.

use std::{
    io::Read,
    process::{Command, Stdio},
};

use aqueduct::endpoints::Stdout;
use aqueduct_testkit::{ConsumerVerification, check, settle};

use crate::chunk;

/// Set in that process.
const CHILD: &str = "AQUEDUCT_TEST_STDOUT";

macro_rules! check_all {
    ($($rule:ident)+) => {
        $(settle(check(
            || ConsumerVerification::new(Stdout::open, chunk),
            |subject| async move { subject.$rule().await },
        ));)+
    };
}

#[test]
fn stdout_passes() {
    if std::env::var_os(CHILD).is_some() {
        check_all! {
            required_f2_every_item_is_handled_once_and_in_order
            required_f2_an_item_is_handled_without_another_behind_it
            required_f6_the_end_comes_behind_the_last_item
            required_f7_it_comes_back_after_it_has_waited
            required_f9_an_abort_ends_it
            required_f9_the_death_of_its_producer_ends_it_behind_the_last_item
            required_f9_when_it_goes_its_producer_is_stopped
            required_f10_it_gives_its_thread_back
        }
        return;
    }
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["stdout::stdout_passes", "--exact", "--nocapture"])
        .env(CHILD, "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut output = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
    assert!(child.wait().unwrap().success(), "see what the other process wrote to stderr");
    assert!(output.len() > 600 * 700, "it was written");
}

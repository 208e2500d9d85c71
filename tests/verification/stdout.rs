//! Stdout, whose output is read by the process that checks it.

use std::io::Read;

use aqueduct::endpoints::Stdout;
use aqueduct_testkit::{ConsumerVerification, settle};

use crate::{check_named, child, chunk, names};

#[test]
fn stdout_passes() {
    if let Some(rule) = child::rule() {
        let verdict = aqueduct_testkit::__consumer_rules! {
            [check_named] rule.as_str(), ConsumerVerification::new(Stdout::open, chunk)
        };
        return settle(&rule, verdict);
    }
    for rule in aqueduct_testkit::__consumer_rules! { [names] } {
        let mut child = child::process("stdout::stdout_passes", rule).spawn().unwrap();
        let mut output = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
        assert!(child.wait().unwrap().success(), "{rule}: see what the process wrote to stderr");
        if rule == "required_f2_every_item_is_committed" {
            let written = (0..600).flat_map(chunk).collect::<Vec<_>>();
            let at = output.windows(written.len()).position(|part| part == written);
            assert!(at.is_some(), "what was committed was written, in order");
        }
    }
}

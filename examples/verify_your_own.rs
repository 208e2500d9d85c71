//! Verify your own consumer, one test a rule: `cargo test --test verify_your_own`.

use aqueduct::prelude::*;
use aqueduct_testkit::{ConsumerVerification, verify_consumer};

/// Adds up what it is given.
struct Adder(u64);

impl Consumer for Adder {
    type Item = u64;
    type Error = Failure;

    fn consume(&mut self, batch: &mut Batch<'_, u64>, _: &mut Ctx<'_, Self>) -> Adding {
        while let Some(n) = batch.next() {
            self.0 += n;
        }
        Ok(Consumed::Done)
    }
}

type Adding = Result<Consumed<Adder>, Failure>;

async fn adder() -> Result<Adder, Failure> {
    Ok(Adder(0))
}

verify_consumer!(adds_up, ConsumerVerification::new(adder, |n| n));

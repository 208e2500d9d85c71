//! The stages of pipelines.

use std::{convert::Infallible, future::ready};

use aqueduct::{
    operators::{Batching, Rate},
    pipeline::stages::{Batches, RateLimited},
};
use aqueduct_testkit::{StageVerification, verify_stage};

verify_stage!(
    batches,
    StageVerification::stage(
        || ready(Ok::<_, Infallible>(Batches::new(Batching::of(7), None))),
        |n| n,
        |batch: &Vec<u64>, seen| seen.extend(batch.iter().flat_map(|n| n.to_be_bytes())),
    )
);
verify_stage!(
    a_rate_limit,
    StageVerification::stage(
        || ready(Rate::per_second(1_000_000).map(RateLimited::new)),
        |n| n,
        |n: &u64, seen| seen.extend(n.to_be_bytes()),
    )
);

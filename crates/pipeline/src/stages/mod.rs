//! Stages and consumers that come with pipelines.

mod alarm;
mod batch;
mod rate;
mod sum;

use alarm::Alarm;

pub use batch::Batches;
pub use rate::RateLimited;
pub(crate) use sum::Sum;

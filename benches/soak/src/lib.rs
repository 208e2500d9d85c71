//! What the program `soak` counts with: choices that a seed repeats, sums over what arrives, the
//! slope of memory, what a process has open, and whether a link's figures add up.
//!
//! Nothing here starts an actor, so that all of it is tested by itself.

mod census;
mod conservation;
mod random;
mod sum;
mod trend;

pub use census::Census;
pub use conservation::{Account, unbalanced};
pub use random::Random;
pub use sum::Sum;
pub use trend::{ERRORS, MOST_RISE, PER, SETTLED, SETTLING, Trend};

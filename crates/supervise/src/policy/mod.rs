//! When a child that failed lives again, and who with it: pure, with the time and the dice as
//! arguments.
//!
//! [`Family`] is the machine that a [`Supervisor`](crate::Supervisor) asks under its lock; a model
//! checker explores the very same type.

mod failures;
mod family;
mod restart;

pub use family::{Family, Input, Order};
pub use restart::{Restart, Strategy};

//! What a link promises, one test each, polled by hand with a waker that counts.
//! Names begin with the rule of SPEC.md that they check, where there is one.

#![allow(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod acknowledged;
mod delivery;
mod endings;
mod figures;
mod leases;
mod many;
mod refusals;
mod registration;
mod signals;
mod support;
mod waits;

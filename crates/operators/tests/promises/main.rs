//! What the transforms promise, whatever way the input is cut into chunks.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it skipped"
)]

mod batches;
mod chains;
mod closures;
mod compression;
mod digests;
mod frames;
mod gzip_format;
mod held;
mod json;
mod lines;
mod programs;
mod rates;
mod support;

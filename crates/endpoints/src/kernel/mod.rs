//! Bytes that go from one descriptor to another without entering the process.
//!
//! The link stays what it is; only its items are others: a [`Span`] says where bytes are, and
//! weighs what the bytes would.
//! So marks, pauses, counts and ends are those of a link of chunks.

mod calls;
mod consumer;
mod passage;
mod pipe;
mod producer;
mod route;
mod span;
mod spring;
mod to_file;
mod to_tcp;

pub use consumer::SpanConsumer;
pub use producer::SpanProducer;
pub use route::{Route, Way};
pub use span::Span;

//! One end of a link in a test's hands, so that the other end can be tested.

mod consumer;
mod producer;

pub use consumer::TestConsumer;
pub use producer::TestProducer;

//! From and to what an existing service has: streams, sinks, and the recipients of messages.

mod recipient;
mod sink;
mod stream;

pub use recipient::pump;
pub use sink::{OutletSink, SinkConsumer};
pub use stream::{InletStream, StreamProducer};

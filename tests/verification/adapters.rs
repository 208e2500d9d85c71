//! Streams and sinks as actors.

use std::{cell::RefCell, convert::Infallible, future::ready, rc::Rc};

use aqueduct::actors::{SinkConsumer, StreamProducer};
use aqueduct_testkit::{
    ConsumerVerification, ProducerVerification, verify_consumer, verify_producer,
};
use futures_util::{sink, stream};

fn number(n: &u64, seen: &mut Vec<u8>) {
    seen.extend(n.to_be_bytes());
}

verify_producer!(
    a_stream,
    ProducerVerification::pull(
        || ready(Ok::<_, Infallible>(StreamProducer::new(stream::iter(0..900u64)))),
        number,
    )
);
verify_producer!(
    a_stream_without_end,
    ProducerVerification::pull(
        || ready(Ok::<_, Infallible>(StreamProducer::new(stream::iter(0..u64::MAX)))),
        number,
    )
    .endless()
);
verify_consumer!(a_sink, {
    let seen = Rc::<RefCell<Vec<u64>>>::default();
    let noted = seen.clone();
    let make = move || {
        seen.borrow_mut().clear();
        let sink = sink::unfold(seen.clone(), |seen, n| {
            seen.borrow_mut().push(n);
            ready(Ok::<_, Infallible>(seen))
        });
        ready(Ok::<_, Infallible>(SinkConsumer::new(Box::pin(sink))))
    };
    ConsumerVerification::new(make, |n| n).handled_by(move || noted.borrow().clone())
});

//! Streams, sinks and recipients at a link: all of it arrives, and none of them is flooded.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "this is how a test fails, and what it has to show"
)]

mod common;

use std::{
    collections::VecDeque,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    task::{self, Poll},
};

use aqueduct_actors::{
    End, Exit, Failure, InletStream, OutletSink, Shell, SinkConsumer, StreamProducer,
};
use aqueduct_link::{Slot, Watermarks};
use common::*;
use futures_util::{Sink, SinkExt, StreamExt, stream};

#[test]
fn a_stream_goes_to_a_consumer() {
    system(async {
        for (low, high) in [(0, 1), (1, 2), (64, 256)] {
            let tally = Tally::new();
            let slot = Slot::new("taker", marks(low, high));
            let outlet = slot.register("stream").unwrap();
            let gauge = outlet.gauge();
            // Every seventh item is late.
            let items = stream::iter(0..20_000u64).then(|item| async move {
                if item % 7 == 0 {
                    tokio::task::yield_now().await;
                }
                item
            });
            let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
            let source = Shell::pull("stream", StreamProducer::new(items), outlet).start();
            assert_eq!(within("the producer", source.finished()).await.unwrap(), Exit::Done);
            assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
            tally.assert_all(20_000);
            assert!(gauge.report().peak.items <= high, "a stream is not polled when it is full");
        }
    });
}

#[test]
fn a_stream_that_nobody_wants_is_polled_no_further_than_the_high_mark() {
    system(async {
        let slot = Slot::new("nobody", marks(2, 8));
        let outlet = slot.register("stream").unwrap();
        let polled = Arc::new(AtomicU64::new(0));
        let items = {
            let polled = polled.clone();
            stream::iter(0u64..).inspect(move |_| {
                polled.fetch_add(1, SeqCst);
            })
        };
        let source = Shell::pull("stream", StreamProducer::new(items), outlet).start();
        until("the high mark", || polled.load(SeqCst) == 8).await;
        let_others_run().await;
        assert_eq!(polled.load(SeqCst), 8);
        slot.retire("nobody came");
        let exit = within("the producer", source.finished()).await.unwrap();
        assert_eq!(exit, Exit::Stopped("nobody came".into()));
    });
}

#[test]
fn a_producer_goes_to_a_stream() {
    for apart in [false, true] {
        system(async move {
            let tally = Tally::new();
            let mut slot = Slot::new("stream", marks(16, 64));
            let outlet = slot.register("counter").unwrap();
            let mut items = InletStream::new(slot.inlet().unwrap());
            let elsewhere = apart.then(Elsewhere::new);
            let start = move || Shell::pull("counter", Count::to(100_000), outlet).start();
            let counter = match &elsewhere {
                Some(elsewhere) => elsewhere.call(start).await,
                None => start(),
            };
            within("the stream", async {
                while let Some(item) = items.next().await {
                    tally.add(item);
                }
            })
            .await;
            assert_eq!(items.next().await, None, "it stays at its end");
            tally.end(items.end().unwrap());
            tally.assert_all(100_000);
            assert_eq!(within("the producer", counter.finished()).await.unwrap(), Exit::Done);
        });
    }
}

#[test]
fn f9_a_stream_that_is_dropped_stops_its_producer() {
    system(async {
        let tally = Tally::new();
        let mut slot = Slot::new("stream", marks(16, 64));
        let outlet = slot.register("counter").unwrap();
        let mut items = InletStream::new(slot.inlet().unwrap());
        let count = Count { next: 0, end: u64::MAX, tally: tally.clone() };
        let counter = Shell::pull("counter", count, outlet).start();
        assert_eq!(within("an item", items.next()).await, Some(0));
        drop(items);
        let exit = within("the producer", counter.finished()).await.unwrap();
        assert_eq!(exit, Exit::Stopped("the consumer is gone".into()));
        assert_eq!(tally.stops().len(), 1);
    });
}

#[test]
fn f6_a_stream_is_forwarded_into_an_outlet() {
    system(async {
        let tally = Tally::new();
        let slot = Slot::new("taker", marks(2, 8));
        let mut sink = OutletSink::new(slot.register("forward").unwrap());
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        let mut first = stream::iter((0..5_000u64).map(Ok));
        within("send_all", sink.send_all(&mut first)).await.unwrap();
        assert_eq!(tally.count(), 5_000, "flushed means committed");
        let rest = stream::iter((5_000..10_000u64).map(Ok));
        within("forward", rest.forward(sink)).await.unwrap();
        tally.assert_all(10_000);
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
    });
}

#[test]
fn f9_a_sink_whose_consumer_goes_fails_with_the_reason() {
    system(async {
        let slot = Slot::new("taker", marks(2, 8));
        let sink = OutletSink::new(slot.register("forward").unwrap());
        let forward = actix_rt::spawn(stream::iter((0u64..).map(Ok)).forward(sink));
        let_others_run().await;
        slot.retire("the consumer retired");
        let error = within("forward", forward).await.unwrap().unwrap_err();
        assert_eq!(error.to_string(), "the consumer wants no more: the consumer retired");
    });
}

#[derive(Default)]
struct Seen {
    /// Taken and not written out yet.
    buffer: VecDeque<u64>,
    written: Vec<u64>,
    most_buffered: usize,
    closed: bool,
}

/// A sink with room for four items, which takes several polls to write one of them out.
#[derive(Clone, Default)]
struct Slow(Arc<Mutex<Seen>>, u64);

impl Slow {
    /// Writes one item out at every third poll.
    fn work(&mut self, cx: &mut task::Context<'_>) -> bool {
        self.1 += 1;
        let mut seen = self.0.lock().unwrap();
        if self.1.is_multiple_of(3)
            && let Some(item) = seen.buffer.pop_front()
        {
            seen.written.push(item);
        }
        let empty = seen.buffer.is_empty();
        if !empty {
            cx.waker().wake_by_ref();
        }
        empty
    }
}

impl Sink<u64> for Slow {
    type Error = Failure;

    fn poll_ready(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        self.work(cx);
        let full = self.0.lock().unwrap().buffer.len() >= 4;
        if full { Poll::Pending } else { Poll::Ready(Ok(())) }
    }

    fn start_send(self: Pin<&mut Self>, item: u64) -> Result<(), Failure> {
        let mut seen = self.0.lock().unwrap();
        seen.buffer.push_back(item);
        seen.most_buffered = seen.most_buffered.max(seen.buffer.len());
        Ok(())
    }

    fn poll_flush(
        mut self: Pin<&mut Self>,
        cx: &mut task::Context<'_>,
    ) -> Poll<Result<(), Failure>> {
        if self.work(cx) { Poll::Ready(Ok(())) } else { Poll::Pending }
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut task::Context<'_>) -> Poll<Result<(), Failure>> {
        let seen = self.0.clone();
        let flushed = self.poll_flush(cx);
        seen.lock().unwrap().closed = flushed.is_ready();
        flushed
    }
}

#[test]
fn a_sink_is_given_no_more_than_it_is_ready_for() {
    for apart in [false, true] {
        system(async move {
            let sink = Slow::default();
            let seen = sink.0.clone();
            let slot = Slot::new("sink", marks(8, 16));
            let outlet = slot.register("counter").unwrap();
            let shell = Shell::consumer("sink", SinkConsumer::new(sink), &slot).unwrap().start();
            let elsewhere = apart.then(Elsewhere::new);
            let start = move || Shell::pull("counter", Count::to(5_000), outlet).start();
            let counter = match &elsewhere {
                Some(elsewhere) => elsewhere.call(start).await,
                None => start(),
            };
            assert_eq!(within("the producer", counter.finished()).await.unwrap(), Exit::Done);
            assert_eq!(within("the sink", shell.finished()).await.unwrap(), Exit::Done);
            let seen = seen.lock().unwrap();
            assert!(seen.written.iter().copied().eq(0..5_000));
            assert!(seen.closed && seen.most_buffered <= 4);
        });
    }
}

#[test]
fn a_sink_is_flushed_while_the_producer_has_nothing_more() {
    system(async {
        let sink = Slow::default();
        let seen = sink.0.clone();
        let slot = Slot::new("sink", marks(8, 16));
        let mut outlet = slot.register("writer").unwrap();
        let shell = Shell::consumer("sink", SinkConsumer::new(sink), &slot).unwrap().start();
        for items in [0..3, 3..4, 4..10] {
            let end = items.end as usize;
            outlet.write_all(items).unwrap();
            until("the flush", || seen.lock().unwrap().written.len() == end).await;
        }
        within("the close", outlet.close()).await.unwrap();
        assert_eq!(within("the sink", shell.finished()).await.unwrap(), Exit::Done);
        assert!(seen.lock().unwrap().closed);
    });
}

#[test]
fn a_bounded_channel_bounds_the_link_before_it() {
    system(async {
        let (sender, mut receiver) = channel(4);
        let slot = Slot::new("channel", marks(8, 16));
        let outlet = slot.register("counter").unwrap();
        let gauge = outlet.gauge();
        let shell = Shell::consumer("channel", SinkConsumer::new(sender), &slot).unwrap();
        let shell = shell.start();
        let counter = Shell::pull("counter", Count::to(1_000), outlet).start();
        // Nobody receives for long: four are in the channel, one is on its way into it.
        let_others_run().await;
        let report = gauge.report();
        assert!(report.committed.items <= 5 && report.written.items <= 5 + 16, "{report:?}");
        let tally = Tally::new();
        within("the channel", async {
            while let Some(item) = receiver.recv().await {
                tally.add(item);
            }
        })
        .await;
        tally.end(&End::Finished);
        tally.assert_all(1_000);
        within("the producer", counter.finished()).await.unwrap();
        within("the consumer", shell.finished()).await.unwrap();
    });
}

/// A bounded channel of tokio's whose sender is a sink.
fn channel(room: usize) -> (impl Sink<u64, Error = Failure>, tokio::sync::mpsc::Receiver<u64>) {
    let (sender, receiver) = tokio::sync::mpsc::channel(room);
    let sink = futures_util::sink::unfold(sender, |sender, item| async move {
        sender.send(item).await.map_err(|_| Failure::message("nobody receives"))?;
        Ok::<_, Failure>(sender)
    });
    (sink, receiver)
}

#[test]
fn f1_a_sink_waits_for_room_where_the_marks_leave_none_beyond() {
    system(async {
        let tally = Tally::new();
        let slot = Slot::new("taker", within_capacity(1, 2, 2));
        let sink = OutletSink::new(slot.register("forward").unwrap());
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        let items = stream::iter((0..1_000u64).map(Ok));
        within("forward", items.forward(sink)).await.unwrap();
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        tally.assert_all(1_000);
    });
}

#[test]
fn f1_a_sink_waits_with_an_item_that_is_too_heavy_for_the_room_left() {
    system(async {
        let (tally, seen) = (Tally::new(), Arc::new(Mutex::new(Vec::new())));
        let slot = Slot::new("taker", Watermarks::bytes_within(500, 1_000, 1_500).unwrap());
        let sink = OutletSink::new(slot.register("forward").unwrap());
        let consume = {
            let seen = seen.clone();
            consume_by(&tally, move |batch, _| {
                while let Some(item) = batch.next() {
                    let item: &Vec<u8> = item;
                    seen.lock().unwrap().push(item.len());
                }
                Ok(Step::Done)
            })
        };
        let taker = Shell::consumer("taker", consume, &slot).unwrap().start();
        let sizes = [10, 900, 900, 5_000, 1, 900, 5_000];
        let items = stream::iter(sizes).map(|size| Ok(vec![0; size]));
        within("forward", items.forward(sink)).await.unwrap();
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        assert_eq!(*seen.lock().unwrap(), sizes);
        assert_eq!(tally.ends(), [End::Finished]);
    });
}

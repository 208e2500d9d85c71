//! What the tests of all endpoints share.

#![allow(dead_code, missing_docs, unreachable_pub, reason = "each test uses a part of it")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test that cannot go on fails"
)]

use std::{convert::Infallible, future::Future, net::TcpStream, path::Path};

use actix::System;
use aqueduct_actors::{
    ActorError, Batch, Cause, Consumed, Consumer, Ctx, Demand, End, Exit, Next, Outbox,
    PullProducer, Shell,
};
use aqueduct_endpoints::{EndpointError, Tcp, TcpConnection};
use aqueduct_link::{
    ByteCount, EdgeReport, Flow, Gauge, Outlet, Reason, Slot, Watermarks, Weigh, kib,
};
use bytes::Bytes;

pub const CAPACITY: u64 = kib(512);

pub fn marks() -> Watermarks<ByteCount> {
    Watermarks::bytes(kib(64), kib(256)).unwrap()
}

pub fn in_system<T>(work: impl Future<Output = T>) -> T {
    System::new().block_on(work)
}

/// Bytes that differ from place to place, so that a hole, a swap or a repetition is seen.
pub fn water(bytes: usize) -> Vec<u8> {
    let mut state = 0x9E37_79B9_7F4A_7C15_u64;
    let mut water = Vec::with_capacity(bytes + 8);
    while water.len() < bytes {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        water.extend_from_slice(&state.to_le_bytes());
    }
    water.truncate(bytes);
    water
}

/// How both ends of a link ended, and what went through it.
#[derive(Debug)]
pub struct Ended {
    pub producer: Result<Exit, ActorError>,
    pub consumer: Result<Exit, ActorError>,
    pub report: EdgeReport,
}

impl Ended {
    pub fn well(self) -> EdgeReport {
        assert_eq!(self.producer.unwrap(), Exit::Done);
        assert_eq!(self.consumer.unwrap(), Exit::Done);
        assert_eq!(self.report.committed, self.report.written);
        assert_eq!(self.report.discarded.items, 0);
        self.report
    }
}

pub async fn run<T, P, C>(producer: P, consumer: C) -> Ended
where
    T: Weigh + 'static,
    P: PullProducer<Item = T>,
    C: Consumer<Item = T>,
{
    run_within(marks(), producer, consumer).await
}

pub async fn run_within<T, P, C>(marks: Watermarks<ByteCount>, producer: P, consumer: C) -> Ended
where
    T: Weigh + 'static,
    P: PullProducer<Item = T>,
    C: Consumer<Item = T>,
{
    let slot = Slot::new("consumer", marks);
    let outlet = slot.register("producer").unwrap();
    let gauge = outlet.gauge();
    let consumer = Shell::consumer("consumer", consumer, &slot).unwrap().start();
    let producer = Shell::pull("producer", producer, outlet).start();
    let producer = producer.finished().await;
    let consumer = consumer.finished().await;
    Ended { producer, consumer, report: gauge.report() }
}

/// The endpoint's error, out of the actor that died of it.
pub fn check_error<T: std::fmt::Debug>(
    result: Result<T, ActorError>,
    look: impl FnOnce(&EndpointError),
) {
    match result.unwrap_err().cause {
        Cause::Failed(failure) => {
            let error = failure.error();
            let error: &(dyn std::error::Error + 'static) = error;
            look(error.downcast_ref().expect("it is an error of an endpoint"));
        }
        other => panic!("{other:?}"),
    }
}

/// Gives these bytes, a chunk at a time.
pub struct Source(pub Bytes, pub usize);

impl Source {
    pub fn of(bytes: &[u8]) -> Self {
        Self(Bytes::copy_from_slice(bytes), 16 * 1024)
    }
}

impl PullProducer for Source {
    type Item = Bytes;
    type Error = Infallible;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        while !out.is_paused() && !self.0.is_empty() {
            let chunk = self.0.split_to(self.1.min(self.0.len()));
            out.extend([chunk]);
        }
        Ok(if self.0.is_empty() { Next::Done } else { Next::More })
    }
}

/// Keeps what comes, and how it ended.
#[derive(Clone, Default)]
pub struct Basin(pub std::rc::Rc<std::cell::RefCell<Caught>>);

#[derive(Default)]
pub struct Caught {
    pub bytes: Vec<u8>,
    pub end: Option<End>,
}

impl Basin {
    pub fn bytes(&self) -> Vec<u8> {
        self.0.borrow().bytes.clone()
    }

    pub fn end(&self) -> Option<End> {
        self.0.borrow().end.clone()
    }
}

impl Consumer for Basin {
    type Item = Bytes;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(chunk) = batch.next() {
            self.0.borrow_mut().bytes.extend_from_slice(chunk);
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        self.0.borrow_mut().end = Some(end.clone());
        Ok(Consumed::Done)
    }
}

/// An address with a port that is free.
pub const LOCAL: &str = "127.0.0.1:0";

/// A connection to a peer that a test plays by hand.
pub async fn with_peer() -> (TcpConnection, TcpStream) {
    let listening = Tcp::listen(LOCAL).await.unwrap();
    let peer = TcpStream::connect(listening.local_addr()).unwrap();
    (listening.accept().await.unwrap(), peer)
}

/// Writes a chunk that the link has room for.
pub fn pour(outlet: &mut Outlet<Bytes>, chunk: Bytes) {
    assert_eq!(outlet.write(chunk).unwrap(), Flow::Go);
}

/// What the link holds at this moment; it never passes the capacity.
pub fn held(gauge: &Gauge) -> u64 {
    let report = gauge.report();
    let held = report.written.bytes - report.committed.bytes;
    assert!(held <= CAPACITY, "{held} bytes in a link of {CAPACITY}");
    assert!(report.peak.bytes <= CAPACITY, "{:?}", report.peak);
    held
}

/// Lets the others work until this holds.
pub async fn until(mut holds: impl FnMut() -> bool) {
    while !holds() {
        tokio::task::yield_now().await;
    }
}

/// Lets the others work until the producer is paused by a full link, and stays so.
pub async fn until_stuck(gauge: &Gauge) -> u64 {
    let mut written = 0;
    let mut looks = 0;
    until(|| {
        held(gauge);
        let report = gauge.report();
        let stuck = report.paused_now == Some(Reason::Full) && report.written.bytes == written;
        looks = if stuck { looks + 1 } else { 0 };
        written = report.written.bytes;
        looks > 10_000
    })
    .await;
    written
}

pub fn names_in(directory: &Path) -> Vec<String> {
    let mut names: Vec<String> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

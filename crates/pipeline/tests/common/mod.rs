//! Producers and consumers for the tests of pipelines.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    sync::{Arc, Mutex},
    time::Duration,
};

use aqueduct_actors::{Batch, Consumed, Consumer, Ctx, Demand, Next, Outbox, PullProducer};
use bytes::Bytes;

/// Runs this inside an actix system, as most pipelines run.
pub fn run<F: Future>(work: F) -> F::Output {
    actix_rt::System::new().block_on(work)
}

/// What is made of the numbers from 0, as many as are wanted, and not more than so many.
#[derive(Debug)]
pub struct Numbers<T> {
    next: u64,
    end: u64,
    make: fn(u64) -> T,
}

/// A factory of what is made of the first so many numbers.
pub fn made<T: 'static>(
    end: u64,
    make: fn(u64) -> T,
) -> impl Fn() -> Ready<Result<Numbers<T>, Infallible>> + Send + Clone {
    move || ready(Ok(Numbers { next: 0, end, make }))
}

/// A factory of the first so many numbers.
pub fn numbers(end: u64) -> impl Fn() -> Ready<Result<Numbers<u64>, Infallible>> + Send + Clone {
    made(end, |n| n)
}

/// A factory of the first so many numbers as texts.
pub fn texts(end: u64) -> impl Fn() -> Ready<Result<Numbers<Bytes>, Infallible>> + Send + Clone {
    made(end, |n| n.to_string().into())
}

impl<T: 'static> PullProducer for Numbers<T> {
    type Item = T;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, T>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let end = self.end.min(self.next.saturating_add(wanted.items()));
        self.next += out.extend((self.next..end).map(self.make));
        Ok(if self.next < self.end { Next::More } else { Next::Done })
    }
}

/// What a collector was given, in order.
pub type Collected<T> = Arc<Mutex<Vec<T>>>;

/// Keeps all that comes.
#[derive(Debug)]
pub struct Collector<T>(Collected<T>);

/// A collector that is made at once.
type Made<T> = Ready<Result<Collector<T>, Infallible>>;

/// A factory of a collector, and what it collects.
pub fn collector<T: Send + 'static>() -> (impl Fn() -> Made<T> + Send, Collected<T>) {
    let collected = Collected::<T>::default();
    let kept = collected.clone();
    (move || ready(Ok(Collector(kept.clone()))), collected)
}

impl<T: 'static> Consumer for Collector<T> {
    type Item = T;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, T>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(item) = batch.take() {
            self.0.lock().expect("no panic").push(item);
        }
        Ok(Consumed::Done)
    }
}

/// Takes its time over each item.
pub fn dawdle() {
    std::thread::sleep(Duration::from_millis(2));
}

pub mod draft;
pub mod ends;

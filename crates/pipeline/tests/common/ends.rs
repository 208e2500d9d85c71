//! Producers and consumers that fail, or never come to an end.

use std::{
    convert::Infallible,
    future::{Ready, ready},
    io,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use aqueduct_actors::{Batch, Consumed, Consumer, Ctx, Demand, Next, Outbox, PullProducer};

/// Gives the numbers below this one, and then nothing more, without an end.
#[derive(Debug)]
pub struct ThenSilence(u64);

/// A factory of a producer that falls silent.
pub fn then_silence(
    items: u64,
) -> impl Fn() -> Ready<Result<ThenSilence, Infallible>> + Send + Clone {
    move || ready(Ok(ThenSilence(items)))
}

impl PullProducer for ThenSilence {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        while self.0 > 0 && !out.is_paused() {
            out.extend([self.0]);
            self.0 -= 1;
        }
        Ok(Next::Wait)
    }
}

/// How something fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    Error,
    Panic,
}

impl How {
    fn fail(self) -> io::Error {
        match self {
            Self::Error => io::Error::other("planted"),
            Self::Panic => panic!("planted"),
        }
    }
}

/// Gives numbers, and fails instead of giving this one.
#[derive(Debug)]
pub struct FailingSource {
    next: u64,
    at: u64,
    how: How,
}

/// A factory of a producer that fails.
pub fn failing_source(
    at: u64,
    how: How,
) -> impl Fn() -> Ready<Result<FailingSource, Infallible>> + Send + Clone {
    move || ready(Ok(FailingSource { next: 0, at, how }))
}

impl PullProducer for FailingSource {
    type Item = u64;
    type Error = io::Error;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, io::Error> {
        if self.next == self.at {
            return Err(self.how.fail());
        }
        self.next += out.extend([self.next]);
        Ok(Next::More)
    }
}

/// What consumers of all lives were given: each item, and whether it came again.
pub type Seen = Arc<Mutex<Vec<(u64, bool)>>>;

/// Handles numbers, and fails with the ones in this list, the first time only where it is made anew.
#[derive(Clone, Debug)]
pub struct FailingSink {
    at: Vec<u64>,
    how: How,
    pub seen: Seen,
    pub lives: Arc<AtomicU64>,
}

impl FailingSink {
    pub fn new(at: &[u64], how: How) -> Self {
        Self { at: at.to_vec(), how, seen: Seen::default(), lives: Arc::default() }
    }

    /// A factory of it, which counts its lives.
    pub fn factory(&self) -> impl Fn() -> Ready<Result<Self, Infallible>> + Send + use<> {
        let sink = self.clone();
        move || {
            sink.lives.fetch_add(1, Relaxed);
            ready(Ok(sink.clone()))
        }
    }
}

impl Consumer for FailingSink {
    type Item = u64;
    type Error = io::Error;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, io::Error> {
        while let Some(item) = batch.next().copied() {
            let again = batch.redelivered();
            self.seen.lock().expect("no panic while it is locked").push((item, again));
            if self.at.contains(&item) && !again {
                return Err(self.how.fail());
            }
        }
        Ok(Consumed::Done)
    }
}

//! What the tests share: a system with a watchdog, a second arbiter, consumers and producers that
//! count.

#![allow(
    dead_code,
    unreachable_pub,
    missing_debug_implementations,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "each test program uses its own part of this"
)]

pub mod transforms;

use std::{
    convert::Infallible,
    future::Future,
    marker::PhantomData,
    pin::Pin,
    sync::{
        Arc, Mutex, Once,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
        mpsc,
    },
    task::Waker,
    time::Duration,
};

use actix::{Arbiter, System};
use aqueduct_actors::{
    Batch, Consumed, Consumer, Ctx, Demand, End, Failure, Next, Outbox, PullProducer,
};
use aqueduct_link::{Items, Stopped, Watermarks};

/// After this time a test that has not ended is taken to hang.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Runs a test in a system of its own; a hang becomes a failure, also one that never yields.
pub fn system<F: Future>(test: F) -> F::Output {
    let (done, over) = mpsc::channel::<()>();
    std::thread::spawn(move || {
        if over.recv_timeout(PATIENCE * 2) == Err(mpsc::RecvTimeoutError::Timeout) {
            println!("watchdog: a test spins and never yields");
            std::process::exit(101);
        }
    });
    let result = System::new().block_on(within("the test", test));
    drop(done);
    result
}

/// Waits for it, but not for ever.
pub async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("watchdog: {what} hangs"),
    }
}

/// Waits until the condition holds; it is looked at whenever others had a turn.
pub async fn until(what: &str, condition: impl Fn() -> bool) {
    within(what, async {
        while !condition() {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

/// Lets every task that can run on this arbiter have several turns.
pub async fn let_others_run() {
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
}

/// A second arbiter, which is joined when it is dropped.
pub struct Elsewhere(Option<Arbiter>);

impl Elsewhere {
    pub fn new() -> Self {
        Self(Some(Arbiter::new()))
    }

    /// Calls this on the other arbiter and waits for its answer.
    pub async fn call<R: Send + 'static>(&self, call: impl FnOnce() -> R + Send + 'static) -> R {
        let (answer, answered) = tokio::sync::oneshot::channel();
        self.0.as_ref().unwrap().spawn_fn(move || {
            let _ = answer.send(call());
        });
        within("a call on another arbiter", answered).await.unwrap()
    }
}

impl Drop for Elsewhere {
    fn drop(&mut self) {
        if let Some(arbiter) = self.0.take() {
            arbiter.stop();
            arbiter.join().unwrap();
        }
    }
}

pub fn marks(low: u64, high: u64) -> Watermarks<Items> {
    Watermarks::items(low, high).unwrap()
}

pub fn within_capacity(low: u64, high: u64, capacity: u64) -> Watermarks<Items> {
    Watermarks::items_within(low, high, capacity).unwrap()
}

/// The sum of all that was added, in which also the order counts.
pub fn add(sum: u64, item: u64) -> u64 {
    sum.wrapping_mul(31).wrapping_add(item)
}

/// That sum of the numbers below `count`.
pub fn sum_below(count: u64) -> u64 {
    (0..count).fold(0, add)
}

/// What became of a stream of numbers.
#[derive(Debug, Default)]
pub struct Tally {
    count: AtomicU64,
    sum: AtomicU64,
    redelivered: AtomicU64,
    ends: Mutex<Vec<End>>,
    stops: Mutex<Vec<String>>,
}

impl Tally {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub fn count(&self) -> u64 {
        self.count.load(SeqCst)
    }

    pub fn redelivered(&self) -> u64 {
        self.redelivered.load(SeqCst)
    }

    pub fn add(&self, item: u64) {
        self.sum.store(add(self.sum.load(SeqCst), item), SeqCst);
        self.count.fetch_add(1, SeqCst);
    }

    pub fn mark_redelivered(&self) {
        self.redelivered.fetch_add(1, SeqCst);
    }

    pub fn end(&self, end: &End) {
        self.ends.lock().unwrap().push(end.clone());
    }

    pub fn ends(&self) -> Vec<End> {
        self.ends.lock().unwrap().clone()
    }

    pub fn stop(&self, why: &str) {
        self.stops.lock().unwrap().push(why.to_owned());
    }

    pub fn stops(&self) -> Vec<String> {
        self.stops.lock().unwrap().clone()
    }

    /// All numbers below `count` came, each once and in order, and after the last one the end.
    pub fn assert_all(&self, count: u64) {
        assert_eq!(self.count(), count, "number of items");
        assert_eq!(self.sum.load(SeqCst), sum_below(count), "order and checksum");
        assert_eq!(self.ends(), [End::Finished], "the end, once");
    }
}

/// A pull producer of the numbers from `next` up to `end`.
pub struct Count {
    pub next: u64,
    pub end: u64,
    pub tally: Arc<Tally>,
}

impl Count {
    pub fn to(end: u64) -> Self {
        Self { next: 0, end, tally: Tally::new() }
    }
}

impl PullProducer for Count {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let most = self.end.min(self.next.saturating_add(wanted.items()));
        self.next += out.extend(self.next..most);
        Ok(if self.next == self.end { Next::Done } else { Next::More })
    }

    fn stopped(&mut self, why: Stopped, _: &mut Ctx<'_, Self>) {
        self.tally.stop(&why.reason);
    }
}

/// A consumer that takes numbers into a tally, item by item.
pub struct Take(pub Arc<Tally>);

impl Consumer for Take {
    type Item = u64;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        while let Some(item) = batch.next() {
            let item = *item;
            if batch.redelivered() {
                self.0.mark_redelivered();
            }
            self.0.add(item);
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Failure> {
        self.0.end(end);
        Ok(Consumed::Done)
    }
}

/// What a function says that consumes.
pub enum Step {
    Done,
    Wait,
    Later(Pin<Box<dyn Future<Output = Result<(), Failure>>>>),
}

impl Step {
    pub fn later(
        work: impl Future<Output = Result<(), Failure>> + 'static,
    ) -> Result<Self, Failure> {
        Ok(Self::Later(Box::pin(work)))
    }
}

/// The consumer that this function makes; the tally hears the end.
pub struct ConsumeBy<T, F> {
    consume: F,
    tally: Arc<Tally>,
    item: PhantomData<fn(T)>,
}

pub fn consume_by<T, F>(tally: &Arc<Tally>, consume: F) -> ConsumeBy<T, F>
where
    F: FnMut(&mut Batch<'_, T>, &Waker) -> Result<Step, Failure> + 'static,
{
    ConsumeBy { consume, tally: tally.clone(), item: PhantomData }
}

impl<T: 'static, F> Consumer for ConsumeBy<T, F>
where
    F: FnMut(&mut Batch<'_, T>, &Waker) -> Result<Step, Failure> + 'static,
{
    type Item = T;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, T>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        Ok(match (self.consume)(batch, ctx.waker())? {
            Step::Done => Consumed::Done,
            Step::Wait => Consumed::Wait,
            Step::Later(work) => Consumed::Later(work),
        })
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Failure> {
        self.tally.end(end);
        Ok(Consumed::Done)
    }
}

/// The pull producer that this function makes; the tally hears Stop.
pub struct ProduceBy<T, F> {
    produce: F,
    tally: Arc<Tally>,
    item: PhantomData<fn() -> T>,
}

pub fn produce_by<T, F>(tally: &Arc<Tally>, produce: F) -> ProduceBy<T, F>
where
    F: FnMut(Demand, &mut Outbox<'_, T>, &Waker) -> Result<Next, Failure> + 'static,
{
    ProduceBy { produce, tally: tally.clone(), item: PhantomData }
}

impl<T: 'static, F> PullProducer for ProduceBy<T, F>
where
    F: FnMut(Demand, &mut Outbox<'_, T>, &Waker) -> Result<Next, Failure> + 'static,
{
    type Item = T;
    type Error = Failure;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, T>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        (self.produce)(wanted, out, ctx.waker())
    }

    fn stopped(&mut self, why: Stopped, _: &mut Ctx<'_, Self>) {
        self.tally.stop(&why.reason);
    }
}

/// A waker that is kept for later.
#[derive(Clone, Default)]
pub struct Bell(Arc<Mutex<Option<Waker>>>);

impl Bell {
    pub fn keep(&self, waker: &Waker) {
        *self.0.lock().unwrap() = Some(waker.clone());
    }

    pub fn is_kept(&self) -> bool {
        self.0.lock().unwrap().is_some()
    }

    pub fn ring(&self) {
        self.0.lock().unwrap().take().unwrap().wake();
    }
}

/// What a panic begins with that a test has planted.
pub const PLANTED: &str = "planted";

/// Keeps planted panics out of the output; all others are told.
pub fn hide_planted_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            let payload = panic.payload();
            let text = payload.downcast_ref::<&str>().copied();
            let text = text.or_else(|| payload.downcast_ref::<String>().map(String::as_str));
            if !text.is_some_and(|text| text.starts_with(PLANTED)) {
                usual(panic);
            }
        }));
    });
}

/// A gate that opens once.
#[derive(Debug, Default)]
pub struct Gate {
    open: AtomicBool,
    notify: tokio::sync::Notify,
}

impl Gate {
    pub fn new() -> Arc<Self> {
        Arc::default()
    }

    pub fn open(&self) {
        self.open.store(true, SeqCst);
        self.notify.notify_waiters();
    }

    pub async fn passed(&self) {
        loop {
            let opened = self.notify.notified();
            if self.open.load(SeqCst) {
                return;
            }
            opened.await;
        }
    }
}

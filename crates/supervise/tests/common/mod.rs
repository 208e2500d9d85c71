//! What the tests of a supervisor have in common.

#![allow(
    dead_code,
    clippy::panic,
    reason = "each test uses a part of it; a test fails by panicking"
)]

use std::{
    convert::Infallible,
    future::Future,
    sync::{Arc, Mutex, Once, PoisonError},
    time::Duration,
};

use actix::prelude::*;
use aqueduct_actors::{Batch, Consumed, Consumer, Ctx, Demand, End, Next, Outbox, PullProducer};

pub(crate) const PLANTED: &str = "a planted panic";

/// After this time a test that has not ended is taken to hang.
const PATIENCE: Duration = Duration::from_secs(60);

/// What happened, in order.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    pub(crate) fn add(&self, event: impl Into<String>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.into());
    }

    /// Takes what happened since the last time.
    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

/// Runs a test in a system whose clock goes as fast as it can.
pub(crate) fn in_no_time<F: Future>(test: F) -> F::Output {
    let runtime = || {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(true).build().unwrap_or_else(|e| panic!("{e}"))
    };
    PAUSED.set(true);
    System::with_tokio_rt(runtime).block_on(test)
}

std::thread_local! {
    static PAUSED: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

pub(crate) async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} hangs"),
    }
}

/// Lets others run, and the clock with them, until this holds.
pub(crate) async fn until(what: &str, mut holds: impl FnMut() -> bool) {
    within(what, async {
        while !holds() {
            tokio::task::yield_now().await;
            if PAUSED.get() {
                tokio::time::advance(Duration::from_micros(10)).await;
            }
        }
    })
    .await;
}

/// Keeps planted panics out of the output; any other is shown as usual.
pub(crate) fn silence_planted_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if info.payload().downcast_ref::<&str>() != Some(&PLANTED) {
                usual(info);
            }
        }));
    });
}

/// Says when it is made and when it is gone.
pub(crate) struct Told {
    pub(crate) name: String,
    pub(crate) log: Log,
}

impl Told {
    pub(crate) fn new(name: impl Into<String>, log: &Log) -> Self {
        let name = name.into();
        log.add(format!("+{name}"));
        Self { name, log: log.clone() }
    }
}

impl Drop for Told {
    fn drop(&mut self) {
        self.log.add(format!("-{}", self.name));
    }
}

/// An actor that does nothing but panic or stop when it is told.
pub(crate) struct Idle {
    told: Told,
    /// It does not end because nobody has its address.
    own: Option<Addr<Self>>,
}

impl Actor for Idle {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.own = Some(ctx.address());
        self.told.log.add(format!("+{}", self.told.name));
    }
}

pub(crate) struct Panic;

impl Message for Panic {
    type Result = ();
}

impl Handler<Panic> for Idle {
    type Result = ();

    fn handle(&mut self, _: Panic, _: &mut Context<Self>) {
        std::panic::panic_any(PLANTED);
    }
}

pub(crate) struct Leave;

impl Message for Leave {
    type Result = ();
}

impl Handler<Leave> for Idle {
    type Result = ();

    fn handle(&mut self, _: Leave, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

/// Makes such an actor, in each life.
pub(crate) fn idle(
    name: &str,
    log: &Log,
) -> impl Fn() -> std::future::Ready<Result<Idle, Infallible>> + Send + 'static {
    let (name, log) = (name.to_owned(), log.clone());
    move || {
        let told = Told { name: name.clone(), log: log.clone() };
        std::future::ready(Ok(Idle { told, own: None }))
    }
}

/// Writes numbers for ever.
pub(crate) struct Endless(pub(crate) u64, pub(crate) Told);

impl PullProducer for Endless {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        self.0 += out.extend(self.0..self.0 + wanted.items());
        Ok(Next::More)
    }
}

/// Takes whatever comes.
pub(crate) struct Taker(pub(crate) Told);

impl Consumer for Taker {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while batch.next().is_some() {}
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        self.0.log.add(format!("{} {}", self.0.name, end));
        Ok(Consumed::Done)
    }
}

//! Control never waits behind data: a pause is known in the call that crosses the mark, and mail
//! and timers of an actor run at least once in 256 items.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "this is how a test fails, and what it has to show"
)]

mod common;

use std::{
    future::{Future, poll_fn},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    task::Poll,
    time::Duration,
};

use actix::prelude::*;
use aqueduct_actors::{
    Attach, Batch, Consumed, Consumer, Ctx, Failure, Next, Shell, TURN_ITEMS, Write,
};
use aqueduct_link::{Flow, Outlet, Slot, WriteError};
use common::*;

const QUEUED: u64 = 10_000;

/// Writes until the answer is Paused, then until the link is full; returns how many both were.
fn write_till_paused_and_full(outlet: &mut Outlet<u64>) -> (u64, u64) {
    let (mut written, mut paused_at) = (0, None);
    loop {
        match outlet.write(written) {
            Ok(flow) => {
                written += 1;
                match (flow, paused_at) {
                    (Flow::Go, None) => {}
                    (Flow::Go, Some(_)) => panic!("nothing was committed in between"),
                    (Flow::Paused, _) => paused_at = paused_at.or(Some(written)),
                }
            }
            Err(WriteError::Full(item)) => return (paused_at.unwrap(), item),
            Err(WriteError::Closed(_)) => panic!("closed"),
        }
    }
}

/// The consumer is there, and busy with its first item for as long as the gate is closed.
async fn pause_in_the_call(apart: bool) {
    let (tally, gate) = (Tally::new(), Gate::new());
    let slot = Slot::new("busy", within_capacity(1_000, QUEUED - 1_000, QUEUED));
    let mut outlet = slot.register("writer").unwrap();
    let began = Arc::new(AtomicBool::new(false));
    let start = {
        let (tally, gate, began) = (tally.clone(), gate.clone(), began.clone());
        move || {
            let busy = consume_by(&tally.clone(), move |batch: &mut Batch<'_, u64>, _| {
                tally.add(*batch.next().unwrap());
                began.store(true, SeqCst);
                let gate = gate.clone();
                Step::later(async move {
                    gate.passed().await;
                    Ok(())
                })
            });
            Shell::consumer("busy", busy, &slot).unwrap().start()
        }
    };
    let elsewhere = apart.then(Elsewhere::new);
    let busy = match &elsewhere {
        Some(elsewhere) => elsewhere.call(start).await,
        None => start(),
    };
    // The first item is out of the way before the marks are tried.
    let _ = outlet.write(0).unwrap();
    until("the first item", || began.load(SeqCst)).await;
    let (paused_at, full_at) = write_till_paused_and_full(&mut outlet);
    println!(
        "apart: {apart}; high mark {}, capacity {QUEUED}: with 1 item in hand, paused by write \
         {paused_at}, refused at write {}",
        QUEUED - 1_000,
        full_at + 1
    );
    // One more is in the link: the one in hand, which is not committed.
    assert_eq!(paused_at, QUEUED - 1_000, "the call that crosses the high mark says so");
    assert_eq!(full_at, QUEUED - 1, "F1");
    gate.open();
    within("the flush", outlet.close()).await.unwrap();
    within("the consumer", busy.finished()).await.unwrap();
    assert_eq!(tally.count(), QUEUED);
}

#[test]
fn f1_f10_a_pause_is_known_in_the_very_call_that_crosses_the_mark() {
    system(pause_in_the_call(false));
    system(pause_in_the_call(true));
}

#[test]
fn f10_a_hold_is_known_to_the_very_next_write() {
    system(async {
        let slot = Slot::new("held", marks(100, QUEUED));
        let mut outlet = slot.register("writer").unwrap();
        let elsewhere = Elsewhere::new();
        for item in 0..100 {
            assert_eq!(outlet.write(2 * item).unwrap(), Flow::Go);
            let handle = slot.clone();
            let hold = elsewhere.call(move || handle.hold("a person on another thread")).await;
            assert_eq!(outlet.write(2 * item + 1).unwrap(), Flow::Paused);
            elsewhere.call(move || drop(hold)).await;
        }
        assert_eq!(outlet.gauge().report().pauses, 100);
    });
}

/// A message; its answer is how many items the consumer had taken when it was handled.
struct Probe;

impl Message for Probe {
    type Result = u64;
}

/// A message that goes without an answer: what it saw is written down.
struct Dart(u64);

impl Message for Dart {
    type Result = ();
}

/// What a busy consumer has to do, by trait or by handler.
#[derive(Clone, Default)]
struct Load {
    taken: Arc<AtomicU64>,
    /// For each dart the items before it was thrown and when it arrived.
    darts: Arc<Mutex<Vec<(u64, u64)>>>,
    ticks: Arc<AtomicU64>,
}

impl Load {
    /// Works on one item for some microseconds; returns how many items that makes.
    fn take(&self) -> u64 {
        std::hint::black_box((0..1_000u64).fold(0, |sum, n| std::hint::black_box(sum ^ n)));
        self.taken.fetch_add(1, SeqCst) + 1
    }

    fn tick(&self) {
        self.ticks.fetch_add(1, SeqCst);
    }

    fn hit(&self, dart: &Dart) {
        self.darts.lock().unwrap().push((dart.0, self.taken.load(SeqCst)));
    }
}

struct ByTrait(Load);

impl Consumer for ByTrait {
    type Item = u64;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        if self.0.taken.load(SeqCst) == 0 {
            ctx.run_interval(Duration::from_millis(10), |shell, _| shell.inner().unwrap().0.tick());
        }
        while batch.next().is_some() {
            let taken = self.0.take();
            // Thrown in the middle of a turn.
            if taken.is_multiple_of(1_000) {
                ctx.address().do_send(Dart(taken));
            }
        }
        Ok(Consumed::Done)
    }
}

impl Handler<Probe> for Shell<ByTrait> {
    type Result = u64;

    fn handle(&mut self, _: Probe, _: &mut Context<Self>) -> u64 {
        self.inner().unwrap().0.taken.load(SeqCst)
    }
}

impl Handler<Dart> for Shell<ByTrait> {
    type Result = ();

    fn handle(&mut self, dart: Dart, _: &mut Context<Self>) {
        self.inner().unwrap().0.hit(&dart);
    }
}

struct ByHandler(Slot<u64>, Load);

impl Actor for ByHandler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.0.attach(ctx);
        ctx.run_interval(Duration::from_millis(10), |me, _| me.1.tick());
    }
}

impl Handler<Write<u64>> for ByHandler {
    type Result = Result<(), Failure>;

    fn handle(&mut self, write: Write<u64>, ctx: &mut Context<Self>) -> Self::Result {
        for _ in write.iter() {
            let taken = self.1.take();
            if taken.is_multiple_of(1_000) {
                ctx.address().do_send(Dart(taken));
            }
        }
        if write.end.is_some() {
            ctx.stop();
        }
        Ok(())
    }
}

impl Handler<Probe> for ByHandler {
    type Result = u64;

    fn handle(&mut self, _: Probe, _: &mut Context<Self>) -> u64 {
        self.1.taken.load(SeqCst)
    }
}

impl Handler<Dart> for ByHandler {
    type Result = ();

    fn handle(&mut self, dart: Dart, _: &mut Context<Self>) {
        self.1.hit(&dart);
    }
}

/// Starts this consumer at a link with 10,000 items in it that is kept full, and sends it messages
/// until its timer has ticked 20 times.
async fn saturated<A>(name: &str, apart: bool, start: fn(Slot<u64>, Load) -> Addr<A>)
where
    A: Actor<Context = Context<A>> + Handler<Probe> + Handler<Dart>,
{
    let (load, enough) = (Load::default(), Arc::new(AtomicBool::new(false)));
    let slot = Slot::new(name, within_capacity(QUEUED - 1_000, QUEUED, QUEUED));
    let mut outlet = slot.register("flood").unwrap();
    let gauge = outlet.gauge();
    outlet.write_all(0..QUEUED).unwrap();
    assert_eq!(outlet.held().items, QUEUED);
    let floods = {
        let enough = enough.clone();
        produce_by(&Tally::new(), move |wanted, out, _| {
            out.extend(0..wanted.items());
            Ok(if enough.load(SeqCst) { Next::Done } else { Next::More })
        })
    };
    let flood = Shell::pull("flood", floods, outlet).start();
    let elsewhere = apart.then(Elsewhere::new);
    let address = match &elsewhere {
        Some(elsewhere) => {
            let load = load.clone();
            elsewhere.call(move || start(slot, load)).await
        }
        None => start(slot, load.clone()),
    };

    // A task like any other: the future that the system blocks on has a turn in 61.
    let seen = load.clone();
    let asking = actix_rt::spawn(async move {
        let (mut asked, mut latest, mut least) = (0, 0, QUEUED);
        while seen.ticks.load(SeqCst) < 20 {
            let mut answer = std::pin::pin!(address.send(Probe));
            let at_once = poll_fn(|cx| Poll::Ready(answer.as_mut().poll(cx))).await;
            // The message is in the mailbox: what is taken from here on is further items.
            let sent_at = seen.taken.load(SeqCst);
            let handled_at = match at_once {
                Poll::Ready(handled_at) => handled_at,
                Poll::Pending => within("an answer", answer).await,
            };
            asked += 1;
            latest = latest.max(handled_at.unwrap().saturating_sub(sent_at));
            let report = gauge.report();
            least = least.min(report.written.items - report.committed.items);
        }
        (asked, latest, least)
    });
    let (asked, latest, least) = within("the last tick", asking).await.unwrap();
    enough.store(true, SeqCst);
    within("the producer", flood.finished()).await.unwrap();

    let darts = load.darts.lock().unwrap().clone();
    let dart = darts.iter().map(|(thrown, hit)| hit - thrown).max().unwrap();
    println!(
        "{name}, apart: {apart}: {} items, never fewer than {least} queued; {asked} messages \
         answered, the latest after {latest} further items; {} sent in the middle of a turn, the \
         latest handled after {dart}; {} ticks of 10 ms",
        load.taken.load(SeqCst),
        darts.len(),
        load.ticks.load(SeqCst),
    );
    assert!(latest <= TURN_ITEMS as u64 && dart <= TURN_ITEMS as u64);
    // On two arbiters the machine decides how often either runs.
    assert!(apart || least > QUEUED / 2, "the link is full all the time");
}

fn by_trait(slot: Slot<u64>, load: Load) -> Addr<Shell<ByTrait>> {
    let shell = Shell::consumer("by trait", ByTrait(load), &slot).unwrap();
    shell.start().address().clone()
}

fn by_handler(slot: Slot<u64>, load: Load) -> Addr<ByHandler> {
    ByHandler(slot, load).start()
}

#[test]
fn f10_mail_and_timers_of_a_consumer_by_trait_do_not_wait_behind_data() {
    system(saturated("by trait", false, by_trait));
    system(saturated("by trait", true, by_trait));
}

#[test]
fn f10_mail_and_timers_of_a_plain_consumer_do_not_wait_behind_data() {
    system(saturated("by handler", false, by_handler));
    system(saturated("by handler", true, by_handler));
}

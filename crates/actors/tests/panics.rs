//! What a panic or an error of an actor costs: at most one item comes again, marked, and none is
//! lost.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "this is how a test fails, and what it has to show"
)]

mod common;

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use actix::prelude::*;
use aqueduct_actors::{
    Batch, Cause, Consumed, Consumer, Ctx, End, Exit, Failure, Next, Outbox, PullProducer, Running,
    Shell, Stage, Verdict,
};
use aqueduct_link::{Items, Slot, Watermarks};
use common::*;

const MANY: u64 = 1_000_000;
const PANICS: usize = 200;

/// Xorshift: the same numbers for the same seed, everywhere.
struct Dice(u64);

impl Dice {
    fn throw(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// This many different numbers below `below`.
    fn distinct(&mut self, count: usize, below: u64) -> BTreeSet<u64> {
        let mut thrown = BTreeSet::new();
        while thrown.len() < count {
            thrown.insert(self.throw() % below);
        }
        thrown
    }
}

fn again(_: &Cause) -> Verdict {
    Verdict::Rebuild(Duration::ZERO)
}

/// What dies, and when: before the item has its effect or after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dies {
    PanicBefore,
    PanicAfter,
    ErrorBefore,
    ErrorAfter,
}

impl Dies {
    const ALL: [Self; 4] =
        [Self::PanicBefore, Self::PanicAfter, Self::ErrorBefore, Self::ErrorAfter];

    fn is_after(self) -> bool {
        matches!(self, Self::PanicAfter | Self::ErrorAfter)
    }

    fn die(self, item: u64) -> Result<(), Failure> {
        match self {
            Self::PanicBefore | Self::PanicAfter => panic!("{PLANTED} at {item}"),
            Self::ErrorBefore | Self::ErrorAfter => {
                Err(Failure::message(format!("planted at {item}")))
            }
        }
    }
}

/// What outlives the lives of a consumer.
struct Fate {
    dies: Dies,
    left: Mutex<BTreeSet<u64>>,
    lives: AtomicU64,
    /// Effects, in order; an item whose effect came before its death is here twice.
    effects: Mutex<Vec<u64>>,
    marked: Mutex<Vec<u64>>,
    ends: Mutex<Vec<End>>,
}

struct Mortal(Arc<Fate>);

impl Mortal {
    fn make(fate: &Arc<Fate>) -> Self {
        fate.lives.fetch_add(1, SeqCst);
        Self(fate.clone())
    }
}

impl Consumer for Mortal {
    type Item = u64;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        let fate = &self.0;
        while let Some(item) = batch.next().copied() {
            if batch.redelivered() {
                fate.marked.lock().unwrap().push(item);
            }
            let doomed = fate.left.lock().unwrap().remove(&item);
            if doomed && !fate.dies.is_after() {
                fate.dies.die(item)?;
            }
            fate.effects.lock().unwrap().push(item);
            if doomed && fate.dies.is_after() {
                fate.dies.die(item)?;
            }
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Failure> {
        self.0.ends.lock().unwrap().push(end.clone());
        Ok(Consumed::Done)
    }
}

/// A message, to see that an address still leads somewhere.
struct Ping;

impl Message for Ping {
    type Result = ();
}

impl Handler<Ping> for Shell<Mortal> {
    type Result = ();

    fn handle(&mut self, _: Ping, _: &mut Context<Self>) {}
}

async fn survives(seed: u64, dies: Dies, marks: Watermarks<Items>, apart: bool) {
    let doomed = Dice(seed).distinct(PANICS, MANY);
    let fate = Arc::new(Fate {
        dies,
        left: Mutex::new(doomed.clone()),
        lives: AtomicU64::new(0),
        effects: Mutex::new(Vec::with_capacity(MANY as usize)),
        marked: Mutex::default(),
        ends: Mutex::default(),
    });
    let slot = Slot::new("mortal", marks);
    let outlet = slot.register("counter").unwrap();
    let gauge = outlet.gauge();
    let made = fate.clone();
    let (died, mut death) = tokio::sync::mpsc::unbounded_channel();
    let mortal: Running<Mortal> = Shell::consumer_made_later("mortal", &slot)
        .unwrap()
        .made_by(move || {
            let mortal = Mortal::make(&made);
            async { Ok::<_, Failure>(mortal) }
        })
        .start_under(move |_| {
            died.send(()).unwrap();
            Verdict::Rebuild(Duration::ZERO)
        });
    let address = mortal.address().clone();
    let elsewhere = apart.then(Elsewhere::new);
    let start = move || Shell::pull("counter", Count::to(MANY), outlet).start();
    let counter = match &elsewhere {
        Some(elsewhere) => elsewhere.call(start).await,
        None => start(),
    };
    // After each death somebody asks whether the address still leads somewhere.
    let seen = fate.clone();
    let pinging = actix_rt::spawn(async move {
        let mut pings = 0u64;
        while death.recv().await.is_some() {
            let connected = address.connected();
            if seen.ends.lock().unwrap().is_empty() {
                assert!(connected, "the address stays connected");
                // What was in the mailbox of a life that ends is handled by the next one.
                address.send(Ping).await.unwrap();
                pings += 1;
            }
        }
        pings
    });
    assert_eq!(within("the producer", counter.finished()).await.unwrap(), Exit::Done);
    assert_eq!(within("the consumer", mortal.finished()).await.unwrap(), Exit::Done);
    let pings = within("the last ping", pinging).await.unwrap();

    let effects = fate.effects.lock().unwrap();
    let mut expected = Vec::with_capacity(effects.len());
    for item in 0..MANY {
        expected.push(item);
        if dies.is_after() && doomed.contains(&item) {
            expected.push(item);
        }
    }
    let distinct: BTreeSet<u64> = effects.iter().copied().collect();
    let marked = fate.marked.lock().unwrap();
    println!(
        "seed {seed:#x}, {dies:?}, apart: {apart}: {PANICS} deaths, {} lives, {} of {MANY} items, \
         {} lost, {} effects twice, {} redelivered and marked; the address answered {pings} times",
        fate.lives.load(SeqCst),
        distinct.len(),
        MANY - distinct.len() as u64,
        effects.len() - distinct.len(),
        marked.len(),
    );
    assert!(*effects == expected, "none lost, in order, and nothing twice but what was in hand");
    assert_eq!(*marked, doomed.into_iter().collect::<Vec<_>>(), "one a death, marked");
    assert_eq!(fate.lives.load(SeqCst), PANICS as u64 + 1);
    assert_eq!(*fate.ends.lock().unwrap(), [End::Finished]);
    let report = gauge.report();
    assert_eq!((report.committed.items, report.discarded.items), (MANY, 0));
    assert_eq!(report.redelivered, PANICS as u64);
}

#[test]
fn f2_200_deaths_of_a_consumer_lose_nothing() {
    hide_planted_panics();
    for (number, dies) in Dies::ALL.into_iter().enumerate() {
        let seed = 0x5eed_0000 + number as u64;
        system(survives(seed, dies, marks(256, 1024), false));
    }
}

#[test]
fn f2_200_deaths_of_a_consumer_lose_nothing_across_arbiters() {
    hide_planted_panics();
    system(survives(0x5eed_1000, Dies::PanicBefore, marks(256, 1024), true));
    system(survives(0x5eed_1001, Dies::PanicAfter, marks(64, 256), true));
}

/// Counts, and dies at these numbers; what was written before is known outside.
struct MortalCount {
    next: Arc<AtomicU64>,
    end: u64,
    doomed: Arc<Mutex<BTreeSet<u64>>>,
    panics: bool,
}

impl PullProducer for MortalCount {
    type Item = u64;
    type Error = Failure;

    fn produce(
        &mut self,
        wanted: aqueduct_actors::Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        for _ in 0..wanted.items() {
            let next = self.next.load(SeqCst);
            if next == self.end {
                return Ok(Next::Done);
            }
            // In the middle of a turn, with items staged and not published.
            if self.doomed.lock().unwrap().remove(&next) {
                if self.panics {
                    panic!("{PLANTED} in produce");
                }
                return Err(Failure::message("planted in produce"));
            }
            let _ = out.write(next).unwrap();
            self.next.fetch_add(1, SeqCst);
        }
        Ok(Next::More)
    }
}

async fn producer_survives(panics: bool, (low, high): (u64, u64), apart: bool) {
    let (tally, end) = (Tally::new(), if high < 10 { 20_000 } else { 100_000 });
    let slot = Slot::new("taker", marks(low, high));
    let outlet = slot.register("mortal").unwrap();
    let gauge = outlet.gauge();
    let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
    let lives = Arc::new(AtomicU64::new(0));
    let start = {
        let lives = lives.clone();
        move || {
            let next = Arc::new(AtomicU64::new(0));
            let doomed = Arc::new(Mutex::new(Dice(0xd1ce).distinct(PANICS, end)));
            Shell::pull_made_later("mortal", outlet)
                .made_by(move || {
                    lives.fetch_add(1, SeqCst);
                    let (next, doomed) = (next.clone(), doomed.clone());
                    async move { Ok::<_, Failure>(MortalCount { next, end, doomed, panics }) }
                })
                .start_under(again)
        }
    };
    let elsewhere = apart.then(Elsewhere::new);
    let mortal = match &elsewhere {
        Some(elsewhere) => elsewhere.call(start).await,
        None => start(),
    };
    assert_eq!(within("the producer", mortal.finished()).await.unwrap(), Exit::Done);
    assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
    tally.assert_all(end);
    assert_eq!(lives.load(SeqCst), PANICS as u64 + 1);
    let report = gauge.report();
    assert_eq!((report.epoch.number(), report.written.items), (1, end), "one registration");
}

#[test]
fn f4_a_registration_and_what_was_written_survive_their_producer() {
    hide_planted_panics();
    for panics in [true, false] {
        for marks in [(1, 2), (64, 256)] {
            system(producer_survives(panics, marks, false));
            system(producer_survives(panics, marks, true));
        }
    }
}

/// Passes everything on, and dies before the effect of its doomed items.
struct MortalStage(Arc<Mutex<BTreeSet<u64>>>);

impl Stage for MortalStage {
    type In = u64;
    type Out = u64;
    type Error = Failure;

    fn process(
        &mut self,
        batch: &mut Batch<'_, u64>,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        while !out.is_paused() {
            let Some(item) = batch.next().copied() else { break };
            if self.0.lock().unwrap().remove(&item) {
                panic!("{PLANTED} in a stage");
            }
            let _ = out.write(item).unwrap();
        }
        Ok(Next::More)
    }
}

#[test]
fn f2_200_deaths_of_a_stage_lose_nothing() {
    hide_planted_panics();
    system(async {
        let (tally, end) = (Tally::new(), 100_000);
        let last = Slot::new("taker", marks(16, 64));
        let first = Slot::new("stage", marks(16, 64));
        let out = last.register("stage").unwrap();
        let outlet = first.register("counter").unwrap();
        let gauge = outlet.gauge();
        let doomed = Arc::new(Mutex::new(Dice(0xd1ce).distinct(PANICS, end)));
        let taker = Shell::consumer("taker", Take(tally.clone()), &last).unwrap().start();
        let stage = Shell::stage_made_later("stage", &first, out)
            .unwrap()
            .made_by(move || {
                let stage = MortalStage(doomed.clone());
                async { Ok::<_, Failure>(stage) }
            })
            .start_under(again);
        let counter = Shell::pull("counter", Count::to(end), outlet).start();
        within("the producer", counter.finished()).await.unwrap();
        within("the stage", stage.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(end);
        assert_eq!(gauge.report().redelivered, PANICS as u64);
    });
}

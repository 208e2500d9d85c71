//! Stages that are killed again and again under load, in every way there is: nothing is lost, order
//! is kept, and what comes again is marked.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it counted"
)]

use std::{
    convert::Infallible,
    future::Future,
    sync::{Arc, Mutex, MutexGuard, Once, PoisonError},
    time::Duration,
};

use actix::prelude::*;
use actix_rt::ArbiterHandle;
use aqueduct::prelude::{
    Arbiters, Attach, Batch, Child, Consumed, Consumer, Ctx, Demand, End, Failure, Next, Outbox,
    PullProducer, Restart, Shell, Slot, Stage, Supervisor, Watermarks, Write, map,
};
use aqueduct::supervise::Report;

const PLANTED: &str = "a planted panic";

/// After this time a test that has not ended is taken to hang.
const PATIENCE: Duration = Duration::from_secs(120);

/// How a stage dies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Death {
    /// It panics with an item in hand, before anything came of that.
    Before,
    /// It panics when its work on the item is done, and not committed.
    After,
    /// It panics with the item, and again when it is made anew.
    Started,
    /// Its task is dropped.
    Task,
    /// Its arbiter stops.
    Arbiter,
}

const DEATHS: [Death; 5] =
    [Death::Before, Death::After, Death::Started, Death::Task, Death::Arbiter];

/// Keeps planted panics out of the output; any other is shown as usual.
fn silence_planted_panics() {
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

/// A generator of random numbers that is good enough to choose where to die.
struct XorShift(u64);

impl XorShift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// The deaths of one stage, over all its lives.
#[derive(Clone, Default)]
struct Fate(Arc<Mutex<Plan>>);

#[derive(Default)]
struct Plan {
    /// At which item it dies, and how; the next one last.
    deaths: Vec<(u64, Death)>,
    /// It dies when it is made.
    stillborn: bool,
    /// How to kill its task, once it has started.
    kill: Option<Box<dyn Fn() + Send>>,
    died: usize,
    stillborn_died: usize,
}

impl Fate {
    /// So many deaths among so many items; the seed is printed.
    fn of(seed: u64, deaths: usize, items: u64) -> Self {
        println!("seed {seed:#x}");
        let mut random = XorShift(seed);
        let mut at = std::collections::BTreeMap::new();
        while at.len() < deaths {
            let death = DEATHS[(random.next() % 5) as usize];
            at.insert(random.next() % items, death);
        }
        let deaths = at.into_iter().rev().collect();
        Self(Arc::new(Mutex::new(Plan { deaths, ..Plan::default() })))
    }

    fn plan(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn killed_by(&self, kill: impl Fn() + Send + 'static) {
        self.plan().kill = Some(Box::new(kill));
    }

    /// A life begins, or does not.
    fn live(&self) {
        let mut plan = self.plan();
        if std::mem::take(&mut plan.stillborn) {
            plan.stillborn_died += 1;
            drop(plan);
            std::panic::panic_any(PLANTED);
        }
    }

    /// Works on an item, and dies of it if it is time.
    fn work<R>(&self, item: u64, work: impl FnOnce() -> R) -> R {
        let death = {
            let mut plan = self.plan();
            let due = plan.deaths.pop_if(|(at, _)| *at <= item).map(|(_, death)| death);
            plan.died += usize::from(due.is_some());
            plan.stillborn |= due == Some(Death::Started);
            due
        };
        match death {
            None => work(),
            Some(Death::Before | Death::Started) => std::panic::panic_any(PLANTED),
            Some(Death::After) => {
                work();
                std::panic::panic_any(PLANTED)
            }
            // These two come when this turn is over, or in the middle of another one.
            Some(Death::Task) => {
                if let Some(kill) = &self.plan().kill {
                    kill();
                }
                work()
            }
            Some(Death::Arbiter) => {
                let arbiter: Option<ArbiterHandle> = Arbiter::try_current();
                arbiter.map(|arbiter| arbiter.stop());
                work()
            }
        }
    }
}

/// Counts up to its limit from where its last life was: a source with an offset.
struct Numbers {
    to: u64,
    offset: Arc<Mutex<u64>>,
    fate: Fate,
}

impl PullProducer for Numbers {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        for _ in 0..wanted.items().min(64) {
            let next = *self.offset.lock().unwrap_or_else(PoisonError::into_inner);
            if next == self.to {
                return Ok(Next::Done);
            }
            self.fate.work(next, || {
                out.extend([next]);
                *self.offset.lock().unwrap_or_else(PoisonError::into_inner) += 1;
            });
        }
        Ok(Next::More)
    }
}

/// What the consumers of a stream have seen, over all their lives.
#[derive(Clone, Default)]
struct Seen(Arc<Mutex<Figures>>);

#[derive(Default)]
struct Figures {
    /// The number that comes next if nothing is lost.
    next: u64,
    lives: usize,
    /// Items that came again in this life, and the most of any life.
    again: usize,
    most_again: usize,
    redelivered: usize,
    ends: Vec<End>,
}

impl Seen {
    fn figures(&self) -> MutexGuard<'_, Figures> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn live(&self) {
        let mut seen = self.figures();
        seen.lives += 1;
        seen.again = 0;
    }

    fn take(&self, item: u64, redelivered: bool) {
        let seen = &mut *self.figures();
        assert!(item <= seen.next, "item {} is lost: {item} came instead", seen.next);
        assert!(item == seen.next || redelivered, "item {item} came again and is not marked");
        if item < seen.next {
            seen.redelivered += 1;
            seen.again += 1;
            seen.most_again = seen.most_again.max(seen.again);
        }
        seen.next = seen.next.max(item + 1);
    }
}

/// A consumer by trait, which is lent its items.
struct ByTrait {
    seen: Seen,
    /// A stage before it dies: what that repeats is marked there, and not here.
    repeats: bool,
    fate: Fate,
}

impl Consumer for ByTrait {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(item) = batch.next().copied() {
            let redelivered = batch.redelivered() || self.repeats;
            self.fate.work(item, || self.seen.take(item, redelivered));
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        self.seen.figures().ends.push(end.clone());
        Ok(Consumed::Done)
    }
}

/// A consumer that remembers the sequence number of what it has stored, like a file or a table that
/// keeps its offset with the data.
struct WithOffset {
    stored: Arc<Mutex<Vec<u64>>>,
    fate: Fate,
}

impl Consumer for WithOffset {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(item) = batch.next().copied() {
            let sequence = batch.sequence();
            self.fate.work(item, || {
                let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
                if sequence == stored.len() as u64 {
                    stored.push(item);
                }
            });
        }
        Ok(Consumed::Done)
    }
}

/// A plain actor.
struct ByHandler {
    slot: Slot<u64>,
    seen: Seen,
    fate: Fate,
}

impl Actor for ByHandler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.fate.live();
        self.seen.live();
        self.slot.attach(ctx);
    }
}

impl Handler<Write<u64>> for ByHandler {
    type Result = Result<(), Failure>;

    fn handle(&mut self, write: Write<u64>, _: &mut Context<Self>) -> Self::Result {
        let redelivered = write.redelivered();
        for (at, item) in write.iter().enumerate() {
            self.fate.work(*item, || self.seen.take(*item, at < redelivered));
        }
        self.seen.figures().ends.extend(write.end);
        Ok(())
    }
}

/// Passes numbers on; what it is lent and has not committed comes again to its next life.
struct Pass(Fate);

impl Stage for Pass {
    type In = u64;
    type Out = u64;
    type Error = Infallible;

    fn process(
        &mut self,
        batch: &mut Batch<'_, u64>,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        while !out.is_paused() {
            let Some(number) = batch.next().copied() else { break };
            self.0.work(number, || out.extend([number]));
        }
        Ok(Next::More)
    }
}

fn unlimited() -> Restart {
    Restart::transient().at_most(u32::MAX).back_off(Duration::ZERO)
}

async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(PATIENCE, future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} hangs"),
    }
}

fn slot(supervisor: &Supervisor, name: &str) -> Slot<u64> {
    let marks = Watermarks::items(256, 768).expect("good marks");
    supervisor.slot(name, marks).expect("the name is free")
}

/// A source that never dies.
fn numbers(items: u64) -> Numbers {
    Numbers { to: items, offset: Arc::default(), fate: Fate::default() }
}

fn kills<B: 'static>(fate: &Fate, child: &Child<Shell<B>>) {
    let child = child.clone();
    fate.killed_by(move || child.kill());
}

/// Runs a stream on whose consumer so many deaths come.
fn check<F>(supervisor: &Supervisor, items: u64, slot: &Slot<u64>, start: F) -> Report
where
    F: AsyncFnOnce(&Arbiters),
{
    silence_planted_panics();
    System::new().block_on(async {
        let arbiters = Arbiters::start(2).expect("threads");
        start(&arbiters).await;
        let source = move || {
            let source = numbers(items);
            async { Ok::<_, Infallible>(source) }
        };
        let source = supervisor.producer("numbers", slot, source).restart(unlimited());
        source.start().expect("it starts");
        within("the stream", supervisor.finished()).await.expect("all lives go on to the end")
    })
}

fn tell(what: &str, restarts: u32, seen: &Seen, fate: &Fate) {
    let (seen, plan) = (seen.figures(), fate.plan());
    println!(
        "{what}: {} items, {} deaths and {} at birth, {restarts} restarts: 0 lost, {} came again",
        seen.next, plan.died, plan.stillborn_died, seen.redelivered,
    );
    assert!(plan.deaths.is_empty());
}

const ITEMS: u64 = 400_000;
const KILLS: usize = 1_000;

#[test]
fn f2_a_consumer_by_trait_is_killed_a_thousand_times_and_one_item_at_most_comes_again() {
    let (seen, fate) = (Seen::default(), Fate::of(0x5eed_1001, KILLS, ITEMS));
    let supervisor = Supervisor::new("kills");
    let taker = slot(&supervisor, "by trait");
    let report = check(&supervisor, ITEMS, &taker, async |arbiters| {
        let (seen, fated) = (seen.clone(), fate.clone());
        let factory = move || {
            let (seen, fate) = (seen.clone(), fated.clone());
            async move {
                fate.live();
                seen.live();
                Ok::<_, Infallible>(ByTrait { seen, repeats: false, fate })
            }
        };
        let child = supervisor.consumer(&taker, factory).restart(unlimited());
        let child = child.start_among(arbiters).await.expect("the arbiters run");
        kills(&fate, &child);
    });
    tell("by trait", report.children[0].restarts, &seen, &fate);
    let seen = seen.figures();
    assert_eq!((seen.next, &*seen.ends), (ITEMS, &[End::Finished][..]));
    assert!(seen.most_again <= 1);
    assert_eq!(report.edges.len(), 1);
    assert_eq!(report.edges[0].committed.items, ITEMS);
    assert_eq!(report.edges[0].discarded.items, 0);
}

#[test]
fn f2_a_consumer_by_handler_is_killed_a_thousand_times_and_one_batch_at_most_comes_again() {
    let (seen, fate) = (Seen::default(), Fate::of(0x5eed_1002, KILLS, ITEMS));
    let supervisor = Supervisor::new("kills");
    let taker = slot(&supervisor, "by handler");
    let report = check(&supervisor, ITEMS, &taker, async |arbiters| {
        let (seen, fated, place) = (seen.clone(), fate.clone(), taker.observer());
        let factory = move || {
            let (seen, fate, slot) = (seen.clone(), fated.clone(), place.observer());
            async move { Ok::<_, Infallible>(ByHandler { slot, seen, fate }) }
        };
        let child = supervisor.actor("by handler", factory).consuming(&taker).restart(unlimited());
        let child = child.start_among(arbiters).await.expect("the arbiters run");
        fate.killed_by(move || child.kill());
    });
    tell("by handler", report.children[0].restarts, &seen, &fate);
    let seen = seen.figures();
    assert_eq!((seen.next, &*seen.ends), (ITEMS, &[End::Finished][..]));
    assert!(seen.most_again <= 64);
    assert_eq!(report.edges[0].committed.items, ITEMS);
}

#[test]
fn f2_a_consumer_with_an_offset_is_killed_a_thousand_times_and_has_everything_once() {
    let (stored, fate) = (Arc::default(), Fate::of(0x5eed_1003, KILLS, ITEMS));
    let supervisor = Supervisor::new("kills");
    let taker = slot(&supervisor, "with offset");
    let report = check(&supervisor, ITEMS, &taker, async |arbiters| {
        let (stored, fated) = (Arc::clone(&stored), fate.clone());
        let factory = move || {
            let (stored, fate) = (Arc::clone(&stored), fated.clone());
            async move {
                fate.live();
                Ok::<_, Infallible>(WithOffset { stored, fate })
            }
        };
        let child = supervisor.consumer(&taker, factory).restart(unlimited());
        let child = child.start_among(arbiters).await.expect("the arbiters run");
        kills(&fate, &child);
    });
    let plan = fate.plan();
    println!(
        "with offset: {ITEMS} items, {} deaths and {} at birth, {} restarts: 0 lost, 0 twice",
        plan.died, plan.stillborn_died, report.children[0].restarts
    );
    assert!(plan.deaths.is_empty());
    let stored: MutexGuard<'_, Vec<u64>> = stored.lock().unwrap_or_else(PoisonError::into_inner);
    assert!(stored.iter().copied().eq(0..ITEMS));
}

/// Runs five stages, of which one dies 200 times; returns how often each was made anew.
fn five_stages(which: usize) -> [u32; 5] {
    const ITEMS: u64 = 200_000;
    silence_planted_panics();
    let mut fates = [const { None }; 5].map(|_: Option<()>| Fate::default());
    fates[which] = Fate::of(0x5eed_2000 + which as u64, 200, ITEMS);
    let [source, first, second, third, last] = fates.clone();
    let (seen, offset) = (Seen::default(), Arc::<Mutex<u64>>::default());
    let supervisor = Supervisor::new("five");
    let report = System::new().block_on(async {
        // The one that dies takes its arbiter along, and nobody who lives on another.
        let [own, others] = [1, 2].map(|number| Arbiters::start(number).expect("threads"));
        let among = |stage: usize| if stage == which { &own } else { &others };
        let slots = ["first", "second", "third", "last"].map(|name| slot(&supervisor, name));
        let spec = supervisor.consumer(&slots[3], {
            let (seen, fate) = (seen.clone(), last.clone());
            move || {
                let (seen, fate) = (seen.clone(), fate.clone());
                async move {
                    fate.live();
                    seen.live();
                    Ok::<_, Infallible>(ByTrait { seen, repeats: which < 4, fate })
                }
            }
        });
        let child = spec.restart(unlimited()).start_among(among(4)).await.expect("it starts");
        kills(&last, &child);
        for (from, fate) in [(2, &third), (1, &second), (0, &first)] {
            let home = among(from + 1);
            let fated = fate.clone();
            let factory = move || {
                let fate = fated.clone();
                async move {
                    fate.live();
                    Ok::<_, Infallible>(Pass(fate))
                }
            };
            let spec = supervisor.stage(&slots[from], &slots[from + 1], factory);
            let child = spec.restart(unlimited()).start_among(home).await.expect("it starts");
            kills(fate, &child);
        }
        let fated = source.clone();
        let factory = move || {
            let (fate, offset) = (fated.clone(), offset.clone());
            async move {
                fate.live();
                Ok::<_, Infallible>(Numbers { to: ITEMS, offset, fate })
            }
        };
        let spec = supervisor.producer("source", &slots[0], factory).restart(unlimited());
        let child = spec.start_among(among(0)).await.expect("it starts");
        kills(&source, &child);
        within("the stream", supervisor.finished()).await.expect("all lives go on to the end")
    });
    let dying = &report.children[4 - which];
    tell(&dying.name, dying.restarts, &seen, &fates[which]);
    assert_eq!(seen.figures().next, ITEMS);
    assert!(seen.figures().redelivered <= 200);
    let mut restarts = [0; 5];
    for (stage, child) in report.children.iter().rev().enumerate() {
        restarts[stage] = child.restarts;
    }
    restarts
}

#[test]
fn each_of_five_stages_is_killed_200_times_and_nobody_else_is_made_anew() {
    for which in 0..5 {
        let restarts = five_stages(which);
        println!("stage {which}: restarts {restarts:?}");
        for (stage, restarts) in restarts.into_iter().enumerate() {
            assert_eq!(restarts > 0, stage == which, "stage {stage}");
        }
    }
}

/// A transform takes its items, so that a panic loses the one in hand; but neither the end of its
/// task nor of its arbiter does.
#[test]
fn a_transform_is_cut_off_200_times_and_goes_on_with_what_it_holds() {
    const ITEMS: u64 = 200_000;
    let (seen, fate) = (Seen::default(), Fate::of(0x5eed_3000, 200, ITEMS));
    for (_, death) in &mut fate.plan().deaths {
        *death = if *death == Death::Arbiter { Death::Arbiter } else { Death::Task };
    }
    let supervisor = Supervisor::new("cut off");
    let [first, last] = ["transform", "last"].map(|name| slot(&supervisor, name));
    let report = check(&supervisor, ITEMS, &first, async |arbiters| {
        let (seen, fated) = (seen.clone(), fate.clone());
        let taker = move || {
            let taker = ByTrait { seen: seen.clone(), repeats: false, fate: Fate::default() };
            async { Ok::<_, Infallible>(taker) }
        };
        supervisor.consumer(&last, taker).start().expect("it starts");
        let as_it_is = map(move |number: u64| fated.work(number, || number));
        let spec = supervisor.transform(&first, &last, as_it_is).restart(unlimited());
        kills(&fate, &spec.start_among(arbiters).await.expect("it starts"));
    });
    println!("{report}");
    assert!(fate.plan().deaths.is_empty());
    let seen = seen.figures();
    assert_eq!((seen.next, seen.redelivered), (ITEMS, 0));
}

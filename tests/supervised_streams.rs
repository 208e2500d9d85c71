//! Consumers that panic in the middle of a stream: nothing is lost, order is kept, and what comes
//! again is marked.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it counted"
)]

use std::{
    convert::Infallible,
    sync::{Arc, Mutex, Once},
    time::Duration,
};

use actix::prelude::*;
use aqueduct::prelude::{
    Arbiters, Attach, Batch, Consumed, Consumer, Ctx, Demand, End, Failure, Next, Outbox,
    PullProducer, Restart, Slot, Supervisor, Watermarks, Write,
};

const ITEMS: u64 = 1_000_000;
const PANICS: usize = 200;
const PLANTED: &str = "a planted panic";

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

/// A generator of random numbers that is good enough to choose where to panic.
struct XorShift(u64);

impl XorShift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }
}

/// Where to panic, and whether after the effect; the seed is printed.
fn planted(seed: u64) -> Vec<(u64, bool)> {
    println!("seed {seed:#x}");
    let mut random = XorShift(seed);
    let mut at = std::collections::BTreeMap::new();
    while at.len() < PANICS {
        at.insert(random.next() % ITEMS, random.next().is_multiple_of(2));
    }
    at.into_iter().rev().collect() // the next one is the last
}

/// What the consumers of a stream have seen, over all their lives.
#[derive(Default)]
struct Seen {
    /// The number that comes next if nothing is lost.
    next: u64,
    /// Panics to come, the next one last.
    planted: Vec<(u64, bool)>,
    lives: usize,
    /// Items that came again in this life, and the most of any life.
    again: usize,
    most_again: usize,
    redelivered: usize,
    ends: Vec<End>,
}

impl Seen {
    fn live(&mut self) {
        self.lives += 1;
        self.again = 0;
    }

    /// Takes one item, or panics with it in hand.
    fn take(&mut self, item: u64, redelivered: bool) {
        let after = match self.planted.last() {
            Some((at, after)) if *at == item => Some(*after),
            _ => None,
        };
        if after == Some(false) {
            self.planted.pop();
            std::panic::panic_any(PLANTED);
        }
        assert!(item <= self.next, "item {} is lost: {item} came instead", self.next);
        if item < self.next {
            assert!(redelivered, "item {item} came again and is not marked");
        }
        if redelivered {
            self.redelivered += 1;
            self.again += 1;
            self.most_again = self.most_again.max(self.again);
        }
        self.next = self.next.max(item + 1);
        if after == Some(true) {
            self.planted.pop();
            std::panic::panic_any(PLANTED);
        }
    }
}

/// Counts up to [`ITEMS`].
struct Numbers(u64);

impl PullProducer for Numbers {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let to = ITEMS.min(self.0 + wanted.items());
        out.extend(self.0..to);
        self.0 = to;
        Ok(if to < ITEMS { Next::More } else { Next::Done })
    }
}

type Shared = Arc<Mutex<Seen>>;

fn with<R>(seen: &Shared, f: impl FnOnce(&mut Seen) -> R) -> R {
    f(&mut seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// A consumer by trait, which is lent its items.
struct ByTrait(Shared);

impl Consumer for ByTrait {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(item) = batch.next().copied() {
            let redelivered = batch.redelivered();
            with(&self.0, |seen| seen.take(item, redelivered));
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        with(&self.0, |seen| seen.ends.push(end.clone()));
        Ok(Consumed::Done)
    }
}

/// A plain actor.
struct ByHandler {
    slot: Slot<u64>,
    seen: Shared,
}

impl Actor for ByHandler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        with(&self.seen, Seen::live);
        self.slot.attach(ctx);
    }
}

impl Handler<Write<u64>> for ByHandler {
    type Result = Result<(), Failure>;

    fn handle(&mut self, write: Write<u64>, _: &mut Context<Self>) -> Self::Result {
        let redelivered = write.redelivered();
        for (at, item) in write.iter().enumerate() {
            with(&self.seen, |seen| seen.take(*item, at < redelivered));
        }
        with(&self.seen, |seen| seen.ends.extend(write.end));
        Ok(())
    }
}

fn unlimited() -> Restart {
    Restart::transient().at_most(u32::MAX).back_off(Duration::ZERO)
}

/// Runs the stream with the consumer on this thread and the producer on another arbiter, and checks
/// what holds for every kind of consumer.
fn check(seed: u64, most_again: usize, start: impl FnOnce(&Supervisor, &Slot<u64>, Shared)) {
    silence_planted_panics();
    let seen = Shared::default();
    with(&seen, |seen| seen.planted = planted(seed));
    let report = System::new().block_on(async {
        let arbiters = Arbiters::start(1).expect("a thread");
        let supervisor = Supervisor::new("supervised streams");
        let slot = supervisor
            .slot("consumer", Watermarks::items(256, 768).expect("good marks"))
            .expect("the name is free");
        start(&supervisor, &slot, seen.clone());
        supervisor
            .producer("numbers", &slot, || async { Ok::<_, Infallible>(Numbers(0)) })
            .start_on(&arbiters.get(0))
            .await
            .expect("the arbiter runs");
        supervisor.finished().await.expect("the consumer is restarted each time")
    });
    with(&seen, |seen| {
        println!(
            "{} items, {PANICS} panics, {} restarts: 0 lost, {} redelivered, at most {} a panic",
            seen.next, report.children[0].restarts, seen.redelivered, seen.most_again
        );
        assert_eq!(seen.next, ITEMS);
        assert!(seen.planted.is_empty());
        assert_eq!(report.children[0].restarts as usize, PANICS);
        assert!(seen.most_again <= most_again);
        assert_eq!(seen.ends, [End::Finished]);
    });
    assert_eq!(report.edges[0].committed.items, ITEMS);
    // A batch that was marked and then interrupted once more was not seen to its end.
    assert!(report.edges[0].redelivered >= with(&seen, |seen| seen.redelivered as u64));
}

#[test]
fn f2_by_trait_200_panics_lose_nothing_and_redeliver_one_item_each() {
    check(0x5eed_0001, 1, |supervisor, slot, seen| {
        let factory = move || {
            let seen = seen.clone();
            async move {
                with(&seen, Seen::live);
                Ok::<_, Infallible>(ByTrait(seen))
            }
        };
        supervisor.consumer(slot, factory).restart(unlimited()).start().expect("it starts");
    });
}

#[test]
fn f2_by_handler_200_panics_lose_nothing_and_redeliver_one_batch_each() {
    check(0x5eed_0002, 64, |supervisor, slot, seen| {
        let place = slot.observer();
        let factory = move || {
            let (slot, seen) = (place.observer(), seen.clone());
            async move { Ok::<_, Infallible>(ByHandler { slot, seen }) }
        };
        let spec = supervisor.actor("consumer", factory).consuming(slot).restart(unlimited());
        spec.start().expect("it starts");
    });
}

//! Nothing outlives its use: items, actors, slots; and what lives on does so as documented.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "this is how a test fails, and what it has to show"
)]

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use actix::prelude::*;
use aqueduct_actors::{
    Attach, Batch, Consumed, Consumer, Ctx, Demand, Exit, Failure, Next, Outbox, Pause,
    PullProducer, Resume, Running, Shell, Stop, Write, attach_outlet,
};
use aqueduct_link::{Flow, Outlet, Slot};
use common::*;

const LINKS: u64 = 1_000;

/// How many things of each kind are alive, and how many there were.
#[derive(Debug, Default)]
struct Census {
    alive: AtomicU64,
    born: AtomicU64,
}

/// Something that is counted while it lives.
struct Counted(Arc<Census>);

impl Counted {
    fn new(census: &Arc<Census>) -> Self {
        census.alive.fetch_add(1, SeqCst);
        census.born.fetch_add(1, SeqCst);
        Self(census.clone())
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.alive.fetch_sub(1, SeqCst);
    }
}

#[derive(Clone)]
struct World {
    items: Arc<Census>,
    actors: Arc<Census>,
    /// The name of every slot: who is left of a link has a clone.
    name: Arc<str>,
}

impl Default for World {
    fn default() -> Self {
        Self { items: Arc::default(), actors: Arc::default(), name: "taker".into() }
    }
}

impl World {
    async fn assert_empty(&self, what: &str, items: u64, actors: u64) {
        let alive = |census: &Census| census.alive.load(SeqCst);
        let links = || Arc::strong_count(&self.name) - 1;
        let empty = || alive(&self.items) + alive(&self.actors) == 0 && links() == 0;
        until(&format!("the end of everything, {what}"), empty).await;
        let born = [&self.items, &self.actors].map(|census| census.born.load(SeqCst));
        println!(
            "{what}: {} items and {} actors made; 0 of them, and no link, left",
            born[0], born[1]
        );
        assert!(born[0] >= items && born[1] == actors, "{born:?}");
    }
}

/// A consumer and a producer by trait.
struct Both {
    items: Arc<Census>,
    left: u64,
    _counted: Counted,
}

impl Both {
    fn new(world: &World, left: u64) -> Self {
        Self { items: world.items.clone(), left, _counted: Counted::new(&world.actors) }
    }
}

impl Consumer for Both {
    type Item = Counted;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Counted>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        while batch.next().is_some() {
            if self.left == 0 {
                return Err(Failure::message("enough"));
            }
            self.left -= 1;
        }
        Ok(Consumed::Done)
    }
}

impl PullProducer for Both {
    type Item = Counted;
    type Error = Failure;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, Counted>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        let items = &self.items;
        self.left -= out.extend((0..self.left.min(wanted.items())).map(|_| Counted::new(items)));
        Ok(if self.left == 0 { Next::Done } else { Next::More })
    }
}

/// A plain consumer and a plain producer.
struct PlainConsumer(Slot<Counted>, #[allow(dead_code, reason = "it counts")] Counted);

impl Actor for PlainConsumer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.0.attach(ctx);
    }
}

impl Handler<Write<Counted>> for PlainConsumer {
    type Result = Result<(), Failure>;

    fn handle(&mut self, _: Write<Counted>, _: &mut Context<Self>) -> Self::Result {
        Ok(())
    }
}

struct PlainProducer {
    outlet: Outlet<Counted>,
    items: Arc<Census>,
    left: u64,
    _counted: Counted,
}

impl PlainProducer {
    fn write_on(&mut self) {
        while self.left > 0 {
            self.left -= 1;
            if self.outlet.write(Counted::new(&self.items)).unwrap() == Flow::Paused {
                return;
            }
        }
        self.outlet.finish();
    }
}

impl Actor for PlainProducer {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        attach_outlet(ctx, |me: &mut Self| &mut me.outlet);
        self.write_on();
    }
}

impl Handler<Pause> for PlainProducer {
    type Result = ();

    fn handle(&mut self, _: Pause, _: &mut Context<Self>) {}
}

impl Handler<Resume> for PlainProducer {
    type Result = ();

    fn handle(&mut self, _: Resume, _: &mut Context<Self>) {
        self.write_on();
    }
}

impl Handler<Stop> for PlainProducer {
    type Result = ();

    fn handle(&mut self, _: Stop, ctx: &mut Context<Self>) {
        ctx.stop();
    }
}

#[test]
fn f2_a_thousand_links_by_trait_leave_nothing() {
    system(async {
        let world = World::default();
        // With the addresses held, and without.
        let mut held: Vec<(Running<Both>, Running<Both>)> = Vec::new();
        for number in 0..LINKS {
            let slot = Slot::new(world.name.clone(), marks(4, 16));
            let outlet = slot.register("counter").unwrap();
            let taker = Shell::consumer("taker", Both::new(&world, u64::MAX), &slot).unwrap();
            let pair =
                (taker.start(), Shell::pull("counter", Both::new(&world, 50), outlet).start());
            if number % 2 == 0 {
                held.push(pair);
            }
        }
        for (taker, counter) in &held {
            assert_eq!(within("a producer", counter.finished()).await.unwrap(), Exit::Done);
            assert_eq!(within("a consumer", taker.finished()).await.unwrap(), Exit::Done);
            assert!(!taker.address().connected() && !counter.address().connected());
        }
        world.assert_empty("by trait", LINKS * 50, LINKS * 2).await;
        drop(held);
    });
}

#[test]
fn f2_a_thousand_links_whose_consumers_fail_leave_nothing() {
    system(async {
        let world = World::default();
        for number in 0..LINKS {
            let slot = Slot::new(world.name.clone(), marks(4, 16));
            let outlet = slot.register("counter").unwrap();
            let taker = Shell::consumer("taker", Both::new(&world, number % 60), &slot).unwrap();
            taker.start();
            Shell::pull("counter", Both::new(&world, 50), outlet).start();
        }
        world.assert_empty("by trait, half of them failing", LINKS * 10, LINKS * 2).await;
    });
}

#[test]
fn f2_a_thousand_links_by_handler_leave_nothing() {
    system(async {
        let world = World::default();
        let mut held = Vec::new();
        for number in 0..LINKS {
            let slot = Slot::new(world.name.clone(), marks(4, 16));
            let outlet = slot.register("source").unwrap();
            let taker = PlainConsumer(slot, Counted::new(&world.actors)).start();
            let counted = Counted::new(&world.actors);
            let items = world.items.clone();
            let source = PlainProducer { outlet, items, left: 50, _counted: counted }.start();
            // The addresses are held until all has come, or not at all.
            if number % 2 == 0 {
                held.push((taker, source));
            }
        }
        until("all items", || world.items.born.load(SeqCst) == LINKS * 50).await;
        until("the last item", || world.items.alive.load(SeqCst) == 0).await;
        assert!(world.actors.alive.load(SeqCst) >= LINKS, "who has an address lives on");
        drop(held);
        world.assert_empty("by handler", LINKS * 50, LINKS * 2).await;
    });
}

#[test]
fn f2_a_thousand_links_that_are_dropped_with_items_in_them_leave_nothing() {
    system(async {
        let world = World::default();
        for number in 0..LINKS {
            let mut slot = Slot::new(world.name.clone(), marks(4, 16));
            let mut outlet = slot.register("writer").unwrap();
            outlet.set_staging(number % 2 == 0);
            for _ in 0..20 {
                let _ = outlet.write(Counted::new(&world.items)).unwrap();
            }
            match number % 4 {
                0 => drop((outlet, slot)),
                1 => drop((slot.inlet().unwrap(), outlet)),
                2 => {
                    let mut inlet = slot.inlet().unwrap();
                    within("a turn", inlet.turn()).await;
                    let lease = inlet.lend_out(5).unwrap();
                    drop((inlet, slot, outlet, lease));
                }
                _ => {
                    slot.keep();
                    drop((slot.hold("a person"), slot.inlet().unwrap(), slot, outlet));
                }
            }
        }
        world.assert_empty("dropped halfway", LINKS * 20, 0).await;
    });
}

#[test]
fn f2_a_thousand_links_across_arbiters_leave_nothing() {
    system(async {
        let (world, elsewhere) = (World::default(), Elsewhere::new());
        for _ in 0..LINKS {
            let slot = Slot::new(world.name.clone(), marks(4, 16));
            let outlet = slot.register("counter").unwrap();
            let taker = Both::new(&world, u64::MAX);
            Shell::consumer("taker", taker, &slot).unwrap().start();
            let counter = Both::new(&world, 50);
            elsewhere.call(|| drop(Shell::pull("counter", counter, outlet).start())).await;
        }
        world.assert_empty("across arbiters", LINKS * 50, LINKS * 2).await;
    });
}

#[test]
fn f2_an_arbiter_that_stops_takes_its_actors_with_it_and_tells_the_other_ends() {
    system(async {
        let (world, elsewhere) = (World::default(), Elsewhere::new());
        let mut counters = Vec::new();
        for _ in 0..100 {
            let slot = Slot::new(world.name.clone(), marks(4, 16));
            let outlet = slot.register("counter").unwrap();
            let taker = Both::new(&world, u64::MAX);
            let start = move || Shell::consumer("taker", taker, &slot).unwrap().start();
            drop(elsewhere.call(start).await);
            let counter = Both::new(&world, u64::MAX);
            counters.push(Shell::pull("counter", counter, outlet).start());
        }
        drop(elsewhere);
        for counter in counters {
            let exit = within("a producer", counter.finished()).await.unwrap();
            assert_eq!(exit, Exit::Stopped("the consumer is gone".into()));
        }
        world.assert_empty("on an arbiter that stopped", 0, 200).await;
    });
}

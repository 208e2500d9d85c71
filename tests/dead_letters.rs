//! Items that their consumer dies of again and again: they go to another consumer, with all that is
//! known, and can be given to the first one once more.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    convert::Infallible,
    future::{Future, ready},
    sync::{
        Arc, Mutex, MutexGuard, Once, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use actix::prelude::*;
use aqueduct::{
    link::DeadLetter,
    prelude::{
        Attach, Batch, Consumed, Consumer, Ctx, Failure, Restart, Slot, StreamProducer, Supervisor,
        Watermarks, Write,
    },
};

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

async fn within<F: Future>(what: &str, future: F) -> F::Output {
    match tokio::time::timeout(Duration::from_secs(60), future).await {
        Ok(output) => output,
        Err(_) => panic!("{what} hangs"),
    }
}

/// What was handled, and what kills.
#[derive(Clone, Default)]
struct World {
    handled: Arc<Mutex<Vec<u64>>>,
    /// The poison has been taken out of the items.
    harmless: Arc<AtomicBool>,
}

impl World {
    fn handle(&self, item: u64) {
        if item % 100 == 50 && !self.harmless.load(Ordering::Relaxed) {
            std::panic::panic_any(PLANTED);
        }
        self.handled().push(item);
    }

    fn handled(&self) -> MutexGuard<'_, Vec<u64>> {
        self.handled.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Dies of every hundredth item.
struct ByTrait(World);

impl Consumer for ByTrait {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(item) = batch.next() {
            self.0.handle(*item);
        }
        Ok(Consumed::Done)
    }
}

struct ByHandler {
    slot: Slot<u64>,
    world: World,
}

impl Actor for ByHandler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.slot.attach(ctx);
    }
}

impl Handler<Write<u64>> for ByHandler {
    type Result = Result<(), Failure>;

    fn handle(&mut self, write: Write<u64>, _: &mut Context<Self>) -> Self::Result {
        write.iter().for_each(|item| self.world.handle(*item));
        Ok(())
    }
}

/// Keeps the letters that come.
#[derive(Clone, Default)]
struct Morgue(Arc<Mutex<Vec<DeadLetter<u64>>>>);

impl Morgue {
    fn letters(&self) -> MutexGuard<'_, Vec<DeadLetter<u64>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Consumer for Morgue {
    type Item = DeadLetter<u64>;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, DeadLetter<u64>>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(letter) = batch.take() {
            self.letters().push(letter);
        }
        Ok(Consumed::Done)
    }
}

fn unlimited() -> Restart {
    Restart::transient().at_most(u32::MAX).back_off(Duration::ZERO)
}

/// A slot whose dead letters, after three deaths, go to the morgue.
fn guarded(supervisor: &Supervisor, morgue: &Morgue) -> Slot<u64> {
    let marks = Watermarks::items(64, 256).expect("good marks");
    let slot = supervisor.slot("sink", marks).expect("the name is free");
    // A small one, so that the sink waits for the morgue, too.
    let marks = Watermarks::items_within(0, 1, 1).expect("good marks");
    let letters = supervisor.slot("morgue", marks).expect("the name is free");
    slot.dead_letters(3, letters.register("sink").expect("nobody else is there"));
    let morgue = morgue.clone();
    let morgue = supervisor.consumer(&letters, move || ready(Ok::<_, Infallible>(morgue.clone())));
    morgue.start().expect("it starts");
    slot
}

fn send(supervisor: &Supervisor, slot: &Slot<u64>, items: u64) {
    let source = move || {
        ready(Ok::<_, Infallible>(StreamProducer::new(futures_util::stream::iter(0..items))))
    };
    supervisor.producer("source", slot, source).start().expect("it starts");
}

/// All but the poison is handled once, in order; the poison is told.
fn check(world: &World, morgue: &Morgue, items: u64) {
    let healthy = (0..items).filter(|item| item % 100 != 50);
    assert!(world.handled().iter().copied().eq(healthy));
    let letters = morgue.letters();
    assert_eq!(letters.len() as u64, items / 100);
    for (letter, number) in letters.iter().zip((50..).step_by(100)) {
        assert_eq!((*letter.item(), letter.sequence(), letter.deaths()), (number, number, 3));
        assert_eq!((&**letter.producer(), &**letter.consumer()), ("source", "sink"));
        assert_eq!(&**letter.reason(), "panicked: a planted panic");
    }
}

#[test]
fn an_item_that_kills_by_trait_three_times_goes_elsewhere_and_the_rest_goes_on() {
    silence_planted_panics();
    let (world, morgue) = (World::default(), Morgue::default());
    System::new().block_on(async {
        let supervisor = Supervisor::new("all");
        let slot = guarded(&supervisor, &morgue);
        let given = world.clone();
        let sink =
            supervisor.consumer(&slot, move || ready(Ok::<_, Infallible>(ByTrait(given.clone()))));
        let sink = sink.restart(unlimited()).start().expect("it starts");
        send(&supervisor, &slot, 2_000);
        drop(slot);
        let report = sink_ends(&supervisor, &sink).await;
        assert_eq!((report.dead_letters, report.discarded.items), (20, 0), "{report}");
        assert_eq!(report.committed, report.written);
        assert_eq!(sink.restarts(), 60);
    });
    check(&world, &morgue, 2_000);
}

/// Waits until the sink has ended; its link has a report.
async fn sink_ends<A: Actor>(
    supervisor: &Supervisor,
    sink: &aqueduct::prelude::Child<A>,
) -> aqueduct::link::EdgeReport {
    within("the sink", sink.finished()).await.expect("it ends well");
    supervisor.report().edges.swap_remove(0)
}

#[test]
fn an_item_that_kills_by_handler_three_times_is_found_out_alone() {
    silence_planted_panics();
    let (world, morgue) = (World::default(), Morgue::default());
    System::new().block_on(async {
        let supervisor = Supervisor::new("all");
        let slot = guarded(&supervisor, &morgue);
        let (given, place) = (world.clone(), slot.observer());
        let sink = supervisor.actor("sink", move || {
            let actor = ByHandler { slot: place.observer(), world: given.clone() };
            ready(Ok::<_, Infallible>(actor))
        });
        let sink = sink.consuming(&slot).restart(unlimited()).start().expect("it starts");
        send(&supervisor, &slot, 2_000);
        drop(slot);
        let report = sink_ends(&supervisor, &sink).await;
        assert_eq!((report.dead_letters, report.discarded.items), (20, 0), "{report}");
    });
    // What stood before the poison in its batch was handled, and came again once.
    world.handled().dedup();
    let mut seen = world.handled().clone();
    seen.sort_unstable();
    seen.dedup();
    *world.handled() = seen;
    check(&world, &morgue, 2_000);
}

/// The letter that came last.
async fn next(morgue: &Morgue) -> DeadLetter<u64> {
    within("a letter", async {
        loop {
            if let Some(letter) = morgue.letters().pop() {
                return letter;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[test]
fn a_letter_that_is_replayed_comes_to_its_consumer_between_other_items() {
    silence_planted_panics();
    let (world, morgue) = (World::default(), Morgue::default());
    System::new().block_on(async {
        let supervisor = Supervisor::new("all");
        let slot = guarded(&supervisor, &morgue);
        let given = world.clone();
        let sink =
            supervisor.consumer(&slot, move || ready(Ok::<_, Infallible>(ByTrait(given.clone()))));
        sink.restart(unlimited()).start().expect("it starts");
        // By hand, so that the stream goes on as long as the test does.
        let mut source = slot.register("source").expect("nobody else is there");
        for item in 0..100 {
            within("room", source.send(item)).await.expect("the sink lives");
        }
        within("the flush", source.flush()).await.expect("all is handled, or buried");
        // Not yet: it kills, and comes back.
        next(&morgue).await.replay().expect("the sink lives");
        let again = next(&morgue).await;
        assert_eq!((again.deaths(), *again.item()), (3, 50));
        world.harmless.store(true, Ordering::Relaxed);
        again.replay().expect("the sink lives");
        within("the item", async {
            while world.handled().last() != Some(&50) {
                tokio::task::yield_now().await;
            }
        })
        .await;
        within("room", source.send(1_000)).await.expect("the sink lives");
        within("the end", source.close()).await.expect("all is handled");
        let mut wanted: Vec<u64> = (0..100).filter(|item| *item != 50).collect();
        wanted.extend([50, 1_000]);
        assert_eq!(*world.handled(), wanted);
    });
}

#[test]
fn a_letter_whose_consumer_has_ended_comes_back_from_its_replay() {
    silence_planted_panics();
    let (world, morgue) = (World::default(), Morgue::default());
    System::new().block_on(async {
        let supervisor = Supervisor::new("all");
        let slot = guarded(&supervisor, &morgue);
        let given = world.clone();
        let sink =
            supervisor.consumer(&slot, move || ready(Ok::<_, Infallible>(ByTrait(given.clone()))));
        let sink = sink.restart(unlimited()).start().expect("it starts");
        send(&supervisor, &slot, 100);
        drop(slot);
        sink_ends(&supervisor, &sink).await;
    });
    let letter = morgue.letters().pop().expect("one item kills");
    let letter = letter.replay().expect_err("nobody is there");
    assert_eq!(letter.into_item(), 50);
}

#[test]
fn an_abort_does_not_wait_for_whoever_takes_letters() {
    silence_planted_panics();
    let world = World::default();
    System::new().block_on(async {
        let supervisor = Supervisor::new("all");
        let marks = Watermarks::items(64, 256).expect("good marks");
        let slot = supervisor.slot("sink", marks).expect("the name is free");
        // Nobody takes them, and there is room for one.
        let letters = Slot::new("morgue", Watermarks::items_within(0, 1, 1).expect("good marks"));
        slot.dead_letters(1, letters.register("sink").expect("nobody else is there"));
        let given = world.clone();
        let sink =
            supervisor.consumer(&slot, move || ready(Ok::<_, Infallible>(ByTrait(given.clone()))));
        let sink = sink.restart(unlimited()).start().expect("it starts");
        send(&supervisor, &slot, 1_000);
        within("two deaths", async {
            while sink.restarts() < 2 {
                tokio::task::yield_now().await;
            }
        })
        .await;
        assert_eq!(
            world.handled().last(),
            Some(&149),
            "the second letter waits, and all behind it"
        );
        supervisor.abort("enough");
        within("the end", sink.finished()).await.expect("it is told the end");
    });
}

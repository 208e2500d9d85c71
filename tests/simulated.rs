//! Whole services under a clock that jumps, with the faults that a seed decides.
//!
//! `AQUEDUCT_SEEDS=10000 cargo test --release -p aqueduct --test simulated` runs more of them.

#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "tests")]

use std::{
    future::ready,
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use aqueduct::{
    prelude::*,
    supervise::{Report, SupervisorError},
};
use aqueduct_testkit::{Arrived, Faults, Sim, Simulation, Trace, Wire};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

const ITEMS: u64 = 60;

/// As often as it must be, soon.
fn often() -> Restart {
    Restart::transient().at_most(1_000).back_off(Duration::from_millis(10))
}

/// A source, a stage and a sink, all supervised.
async fn service(sim: &Sim, arrived: &Arrived<u64>) -> Result<Report, SupervisorError> {
    let supervisor = Supervisor::seeded("service", sim.seed());
    let slot = |name| {
        let marks = Watermarks::items_within(2, 5, 8).unwrap();
        supervisor.slot_with::<u64>(name, marks, sim.options()).unwrap()
    };
    let (middle, last) = (slot("stage"), slot("sink"));
    supervisor.consumer(&last, sim.sink("sink", arrived)).restart(often()).start().unwrap();
    supervisor.stage(&middle, &last, sim.stage("stage")).restart(often()).start().unwrap();
    let source = sim.source("source", ITEMS);
    supervisor.producer("source", &middle, source).restart(often()).start().unwrap();
    drop((middle, last));
    supervisor.finished().await
}

#[test]
fn a_service_loses_nothing_whatever_happens_and_repeats_no_more_than_it_dies() {
    let (again, blows, runs) = (AtomicU64::new(0), AtomicU64::new(0), AtomicU64::new(0));
    Simulation::new("service").seeds(300).run(async |sim| {
        let arrived = Arrived::default();
        service(&sim, &arrived).await.unwrap();
        let repeated = arrived.all_in_order(0..ITEMS).unwrap() as u64;
        assert!(repeated <= sim.blows(), "{repeated} came again in {} deaths", sim.blows());
        again.fetch_add(repeated, Relaxed);
        blows.fetch_add(sim.blows(), Relaxed);
        runs.fetch_add(1, Relaxed);
    });
    println!("{runs:?} seeds, {blows:?} deaths: 0 lost, {again:?} came again");
    assert!(blows.into_inner() > 0 && again.into_inner() > 0, "nothing was shown");
}

#[test]
fn one_seed_makes_one_trace_and_another_makes_another() {
    let simulation = Simulation::new("service");
    let trace = |seed| -> Trace {
        let (trace, end) = simulation.trace(seed, async |sim| {
            service(&sim, &Arrived::default()).await.unwrap();
        });
        end.unwrap();
        trace
    };
    let traces: Vec<Trace> = (0..60).map(trace).collect();
    for (seed, first) in (0..60).zip(&traces) {
        assert!(first.events().len() > 60, "much happens");
        let again = trace(seed);
        let differs = first.events().iter().zip(again.events()).find(|(one, two)| one != two);
        assert!(*first == again, "seed {seed}: {differs:?}");
    }
    assert!(traces.windows(2).all(|two| two[0] != two[1]), "seeds make no difference");
}

/// Stores each item with its offset, as a file or a table does, and knows after a death how far it is.
struct WithOffset {
    sim: Sim,
    stored: Arc<Mutex<Vec<u64>>>,
}

impl Consumer for WithOffset {
    type Item = u64;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        while let Some(item) = batch.next() {
            let item = *item;
            self.sim.strike("offset")?;
            let offset = self.stored.lock().unwrap().len() as u64;
            if item == offset {
                self.stored.lock().unwrap().push(item);
            } else {
                // Only what was in hand as it died may be here already.
                assert!(batch.redelivered() && item + 1 == offset, "{item} at {offset}");
            }
            self.sim.strike("offset")?;
        }
        Ok(Consumed::Done)
    }
}

#[test]
fn a_sink_that_knows_its_offset_stores_each_item_once() {
    let blows = AtomicU64::new(0);
    Simulation::new("offset").seeds(200).run(async |sim| {
        let supervisor = Supervisor::seeded("service", sim.seed());
        let marks = Watermarks::items_within(2, 5, 8).unwrap();
        let slot = supervisor.slot_with("sink", marks, sim.options()).unwrap();
        let stored = Arc::<Mutex<Vec<u64>>>::default();
        let (parts, all) = (sim.clone(), stored.clone());
        let sink =
            move || ready(Ok::<_, Failure>(WithOffset { sim: parts.clone(), stored: all.clone() }));
        supervisor.consumer(&slot, sink).restart(often()).start().unwrap();
        let source = sim.source("source", ITEMS);
        supervisor.producer("source", &slot, source).restart(often()).start().unwrap();
        drop(slot);
        supervisor.finished().await.unwrap();
        assert_eq!(*stored.lock().unwrap(), (0..ITEMS).collect::<Vec<_>>());
        blows.fetch_add(sim.blows(), Relaxed);
    });
    println!("{blows:?} deaths: 0 lost, 0 stored twice");
}

/// Gives numbers, a few of which may be out that are not acknowledged, and goes wrong as others do.
struct Careful {
    sim: Sim,
    arrived: Arrived<u64>,
    /// All lives count on.
    next: Arc<AtomicU64>,
    acknowledged: Arc<AtomicU64>,
}

const OUT: u64 = 7;

impl PullProducer for Careful {
    type Item = u64;
    type Error = Failure;

    const WANTS_ACKNOWLEDGEMENTS: bool = true;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        let next = self.next.load(Relaxed);
        if next == ITEMS {
            return Ok(Next::Done);
        }
        if next == self.acknowledged.load(Relaxed) + OUT {
            return Ok(Next::Wait);
        }
        self.sim.strike("source")?;
        self.next.fetch_add(out.extend([next]), Relaxed);
        self.sim.strike("source")?;
        Ok(Next::More)
    }

    fn acknowledged(&mut self, items: u64, _: &mut Ctx<'_, Self>) {
        self.sim.note("source", format_args!("{items} are acknowledged"));
        let arrived = self.arrived.items();
        let missing = (0..items).find(|item| !arrived.iter().any(|(one, _)| one == item));
        assert_eq!(missing, None, "{items} are acknowledged");
        self.acknowledged.store(items, Relaxed);
    }

    fn lost(&mut self, from: u64, _: &mut Ctx<'_, Self>) {
        panic!("item {from} is lost, and nobody takes anything out");
    }
}

/// The source waits for acknowledgements, and so stands still if one does not come.
#[test]
fn f11_a_service_acknowledges_what_has_arrived_and_all_of_it_in_the_end_whatever_happens() {
    let blows = AtomicU64::new(0);
    Simulation::new("acknowledged").seeds(300).run(async |sim| {
        let supervisor = Supervisor::seeded("service", sim.seed());
        let slot = |name| {
            let marks = Watermarks::items_within(2, 5, 8).unwrap();
            supervisor.slot_with::<u64>(name, marks, sim.options()).unwrap()
        };
        let arrived = Arrived::default();
        let acknowledged = Arc::<AtomicU64>::default();
        let (one, two, last) = (slot("one"), slot("two"), slot("sink"));
        let sink = sim.sink("sink", &arrived);
        supervisor.consumer(&last, sink).restart(often()).start().unwrap();
        supervisor.stage(&two, &last, sim.stage("two")).restart(often()).start().unwrap();
        supervisor.stage(&one, &two, sim.stage("one")).restart(often()).start().unwrap();
        let parts = (sim.clone(), arrived.clone(), Arc::default(), acknowledged.clone());
        let source = move || {
            let (sim, arrived, next, acknowledged) = parts.clone();
            ready(Ok::<_, Failure>(Careful { sim, arrived, next, acknowledged }))
        };
        supervisor.producer("source", &one, source).restart(often()).start().unwrap();
        drop((one, two, last));
        supervisor.finished().await.unwrap();
        arrived.all_in_order(0..ITEMS).unwrap();
        assert_eq!(acknowledged.load(Relaxed), ITEMS);
        blows.fetch_add(sim.blows(), Relaxed);
    });
    println!("{blows:?} deaths: nothing is acknowledged too early, and everything in the end");
}

/// Commits an item before it stores it: what every second consumer in the world does.
struct Hasty {
    sim: Sim,
    stored: Arc<Mutex<Vec<u64>>>,
}

impl Consumer for Hasty {
    type Item = u64;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        while let Some(item) = batch.take() {
            self.sim.strike("hasty")?;
            self.sim.note("hasty", item);
            self.stored.lock().unwrap().push(item);
        }
        Ok(Consumed::Done)
    }
}

async fn hasty_service(sim: Sim) {
    let supervisor = Supervisor::seeded("hasty", sim.seed());
    let marks = Watermarks::items_within(2, 5, 8).unwrap();
    let slot = supervisor.slot_with("hasty", marks, sim.options()).unwrap();
    let stored = Arc::<Mutex<Vec<u64>>>::default();
    let (parts, all) = (sim.clone(), stored.clone());
    let hasty = move || ready(Ok::<_, Failure>(Hasty { sim: parts.clone(), stored: all.clone() }));
    supervisor.consumer(&slot, hasty).restart(often()).start().unwrap();
    supervisor
        .producer("source", &slot, sim.source("source", ITEMS))
        .restart(often())
        .start()
        .unwrap();
    drop(slot);
    supervisor.finished().await.unwrap();
    assert_eq!(*stored.lock().unwrap(), (0..ITEMS).collect::<Vec<_>>(), "something is lost");
}

#[test]
fn a_mistake_is_found_told_with_its_seed_kept_and_found_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kept").join("hasty.txt");
    let tried = AtomicU64::new(0);
    let fails = || {
        tried.store(0, Relaxed);
        let simulation = Simulation::new("hasty").kept_in(&file);
        let run = AssertUnwindSafe(|| {
            simulation.run(async |sim| {
                tried.fetch_add(1, Relaxed);
                hasty_service(sim).await;
            });
        });
        *catch_unwind(run).unwrap_err().downcast::<String>().unwrap()
    };
    let told = fails();
    let kept = std::fs::read_to_string(&file).unwrap();
    let seed = kept.lines().last().unwrap();
    println!("after {tried:?} seeds:\n{told}");
    for part in ["something is lost", "hasty: fails", &format!("AQUEDUCT_SEED={seed} cargo test")] {
        assert!(told.contains(part) || part == "hasty: fails" && told.contains("hasty: panics"));
    }
    assert_eq!(told, fails(), "the same words, and the same trace");
    assert_eq!((tried.into_inner(), std::fs::read_to_string(&file).unwrap()), (1, kept));
}

#[test]
fn a_service_that_stands_still_is_told_so_at_once() {
    let began = Instant::now();
    let (_, end) = Simulation::new("still").trace(1, async |_| std::future::pending().await);
    let why = end.unwrap_err();
    assert!(why.contains("stands still"), "{why}");
    assert!(began.elapsed() < Duration::from_secs(30), "30 days are not waited for");
}

#[test]
fn a_crash_loop_backs_off_for_hours_in_no_time_and_starts_exactly_as_often_as_it_may() {
    let began = Instant::now();
    Simulation::new("crash-loop").seeds(5).faults(Faults::NONE).run(async |sim| {
        let supervisor = Supervisor::seeded("loop", sim.seed());
        let marks = Watermarks::items(1, 2).unwrap();
        let slot = supervisor.slot_with::<u64>("broken", marks, sim.options()).unwrap();
        let starts = Arc::<AtomicU64>::default();
        let (counted, told) = (starts.clone(), sim.clone());
        let broken = move || {
            counted.fetch_add(1, Relaxed);
            told.note("broken", "starts");
            ready(Err::<Hasty, _>(Failure::message("it cannot")))
        };
        let restart = Restart::permanent().at_most(10_000).back_off(Duration::from_secs(1));
        supervisor.consumer(&slot, broken).restart(restart).start().unwrap();
        supervisor.finished().await.unwrap_err();
        assert_eq!(starts.load(Relaxed), 10_001);
        assert!(sim.now() > Duration::from_secs(3_600), "it took only {:?}", sim.now());
    });
    println!("five crash loops of hours in {:?}", began.elapsed());
}

/// What a peer sends, what of it another has stored, and how that ended.
async fn send(mut to: Wire, mut disk: Wire, mut from: Wire) -> io::Result<()> {
    let text: Vec<u8> = (0..3000_u32).flat_map(|n| n.to_le_bytes()).collect();
    let sending = async move {
        to.write_all(&text).await?;
        to.shutdown().await
    };
    let storing = async move {
        let mut chunk = [0; 500];
        loop {
            let read = from.read(&mut chunk).await?;
            if read == 0 {
                return disk.shutdown().await;
            }
            disk.write_all(&chunk[..read]).await?;
        }
    };
    let (sent, stored) = tokio::join!(sending, storing);
    stored.and(sent)
}

/// Reads until the end or a reset; what arrived before counts.
async fn read_all(mut wire: Wire) -> Vec<u8> {
    let mut stored = Vec::new();
    let _ = wire.read_to_end(&mut stored).await;
    stored
}

#[test]
fn a_wire_delivers_all_in_order_or_breaks_with_the_error_that_was_chosen() {
    let expected: Vec<u8> = (0..3000_u32).flat_map(|n| n.to_le_bytes()).collect();
    let kinds = Mutex::new(Vec::new());
    Simulation::new("wire").seeds(100).run(async |sim| {
        let offset = sim.below(12_000);
        let (to, from) = sim.wire("sender", "receiver");
        let (disk, platter) = sim.wire("disk", "platter");
        let (to, disk, wanted) = match sim.below(3) {
            0 => (to, disk, None),
            1 => (to.reset_at(offset), disk, Some(io::ErrorKind::ConnectionReset)),
            _ => (to, disk.full_at(offset), Some(io::ErrorKind::StorageFull)),
        };
        let (end, stored) = tokio::join!(send(to, disk, from), read_all(platter));
        assert_eq!(end.err().map(|error| error.kind()), wanted);
        assert!(expected.starts_with(&stored), "what is stored is a beginning of what was sent");
        match wanted {
            None => assert_eq!(stored.len(), expected.len()),
            Some(_) => assert!(stored.len() as u64 <= offset),
        }
        kinds.lock().unwrap().push(wanted);
    });
    let kinds = kinds.into_inner().unwrap();
    let count = |kind| kinds.iter().filter(|one| **one == kind).count();
    let [well, reset, full] =
        [None, Some(io::ErrorKind::ConnectionReset), Some(io::ErrorKind::StorageFull)].map(count);
    println!("{well} whole, {reset} reset, {full} of a full disk");
    assert!(well > 0 && reset > 0 && full > 0);
}

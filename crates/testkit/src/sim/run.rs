//! One simulation after the other, and what is told of one that fails.

#![allow(clippy::panic, reason = "it is how a test fails")]

use std::{
    any::Any,
    future::Future,
    panic::{AssertUnwindSafe, catch_unwind},
    path::PathBuf,
    sync::{Once, mpsc},
    thread,
    time::Duration,
};

use actix_rt::System;

use super::{
    faults::{Faults, Planted, Sim},
    kept,
    trace::Trace,
};
use crate::dice::{told, told_seed};

/// How long one simulation may take, by the machine's clock: one that spins never ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many events of the trace are told of one that failed.
const TOLD: usize = 40;

/// The first seed; the others follow.
const FIRST_SEED: u64 = 0x5eed_0000;

/// Runs a service again and again, each time with other faults, under a clock that jumps to the next
/// timer whenever nobody has work.
///
/// The same seed makes the same choices, and the same [`Trace`]. A seed that fails is told, with the
/// end of its trace and how to run it again; and it is kept in `sim-regressions/NAME.txt` beside the
/// package's `Cargo.toml`, from where it is run first ever after.
///
/// | variable of the environment | |
/// |---|---|
/// | `AQUEDUCT_SEED=0x5eed0007` | runs this one alone |
/// | `AQUEDUCT_SEEDS=10000` | runs so many |
///
/// What goes wrong is decided by [`Faults`], where a [`Sim`] is asked: its [source](Sim::source),
/// [stage](Sim::stage), [sink](Sim::sink) and [wires](Sim::wire) ask by themselves, a handler of
/// your own calls [`Sim::strike`].
/// All runs on one thread: what depends on threads is for other tools, as loom.
/// Slots take [`Sim::options`], so that they do not look at the machine's clock.
///
/// ```
/// use std::time::Duration;
/// use aqueduct_actors::{Shell, Verdict};
/// use aqueduct_link::{Slot, Watermarks};
/// use aqueduct_testkit::{Arrived, Simulation};
///
/// Simulation::new("sink").seeds(20).run(async |sim| {
///     let slot = Slot::with_options("sink", Watermarks::items(4, 16).unwrap(), sim.options());
///     let source = Shell::pull_made_later("source", slot.register("source").unwrap())
///         .made_by(sim.source("source", 100))
///         .start_under(|_| Verdict::Rebuild(Duration::from_secs(1)));
///     let arrived = Arrived::default();
///     let sink = Shell::consumer_made_later("sink", &slot).unwrap()
///         .made_by(sim.sink("sink", &arrived))
///         .start_under(|_| Verdict::Rebuild(Duration::from_secs(1)));
///     source.finished().await.unwrap();
///     sink.finished().await.unwrap();
///     arrived.all_in_order(0..100).unwrap();
/// });
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is run until `run`"]
pub struct Simulation {
    name: String,
    seeds: u64,
    faults: Faults,
    longest: Duration,
    kept: PathBuf,
}

impl Simulation {
    /// Returns a simulation of 100 seeds, with the usual faults; its name is that of the file of seeds
    /// that failed.
    pub fn new(name: &str) -> Self {
        let longest = Duration::from_secs(30 * 24 * 3600);
        let (faults, kept) = (Faults::default(), kept::file_of(name));
        Self { name: name.to_owned(), seeds: 100, faults, longest, kept }
    }

    /// Runs so many seeds, unless `AQUEDUCT_SEEDS` says otherwise.
    pub fn seeds(self, seeds: u64) -> Self {
        Self { seeds, ..self }
    }

    /// Has other things go wrong, or more often.
    pub fn faults(self, faults: Faults) -> Self {
        Self { faults, ..self }
    }

    /// Takes a service that has not ended after this time, by the clock of the simulation, for one
    /// that stands still. Default: 30 days.
    pub fn at_most(self, longest: Duration) -> Self {
        Self { longest, ..self }
    }

    /// Keeps seeds that fail in this file.
    pub fn kept_in(self, file: impl Into<PathBuf>) -> Self {
        Self { kept: file.into(), ..self }
    }

    /// Runs it with each seed, those that failed before first.
    ///
    /// # Panics
    /// If it panics with one of them: with that seed, the cause, and the end of the trace.
    pub fn run(self, service: impl AsyncFn(Sim)) {
        for seed in self.chosen() {
            let (trace, end) = self.play(seed, &service);
            if let Err(why) = end {
                self.fail(seed, &trace, &why);
            }
        }
    }

    /// Runs it with one seed, and returns what happened.
    ///
    /// # Errors
    /// What it panicked with.
    pub fn trace(&self, seed: u64, service: impl AsyncFn(Sim)) -> (Trace, Result<(), String>) {
        self.play(seed, &service)
    }

    fn chosen(&self) -> Vec<u64> {
        if let Some(seed) = told_seed() {
            return vec![seed];
        }
        let before = kept::read(&self.kept).unwrap_or_else(|error| {
            panic!("{}: {error}; mend or remove the file", self.kept.display())
        });
        let seeds = told("AQUEDUCT_SEEDS").unwrap_or(self.seeds);
        before.into_iter().chain((0..seeds).map(|n| FIRST_SEED + n)).collect()
    }

    fn play(&self, seed: u64, service: &impl AsyncFn(Sim)) -> (Trace, Result<(), String>) {
        silence_planted_panics();
        let _watch = Watch::start(&self.name, seed);
        let runtime = || {
            let mut builder = tokio::runtime::Builder::new_current_thread();
            builder
                .enable_all()
                .start_paused(true)
                .build()
                .unwrap_or_else(|error| panic!("{error}"))
        };
        let sim = Sim::new(seed, self.faults);
        let body = within(self.longest, service(sim.clone()));
        let played =
            catch_unwind(AssertUnwindSafe(|| System::with_tokio_rt(runtime).block_on(body)));
        let end = match played {
            Ok(true) => Ok(()),
            Ok(false) => Err(format!("it stands still: it has not ended in {:?}", self.longest)),
            Err(panic) => Err(words(&*panic)),
        };
        (sim.take_trace(), end)
    }

    fn fail(&self, seed: u64, trace: &Trace, why: &str) -> ! {
        let kept = match kept::keep(&self.kept, seed) {
            Ok(()) => format!("kept in {}", self.kept.display()),
            Err(error) => format!("not kept in {}: {error}", self.kept.display()),
        };
        let test = thread::current().name().unwrap_or("").to_owned();
        panic!(
            "simulation {} fails with seed {seed:#x}: {why}\n{}seed {seed:#x} is {kept}; run it alone \
             with\n    AQUEDUCT_SEED={seed:#x} cargo test {test}",
            self.name,
            trace.tail(TOLD),
        );
    }
}

/// Whether it ends within this time.
async fn within(longest: Duration, service: impl Future<Output = ()>) -> bool {
    tokio::time::timeout(longest, service).await.is_ok()
}

fn words(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("a panic without words").into()
}

/// Ends the process if a simulation spins: it cannot be ended from outside in any other way.
struct Watch {
    _over: mpsc::Sender<()>,
}

impl Watch {
    #[allow(clippy::print_stderr, reason = "the last words of a process")]
    fn start(name: &str, seed: u64) -> Self {
        let (over, ended) = mpsc::channel::<()>();
        let name = name.to_owned();
        thread::spawn(move || {
            if ended.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
                eprintln!("simulation {name} spins with seed {seed:#x}: it took {PATIENCE:?}");
                std::process::exit(101);
            }
        });
        Self { _over: over }
    }
}

/// Keeps planted panics out of the output; any other is shown as usual.
fn silence_planted_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !info.payload().is::<Planted>() {
                usual(info);
            }
        }));
    });
}

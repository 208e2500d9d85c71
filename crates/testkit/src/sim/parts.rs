//! Ends and a stage that go wrong as the simulation says.

use std::{
    fmt,
    future::{Future, Ready, ready},
    marker::PhantomData,
    pin::Pin,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    task::Context,
};

use aqueduct_actors::{
    Batch, Consumed, Consumer, Ctx, Demand, End, Failure, Next, Outbox, PullProducer, Stage,
};
use tokio::time::{Sleep, sleep};

use super::Sim;
use crate::Broken;

/// A wait that began.
#[derive(Default)]
struct Delay(Option<Pin<Box<Sleep>>>);

impl Delay {
    /// Returns whether there is something to wait for: the task is woken when it is over.
    fn waits(&mut self, sim: &Sim, who: &str, cx: &mut Context<'_>) -> bool {
        if let Some(sleeps) = &mut self.0 {
            let over = sleeps.as_mut().poll(cx).is_ready();
            if over {
                self.0 = None;
            }
            // Who has waited once goes on, whatever the dice say.
            return !over;
        }
        self.0 = sim.delay(who).map(|time| Box::pin(sleep(time)));
        self.0.as_mut().is_some_and(|sleeps| sleeps.as_mut().poll(cx).is_pending())
    }
}

impl Sim {
    /// Returns a factory of producers of the numbers below `count`: each life goes on where the one
    /// before ended.
    pub fn source(
        &self,
        name: &str,
        count: u64,
    ) -> impl Fn() -> Ready<Result<SimSource, Failure>> + Send + Clone + use<> {
        let (sim, name, next) = (self.clone(), name.to_owned(), Arc::<AtomicU64>::default());
        move || {
            let source = || SimSource {
                sim: sim.clone(),
                name: name.clone(),
                next: next.clone(),
                count,
                delay: Delay::default(),
            };
            ready(sim.strike(&name).map(|()| source()))
        }
    }

    /// Returns a factory of stages that pass on what they take.
    pub fn stage<T: Clone + 'static>(
        &self,
        name: &str,
    ) -> impl Fn() -> Ready<Result<SimStage<T>, Failure>> + Send + Clone + use<T> {
        let (sim, name) = (self.clone(), name.to_owned());
        move || {
            let stage = || SimStage {
                sim: sim.clone(),
                name: name.clone(),
                delay: Delay::default(),
                item: PhantomData,
            };
            ready(sim.strike(&name).map(|()| stage()))
        }
    }

    /// Returns a factory of consumers, all of which add to what arrived.
    pub fn sink<T: Clone + Send + fmt::Debug + 'static>(
        &self,
        name: &str,
        arrived: &Arrived<T>,
    ) -> impl Fn() -> Ready<Result<SimSink<T>, Failure>> + Send + Clone + use<T> {
        let (sim, name, arrived) = (self.clone(), name.to_owned(), arrived.clone());
        move || {
            let sink = || SimSink {
                sim: sim.clone(),
                name: name.clone(),
                arrived: arrived.clone(),
                delay: Delay::default(),
            };
            ready(sim.strike(&name).map(|()| sink()))
        }
    }
}

/// A producer of numbers; see [`Sim::source`].
pub struct SimSource {
    sim: Sim,
    name: String,
    /// All lives count on.
    next: Arc<AtomicU64>,
    count: u64,
    delay: Delay,
}

impl PullProducer for SimSource {
    type Item = u64;
    type Error = Failure;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        if self.delay.waits(&self.sim, &self.name, &mut ctx.task()) {
            return Ok(Next::Wait);
        }
        for _ in 0..self.sim.part_of(usize::try_from(wanted.items()).unwrap_or(usize::MAX)) {
            let next = self.next.load(Relaxed);
            if next == self.count {
                return Ok(Next::Done);
            }
            if out.is_paused() {
                break;
            }
            self.sim.strike(&self.name)?;
            self.next.fetch_add(out.extend([next]), Relaxed);
            self.sim.strike(&self.name)?;
        }
        Ok(Next::More)
    }
}

/// A stage that passes on what it takes; see [`Sim::stage`].
pub struct SimStage<T> {
    sim: Sim,
    name: String,
    delay: Delay,
    item: PhantomData<fn(T)>,
}

impl<T: Clone + 'static> Stage for SimStage<T> {
    type In = T;
    type Out = T;
    type Error = Failure;

    const HOLDS: bool = false;

    fn process(
        &mut self,
        batch: &mut Batch<'_, T>,
        out: &mut Outbox<'_, T>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Failure> {
        if self.delay.waits(&self.sim, &self.name, &mut ctx.task()) {
            return Ok(Next::Wait);
        }
        for _ in 0..self.sim.part_of(batch.len()) {
            if out.is_paused() {
                break;
            }
            let Some(item) = batch.next() else { break };
            self.sim.strike(&self.name)?;
            out.extend([item.clone()]);
            self.sim.strike(&self.name)?;
            batch.commit();
        }
        Ok(Next::More)
    }
}

/// A consumer that remembers what it took; see [`Sim::sink`].
pub struct SimSink<T> {
    sim: Sim,
    name: String,
    arrived: Arrived<T>,
    delay: Delay,
}

impl<T: Clone + Send + fmt::Debug + 'static> Consumer for SimSink<T> {
    type Item = T;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, T>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        if self.delay.waits(&self.sim, &self.name, &mut ctx.task()) {
            return Ok(Consumed::Wait);
        }
        for _ in 0..self.sim.part_of(batch.len()) {
            let Some(item) = batch.next() else { break };
            let item = item.clone();
            self.sim.strike(&self.name)?;
            self.sim.note(&self.name, format_args!("takes {item:?}"));
            self.arrived.all().items.push((item, batch.redelivered()));
            self.sim.strike(&self.name)?;
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Failure> {
        self.sim.note(&self.name, format_args!("the end: {end}"));
        self.sim.strike(&self.name)?;
        self.arrived.all().ends.push(end.clone());
        Ok(Consumed::Done)
    }
}

/// What arrived at a sink, over all its lives.
#[derive(Clone)]
pub struct Arrived<T>(Arc<Mutex<All<T>>>);

struct All<T> {
    /// Each with whether it came again.
    items: Vec<(T, bool)>,
    ends: Vec<End>,
}

impl<T> Default for Arrived<T> {
    fn default() -> Self {
        Self(Arc::new(Mutex::new(All { items: Vec::new(), ends: Vec::new() })))
    }
}

impl<T: Clone> Arrived<T> {
    fn all(&self) -> MutexGuard<'_, All<T>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The items, each with whether the link marked it as one that may have been here before.
    #[must_use]
    pub fn items(&self) -> Vec<(T, bool)> {
        self.all().items.clone()
    }

    /// How often the end was told to a life that outlived it, and which.
    #[must_use]
    pub fn ends(&self) -> Vec<End> {
        self.all().ends.clone()
    }

    /// Checks that these came, in this order, none missing, and then the end; returns how many came
    /// more than once, each right behind itself.
    ///
    /// # Errors
    /// [`Broken`] with the first item that is not as it should be.
    pub fn all_in_order(&self, expected: impl IntoIterator<Item = T>) -> Result<usize, Broken>
    where
        T: PartialEq + fmt::Debug,
    {
        let all = self.all();
        let mut expected = expected.into_iter();
        let (mut last, mut again): (Option<&T>, usize) = (None, 0);
        for (item, _) in &all.items {
            if last == Some(item) {
                again += 1;
                continue;
            }
            let wanted = expected.next();
            if wanted.as_ref() != Some(item) {
                let wanted = format!("{wanted:?} behind {last:?}");
                return Err(Broken::new(wanted, format!("{item:?}"), ADVICE));
            }
            last = Some(item);
        }
        if let Some(missing) = expected.next() {
            return Err(Broken::new(format!("{missing:?}"), "nothing", ADVICE));
        }
        match &all.ends[..] {
            [End::Finished] => Ok(again),
            ends => Err(Broken::new("the end, once", format!("{ends:?}"), ADVICE)),
        }
    }
}

const ADVICE: &str = "run this seed alone, and look at the trace";

macro_rules! debug_by_name {
    ($($part:ident $(<$item:ident>)?),+) => {
        $(impl$(<$item>)? fmt::Debug for $part$(<$item>)? {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($part)).field("name", &self.name).finish_non_exhaustive()
            }
        })+
    };
}
debug_by_name!(SimSource, SimStage<T>, SimSink<T>);

impl<T> fmt::Debug for Arrived<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        f.debug_struct("Arrived").field("items", &all.items.len()).finish_non_exhaustive()
    }
}

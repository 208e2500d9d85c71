//! The owner of slots and children.

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    hash::{BuildHasher, RandomState},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Waker,
    time::Duration,
};

use actix_rt::ArbiterHandle;
use aqueduct_actors::{ActorError, Cause, Exit};
use aqueduct_link::{Marks, Name, Outlet, Slot, SlotOptions};
use tokio::sync::watch;

use crate::{
    ChildReport, NameTaken, RegisterError, Report, Restart, SupervisorError,
    child::{End, EndReceiver, Restarts, wait},
    dice::Dice,
    edge::Edge,
    line::{Line, Word},
    nurse::{Home, Seat},
    policy::{Family, Input, Order},
    watchdog::Number,
};

/// The owner of slots and children.
///
/// Clones are handles of one supervisor.
/// It is an actix actor too, for those who would rather send it a
/// [`RegisterAt`](crate::RegisterAt); registering
/// through a slot, through a consumer's address or through the supervisor is the same.
#[derive(Clone)]
pub struct Supervisor {
    inner: Arc<Inner>,
}

struct Inner {
    name: Name,
    state: Mutex<State>,
}

struct State {
    places: HashMap<Name, Box<dyn Any + Send>>,
    edges: Vec<Arc<dyn Edge>>,
    /// In the order in which they were started.
    children: Vec<Record>,
    /// Who of them lives.
    family: Family,
    /// The child that failed first.
    failed: Option<ActorError>,
    dice: Dice,
    ending: Ending,
}

/// What becomes of who starts now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// It lives.
    No,
    /// It is drained at once.
    Drains,
    /// It is stopped at once.
    Stops,
}

#[derive(Clone)]
struct Record {
    name: Name,
    restarts: Restarts,
    line: Arc<Line>,
    ways: Ways,
    home: Home,
    end: EndReceiver,
}

/// How a child is reached, as long as it lives.
#[derive(Clone)]
pub(crate) struct Ways {
    /// Tells a child to make no more, if that is something to it.
    pub(crate) drain: Option<Arc<dyn Fn() + Send + Sync>>,
    /// Tells it to end in good order.
    pub(crate) stop: Arc<dyn Fn() + Send + Sync>,
    /// How long that may take.
    pub(crate) stop_within: Duration,
}

impl Supervisor {
    /// Returns a supervisor with nothing to do.
    pub fn new(name: impl Into<Name>) -> Self {
        Self::seeded(name, RandomState::new().hash_one(0))
    }

    /// As [`new`](Self::new); the jitter of its back-off comes from this seed, so that a simulation
    /// can be repeated.
    pub fn seeded(name: impl Into<Name>, seed: u64) -> Self {
        let state = State {
            places: HashMap::new(),
            edges: Vec::new(),
            children: Vec::new(),
            family: Family::default(),
            failed: None,
            dice: Dice(seed),
            ending: Ending::No,
        };
        Self { inner: Arc::new(Inner { name: name.into(), state: Mutex::new(state) }) }
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.inner.name
    }

    /// Makes the place of a consumer of this name.
    ///
    /// # Errors
    /// [`NameTaken`] if there is one.
    pub fn slot<T: Send + 'static>(
        &self,
        consumer: impl Into<Name>,
        marks: impl Into<Marks<T>>,
    ) -> Result<Slot<T>, NameTaken> {
        self.slot_with(consumer, marks, SlotOptions::default())
    }

    /// As [`slot`](Self::slot), with options.
    ///
    /// # Errors
    /// [`NameTaken`] if there is one.
    pub fn slot_with<T: Send + 'static>(
        &self,
        consumer: impl Into<Name>,
        marks: impl Into<Marks<T>>,
        options: SlotOptions,
    ) -> Result<Slot<T>, NameTaken> {
        let name = consumer.into();
        let mut state = self.state();
        if state.places.contains_key(&name) {
            return Err(NameTaken { name });
        }
        let slot = Slot::with_options(name.clone(), marks, options);
        state.places.insert(name, Box::new(slot.observer()));
        state.edges.push(Arc::new(slot.observer()));
        Ok(slot)
    }

    /// Registers a producer with the consumer of this name.
    ///
    /// # Errors
    /// [`RegisterError`]: there is a producer, or no such consumer.
    pub fn register<T: 'static>(
        &self,
        producer: impl Into<Name>,
        consumer: &str,
    ) -> Result<Outlet<T>, RegisterError> {
        let state = self.state();
        let place = state
            .places
            .get(consumer)
            .ok_or_else(|| RegisterError::NoSuchConsumer { consumer: consumer.into() })?;
        let slot = place
            .downcast_ref::<Slot<T>>()
            .ok_or_else(|| RegisterError::OtherItems { consumer: consumer.into() })?;
        Ok(slot.register(producer)?)
    }

    /// Waits until all children have ended for good.
    ///
    /// # Errors
    /// [`SupervisorError`] with the child that failed first, if one did.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn finished(&self) -> Result<Report, SupervisorError> {
        let mut awaited = 0;
        loop {
            let ends = self.ends_from(awaited);
            if ends.is_empty() {
                break;
            }
            awaited += ends.len();
            for end in ends {
                // Who failed first is noted.
                let _ = end.await;
            }
        }
        let report = self.report();
        match self.state().failed.clone() {
            Some(cause) => Err(SupervisorError { cause, report }),
            None => Ok(report),
        }
    }

    /// The ends of all children but this many, who were awaited before.
    fn ends_from(&self, awaited: usize) -> Vec<End> {
        let state = self.state();
        let new = state.children.iter().skip(awaited);
        new.map(|child| -> End { Box::pin(wait(child.name.clone(), child.end.clone())) }).collect()
    }

    /// What the children and their links have done so far.
    #[must_use]
    pub fn report(&self) -> Report {
        let state = self.state();
        Report {
            name: self.inner.name.clone(),
            children: state.children.iter().map(Record::report).collect(),
            edges: state.edges.iter().filter_map(|edge| edge.report()).collect(),
        }
    }

    /// Ends all streams at once: producers are stopped, what is not delivered is dropped and
    /// counted, and consumers are told why.
    pub fn abort(&self, reason: impl Into<Name>) {
        let reason = reason.into();
        // Not under the lock: whoever is told may come back here.
        let edges = self.state().edges.clone();
        for edge in edges {
            edge.abort(reason.clone());
        }
    }

    /// Ends all streams in good order: producers make no more, what they made is delivered, and
    /// consumers are told [`End::Finished`](aqueduct_actors::End::Finished).
    ///
    /// Each child by trait is sent a [`Drain`](aqueduct_actors::Drain), of which producers take
    /// notice; stages and consumers end with the streams that come to them, so that
    /// [`finished`](Self::finished) answers when all is delivered.
    /// A child that starts later is drained at once as well, for a supervisor that drains does not
    /// begin anything; the consumer of a producer that never began is told that it was aborted. Plain actors are not told: theirs is to end in their own way.
    pub fn drain(&self) {
        // Not under the lock: a mailbox may wake whoever comes back here.
        let mut state = self.state();
        if state.ending == Ending::No {
            state.ending = Ending::Drains;
        }
        let drains: Vec<_> = state.children.iter().filter_map(|c| c.ways.drain.clone()).collect();
        drop(state);
        drains.iter().for_each(|drain| drain());
    }

    /// Takes a child over that starts; returns what its task needs, and what becomes of it.
    pub(crate) fn seat(
        &self,
        name: Name,
        restart: Restart,
        line: Arc<Line>,
        ways: Ways,
        home: Home,
    ) -> (Seat, EndReceiver) {
        let (end, ended) = watch::channel(None);
        let restarts = Restarts::default();
        let mut state = self.state();
        let who = state.family.join(restart);
        state.children.push(Record {
            name: name.clone(),
            restarts: restarts.clone(),
            line: line.clone(),
            ways,
            home: home.clone(),
            end: ended.clone(),
        });
        drop(state);
        let number = Arc::new(Number::of(&name));
        let supervisor = self.clone();
        (Seat { name, number, supervisor, who, line, restarts, home, end }, ended)
    }

    /// Tells a child that has started what was told to the others before.
    pub(crate) fn welcome(&self, who: usize) {
        let state = self.state();
        let ending = state.ending;
        let ways = state.children.get(who).map(|child| child.ways.clone());
        drop(state);
        match (ending, ways) {
            (Ending::Drains, Some(Ways { drain: Some(drain), .. })) => drain(),
            (Ending::Stops, Some(ways)) => (ways.stop)(),
            (Ending::No | Ending::Drains, _) | (Ending::Stops, None) => {}
        }
    }

    /// Something happened to a child: what is decided about it, and about others, is on their lines
    /// when this returns.
    pub(crate) fn tell(&self, who: usize, input: Input) {
        self.decide(who, input, None);
    }

    /// Has a child end now, of this cause.
    pub(crate) fn end(&self, who: usize, cause: Cause) {
        self.decide(who, Input::Kill, Some(cause));
    }

    fn decide(&self, who: usize, input: Input, mut cause: Option<Cause>) {
        let mut state = self.state();
        let orders = state.family.on(who, input);
        let mut escalates = false;
        let mut wakers = Vec::new();
        for (who, order) in orders {
            let word = match order {
                Order::Halt => Word::Halt,
                Order::Revive(after) => Word::Revive(after),
                Order::GiveUp => Word::GiveUp(cause.take()),
                Order::Escalate => {
                    escalates = true;
                    continue;
                }
            };
            wakers.extend(state.children.get(who).and_then(|child| child.line.order(word)));
        }
        drop(state);
        wakers.into_iter().for_each(Waker::wake);
        if escalates {
            self.escalate(who);
        }
    }

    /// A child has ended, and how; that others are made anew is no failure of its own.
    pub(crate) fn note(&self, end: &Result<Exit, ActorError>) {
        if let Err(error) = end
            && !matches!(error.cause, Cause::Halted(_))
        {
            self.state().failed.get_or_insert_with(|| error.clone());
        }
    }

    pub(crate) fn dice(&self) -> u64 {
        self.state().dice.roll()
    }

    /// From now on whoever starts is stopped; returns how many children there are.
    pub(crate) fn begin_to_stop(&self) -> usize {
        let mut state = self.state();
        state.ending = Ending::Stops;
        state.children.len()
    }

    /// The arbiters of all children; last those of this one.
    pub(crate) fn homes(&self, who: usize) -> Vec<ArbiterHandle> {
        let state = self.state();
        let others = state.children.iter().enumerate().filter(|(other, _)| *other != who);
        let all = others.map(|(_, other)| other).chain(state.children.get(who));
        all.map(|child| child.home.arbiter()).collect()
    }

    /// The name, the ways and the end of a child.
    pub(crate) fn child(&self, who: usize) -> Option<(Name, Ways, EndReceiver)> {
        let state = self.state();
        let child = state.children.get(who)?;
        Some((child.name.clone(), child.ways.clone(), child.end.clone()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.inner.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Record {
    fn report(&self) -> ChildReport {
        ChildReport {
            name: self.name.clone(),
            restarts: self.restarts.get(),
            end: self.end.borrow().clone(),
        }
    }
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("name", &self.inner.name).finish_non_exhaustive()
    }
}

//! The owner of slots and children.

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    future::poll_fn,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use actix::Actor;
use aqueduct_actors::ActorError;
use aqueduct_link::{Marks, Name, Outlet, Slot, SlotOptions};

use crate::{
    Child, ChildReport, NameTaken, RegisterError, Report, SupervisorError,
    child::{End, EndReceiver, Restarts, wait},
    edge::Edge,
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

#[derive(Default)]
struct State {
    places: HashMap<Name, Box<dyn Any + Send>>,
    edges: Vec<Arc<dyn Edge>>,
    children: Vec<Record>,
    /// Whoever starts is drained at once.
    draining: bool,
}

struct Record {
    name: Name,
    restarts: Restarts,
    end: EndReceiver,
    drain: Option<Drainer>,
}

/// Tells a child to drain, if it still lives.
pub(crate) type Drainer = Arc<dyn Fn() + Send + Sync>;

impl Supervisor {
    /// Returns a supervisor with nothing to do.
    pub fn new(name: impl Into<Name>) -> Self {
        let inner = Inner { name: name.into(), state: Mutex::default() };
        Self { inner: Arc::new(inner) }
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
        let mut first_failure = None;
        let mut awaited = 0;
        loop {
            let ends = self.ends_from(awaited);
            if ends.is_empty() {
                break;
            }
            awaited += ends.len();
            let failed = wait_for_all(ends).await;
            first_failure = first_failure.or(failed);
        }
        let report = self.report();
        match first_failure {
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
        state.draining = true;
        let drainers: Vec<_> = state.children.iter().filter_map(|c| c.drain.clone()).collect();
        drop(state);
        drainers.iter().for_each(|drain| drain());
    }

    /// Takes a child over that has started; `drain` tells it to make no more.
    pub(crate) fn adopt<A: Actor>(&self, child: &Child<A>, drain: Option<Drainer>) {
        let mut state = self.state();
        state.children.push(Record {
            name: child.name.clone(),
            restarts: child.restarts.clone(),
            end: child.end.clone(),
            drain: drain.clone(),
        });
        let draining = state.draining;
        drop(state);
        if let Some(drain) = drain.filter(|_| draining) {
            drain();
        }
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

/// Waits for all of them; returns the failure that came first.
async fn wait_for_all(mut ends: Vec<End>) -> Option<ActorError> {
    let mut first_failure = None;
    poll_fn(|cx| {
        ends.retain_mut(|end| match end.as_mut().poll(cx) {
            Poll::Pending => true,
            Poll::Ready(Ok(_)) => false,
            Poll::Ready(Err(error)) => {
                first_failure.get_or_insert(error);
                false
            }
        });
        if ends.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    first_failure
}

impl fmt::Debug for Supervisor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Supervisor").field("name", &self.inner.name).finish_non_exhaustive()
    }
}

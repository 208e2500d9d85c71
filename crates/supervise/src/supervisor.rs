//! The owner of slots and children.

use std::{
    any::Any,
    collections::HashMap,
    fmt,
    future::{Future, poll_fn},
    marker::PhantomData,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use actix::{Actor, Context, Handler, Message};
use aqueduct_actors::{ActorError, Consumer, Failure, PullProducer, PushProducer, Shell, Stage};
use aqueduct_link::{Name, Outlet, RuntimeError, Slot, SlotOptions, Unit, Watermarks};
use aqueduct_operators::Transform;

use crate::{
    Child, ChildReport, NameTaken, PlainSpec, Report, Spec, StartError, SupervisorError,
    child::{End, EndReceiver, Restarts, wait},
    edge::Edge,
};

/// The owner of slots and children.
///
/// Clones are handles of one supervisor.
/// It is an actix actor too, for those who would rather send it a [`RegisterAt`]; registering
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
}

struct Record {
    name: Name,
    restarts: Restarts,
    end: EndReceiver,
}

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
    pub fn slot<T: Send + 'static, U: Unit<T>>(
        &self,
        consumer: impl Into<Name>,
        marks: Watermarks<U>,
    ) -> Result<Slot<T>, NameTaken> {
        self.slot_with(consumer, marks, SlotOptions::default())
    }

    /// As [`slot`](Self::slot), with options.
    ///
    /// # Errors
    /// [`NameTaken`] if there is one.
    pub fn slot_with<T: Send + 'static, U: Unit<T>>(
        &self,
        consumer: impl Into<Name>,
        marks: Watermarks<U>,
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

    /// A child that consumes what comes to the slot; its name is the slot's.
    pub fn consumer<C, F, U, E>(
        &self,
        slot: &Slot<C::Item>,
        factory: F,
    ) -> Spec<impl FnOnce() -> Result<Shell<C>, StartError> + use<C, F, U, E>>
    where
        C: Consumer,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<C, E>> + 'static,
        E: Into<Failure>,
    {
        let name = slot.consumer().clone();
        let slot = slot.observer();
        let called = name.clone();
        let shell = move || Ok(Shell::consumer_made_later(called, &slot)?.made_by(factory));
        Spec::new(self, name, Ok(shell))
    }

    /// A child that produces for the slot when it is asked; it is registered at once.
    pub fn producer<P, F, U, E>(
        &self,
        name: &str,
        slot: &Slot<P::Item>,
        factory: F,
    ) -> Spec<impl FnOnce() -> Result<Shell<P>, StartError> + use<P, F, U, E>>
    where
        P: PullProducer,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure>,
    {
        self.registered(name, slot, move |name, outlet| {
            Ok(Shell::pull_made_later(name, outlet).made_by(factory))
        })
    }

    /// As [`producer`](Self::producer), with a transform fused into the same actor.
    pub fn producer_through<P, T, F, U, E>(
        &self,
        name: &str,
        slot: &Slot<T::Out>,
        factory: F,
        transform: T,
    ) -> Spec<impl FnOnce() -> Result<Shell<P>, StartError> + use<P, T, F, U, E>>
    where
        P: PullProducer,
        T: Transform<In = P::Item> + 'static,
        T::Error: Into<Failure>,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure>,
    {
        self.registered(name, slot, move |name, outlet| {
            Ok(Shell::pull_through(name, transform, outlet).made_by(factory))
        })
    }

    /// A child that runs by itself and is paused; it is registered with the slot at once.
    pub fn push_producer<P, F, U, E>(
        &self,
        name: &str,
        slot: &Slot<P::Item>,
        factory: F,
    ) -> Spec<impl FnOnce() -> Result<Shell<P>, StartError> + use<P, F, U, E>>
    where
        P: PushProducer,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure>,
    {
        self.registered(name, slot, move |name, outlet| {
            Ok(Shell::push_made_later(name, outlet).made_by(factory))
        })
    }

    /// A child that takes from one slot and produces for the next; its name is the first slot's.
    pub fn stage<S, F, U, E>(
        &self,
        from: &Slot<S::In>,
        to: &Slot<S::Out>,
        factory: F,
    ) -> Spec<impl FnOnce() -> Result<Shell<S>, StartError> + use<S, F, U, E>>
    where
        S: Stage,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<S, E>> + 'static,
        E: Into<Failure>,
    {
        let from = from.observer();
        self.registered(&from.consumer().clone(), to, move |name, outlet| {
            Ok(Shell::stage_made_later(name, &from, outlet)?.made_by(factory))
        })
    }

    /// Registers with the slot under this name; `shell` puts the outlet into its actor, on the
    /// arbiter where that will run.
    fn registered<B, T, F>(
        &self,
        name: &str,
        slot: &Slot<T>,
        shell: F,
    ) -> Spec<impl FnOnce() -> Result<Shell<B>, StartError> + use<B, T, F>>
    where
        B: 'static,
        F: FnOnce(Name, Outlet<T>) -> Result<Shell<B>, StartError>,
    {
        let name = Name::from(name);
        let called = name.clone();
        let registered = slot.register(name.clone()).map_err(Into::into);
        Spec::new(self, name, registered.map(|outlet| move || shell(called, outlet)))
    }

    /// A child that is a plain actix actor.
    pub fn actor<A, F, U, E>(&self, name: impl Into<Name>, factory: F) -> PlainSpec<F>
    where
        A: Actor<Context = Context<A>>,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<A, E>> + 'static,
        E: Into<Failure>,
    {
        PlainSpec::new(self, name.into(), factory)
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

    pub(crate) fn adopt<A: Actor>(&self, child: &Child<A>) {
        self.state().children.push(Record {
            name: child.name.clone(),
            restarts: child.restarts.clone(),
            end: child.end.clone(),
        });
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

/// Asks a supervisor to register a producer with one of its consumers.
pub struct RegisterAt<T> {
    /// The consumer's name.
    pub consumer: Name,
    /// Who asks.
    pub producer: Name,
    item: PhantomData<fn() -> T>,
}

impl<T> RegisterAt<T> {
    /// Returns the request to register this producer with this consumer.
    pub fn new(consumer: impl Into<Name>, producer: impl Into<Name>) -> Self {
        Self { consumer: consumer.into(), producer: producer.into(), item: PhantomData }
    }
}

impl<T: 'static> Message for RegisterAt<T> {
    type Result = Result<Outlet<T>, RegisterError>;
}

impl<T> fmt::Debug for RegisterAt<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisterAt")
            .field("consumer", &self.consumer)
            .field("producer", &self.producer)
            .finish()
    }
}

/// A producer could not be registered by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The consumer has a producer.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// There is no consumer of this name.
    #[error("there is no consumer {consumer}: make its slot before producers register")]
    NoSuchConsumer {
        /// The name.
        consumer: Name,
    },
    /// The consumer takes items of another type.
    #[error("consumer {consumer} takes items of another type")]
    OtherItems {
        /// The name.
        consumer: Name,
    },
}

impl Actor for Supervisor {
    type Context = Context<Self>;
}

impl<T: 'static> Handler<RegisterAt<T>> for Supervisor {
    type Result = Result<Outlet<T>, RegisterError>;

    fn handle(&mut self, register: RegisterAt<T>, _: &mut Context<Self>) -> Self::Result {
        self.register(register.producer, &register.consumer)
    }
}

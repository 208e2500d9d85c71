//! The actor that runs a producer, consumer or stage by trait.
//!
//! ```text
//!   Shell<B> (the actix actor; its address stays through a restart)
//!   ├─ inner: B            rebuilt by the factory after a failure
//!   └─ role                holds the end of the link, which survives the failure
//! ```

mod consume;
mod driver;
mod outcome;
mod produce;
mod run;
mod stage;
mod through;

use std::{fmt, future::Future, pin::Pin, task};

use actix::{Actor, AsyncContext, Context, Handler, Supervised};
use aqueduct_link::{AlreadyTaken, Name, Outlet, RuntimeError, Slot};
use aqueduct_operators::Transform;

use crate::{Consumer, Ctx, Failure, PullProducer, PushProducer, Register, Stage, Unregister};

use driver::Driver;
use outcome::Outcome;
pub use outcome::{ActorError, Cause, Exit, Running, Verdict};

/// The most items that an end of a link handles before other mail of its actor has a turn.
pub const TURN_ITEMS: usize = 256;

/// What a shell does for its inner value: one end of a link, or two.
pub(crate) trait Role<B: 'static> {
    /// Goes on as far as it can; ready when there will be nothing more to do, with the reason if
    /// that is because nobody wants more.
    fn turn(
        &mut self,
        inner: &mut B,
        ctx: &mut Ctx<'_, B>,
        task: &mut task::Context<'_>,
    ) -> task::Poll<Result<Option<Name>, Failure>>;

    /// Returns whether nothing would be left to do for an inner value that is still being made: its
    /// stream was aborted, or its consumer wants nothing.
    fn is_over(&mut self, task: &mut task::Context<'_>) -> bool;

    /// The inner value has died; what it left half done is forgotten.
    fn reborn(&mut self);

    /// The inner value has died for good: the other ends are told why.
    fn give_up(&mut self, reason: &Name);

    /// The place where producers register, if this is a consumer: a `Slot` of its item.
    fn place(&self) -> Option<&dyn std::any::Any>;
}

type Building<B> = Pin<Box<dyn Future<Output = Result<B, Failure>>>>;

/// The actor that runs a producer, consumer or stage.
///
/// Other messages reach the inner value by a handler on its shell:
/// `impl Handler<MyMessage> for Shell<Mine>` with [`inner`](Self::inner).
pub struct Shell<B: 'static> {
    name: Name,
    inner: Option<B>,
    building: Option<Building<B>>,
    factory: Option<Box<dyn Fn() -> Building<B>>>,
    role: Box<dyn Role<B>>,
    outcome: Outcome,
}

impl<B: 'static> Shell<B> {
    fn new(name: impl Into<Name>, role: impl Role<B> + 'static) -> Self {
        Self {
            name: name.into(),
            inner: None,
            building: None,
            factory: None,
            role: Box::new(role),
            outcome: Outcome::default(),
        }
    }

    fn with(mut self, inner: B) -> Self {
        self.inner = Some(inner);
        self
    }

    /// Has the inner value made by this factory, at the start if there is none, and anew after
    /// each failure.
    #[must_use]
    pub fn made_by<F, E>(mut self, factory: impl Fn() -> F + 'static) -> Self
    where
        F: Future<Output = Result<B, E>> + 'static,
        E: Into<Failure>,
    {
        self.factory = Some(Box::new(move || {
            let making = factory();
            Box::pin(async move { making.await.map_err(Into::into) })
        }));
        self
    }

    /// The name of this actor.
    #[must_use]
    pub fn name(&self) -> &Name {
        &self.name
    }

    /// The value inside; `None` while it is being made.
    pub fn inner(&mut self) -> Option<&mut B> {
        self.inner.as_mut()
    }

    /// Starts the actor on this arbiter: a failure ends it.
    pub fn start(self) -> Running<B> {
        self.start_under(|_| Verdict::GiveUp)
    }

    /// Starts the actor on this arbiter, and asks `judge` what to do when a life ends badly.
    ///
    /// The address, the link and what is not committed stay through all lives; the value is made
    /// anew by the factory of [`made_by`](Self::made_by).
    pub fn start_under(self, judge: impl FnMut(&Cause) -> Verdict + 'static) -> Running<B> {
        let context = Context::new();
        let (name, outcome) = (self.name.clone(), self.outcome.clone());
        let running = Running::new(name.clone(), context.address(), outcome.watch());
        let life = context.into_future(self);
        actix_rt::spawn(run::run(life, name, outcome, judge));
        running
    }
}

impl<C: Consumer> Shell<C> {
    /// Returns the actor that lets this consumer take what comes to the slot.
    ///
    /// # Errors
    /// [`AlreadyTaken`] while another consumer has the slot.
    pub fn consumer(
        name: impl Into<Name>,
        consumer: C,
        slot: &Slot<C::Item>,
    ) -> Result<Self, AlreadyTaken> {
        Ok(Self::consumer_made_later(name, slot)?.with(consumer))
    }

    /// As [`consumer`](Self::consumer), for a value that [`made_by`](Self::made_by) makes.
    ///
    /// # Errors
    /// [`AlreadyTaken`] while another consumer has the slot.
    pub fn consumer_made_later(
        name: impl Into<Name>,
        slot: &Slot<C::Item>,
    ) -> Result<Self, AlreadyTaken> {
        Ok(Self::new(name, consume::Consuming::new(slot)?))
    }
}

impl<P: PullProducer> Shell<P> {
    /// Returns the actor that lets this producer write when something is wanted.
    pub fn pull(name: impl Into<Name>, producer: P, outlet: Outlet<P::Item>) -> Self {
        Self::pull_made_later(name, outlet).with(producer)
    }

    /// As [`pull`](Self::pull), for a value that [`made_by`](Self::made_by) makes.
    pub fn pull_made_later(name: impl Into<Name>, outlet: Outlet<P::Item>) -> Self {
        Self::new(name, produce::Producing::new(produce::Pull, outlet))
    }

    /// As [`pull_made_later`](Self::pull_made_later), with a transform between the producer and the
    /// outlet, in the same actor.
    ///
    /// The transform outlives the producer's value: a line that was begun before a failure is
    /// finished by what comes after it.
    pub fn pull_through<T>(name: impl Into<Name>, transform: T, outlet: Outlet<T::Out>) -> Self
    where
        T: Transform<In = P::Item> + 'static,
        T::Error: Into<Failure>,
    {
        let kind = through::Through::new(produce::Pull, transform);
        Self::new(name, produce::Producing::new(kind, outlet))
    }
}

impl<P: PushProducer> Shell<P> {
    /// Returns the actor that lets this producer run until it is paused.
    pub fn push(name: impl Into<Name>, producer: P, outlet: Outlet<P::Item>) -> Self {
        Self::push_made_later(name, outlet).with(producer)
    }

    /// As [`push`](Self::push), for a value that [`made_by`](Self::made_by) makes.
    pub fn push_made_later(name: impl Into<Name>, outlet: Outlet<P::Item>) -> Self {
        Self::new(name, produce::Producing::new(produce::Push, outlet))
    }
}

impl<S: Stage> Shell<S> {
    /// Returns the actor that lets this stage take from the slot and write to the outlet.
    ///
    /// # Errors
    /// [`AlreadyTaken`] while another consumer has the slot.
    pub fn stage(
        name: impl Into<Name>,
        stage: S,
        slot: &Slot<S::In>,
        outlet: Outlet<S::Out>,
    ) -> Result<Self, AlreadyTaken> {
        Ok(Self::stage_made_later(name, slot, outlet)?.with(stage))
    }

    /// As [`stage`](Self::stage), for a value that [`made_by`](Self::made_by) makes.
    ///
    /// # Errors
    /// [`AlreadyTaken`] while another consumer has the slot.
    pub fn stage_made_later(
        name: impl Into<Name>,
        slot: &Slot<S::In>,
        outlet: Outlet<S::Out>,
    ) -> Result<Self, AlreadyTaken> {
        Ok(Self::new(name, stage::Staging::new(slot, outlet)?))
    }
}

/// Nothing in a shell is ever pinned in place.
impl<B: 'static> Unpin for Shell<B> {}

impl<B: 'static> Actor for Shell<B> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // Who is given up is started once more by his context, to be stopped; he needs no value.
        if self.inner.is_none() && self.outcome.last_words().is_none() {
            self.building = self.factory.as_ref().map(|make| make());
        }
        ctx.spawn(Driver);
    }
}

impl<B: 'static> Supervised for Shell<B> {
    /// Everything but the end of the link is forgotten; `started`, which comes next, has the inner
    /// value made anew.
    fn restarting(&mut self, _: &mut Self::Context) {
        run::drop_whatever_happens(self.inner.take());
        run::drop_whatever_happens(self.building.take());
        match self.outcome.last_words() {
            Some(reason) => self.role.give_up(&reason),
            None => self.role.reborn(),
        }
    }
}

impl<C: Consumer> Handler<Register<C::Item>> for Shell<C> {
    type Result = Result<Outlet<C::Item>, RuntimeError>;

    fn handle(&mut self, register: Register<C::Item>, _: &mut Context<Self>) -> Self::Result {
        let slot = self.role.place().and_then(|place| place.downcast_ref::<Slot<C::Item>>());
        match slot {
            Some(slot) => slot.register(register.producer),
            // The value of a consumer may run as a producer too; then there is no place in it.
            None => Err(RuntimeError {
                producer: register.producer,
                incumbent: self.name.clone(),
                consumer: self.name.clone(),
            }),
        }
    }
}

impl<C: Consumer> Handler<Unregister> for Shell<C> {
    type Result = ();

    fn handle(&mut self, _: Unregister, _: &mut Context<Self>) {
        if let Some(slot) =
            self.role.place().and_then(|place| place.downcast_ref::<Slot<C::Item>>())
        {
            slot.unregister();
        }
    }
}

impl<B: 'static> fmt::Debug for Shell<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell").field("name", &self.name).finish_non_exhaustive()
    }
}

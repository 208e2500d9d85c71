//! The actor that runs a producer, consumer or stage by trait.
//!
//! ```text
//!   Shell<B> (the actix actor; its address stays through a restart)
//!   ├─ inner: B            rebuilt by the factory after a failure
//!   └─ role                holds the end of the link, which survives the failure
//! ```

mod consume;
mod driver;
mod fused;
mod keeper;
mod kept;
mod kind;
mod lives;
mod making;
mod noted;
mod outcome;
mod produce;
mod run;
mod stage;
mod through;
mod transforming;

use std::{fmt, future::Future, pin::Pin, task};

use actix::{Actor, Addr, AsyncContext, Context, Handler, Supervised};
use aqueduct_link::{AlreadyTaken, Name, Outlet, RuntimeError, Slot};

use crate::{Close, Consumer, Ctx, Drain, Failure, Register, Unregister};

use driver::Driver;
use keeper::Judge;
pub use keeper::{Keeper, Verdict};
pub use lives::Lives;
pub use noted::Fate;
use outcome::Outcome;
pub use outcome::{ActorError, Cause, Exit, Running};
pub use transforming::Transforming;

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

    /// As [`turn`](Self::turn), where there is no inner value: while it is being made, or after a
    /// [`Drain`]. Ready when nothing would be left to do for it: its stream was aborted, its
    /// consumer wants nothing, or all that it made is delivered.
    fn without(
        &mut self,
        task: &mut task::Context<'_>,
    ) -> task::Poll<Result<Option<Name>, Failure>>;

    /// Tells the inner value what it may forget, where it is drained and not asked for anything any
    /// more; ready when there will be nothing more to tell.
    fn last_words(
        &mut self,
        inner: &mut B,
        ctx: &mut Ctx<'_, B>,
        task: &mut task::Context<'_>,
    ) -> task::Poll<()> {
        let _ = (inner, ctx, task);
        task::Poll::Ready(())
    }

    /// Has a producer make no more; others go on until their end comes.
    fn drain(&mut self) {}

    /// Has a consumer serve nobody but the producer that is registered.
    fn close(&mut self) {}

    /// The value of a life is made.
    fn begin(&mut self) {}

    /// Returns whether there was a value in some life, of this actor or of one before it.
    fn has_begun(&self) -> bool {
        true
    }

    /// Returns whether the inner value is not called any more.
    fn is_drained(&self) -> bool {
        false
    }

    /// Takes the consumer's end of its slot, once.
    fn open(&mut self) -> Result<(), AlreadyTaken> {
        Ok(())
    }

    /// Has the stream of a producer go on when its value says that it is done: that ends a life
    /// badly.
    fn last(&mut self) {}

    /// The inner value has died of this; what it left half done is forgotten.
    fn reborn(&mut self, why: &Name);

    /// The inner value has died for good: the other ends are told why.
    fn give_up(&mut self, reason: &Name);

    /// The place where producers register, if this is a consumer: a `Slot` of its item.
    fn place(&self) -> Option<Place>;
}

/// A slot of whatever item.
pub(crate) type Place = Box<dyn std::any::Any>;

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
    fn new(name: impl Into<Name>, role: Box<dyn Role<B>>) -> Self {
        Self {
            name: name.into(),
            inner: None,
            building: None,
            factory: None,
            role,
            outcome: Outcome::default(),
        }
    }

    fn with(mut self, inner: B) -> Self {
        self.inner = Some(inner);
        self.role.begin();
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

    /// Has the actor live until its streams end or it is drained: a producer that says it is done,
    /// or an actor that is stopped, has failed.
    #[must_use]
    pub fn lasting(mut self) -> Self {
        self.outcome.last();
        self.role.last();
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
        let (name, ending) = (self.name.clone(), self.outcome.ending());
        let (address, life) = self.lives_under(Judge(judge), None);
        actix_rt::spawn(life);
        Running::new(name, address, ending)
    }

    /// As [`start_under`](Self::start_under), with a keeper, and for the caller to poll on an
    /// arbiter.
    ///
    /// Where there is a cause already, another shell with the same ends of links has died of it:
    /// the keeper is asked before the first life begins.
    pub fn lives_under<K: Keeper>(
        self,
        keeper: K,
        cause: Option<Cause>,
    ) -> (Addr<Self>, impl Future<Output = Result<Exit, ActorError>> + use<B, K>) {
        let context = Context::new();
        let (name, outcome) = (self.name.clone(), self.outcome.clone());
        let life = context.into_future(self);
        let address = life.address();
        (address, run::run(life, name, outcome, keeper, cause))
    }
}

/// Nothing in a shell is ever pinned in place.
impl<B: 'static> Unpin for Shell<B> {}

impl<B: 'static> Actor for Shell<B> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        // Who is given up is started once more by his context, to be stopped; he needs no value.
        // Who is drained is not called any more, and needs none either.
        let needed = self.outcome.last_words().is_none() && !self.role.is_drained();
        if self.inner.is_none() && needed {
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
            None => self.role.reborn(&self.outcome.death()),
        }
    }
}

impl<B: 'static> Handler<Drain> for Shell<B> {
    type Result = ();

    /// The future of the shell is polled after each message, and goes on from there.
    fn handle(&mut self, _: Drain, _: &mut Context<Self>) {
        self.role.drain();
    }
}

impl<B: 'static> Handler<Close> for Shell<B> {
    type Result = ();

    fn handle(&mut self, _: Close, _: &mut Context<Self>) {
        self.role.close();
    }
}

impl<C: Consumer> Shell<C> {
    fn slot(&self) -> Option<Box<Slot<C::Item>>> {
        self.role.place().and_then(|place| place.downcast().ok())
    }
}

impl<C: Consumer> Handler<Register<C::Item>> for Shell<C> {
    type Result = Result<Outlet<C::Item>, RuntimeError>;

    fn handle(&mut self, register: Register<C::Item>, _: &mut Context<Self>) -> Self::Result {
        match self.slot() {
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
        if let Some(slot) = self.slot() {
            slot.unregister();
        }
    }
}

impl<B: 'static> fmt::Debug for Shell<B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shell").field("name", &self.name).finish_non_exhaustive()
    }
}

//! The kinds of children, and what each is made of.

use std::future::Future;

use actix::{Actor, Context};
use aqueduct_actors::{Consumer, Failure, PullProducer, PushProducer, Shell, Stage, Transforming};
use aqueduct_link::{Name, Outlet, Slot};
use aqueduct_operators::Transform;

use crate::{PlainSpec, Spec, StartError, Supervisor};

impl Supervisor {
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

    /// As [`push_producer`](Self::push_producer), with a transform fused into the same actor.
    pub fn push_producer_through<P, T, F, U, E>(
        &self,
        name: &str,
        slot: &Slot<T::Out>,
        factory: F,
        transform: T,
    ) -> Spec<impl FnOnce() -> Result<Shell<P>, StartError> + use<P, T, F, U, E>>
    where
        P: PushProducer,
        T: Transform<In = P::Item> + 'static,
        T::Error: Into<Failure>,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure>,
    {
        self.registered(name, slot, move |name, outlet| {
            Ok(Shell::push_through(name, transform, outlet).made_by(factory))
        })
    }

    /// A child that transforms what it takes from one slot, and produces for the next; its name is
    /// the first slot's.
    ///
    /// Where the producer may do it in its own actor, [`producer_through`](Self::producer_through)
    /// saves a link.
    pub fn transform<T>(
        &self,
        from: &Slot<T::In>,
        to: &Slot<T::Out>,
        transform: T,
    ) -> Spec<impl FnOnce() -> Result<Shell<Transforming<T>>, StartError> + use<T>>
    where
        T: Transform + 'static,
        T::Error: Into<Failure> + 'static,
    {
        let from = from.observer();
        self.registered(&from.consumer().clone(), to, move |name, outlet| {
            Ok(Shell::transform(name, transform, &from, outlet)?)
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
}

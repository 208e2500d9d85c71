//! The kinds of children, and what each is made of.

use std::future::Future;

use actix::{Actor, Context};
use aqueduct_actors::{
    Consumer, Failure, Lives, PullProducer, PushProducer, Shell, Stage, Transforming,
};
use aqueduct_link::{Name, Outlet, Slot};
use aqueduct_operators::Transform;

use crate::{PlainSpec, Spec, Supervisor};

impl Supervisor {
    /// A child that consumes what comes to the slot; its name is the slot's.
    pub fn consumer<C, F, U, E>(
        &self,
        slot: &Slot<C::Item>,
        factory: F,
    ) -> Spec<C, impl Lives<C> + use<C, F, U, E>>
    where
        C: Consumer,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<C, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        let name = slot.consumer().clone();
        let lives = Shell::consumer_lives(name.clone(), slot, factory);
        Spec::new(self, name, Ok(lives))
    }

    /// A child that produces for the slot when it is asked; it is registered at once.
    pub fn producer<P, F, U, E>(
        &self,
        name: &str,
        slot: &Slot<P::Item>,
        factory: F,
    ) -> Spec<P, impl Lives<P> + use<P, F, U, E>>
    where
        P: PullProducer,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        self.registered(name, slot, move |name, outlet| Shell::pull_lives(name, outlet, factory))
    }

    /// As [`producer`](Self::producer), with a transform fused into the same actor.
    pub fn producer_through<P, T, F, U, E>(
        &self,
        name: &str,
        slot: &Slot<T::Out>,
        factory: F,
        transform: T,
    ) -> Spec<P, impl Lives<P> + use<P, T, F, U, E>>
    where
        P: PullProducer,
        T: Transform<In = P::Item> + 'static,
        T::Error: Into<Failure>,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        self.registered(name, slot, move |name, outlet| {
            Shell::pull_through_lives(name, transform, outlet, factory)
        })
    }

    /// A child that runs by itself and is paused; it is registered with the slot at once.
    pub fn push_producer<P, F, U, E>(
        &self,
        name: &str,
        slot: &Slot<P::Item>,
        factory: F,
    ) -> Spec<P, impl Lives<P> + use<P, F, U, E>>
    where
        P: PushProducer,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        self.registered(name, slot, move |name, outlet| Shell::push_lives(name, outlet, factory))
    }

    /// As [`push_producer`](Self::push_producer), with a transform fused into the same actor.
    pub fn push_producer_through<P, T, F, U, E>(
        &self,
        name: &str,
        slot: &Slot<T::Out>,
        factory: F,
        transform: T,
    ) -> Spec<P, impl Lives<P> + use<P, T, F, U, E>>
    where
        P: PushProducer,
        T: Transform<In = P::Item> + 'static,
        T::Error: Into<Failure>,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        self.registered(name, slot, move |name, outlet| {
            Shell::push_through_lives(name, transform, outlet, factory)
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
    ) -> Spec<Transforming<T>, impl Lives<Transforming<T>> + use<T>>
    where
        T: Transform + 'static,
        T::Error: Into<Failure> + 'static,
    {
        self.registered(&from.consumer().clone(), to, move |name, outlet| {
            Shell::transform_lives(name, transform, from, outlet)
        })
    }

    /// A child that takes from one slot and produces for the next; its name is the first slot's.
    pub fn stage<S, F, U, E>(
        &self,
        from: &Slot<S::In>,
        to: &Slot<S::Out>,
        factory: F,
    ) -> Spec<S, impl Lives<S> + use<S, F, U, E>>
    where
        S: Stage,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<S, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        self.registered(&from.consumer().clone(), to, move |name, outlet| {
            Shell::stage_lives(name, from, outlet, factory)
        })
    }

    /// Registers with the slot under this name; `lives` puts the outlet into its actors.
    fn registered<B, T, L>(
        &self,
        name: &str,
        slot: &Slot<T>,
        lives: impl FnOnce(Name, Outlet<T>) -> L,
    ) -> Spec<B, L>
    where
        B: 'static,
        L: Lives<B>,
    {
        let name = Name::from(name);
        let registered = slot.register(name.clone()).map_err(Into::into);
        let lives = registered.map(|outlet| lives(name.clone(), outlet));
        Spec::new(self, name, lives)
    }

    /// A child that is a plain actix actor.
    pub fn actor<A, F, U, E>(&self, name: impl Into<Name>, factory: F) -> PlainSpec<F>
    where
        A: Actor<Context = Context<A>>,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<A, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        PlainSpec::new(self, name.into(), factory)
    }
}

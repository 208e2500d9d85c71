//! The shells of each kind of actor.

use std::future::{Future, ready};

use aqueduct_link::{AlreadyTaken, Name, Outlet, Slot};
use aqueduct_operators::Transform;

use super::{
    Lives, Shell, Transforming,
    consume::{Consuming, Post},
    kept::Kept,
    kind::{Pull, Push},
    lives::line,
    produce::Producing,
    stage::Staging,
    through::Through,
};
use crate::{Consumer, Failure, PullProducer, PushProducer, Stage};
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
        let mut role = Consuming::boxed(Kept::new(Post::at(slot)));
        role.open()?;
        Ok(Self::new(name, role))
    }

    /// Returns what makes such actors, one after the other; the first one takes the slot.
    pub fn consumer_lives<F, U, E>(
        name: Name,
        slot: &Slot<C::Item>,
        factory: F,
    ) -> impl Lives<C> + use<C, F, U, E>
    where
        F: Fn() -> U + 'static,
        U: Future<Output = Result<C, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        line(name, Post::at(slot), Consuming::boxed, factory)
    }
}

impl<P: PullProducer> Shell<P> {
    /// Returns the actor that lets this producer write when something is wanted.
    pub fn pull(name: impl Into<Name>, producer: P, outlet: Outlet<P::Item>) -> Self {
        Self::pull_made_later(name, outlet).with(producer)
    }

    /// As [`pull`](Self::pull), for a value that [`made_by`](Self::made_by) makes.
    pub fn pull_made_later(name: impl Into<Name>, outlet: Outlet<P::Item>) -> Self {
        Self::new(name, Producing::boxed(Kept::new(Producing::new(Pull::default(), outlet))))
    }

    /// Returns what makes such actors, one after the other.
    pub fn pull_lives<F, U, E>(
        name: Name,
        outlet: Outlet<P::Item>,
        factory: F,
    ) -> impl Lives<P> + use<P, F, U, E>
    where
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        line(name, Producing::new(Pull::default(), outlet), Producing::boxed, factory)
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
        let kind = Through::new(Pull::default(), transform);
        Self::new(name, Producing::boxed(Kept::new(Producing::new(kind, outlet))))
    }

    /// Returns what makes actors as of [`pull_through`](Self::pull_through), one after the other.
    pub fn pull_through_lives<T, F, U, E>(
        name: Name,
        transform: T,
        outlet: Outlet<T::Out>,
        factory: F,
    ) -> impl Lives<P> + use<P, T, F, U, E>
    where
        T: Transform<In = P::Item> + 'static,
        T::Error: Into<Failure>,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        let kind = Through::new(Pull::default(), transform);
        line(name, Producing::new(kind, outlet), Producing::boxed, factory)
    }
}

impl<P: PushProducer> Shell<P> {
    /// Returns the actor that lets this producer run until it is paused.
    pub fn push(name: impl Into<Name>, producer: P, outlet: Outlet<P::Item>) -> Self {
        Self::push_made_later(name, outlet).with(producer)
    }

    /// As [`push`](Self::push), for a value that [`made_by`](Self::made_by) makes.
    pub fn push_made_later(name: impl Into<Name>, outlet: Outlet<P::Item>) -> Self {
        Self::new(name, Producing::boxed(Kept::new(Producing::new(Push::default(), outlet))))
    }

    /// Returns what makes such actors, one after the other.
    pub fn push_lives<F, U, E>(
        name: Name,
        outlet: Outlet<P::Item>,
        factory: F,
    ) -> impl Lives<P> + use<P, F, U, E>
    where
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        line(name, Producing::new(Push::default(), outlet), Producing::boxed, factory)
    }

    /// As [`push_made_later`](Self::push_made_later), with a transform between the producer and the
    /// outlet, in the same actor.
    ///
    /// As with [`pull_through`](Self::pull_through), the transform outlives the producer's value.
    pub fn push_through<T>(name: impl Into<Name>, transform: T, outlet: Outlet<T::Out>) -> Self
    where
        T: Transform<In = P::Item> + 'static,
        T::Error: Into<Failure>,
    {
        let kind = Through::new(Push::default(), transform);
        Self::new(name, Producing::boxed(Kept::new(Producing::new(kind, outlet))))
    }

    /// Returns what makes actors as of [`push_through`](Self::push_through), one after the other.
    pub fn push_through_lives<T, F, U, E>(
        name: Name,
        transform: T,
        outlet: Outlet<T::Out>,
        factory: F,
    ) -> impl Lives<P> + use<P, T, F, U, E>
    where
        T: Transform<In = P::Item> + 'static,
        T::Error: Into<Failure>,
        F: Fn() -> U + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        let kind = Through::new(Push::default(), transform);
        line(name, Producing::new(kind, outlet), Producing::boxed, factory)
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
        let mut role = Staging::boxed(Kept::new(Staging::at(slot, outlet)));
        role.open()?;
        Ok(Self::new(name, role))
    }

    /// Returns what makes such actors, one after the other; the first one takes the slot.
    pub fn stage_lives<F, U, E>(
        name: Name,
        slot: &Slot<S::In>,
        outlet: Outlet<S::Out>,
        factory: F,
    ) -> impl Lives<S> + use<S, F, U, E>
    where
        F: Fn() -> U + 'static,
        U: Future<Output = Result<S, E>> + 'static,
        E: Into<Failure> + 'static,
    {
        line(name, Staging::at(slot, outlet), Staging::boxed, factory)
    }
}

impl<T> Shell<Transforming<T>>
where
    T: Transform + 'static,
    T::Error: Into<Failure> + 'static,
{
    /// Returns the actor that takes from the slot, applies the transform, and writes to the outlet.
    ///
    /// A transform belongs behind its producer, in the same actor
    /// ([`pull_through`](Self::pull_through)); it is an actor of its own where it is to run on
    /// another arbiter, or to fail alone.
    ///
    /// The transform outlives a failure; of the items, only the one in hand is lost with it, and an
    /// event tells which one that was.
    ///
    /// # Errors
    /// [`AlreadyTaken`] while another consumer has the slot.
    pub fn transform(
        name: impl Into<Name>,
        transform: T,
        slot: &Slot<T::In>,
        outlet: Outlet<T::Out>,
    ) -> Result<Self, AlreadyTaken> {
        let name = name.into();
        let transforming = Transforming::new(name.clone(), transform);
        let shell = Self::stage_made_later(name, slot, outlet)?;
        Ok(shell.made_by(move || ready(Ok::<_, Failure>(transforming.next_life()))))
    }

    /// Returns what makes such actors, one after the other; the first one takes the slot.
    pub fn transform_lives(
        name: Name,
        transform: T,
        slot: &Slot<T::In>,
        outlet: Outlet<T::Out>,
    ) -> impl Lives<Transforming<T>> + use<T> {
        let transforming = Transforming::new(name.clone(), transform);
        let factory = move || ready(Ok::<_, Failure>(transforming.next_life()));
        Self::stage_lives(name, slot, outlet, factory)
    }
}

//! The shells of each kind of actor.

use std::future::ready;

use aqueduct_link::{AlreadyTaken, Name, Outlet, Slot};
use aqueduct_operators::Transform;

use super::{
    Shell, Transforming,
    consume::Consuming,
    kind::{Pull, Push},
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
        Ok(Self::new(name, Consuming::new(slot)?))
    }
}

impl<P: PullProducer> Shell<P> {
    /// Returns the actor that lets this producer write when something is wanted.
    pub fn pull(name: impl Into<Name>, producer: P, outlet: Outlet<P::Item>) -> Self {
        Self::pull_made_later(name, outlet).with(producer)
    }

    /// As [`pull`](Self::pull), for a value that [`made_by`](Self::made_by) makes.
    pub fn pull_made_later(name: impl Into<Name>, outlet: Outlet<P::Item>) -> Self {
        Self::new(name, Producing::new(Pull, outlet))
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
        let kind = Through::new(Pull, transform);
        Self::new(name, Producing::new(kind, outlet))
    }
}

impl<P: PushProducer> Shell<P> {
    /// Returns the actor that lets this producer run until it is paused.
    pub fn push(name: impl Into<Name>, producer: P, outlet: Outlet<P::Item>) -> Self {
        Self::push_made_later(name, outlet).with(producer)
    }

    /// As [`push`](Self::push), for a value that [`made_by`](Self::made_by) makes.
    pub fn push_made_later(name: impl Into<Name>, outlet: Outlet<P::Item>) -> Self {
        Self::new(name, Producing::new(Push, outlet))
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
        let kind = Through::new(Push, transform);
        Self::new(name, Producing::new(kind, outlet))
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
        Ok(Self::new(name, Staging::new(slot, outlet)?))
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
}

//! What a pipeline is made of so far: a producer or a boundary, and the transforms behind it, which
//! will be one loop in one actor.

use std::{fmt, future::Future};

use aqueduct_actors::{Failure, PushProducer};
use aqueduct_operators::Transform;

use super::default_marks;
use crate::{
    ends::{Origin, make_push},
    launch::{self, Sealed, Upstream},
    step::{Fused, Measured, StepError},
};

/// The part of a pipeline whose actor is not complete: more transforms may be fused into it.
///
/// It is implemented here only.
pub trait Head: Sized + Send + 'static {
    /// What it gives.
    type Out: 'static;

    /// The actor is complete; a link comes next.
    #[doc(hidden)]
    fn seal(self) -> Sealed<Self::Out>;

    /// The actor is complete with this transform, which is one loop with those that are there.
    #[doc(hidden)]
    fn fuse<T>(self, transform: T) -> Sealed<T::Out>
    where
        T: Transform<In = Self::Out, Error = StepError> + Send + 'static,
        T::Out: 'static;
}

/// What comes before a link of which nothing was said.
fn sealed<T: 'static>(upstream: Upstream<T>) -> Sealed<T> {
    Sealed { upstream, spans: None, marks: default_marks() }
}

/// A producer that is asked.
#[derive(Debug)]
pub struct Source<O> {
    stage: usize,
    origin: O,
}

impl<O> Source<O> {
    pub(super) const fn new(stage: usize, origin: O) -> Self {
        Self { stage, origin }
    }
}

impl<O: Origin> Head for Source<O> {
    type Out = <O::Producer as aqueduct_actors::PullProducer>::Item;

    fn seal(self) -> Sealed<Self::Out> {
        let spans = self.origin.spans().map(|make| launch::pull(self.stage, make));
        let upstream = launch::pull(self.stage, move || self.origin.make());
        Sealed { spans, ..sealed(upstream) }
    }

    fn fuse<T>(self, transform: T) -> Sealed<T::Out>
    where
        T: Transform<In = Self::Out, Error = StepError> + Send + 'static,
        T::Out: 'static,
    {
        sealed(launch::pull_through(self.stage, move || self.origin.make(), transform))
    }
}

/// A producer that runs by itself.
#[derive(Debug)]
pub struct PushSource<F> {
    stage: usize,
    factory: F,
}

impl<F> PushSource<F> {
    pub(super) const fn new(stage: usize, factory: F) -> Self {
        Self { stage, factory }
    }
}

impl<F, U, P, E> Head for PushSource<F>
where
    F: Fn() -> U + Send + 'static,
    U: Future<Output = Result<P, E>> + 'static,
    P: PushProducer,
    E: Into<Failure>,
{
    type Out = P::Item;

    fn seal(self) -> Sealed<P::Item> {
        sealed(launch::push(self.stage, move || make_push(&self.factory)))
    }

    fn fuse<T>(self, transform: T) -> Sealed<T::Out>
    where
        T: Transform<In = P::Item, Error = StepError> + Send + 'static,
        T::Out: 'static,
    {
        sealed(launch::push_through(self.stage, move || make_push(&self.factory), transform))
    }
}

/// A link: what comes behind it is another actor.
pub struct Boundary<T> {
    /// The place of the first stage behind it.
    next: usize,
    before: Sealed<T>,
}

impl<T: 'static> Boundary<T> {
    pub(super) const fn new(next: usize, before: Sealed<T>) -> Self {
        Self { next, before }
    }

    /// What is before the link runs on this arbiter, and what is behind it on another.
    pub(super) fn across(self, arbiter: Option<String>) -> Self
    where
        T: Send,
    {
        let Sealed { upstream, marks, .. } = self.before;
        let upstream = launch::across(upstream, arbiter);
        Self { next: self.next, before: Sealed { upstream, spans: None, marks } }
    }
}

impl<T: 'static> Head for Boundary<T> {
    type Out = T;

    fn seal(self) -> Sealed<T> {
        self.before
    }

    fn fuse<U>(self, transform: U) -> Sealed<U::Out>
    where
        U: Transform<In = T, Error = StepError> + Send + 'static,
        U::Out: 'static,
    {
        sealed(launch::transform(self.next, self.before, transform))
    }
}

impl<T> fmt::Debug for Boundary<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Boundary").finish_non_exhaustive()
    }
}

/// A transform behind a head.
pub struct Step<H, T> {
    head: H,
    transform: Measured<T>,
}

impl<H, T> Step<H, T> {
    pub(super) const fn new(head: H, transform: Measured<T>) -> Self {
        Self { head, transform }
    }
}

impl<H, T> Head for Step<H, T>
where
    H: Head,
    T: Transform<In = H::Out> + Send + 'static,
    T::Out: 'static,
    T::Error: Into<Failure>,
{
    type Out = T::Out;

    fn seal(self) -> Sealed<T::Out> {
        self.head.fuse(self.transform)
    }

    fn fuse<U>(self, transform: U) -> Sealed<U::Out>
    where
        U: Transform<In = T::Out, Error = StepError> + Send + 'static,
        U::Out: 'static,
    {
        self.head.fuse(Fused::new(self.transform, transform))
    }
}

impl<H: fmt::Debug, T> fmt::Debug for Step<H, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Step").field("head", &self.head).finish_non_exhaustive()
    }
}

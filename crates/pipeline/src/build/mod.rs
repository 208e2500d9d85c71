//! The builder: from a producer, through transforms, boundaries and stages, to a consumer.

mod closed;
mod head;

use std::{
    any::Any,
    convert::Infallible,
    future::{Future, ready},
};

use aqueduct_actors::{Consumer, Failure, PushProducer, Stage};
use aqueduct_link::{ByteCount, Items, Marks, Watermarks};
use aqueduct_operators::{
    Batching, Filter, FlatMap, Map, Rate, Tap, Transform, TryMap, filter, flat_map, map, tap,
    try_map,
};
use bytes::Bytes;

use crate::{
    blueprint::Role,
    ends::{Origin, Target, boxed, short_name},
    launch::{self, Sealed},
    plan::Plan,
    stages::{Batches, RateLimited, Sum},
};

pub use closed::{Closed, Folded};
pub use head::{Boundary, Head, PushSource, Source, Step};

/// A pipeline that is being composed.
#[derive(Debug)]
pub struct Pipeline {
    plan: Plan,
}

impl Pipeline {
    /// Begins a pipeline of this name.
    pub fn named(name: impl Into<String>) -> Self {
        Self { plan: Plan::named(name.into()) }
    }

    /// Has what follows run on the arbiter of this name, a thread that the pipeline brings.
    ///
    /// Without it, the pipeline runs on the arbiter where it is started; where there is none, it
    /// brings one.
    #[must_use]
    pub fn on(mut self, arbiter: impl Into<String>) -> Self {
        self.plan.arbiter = Some(arbiter.into());
        self
    }

    /// Adds the producer: it is made at the start, and anew after a failure if the pipeline is
    /// [restarted](Closed::restart).
    ///
    /// # Back-pressure
    /// It is asked for items as there is room for them, and never paused.
    pub fn from<O: Origin>(mut self, origin: O) -> Open<Source<O>> {
        let stage = self.plan.add(&origin.kind(), None, Role::Producer);
        Open { plan: self.plan, head: Source::new(stage, origin) }
    }

    /// Adds the producer, if it runs by itself.
    ///
    /// # Back-pressure
    /// It is paused when the link behind it and its transforms is full, and resumed when there is
    /// room again.
    pub fn from_push<F, U, P, E>(mut self, factory: F) -> Open<PushSource<F>>
    where
        F: Fn() -> U + Send + 'static,
        U: Future<Output = Result<P, E>> + 'static,
        P: PushProducer,
        E: Into<Failure>,
    {
        let stage = self.plan.add(short_name::<P>(), None, Role::Producer);
        Open { plan: self.plan, head: PushSource::new(stage, factory) }
    }
}

/// The marks of a link of which nothing was said: chunks of bytes are counted in bytes, everything
/// else in items.
pub(crate) fn default_marks<T: 'static>() -> Marks<T> {
    let bytes = Marks::<Bytes>::from(Watermarks::<ByteCount>::default());
    let same: Option<&Marks<T>> = (&bytes as &dyn Any).downcast_ref();
    same.copied().unwrap_or_else(|| Watermarks::<Items>::default().into())
}

/// A pipeline whose last actor is not complete: transforms are fused into it until a link comes.
#[derive(Debug)]
#[must_use = "a pipeline ends with `to` or `fold`"]
pub struct Open<H> {
    plan: Plan,
    head: H,
}

/// A pipeline with one transform more.
type Then<H, T> = Open<Step<H, T>>;

impl<H: Head> Open<H> {
    /// Gives the latest stage this name, instead of the word for its kind.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.plan.rename(name.into());
        self
    }

    fn kind(mut self, kind: &str) -> Self {
        self.plan.retype(kind);
        self
    }

    /// Adds a transform, in the actor that is there; its error ends the pipeline.
    pub fn then<T>(self, transform: T) -> Then<H, T>
    where
        T: Transform<In = H::Out> + Send + 'static,
        T::Out: 'static,
        T::Error: Into<Failure>,
    {
        self.step(None, transform)
    }

    /// Passes on what `f` makes of each item.
    pub fn map<U, F>(self, name: impl Into<String>, f: F) -> Then<H, Map<H::Out, F>>
    where
        U: 'static,
        F: FnMut(H::Out) -> U + Send + 'static,
    {
        self.step(Some(name.into()), map(f))
    }

    /// Passes on what `f` makes of each item; its error ends the pipeline.
    pub fn try_map<U, E, F>(self, name: impl Into<String>, f: F) -> Then<H, TryMap<H::Out, F>>
    where
        U: 'static,
        E: Into<Failure>,
        F: FnMut(H::Out) -> Result<U, E> + Send + 'static,
    {
        self.step(Some(name.into()), try_map(f))
    }

    /// Passes on all that `f` makes of each item, a portion at a time.
    pub fn flat_map<I, F>(self, name: impl Into<String>, f: F) -> Then<H, FlatMap<H::Out, I, F>>
    where
        I: IntoIterator<IntoIter: Send, Item: 'static> + 'static,
        F: FnMut(H::Out) -> I + Send + 'static,
    {
        self.step(Some(name.into()), flat_map(f))
    }

    /// Passes on the items for which `f` holds.
    pub fn filter<F>(self, name: impl Into<String>, f: F) -> Then<H, Filter<H::Out, F>>
    where
        F: FnMut(&H::Out) -> bool + Send + 'static,
    {
        self.step(Some(name.into()), filter(f))
    }

    /// Passes all items on, and lets `f` look at each.
    pub fn tap<F>(self, name: impl Into<String>, f: F) -> Then<H, Tap<H::Out, F>>
    where
        F: FnMut(&H::Out) + Send + 'static,
    {
        self.step(Some(name.into()), tap(f))
    }

    fn step<T>(mut self, name: Option<String>, transform: T) -> Then<H, T>
    where
        T: Transform<In = H::Out> + Send + 'static,
        T::Out: 'static,
        T::Error: Into<Failure>,
    {
        let transform = self.plan.measure(name, transform);
        Open { plan: self.plan, head: Step::new(self.head, transform) }
    }

    /// Adds a link with these marks; what comes behind it is another actor.
    ///
    /// # Back-pressure
    /// Above the high mark, what comes before the link is paused; the link never holds more than its
    /// capacity.
    ///
    /// # When to use it
    /// A boundary is for run-time needs (another arbiter, another fate, marks of its own), never for
    /// the order of the code: transforms without one between them are one loop.
    pub fn boundary(mut self, marks: impl Into<Marks<H::Out>>) -> Open<Boundary<H::Out>> {
        let before = Sealed { marks: marks.into(), ..self.head.seal() };
        self.plan.link(&before.marks);
        let head = Boundary::new(self.plan.next(), before);
        Open { plan: self.plan, head }
    }

    /// Adds a stage, which is an actor with a link on either side.
    ///
    /// # Back-pressure
    /// It is called only while the flow behind it runs; the marks of both links are those of
    /// [`Closed::watermarks`] by default.
    pub fn through<F, U, S, E>(mut self, factory: F) -> Open<Boundary<S::Out>>
    where
        F: Fn() -> U + Send + 'static,
        U: Future<Output = Result<S, E>> + 'static,
        S: Stage<In = H::Out>,
        E: Into<Failure>,
    {
        let before = self.head.seal();
        self.plan.link(&before.marks);
        let stage = self.plan.add(short_name::<S>(), None, Role::Stage);
        let upstream = launch::stage(stage, before, move || boxed(factory()));
        let marks = default_marks();
        self.plan.link(&marks);
        let head = Boundary::new(self.plan.next(), Sealed { upstream, spans: None, marks });
        Open { plan: self.plan, head }
    }

    /// Makes batches of items, as vectors; a stage of its own, since it may have to wait for the
    /// time.
    ///
    /// Bytes are counted for chunks of bytes only; of other items a batch is bounded by their number.
    pub fn batch(self, name: impl Into<String>, batches: Batching) -> Open<Boundary<Vec<H::Out>>> {
        let weigh = default_marks().weigh();
        self.through(move || ready(Ok::<_, Infallible>(Batches::new(batches, weigh))))
            .kind("batch")
            .named(name.into())
    }

    /// Lets items pass at this rate, and waits in between; a stage of its own.
    pub fn rate_limit(self, name: impl Into<String>, rate: Rate) -> Open<Boundary<H::Out>> {
        self.through(move || ready(Ok::<_, Infallible>(RateLimited::new(rate))))
            .kind("rate-limit")
            .named(name.into())
    }

    /// Adds the consumer: it is made at the start, and anew after a failure if the pipeline is
    /// [restarted](Closed::restart).
    ///
    /// # Back-pressure
    /// What it does not take stays in the link before it, whose marks are those of
    /// [`Closed::watermarks`].
    ///
    /// # The way of the bytes
    /// If the producer and the consumer are files or connections ([`File`], [`Tcp`]), nothing lies
    /// between but their link, and both run on one arbiter, the bytes stay in the kernel: it moves
    /// them by `sendfile`, `splice` or `copy_file_range`, under the same marks.
    /// [`LinkReport::path`](crate::LinkReport::path) tells the way, [`Closed::user_space`] refuses
    /// it, and with [`Closed::restart`] it is not taken, since what was taken out of a connection
    /// cannot be delivered again.
    /// A closure that makes an endpoint, as `|| File::open("x")`, may make anything: its bytes are
    /// read and written.
    ///
    /// [`File`]: aqueduct_endpoints::File
    /// [`Tcp`]: aqueduct_endpoints::Tcp
    pub fn to<C, O>(mut self, target: O) -> Closed<H::Out>
    where
        C: Consumer<Item = H::Out>,
        O: Target<Consumer = C>,
    {
        let before = self.head.seal();
        self.plan.link(&before.marks);
        let stage = self.plan.add(&target.kind(), None, Role::Consumer);
        let start = move |before| launch::last(stage, before, target);
        Closed::new(self.plan, before, Box::new(start))
    }

    /// Adds a consumer that makes one value of all items: it begins with `start`, and `f` adds an
    /// item.
    ///
    /// An item with which `f` panics is not added again after a restart.
    pub fn fold<A, F>(self, name: impl Into<String>, start: A, f: F) -> Folded<H::Out, A>
    where
        A: Send + 'static,
        F: FnMut(&mut A, H::Out) + Send + 'static,
    {
        let sum = Sum::new(start, f);
        let value = sum.value();
        let closed = self.to(move || ready(Ok::<_, Infallible>(sum.clone())));
        Folded::new(closed.kind("fold").named(name), value)
    }
}

impl<T: Send + 'static> Open<Boundary<T>> {
    /// Has what comes behind the boundary run on the arbiter of this name, a thread that the pipeline
    /// brings; the items go from one thread to another, and must be `Send`:
    ///
    /// ```compile_fail,E0599
    /// # use {aqueduct_endpoints::File, aqueduct_link::Watermarks, aqueduct_pipeline::Pipeline};
    /// # use std::rc::Rc;
    /// Pipeline::named("refused")
    ///     .from(File::open("in"))
    ///     .map("share", |chunk| Rc::new(chunk))
    ///     .boundary(Watermarks::items(2, 8)?)
    ///     .on("other"); // `Rc<Bytes>` is not `Send`
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// Without `on`, any item will do:
    ///
    /// ```
    /// # use {aqueduct_endpoints::File, aqueduct_link::Watermarks, aqueduct_pipeline::Pipeline};
    /// # use std::rc::Rc;
    /// let open = Pipeline::named("accepted")
    ///     .from(File::open("in"))
    ///     .map("share", |chunk| Rc::new(chunk))
    ///     .boundary(Watermarks::items(2, 8)?);
    /// # drop(open);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn on(mut self, arbiter: impl Into<String>) -> Self {
        let before = self.plan.arbiter.replace(arbiter.into());
        Self { plan: self.plan, head: self.head.across(before) }
    }
}

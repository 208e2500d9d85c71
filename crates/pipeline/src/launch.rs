//! How the actors of a pipeline come to life: from the consumer up, each on its arbiter, each
//! registered with the one behind it before it runs.
//!
//! ```text
//!   consumer ◄─ slot ─ [stage] ◄─ slot ─ [producer + transforms]
//!      1           2        3                  4
//! ```
//!
//! Every part is a closure that is given the slot of the part behind it.
//! It makes its own slot where it runs, so that items need to be `Send` only where such a closure
//! is sent to another arbiter.

use std::{fmt, future::Future, sync::Arc};

use aqueduct_actors::{Consumer, Failure, PullProducer, PushProducer, Stage};
use aqueduct_endpoints::{Route, Span, SpanConsumer};
use aqueduct_link::{End, Marks, Slot, Watermarks};
use aqueduct_operators::Transform;
use aqueduct_supervise::{Child, StartError};
use tokio::sync::mpsc;

use crate::{
    build::default_marks,
    ends::{Spanning, Target},
    shared::{Shared, Wish},
    step::StepError,
};

/// Starts a part of a pipeline and all that is before it; what it gives goes to this slot.
pub(crate) type Upstream<T> = Box<dyn FnOnce(&Launch, &Slot<T>) -> Result<(), StartError> + Send>;

/// Starts a consumer and all that is before it.
pub(crate) type Whole = Box<dyn FnOnce(&Launch) -> Result<(), StartError> + Send>;

/// What comes before a link, and the link's marks.
///
/// It is public as part of a trait that nobody outside implements.
pub struct Sealed<T> {
    pub(crate) upstream: Upstream<T>,
    /// The same bytes as spans, if nothing but an endpoint of bytes is before the link.
    pub(crate) spans: Option<Upstream<Span>>,
    pub(crate) marks: Marks<T>,
}

/// A launch under way: it is over when the last clone is gone.
#[derive(Clone)]
pub struct Launch {
    pub(crate) shared: Arc<Shared>,
    _under_way: mpsc::Sender<()>,
}

impl<T> fmt::Debug for Sealed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealed").field("marks", &self.marks).finish_non_exhaustive()
    }
}

impl fmt::Debug for Launch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Launch").finish_non_exhaustive()
    }
}

impl Launch {
    pub(crate) fn new(shared: Arc<Shared>) -> (Self, mpsc::Receiver<()>) {
        let (under_way, over) = mpsc::channel(1);
        (Self { shared, _under_way: under_way }, over)
    }

    /// Has the part started on this arbiter; on a dead one nothing is, and that is noted.
    pub(crate) fn on(
        &self,
        arbiter: Option<&str>,
        part: impl FnOnce(&Self) -> Result<(), StartError> + Send + 'static,
    ) {
        let launch = self.clone();
        let sent = self.shared.arbiter(arbiter).spawn_fn(move || {
            if let Err(error) = part(&launch) {
                launch.shared.failed(error);
            }
        });
        if !sent {
            let child = self.shared.blueprint.name.as_str().into();
            self.shared.failed(StartError::DeadArbiter { child });
        }
    }

    fn slot<T>(&self, stage: usize, marks: Marks<T>) -> Slot<T> {
        Slot::new(self.shared.name(stage), marks)
    }

    /// The producer of this slot is registered: what the link does is reported, and it can be
    /// aborted from outside.
    ///
    /// A task on this arbiter aborts it, since the items in it may not leave the thread.
    fn watch<T: 'static>(&self, slot: &Slot<T>) {
        if let Some(gauge) = slot.gauge() {
            self.shared.add(gauge);
        }
        let slot = slot.observer();
        let shared = Arc::downgrade(&self.shared);
        let mut wish = self.shared.wish.subscribe();
        actix_rt::spawn(async move {
            let told = wish.wait_for(|wish| !matches!(wish, Wish::Run)).await;
            let reason = match told.as_deref() {
                Ok(Wish::Abort(reason)) => reason.clone(),
                Ok(Wish::Run | Wish::Over) | Err(_) => return,
            };
            drop(told);
            slot.abort(reason.clone());
            // A stream that was finished before stays so.
            if let (Some(End::Aborted { .. }), Some(shared)) = (slot.end(), shared.upgrade()) {
                shared.was_aborted(reason);
            }
        });
    }
}

/// A producer that is asked.
pub(crate) fn pull<P, F, U>(stage: usize, factory: F) -> Upstream<P::Item>
where
    P: PullProducer,
    F: Fn() -> U + Send + 'static,
    U: Future<Output = Result<P, Failure>> + 'static,
{
    part(move |launch, to| {
        let name = launch.shared.name(stage);
        launch.shared.supervisor.producer(name, to, factory).restart(launch.shared.restart).start()
    })
}

/// A producer that is asked, and transforms in the same actor.
pub(crate) fn pull_through<P, T, F, U>(stage: usize, factory: F, transform: T) -> Upstream<T::Out>
where
    P: PullProducer,
    T: Transform<In = P::Item, Error = StepError> + Send + 'static,
    F: Fn() -> U + Send + 'static,
    U: Future<Output = Result<P, Failure>> + 'static,
{
    part(move |launch, to| {
        let Shared { supervisor, restart, .. } = &*launch.shared;
        let name = launch.shared.name(stage);
        supervisor.producer_through(name, to, factory, transform).restart(*restart).start()
    })
}

/// A producer that runs by itself.
pub(crate) fn push<P, F, U>(stage: usize, factory: F) -> Upstream<P::Item>
where
    P: PushProducer,
    F: Fn() -> U + Send + 'static,
    U: Future<Output = Result<P, Failure>> + 'static,
{
    part(move |launch, to| {
        let Shared { supervisor, restart, .. } = &*launch.shared;
        let name = launch.shared.name(stage);
        supervisor.push_producer(name, to, factory).restart(*restart).start()
    })
}

/// A producer that runs by itself, and transforms in the same actor.
pub(crate) fn push_through<P, T, F, U>(stage: usize, factory: F, transform: T) -> Upstream<T::Out>
where
    P: PushProducer,
    T: Transform<In = P::Item, Error = StepError> + Send + 'static,
    F: Fn() -> U + Send + 'static,
    U: Future<Output = Result<P, Failure>> + 'static,
{
    part(move |launch, to| {
        let Shared { supervisor, restart, .. } = &*launch.shared;
        let name = launch.shared.name(stage);
        supervisor.push_producer_through(name, to, factory, transform).restart(*restart).start()
    })
}

/// The first part: its producer is started, and its link is watched.
fn part<T: 'static, A: actix::Actor>(
    start: impl FnOnce(&Launch, &Slot<T>) -> Result<Child<A>, StartError> + Send + 'static,
) -> Upstream<T> {
    Box::new(move |launch, to| {
        start(launch, to)?;
        launch.watch(to);
        Ok(())
    })
}

/// Transforms that are an actor of their own, between two links.
pub(crate) fn transform<T>(stage: usize, before: Sealed<T::In>, transform: T) -> Upstream<T::Out>
where
    T: Transform<Error = StepError> + Send + 'static,
    T::In: 'static,
    T::Out: 'static,
{
    Box::new(move |launch, to| {
        let Shared { supervisor, restart, .. } = &*launch.shared;
        let slot = launch.slot(stage, before.marks);
        supervisor.transform(&slot, to, transform).restart(*restart).start()?;
        launch.watch(to);
        (before.upstream)(launch, &slot)
    })
}

/// A stage of the user's.
pub(crate) fn stage<S, F, U>(stage: usize, before: Sealed<S::In>, factory: F) -> Upstream<S::Out>
where
    S: Stage,
    F: Fn() -> U + Send + 'static,
    U: Future<Output = Result<S, Failure>> + 'static,
{
    Box::new(move |launch, to| {
        let Shared { supervisor, restart, .. } = &*launch.shared;
        let slot = launch.slot(stage, before.marks);
        supervisor.stage(&slot, to, factory).restart(*restart).start()?;
        launch.watch(to);
        (before.upstream)(launch, &slot)
    })
}

/// The end of the pipeline: the kernel moves the bytes itself where both ends of the last link let
/// it.
pub(crate) fn last<O: Target>(
    stage: usize,
    before: Sealed<<O::Consumer as Consumer>::Item>,
    target: O,
) -> Whole {
    match (before.spans, target.spans()) {
        (Some(upstream), Some(make)) => {
            let marks = marks_of_spans(&before.marks);
            spanning(stage, Sealed { upstream, spans: None, marks }, make)
        }
        (spans, _) => consumer(stage, Sealed { spans, ..before }, move || target.make()),
    }
}

/// A span weighs what its bytes would, so that the marks are the same.
fn marks_of_spans<T>(marks: &Marks<T>) -> Marks<Span> {
    let limits = marks.limits();
    let [low, high, capacity] = [limits.low(), limits.high(), limits.capacity()];
    let same = if marks.counts_bytes() {
        Watermarks::bytes_within(low.bytes, high.bytes, capacity.bytes).map(Marks::from)
    } else {
        Watermarks::items_within(low.items, high.items, capacity.items).map(Marks::from)
    };
    same.unwrap_or_else(|_| default_marks())
}

/// A consumer whose bytes stay in the kernel; it tells which way they go.
fn spanning(stage: usize, before: Sealed<Span>, make: Spanning<SpanConsumer>) -> Whole {
    Box::new(move |launch| {
        let route = Route::default();
        launch.shared.goes(stage, route.clone());
        let make = move || {
            let (making, route) = (make(), route.clone());
            async move { making.await.map(|consumer| consumer.told_by(route)) }
        };
        consumer(stage, before, make)(launch)
    })
}

/// The consumer at the end.
fn consumer<C, F, U>(stage: usize, before: Sealed<C::Item>, factory: F) -> Whole
where
    C: Consumer,
    F: Fn() -> U + Send + 'static,
    U: Future<Output = Result<C, Failure>> + 'static,
{
    Box::new(move |launch| {
        let Shared { supervisor, restart, .. } = &*launch.shared;
        let slot = launch.slot(stage, before.marks);
        supervisor.consumer(&slot, factory).restart(*restart).start()?;
        (before.upstream)(launch, &slot)
    })
}

/// What comes before a link that crosses to another arbiter is started on this one.
pub(crate) fn across<T: Send + 'static>(
    upstream: Upstream<T>,
    arbiter: Option<String>,
) -> Upstream<T> {
    Box::new(move |launch, to| {
        let to = to.clone();
        launch.on(arbiter.as_deref(), move |launch| upstream(launch, &to));
        Ok(())
    })
}

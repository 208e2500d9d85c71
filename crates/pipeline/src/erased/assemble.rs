//! Makes a pipeline of a blueprint and a part for each of its stages.

use std::{fmt, sync::Arc};

use aqueduct_actors::{Consumer, Failure, PullProducer, Stage};
use aqueduct_endpoints::Span;
use aqueduct_link::{Marks, Watermarks};
use aqueduct_operators::{Rate, Transform};
use aqueduct_supervise::Restart;

use super::{
    Carry, Erase, Item,
    steps::{Adapted, ErasedStep, Steps, forget},
};
use crate::{
    Assembled, Blueprint, BlueprintError,
    blueprint::{self, Mistake, Role, Unit},
    build::default_marks,
    ends::{Origin, Target, boxed},
    launch::{self, Sealed, Upstream, Whole},
    stages::RateLimited,
    step::StepMeter,
};

/// What does the work of one stage.
pub struct Part {
    kind: Kind,
    /// Its bytes may stay in the kernel.
    kernel: bool,
}

enum Kind {
    Producer(Box<dyn FnOnce(usize) -> Box<dyn Head> + Send>),
    Transform(Box<dyn FnOnce(usize, Arc<StepMeter>) -> Box<dyn ErasedStep> + Send>),
    Stage(Box<dyn FnOnce(usize, Before) -> Box<dyn Head> + Send>),
    Consumer(Box<dyn FnOnce(usize, Before) -> Whole + Send>),
}

impl Part {
    /// Returns a producer.
    pub fn producer<O>(origin: O) -> Self
    where
        O: Origin,
        <O::Producer as PullProducer>::Item: Erase,
    {
        Self::new(Kind::Producer(Box::new(|stage| Box::new(ProducerHead { stage, origin }))))
    }

    /// Returns a transform.
    pub fn transform<T>(transform: T) -> Self
    where
        T: Transform + Send + 'static,
        T::In: Erase,
        T::Out: Erase,
        T::Error: Into<Failure>,
    {
        Self::new(Kind::Transform(Box::new(|stage, meter| forget(transform, stage, meter))))
    }

    /// Returns a stage that passes items on.
    pub fn stage(passing: impl Passing) -> Self {
        Self::new(Kind::Stage(Box::new(|stage, before| {
            Box::new(StageHead { stage, before, passing })
        })))
    }

    /// Returns a consumer.
    pub fn consumer<O>(target: O) -> Self
    where
        O: Target,
        <O::Consumer as Consumer>::Item: Carry,
    {
        Self::new(Kind::Consumer(Box::new(|stage, before| {
            launch::last(stage, before.seal(stage), target)
        })))
    }

    /// Has the bytes that it gives or takes read and written, also where the kernel could move them
    /// by itself; see [`Open::to`](crate::Open::to).
    #[must_use]
    pub fn in_user_space(self) -> Self {
        Self { kernel: false, ..self }
    }

    const fn new(kind: Kind) -> Self {
        Self { kind, kernel: true }
    }

    const fn role(&self) -> Role {
        match self.kind {
            Kind::Producer(_) => Role::Producer,
            Kind::Transform(_) => Role::Transform,
            Kind::Stage(_) => Role::Stage,
            Kind::Consumer(_) => Role::Consumer,
        }
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Part").field(&self.role()).finish()
    }
}

/// What a stage is made of that passes on items of any type.
pub trait Passing: Send + 'static {
    /// The stage for items of one type.
    type Stage<T: 'static>: Stage<In = T, Out = T>;

    /// Makes it, at the start and anew after a failure.
    fn make<T: 'static>(&self) -> Self::Stage<T>;
}

impl Passing for Rate {
    type Stage<T: 'static> = RateLimited<T>;

    fn make<T: 'static>(&self) -> RateLimited<T> {
        RateLimited::new(*self)
    }
}

/// Makes a pipeline of a blueprint and one part for each of its stages, in their order.
///
/// Where the blueprint has no link and there must be one, before a consumer and on either side of a
/// stage that is an actor, one with default marks is put: 64 KiB to 256 KiB.
///
/// # Errors
/// [`BlueprintError`] with all that is wrong with the blueprint; nothing is started then.
pub fn assemble(mut blueprint: Blueprint, parts: Vec<Part>) -> Result<Assembled, BlueprintError> {
    blueprint.put_links();
    let mut mistakes = blueprint.mistakes();
    mistakes.extend(misfits(&blueprint, &parts));
    if !mistakes.is_empty() {
        return Err(BlueprintError::new(blueprint, mistakes));
    }
    let meters: Vec<_> = blueprint.stages.iter().map(|_| Arc::<StepMeter>::default()).collect();
    // What was taken out of a connection cannot be delivered again.
    let kernel = blueprint.restart.is_none() && parts.iter().all(|part| part.kernel);
    let mut line = Line { kernel, ..Line::default() };
    let mut parts: Vec<_> = parts.into_iter().map(Some).collect();
    for stage in blueprint.order() {
        if let Some(part) = parts.get_mut(stage).and_then(Option::take) {
            line.add(&blueprint, stage, part.kind, &meters[stage]);
        }
    }
    let Some((arbiter, whole)) = line.whole else {
        return Err(BlueprintError::new(blueprint, vec![Mistake::Empty]));
    };
    let restart = blueprint.restart.map_or_else(Restart::temporary, |restart| restart.policy());
    Assembled::new(blueprint, meters, restart, arbiter, whole)
}

/// Stages whose part is missing or does something else.
fn misfits(blueprint: &Blueprint, parts: &[Part]) -> Vec<Mistake> {
    let roles = blueprint.stages.iter().map(|stage| stage.role).enumerate();
    roles
        .filter(|(stage, role)| parts.get(*stage).map(Part::role) != Some(*role))
        .map(|(stage, _)| Mistake::NoPart { stage })
        .collect()
}

/// The pipeline as far as it is made.
#[derive(Default)]
struct Line {
    head: Option<Box<dyn Head>>,
    steps: Vec<Box<dyn ErasedStep>>,
    /// The arbiter of the actor that is being made.
    arbiter: Option<String>,
    /// Bytes may stay in the kernel.
    kernel: bool,
    whole: Option<(Option<String>, Whole)>,
}

impl Line {
    fn add(&mut self, blueprint: &Blueprint, at: usize, part: Kind, meter: &Arc<StepMeter>) {
        let stage = &blueprint.stages[at];
        let link = blueprint.edge_to(&stage.name).and_then(|edge| edge.link);
        let arbiter = stage.arbiter.clone();
        match part {
            Kind::Producer(part) => {
                self.head = Some(part(at));
                self.arbiter = arbiter;
            }
            Kind::Transform(part) => {
                if let Some(before) = link.and_then(|marks| self.link(marks, arbiter)) {
                    self.head = Some(Box::new(BoundaryHead { stage: at, before }));
                }
                self.steps.push(part(at, meter.clone()));
            }
            Kind::Stage(part) => {
                if let Some(before) = link.and_then(|marks| self.link(marks, arbiter)) {
                    self.head = Some(part(at, before));
                }
            }
            Kind::Consumer(part) => {
                if let Some(before) = link.and_then(|marks| self.link(marks, arbiter.clone())) {
                    self.whole = Some((arbiter, part(at, before)));
                }
            }
        }
    }

    /// The actor is complete: a link comes next, and then an actor on this arbiter.
    fn link(&mut self, marks: blueprint::Marks, arbiter: Option<String>) -> Option<Before> {
        let crosses = arbiter != self.arbiter;
        let from = std::mem::replace(&mut self.arbiter, arbiter);
        let steps = std::mem::take(&mut self.steps);
        let head = self.head.take()?;
        Some(Before { head, steps, marks, across: crosses.then_some(from), kernel: self.kernel })
    }
}

/// What comes before a link, before it is known of which type the link is.
struct Before {
    head: Box<dyn Head>,
    steps: Vec<Box<dyn ErasedStep>>,
    marks: blueprint::Marks,
    /// The arbiter of what comes before, if it is not the one of what comes behind.
    across: Option<Option<String>>,
    kernel: bool,
}

impl Before {
    /// The items are of this type, since the stage at the place `to` takes that.
    fn seal<T: Carry>(self, to: usize) -> Sealed<T> {
        let straight = self.kernel && self.steps.is_empty() && self.across.is_none();
        let spans = if straight { self.head.spans() } else { None };
        let upstream = T::seal(self.head, Steps { steps: self.steps, to });
        let upstream = match self.across {
            Some(arbiter) => launch::across(upstream, arbiter),
            None => upstream,
        };
        Sealed { upstream, spans, marks: marks(self.marks) }
    }
}

/// The marks as they were told; where they cannot be, the default ones.
fn marks<T: Carry>(marks: blueprint::Marks) -> Marks<T> {
    let blueprint::Marks { low, high, capacity, unit } = marks;
    let made = match unit {
        Unit::Items => Watermarks::items_within(low, high, capacity).map(Marks::from),
        Unit::Bytes => Watermarks::bytes_within(low, high, capacity).map(Marks::from),
    };
    made.unwrap_or_else(|_| default_marks())
}

/// An actor that is not complete.
pub trait Head: Send {
    /// It gives items of any type.
    fn seal_items(self: Box<Self>, steps: Steps) -> Upstream<Item>;

    /// It gives bytes.
    fn seal_bytes(self: Box<Self>, steps: Steps) -> Upstream<bytes::Bytes>;

    /// It gives bytes that stay in the kernel, if it can.
    fn spans(&self) -> Option<Upstream<Span>>;
}

trait Seal: Send {
    fn spans(&self) -> Option<Upstream<Span>> {
        None
    }

    fn seal<T: Carry>(self, steps: Steps) -> Upstream<T>;
}

impl<S: Seal> Head for S {
    fn seal_items(self: Box<Self>, steps: Steps) -> Upstream<Item> {
        self.seal(steps)
    }

    fn seal_bytes(self: Box<Self>, steps: Steps) -> Upstream<bytes::Bytes> {
        self.seal(steps)
    }

    fn spans(&self) -> Option<Upstream<Span>> {
        Seal::spans(self)
    }
}

struct ProducerHead<O> {
    stage: usize,
    origin: O,
}

impl<O> Seal for ProducerHead<O>
where
    O: Origin,
    <O::Producer as PullProducer>::Item: Erase,
{
    fn spans(&self) -> Option<Upstream<Span>> {
        self.origin.spans().map(|make| launch::pull(self.stage, make))
    }

    fn seal<T: Carry>(self, steps: Steps) -> Upstream<T> {
        let Self { stage, origin } = self;
        launch::pull_through(stage, move || origin.make(), Adapted::<_, T>::new(steps))
    }
}

/// The transforms behind a link.
struct BoundaryHead {
    stage: usize,
    before: Before,
}

impl Seal for BoundaryHead {
    fn seal<T: Carry>(self, steps: Steps) -> Upstream<T> {
        let Self { stage, before } = self;
        launch::transform(stage, before.seal(stage), Adapted::<Item, T>::new(steps))
    }
}

struct StageHead<P> {
    stage: usize,
    before: Before,
    passing: P,
}

impl<P: Passing> Seal for StageHead<P> {
    /// There are no steps, since a stage has a link on either side; what it passes on is taken by
    /// the stage behind it.
    fn seal<T: Carry>(self, Steps { to, .. }: Steps) -> Upstream<T> {
        let Self { stage, before, passing } = self;
        let make = move || boxed(std::future::ready(Ok::<_, Failure>(passing.make())));
        launch::stage(stage, before.seal::<T>(to), make)
    }
}

//! A pipeline from one end to the other, before it is checked.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use aqueduct_link::Marks;
use aqueduct_supervise::Restart;

use crate::{
    Assembled, BlueprintError, PipelineError, Report,
    launch::{Sealed, Whole},
    plan::Plan,
};

type Start<T> = Box<dyn FnOnce(Sealed<T>) -> Whole + Send>;

/// A pipeline from its producer to its consumer.
#[must_use = "a pipeline does nothing before it is run or started"]
pub struct Closed<T> {
    plan: Plan,
    before: Sealed<T>,
    start: Start<T>,
}

impl<T: 'static> Closed<T> {
    pub(super) fn new(plan: Plan, before: Sealed<T>, start: Start<T>) -> Self {
        Self { plan, before, start }
    }

    pub(super) fn kind(mut self, kind: &str) -> Self {
        self.plan.retype(kind);
        self
    }

    /// Gives the consumer this name, instead of the word for its kind.
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.plan.rename(name.into());
        self
    }

    /// Gives the last link, the one before the consumer, these marks.
    ///
    /// Default: 64 KiB to 256 KiB for chunks of bytes, 256 to 1,024 items for everything else, and
    /// a capacity of twice as much; or what [`Open::boundary`](super::Open::boundary) said.
    pub fn watermarks(mut self, marks: impl Into<Marks<T>>) -> Self {
        self.before.marks = marks.into();
        self.plan.relink(&self.before.marks);
        self
    }

    /// What happens when a stage fails. Default: [`Restart::temporary`], the pipeline ends.
    ///
    /// A restart makes the one stage anew, so it is for stages that can go on where they were: a
    /// file that is read begins again, and one that is written begins empty.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.plan.restart = restart;
        self
    }

    /// Has the bytes read and written, also where the kernel could move them by itself.
    ///
    /// Default: it moves them where it can; see [`Open::to`](super::Open::to).
    pub fn user_space(mut self) -> Self {
        self.before.spans = None;
        self
    }

    /// Checks the pipeline; nothing is started.
    ///
    /// # Errors
    /// [`BlueprintError`] with all that is wrong with it.
    pub fn build(self) -> Result<Assembled, BlueprintError> {
        let Self { plan, mut before, start } = self;
        let (arbiter, restart) = (plan.arbiter.clone(), plan.restart);
        if restart.restarts() {
            before.spans = None;
        }
        let (blueprint, meters) = plan.finish();
        Assembled::new(blueprint, meters, restart, arbiter, start(before))
    }

    /// Checks the pipeline, starts it, and waits until all is delivered and every actor has ended.
    ///
    /// # Errors
    /// [`PipelineError`]: what is wrong with it, or the stage that failed first.
    ///
    /// # Cancel safety
    /// If it is dropped, the pipeline runs on; [`build`](Self::build) and [`Assembled::start`] give
    /// a handle that can stop it.
    pub async fn run(self) -> Result<Report, PipelineError> {
        self.build()?.run().await
    }
}

impl<T> fmt::Debug for Closed<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Closed").field("plan", &self.plan).finish_non_exhaustive()
    }
}

/// A pipeline that ends in a value.
#[must_use = "a pipeline does nothing before it is run"]
pub struct Folded<T, A> {
    closed: Closed<T>,
    result: Arc<Mutex<Option<A>>>,
}

impl<T: 'static, A> Folded<T, A> {
    pub(super) fn new(closed: Closed<T>, result: Arc<Mutex<Option<A>>>) -> Self {
        Self { closed, result }
    }

    /// As [`Closed::watermarks`].
    pub fn watermarks(mut self, marks: impl Into<Marks<T>>) -> Self {
        self.closed = self.closed.watermarks(marks);
        self
    }

    /// As [`Closed::restart`].
    pub fn restart(mut self, restart: Restart) -> Self {
        self.closed = self.closed.restart(restart);
        self
    }

    /// As [`Closed::run`]; returns the value with the report.
    ///
    /// # Errors
    /// As [`Closed::run`].
    ///
    /// # Cancel safety
    /// As [`Closed::run`].
    pub async fn run(self) -> Result<(A, Report), PipelineError> {
        let report = self.closed.run().await?;
        let value = self.result.lock().unwrap_or_else(PoisonError::into_inner).take();
        match value {
            Some(value) => Ok((value, report)),
            None => Err(PipelineError::lost_value(report)),
        }
    }
}

impl<T, A> fmt::Debug for Folded<T, A> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Folded").field("plan", &self.closed.plan).finish_non_exhaustive()
    }
}

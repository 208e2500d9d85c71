//! Why a pipeline did not do what it was to do.

use std::{fmt, sync::Arc};

use aqueduct_actors::{ActorError, Cause, Failure};
use aqueduct_link::{EdgeReport, Name};

use crate::{
    Report,
    blueprint::{Blueprint, Mistake},
    shared::Shared,
    step::StepError,
};

/// All that is wrong with a blueprint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BlueprintError {
    blueprint: Blueprint,
    mistakes: Vec<Mistake>,
}

impl BlueprintError {
    pub(crate) const fn new(blueprint: Blueprint, mistakes: Vec<Mistake>) -> Self {
        Self { blueprint, mistakes }
    }

    /// The mistakes.
    #[must_use]
    pub fn mistakes(&self) -> &[Mistake] {
        &self.mistakes
    }
}

impl fmt::Display for BlueprintError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pipeline {}", self.blueprint.name)?;
        for (number, mistake) in self.mistakes.iter().enumerate() {
            let before = if number == 0 { ": " } else { "; " };
            write!(f, "{before}{}", mistake.tell(&self.blueprint))?;
        }
        Ok(())
    }
}

impl std::error::Error for BlueprintError {}

/// Why a pipeline did not do what it was to do: where, at which item, and what was done until then.
#[derive(Clone)]
pub struct PipelineError {
    /// The stage that failed first; none if the pipeline could not be started.
    pub stage: Option<Name>,
    /// The link that it was about, as `from → to`: the one before a stage that takes, the one behind
    /// a producer.
    pub edge: Option<Name>,
    /// How many items the stage had handled before, which is the number of the item that it failed
    /// with: a transform counts its own, a consumer those of the link before it, and a producer what
    /// was handled of the link behind it.
    ///
    /// An item that a consumer took out of the link before it failed counts as handled.
    pub sequence: Option<u64>,
    /// Why.
    pub source: Failure,
    /// What was done until then; none if nothing was started.
    pub report: Option<Arc<Report>>,
}

impl PipelineError {
    /// Nothing was started.
    pub(crate) fn not_started(source: impl Into<Failure>) -> Self {
        Self { stage: None, edge: None, sequence: None, source: source.into(), report: None }
    }

    pub(crate) fn lost_value(report: Report) -> Self {
        let source = Failure::message("the value was taken by somebody else");
        Self { report: Some(Arc::new(report)), ..Self::not_started(source) }
    }

    /// It was ended from outside before it was finished.
    pub(crate) fn aborted(reason: &str, report: Report) -> Self {
        let source = Failure::message(format!("stopped before its end: {reason}"));
        Self { report: Some(Arc::new(report)), ..Self::not_started(source) }
    }

    /// An actor of the pipeline has failed.
    pub(crate) fn of(error: &ActorError, shared: &Shared, report: Report) -> Self {
        let link = shared.link_of(&error.actor);
        let handled = link.map(|(_, to)| handled(&shared.edges(), to));
        let own = step_error(error);
        // A transform has a name and a count of its own.
        let step = match (&error.cause, own) {
            (_, Some(own)) => Some((shared.name(own.stage), own.sequence)),
            (Cause::Panicked(_), None) => shared.panicked_in(&error.actor),
            (_, None) => None,
        };
        Self {
            stage: Some(step.map_or_else(|| error.actor.clone(), |(name, _)| name.into())),
            edge: link.map(|(from, to)| format!("{from} → {to}").into()),
            sequence: step.map(|(_, sequence)| sequence).or(handled),
            source: match (&error.cause, own) {
                (_, Some(own)) => own.source.clone(),
                (Cause::Failed(failure), None) => failure.clone(),
                (cause, None) => Failure::message(cause.to_string()),
            },
            report: Some(Arc::new(report)),
        }
    }
}

/// The error of a transform in what an actor failed with.
fn step_error(error: &ActorError) -> Option<&StepError> {
    match &error.cause {
        Cause::Failed(failure) => failure.error().downcast_ref(),
        _ => None,
    }
}

/// How many items this consumer has handled; none if nobody ever registered with it.
fn handled(edges: &[EdgeReport], consumer: &str) -> u64 {
    let edge = edges.iter().find(|edge| *edge.consumer == *consumer);
    edge.map_or(0, |edge| edge.committed.saturating_sub(edge.discarded).items)
}

impl fmt::Display for PipelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(stage) = &self.stage else { return self.source.fmt(f) };
        write!(f, "{stage}: {}", self.source)?;
        match (&self.edge, self.sequence) {
            (Some(edge), Some(sequence)) => write!(f, " (at its item {sequence}, in {edge})"),
            (Some(edge), None) => write!(f, " (in {edge})"),
            (None, _) => Ok(()),
        }
    }
}

impl fmt::Debug for PipelineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl std::error::Error for PipelineError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.source.error().source()
    }
}

impl From<BlueprintError> for PipelineError {
    fn from(error: BlueprintError) -> Self {
        Self::not_started(error)
    }
}

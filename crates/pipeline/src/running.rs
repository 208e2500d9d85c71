//! A pipeline that is checked, and one that runs.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::Arc,
};

use actix_rt::{Arbiter, ArbiterHandle};
use aqueduct_actors::Failure;
use aqueduct_link::Name;
use aqueduct_supervise::{Arbiters, Restart, StartError};
use tokio::sync::{oneshot, watch};

use crate::{
    BlueprintError, PipelineError, Report,
    blueprint::Blueprint,
    launch::{Launch, Whole},
    shared::{Shared, Wish},
    step::StepMeter,
};

type Outcome = Result<Report, PipelineError>;

/// A pipeline that is checked, and not started.
#[must_use = "a pipeline does nothing before it is run or started"]
pub struct Assembled {
    blueprint: Blueprint,
    meters: Vec<Arc<StepMeter>>,
    restart: Restart,
    /// The arbiter of the consumer, where the start begins.
    arbiter: Option<String>,
    whole: Whole,
}

impl Assembled {
    pub(crate) fn new(
        blueprint: Blueprint,
        meters: Vec<Arc<StepMeter>>,
        restart: Restart,
        arbiter: Option<String>,
        whole: Whole,
    ) -> Result<Self, BlueprintError> {
        let mistakes = blueprint.mistakes();
        if !mistakes.is_empty() {
            return Err(BlueprintError::new(blueprint, mistakes));
        }
        Ok(Self { blueprint, meters, restart, arbiter, whole })
    }

    /// Returns the pipeline as data.
    #[must_use]
    pub const fn blueprint(&self) -> &Blueprint {
        &self.blueprint
    }

    /// Starts the pipeline: on the arbiter of this thread, or on one that it brings if there is none
    /// here, as in a plain `#[tokio::main]`. It returns at once, before anything has run.
    ///
    /// What cannot be started shows in [`Running::finished`].
    pub fn start(self) -> Running {
        let blueprint = Arc::new(self.blueprint);
        let (over, ended) = watch::channel(None);
        let (homes, brought) = match Homes::find(&blueprint) {
            Ok(found) => found,
            Err(error) => {
                over.send_replace(Some(Err(PipelineError::not_started(error))));
                return Running { blueprint, shared: None, ended };
            }
        };
        let Homes { home, arbiters } = homes;
        let shared = Shared::new(blueprint.clone(), self.meters, self.restart, home, arbiters);
        let shared = Arc::new(shared);
        let (tell, told) = oneshot::channel();
        let conducted = conduct(shared.clone(), self.arbiter, self.whole, tell);
        if shared.arbiter(None).spawn(conducted) {
            see_to_the_end(&shared, brought, told, over);
        } else {
            let child = Name::from(blueprint.name.as_str());
            let error = StartError::DeadArbiter { child };
            over.send_replace(Some(Err(PipelineError::not_started(error))));
        }
        Running { blueprint, shared: Some(shared), ended }
    }

    /// Starts the pipeline, and waits until all is delivered and every actor has ended.
    ///
    /// # Errors
    /// [`PipelineError`] with the stage that failed first.
    ///
    /// # Cancel safety
    /// If it is dropped, the pipeline runs on.
    pub async fn run(self) -> Outcome {
        self.start().finished().await
    }
}

impl fmt::Debug for Assembled {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assembled").field("blueprint", &self.blueprint).finish_non_exhaustive()
    }
}

/// Where a pipeline runs.
struct Homes {
    /// The arbiter for everything that has none of its own.
    home: ArbiterHandle,
    arbiters: HashMap<String, ArbiterHandle>,
}

impl Homes {
    /// Takes the arbiter of this thread, and brings a thread for each one that has a name.
    fn find(blueprint: &Blueprint) -> Result<(Self, Option<Arbiters>), StartError> {
        let names = blueprint.stages.iter().filter_map(|stage| stage.arbiter.clone());
        let names: BTreeSet<String> = names.collect();
        let here = Arbiter::try_current();
        if let (Some(home), true) = (&here, names.is_empty()) {
            return Ok((Self { home: home.clone(), arbiters: HashMap::new() }, None));
        }
        let brought = Arbiters::start(names.len() + usize::from(here.is_none()))?;
        let named = names.into_iter().enumerate();
        let arbiters = named.map(|(at, name)| (name, brought.get(at))).collect::<HashMap<_, _>>();
        let home = here.unwrap_or_else(|| brought.get(arbiters.len()));
        Ok((Self { home, arbiters }, Some(brought)))
    }
}

/// Starts all parts, waits for their ends, and tells what came of it.
async fn conduct(
    shared: Arc<Shared>,
    arbiter: Option<String>,
    whole: Whole,
    tell: oneshot::Sender<Outcome>,
) {
    let (launch, mut under_way) = Launch::new(shared.clone());
    launch.on(arbiter.as_deref(), whole);
    drop(launch);
    while under_way.recv().await.is_some() {}
    let finished = shared.supervisor.finished().await;
    let report = Report::of(&shared);
    let outcome = match (shared.error(), finished) {
        (Some(error), _) => {
            let report = Some(Arc::new(report));
            Err(PipelineError { report, ..PipelineError::not_started(error) })
        }
        (None, Ok(_)) => match shared.aborted() {
            Some(reason) => Err(PipelineError::aborted(&reason, report)),
            None => Ok(report),
        },
        (None, Err(error)) => Err(PipelineError::of(&error.cause, &shared, report)),
    };
    shared.wish.send_replace(Wish::Over);
    // Nobody may be waiting for it.
    let _ = tell.send(outcome);
}

/// Passes the outcome on, once the arbiters that were brought for the pipeline are gone.
fn see_to_the_end(
    shared: &Shared,
    brought: Option<Arbiters>,
    told: oneshot::Receiver<Outcome>,
    over: watch::Sender<Option<Outcome>>,
) {
    let Some(arbiters) = brought else {
        shared.arbiter(None).spawn(async move {
            if let Ok(outcome) = told.await {
                over.send_replace(Some(outcome));
            }
        });
        return;
    };
    // An arbiter cannot wait for its own end, so a thread does.
    let last = move || {
        let outcome = told.blocking_recv();
        drop(arbiters);
        if let Ok(outcome) = outcome {
            over.send_replace(Some(outcome));
        }
    };
    if let Err(error) = std::thread::Builder::new().name("aqueduct-end".into()).spawn(last) {
        tracing::error!(%error, "no thread to wait for the end of a pipeline");
    }
}

/// A pipeline that runs.
///
/// Clones are handles of one pipeline. Dropping them lets it run on.
#[derive(Clone)]
pub struct Running {
    blueprint: Arc<Blueprint>,
    /// Nothing, if it could not be started.
    shared: Option<Arc<Shared>>,
    ended: watch::Receiver<Option<Outcome>>,
}

impl Running {
    /// The pipeline as data.
    #[must_use]
    pub fn blueprint(&self) -> &Blueprint {
        &self.blueprint
    }

    /// Returns what it did so far; once it has ended, what it did in all.
    #[must_use]
    pub fn report(&self) -> Report {
        if let Some(report) = self.ended.borrow().as_ref().and_then(last_report) {
            return report;
        }
        let nothing = || Report { pipeline: self.blueprint.name.clone(), ..Report::default() };
        self.shared.as_ref().map_or_else(nothing, |shared| Report::of(shared))
    }

    /// Ends the pipeline well: its producer is asked for nothing more, and what it has given is
    /// delivered; then [`finished`](Self::finished) comes.
    pub fn drain(&self) {
        if let Some(shared) = &self.shared {
            shared.supervisor.drain();
        }
    }

    /// Ends the pipeline at once: what is not delivered is dropped and counted, and consumers are
    /// told why, so that no file gets its final name; then [`finished`](Self::finished) comes with
    /// an error, unless everything was delivered already.
    pub fn abort(&self, reason: impl Into<Name>) {
        if let Some(shared) = &self.shared {
            shared.wish.send_replace(Wish::Abort(reason.into()));
        }
    }

    /// Waits until every actor of the pipeline has ended.
    ///
    /// # Errors
    /// [`PipelineError`] with the stage that failed first.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn finished(&self) -> Outcome {
        let mut ended = self.ended.clone();
        let outcome = ended.wait_for(Option::is_some).await;
        let gone =
            "the arbiter of the pipeline was stopped before its end: wait for `finished` first";
        outcome
            .ok()
            .and_then(|outcome| outcome.clone())
            .unwrap_or_else(|| Err(PipelineError::not_started(Failure::message(gone))))
    }
}

/// The report of a pipeline that has ended, if it was started.
fn last_report(outcome: &Outcome) -> Option<Report> {
    match outcome {
        Ok(report) => Some(report.clone()),
        Err(error) => error.report.as_deref().cloned(),
    }
}

impl fmt::Debug for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Running").field("name", &self.blueprint.name).finish_non_exhaustive()
    }
}

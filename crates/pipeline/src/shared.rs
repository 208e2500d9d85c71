//! What all parts of a running pipeline share.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use actix_rt::ArbiterHandle;
use aqueduct_endpoints::Route;
use aqueduct_link::{Clock, EdgeReport, Gauge, Name};
use aqueduct_supervise::{Restart, StartError, Supervisor};
use tokio::sync::watch;

use crate::{
    blueprint::{Blueprint, Stage},
    step::StepMeter,
};

/// What outside wants of the links of a pipeline.
#[derive(Clone, Debug)]
pub(crate) enum Wish {
    Run,
    Abort(Name),
    /// All is over; nobody needs to listen any more.
    Over,
}

/// What all parts of a running pipeline share.
pub(crate) struct Shared {
    pub(crate) blueprint: Arc<Blueprint>,
    /// The places of the stages in the order of the data.
    order: Vec<usize>,
    pub(crate) supervisor: Supervisor,
    pub(crate) meters: Vec<Arc<StepMeter>>,
    pub(crate) wish: watch::Sender<Wish>,
    pub(crate) restart: Restart,
    home: ArbiterHandle,
    arbiters: HashMap<String, ArbiterHandle>,
    began: Duration,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    gauges: Vec<Gauge>,
    /// The ways that links take whose bytes stay in the kernel, by the name of the consumer.
    routes: HashMap<String, Route>,
    error: Option<StartError>,
    aborted: Option<Name>,
}

impl Shared {
    pub(crate) fn new(
        blueprint: Arc<Blueprint>,
        meters: Vec<Arc<StepMeter>>,
        restart: Restart,
        home: ArbiterHandle,
        arbiters: HashMap<String, ArbiterHandle>,
    ) -> Self {
        Self {
            supervisor: Supervisor::new(blueprint.name.clone()),
            order: blueprint.order(),
            blueprint,
            meters,
            wish: watch::Sender::new(Wish::Run),
            restart,
            home,
            arbiters,
            began: Clock::default().now(),
            state: Mutex::default(),
        }
    }

    /// The arbiter of this name, or the one where the pipeline is at home.
    pub(crate) fn arbiter(&self, name: Option<&str>) -> &ArbiterHandle {
        name.and_then(|name| self.arbiters.get(name)).unwrap_or(&self.home)
    }

    /// The name of the stage at this place.
    pub(crate) fn name(&self, stage: usize) -> &str {
        self.blueprint.stages.get(stage).map_or("", |stage| &stage.name)
    }

    /// The place of the stage of this name in the order of the data.
    pub(crate) fn rank(&self, name: &str) -> Option<usize> {
        self.order.iter().position(|at| self.blueprint.stages[*at].name == name)
    }

    /// The meter of the stage of this name.
    pub(crate) fn meter(&self, name: &str) -> Option<&StepMeter> {
        let at = self.blueprint.stages.iter().position(|stage| stage.name == name)?;
        self.meters.get(at).map(Arc::as_ref)
    }

    /// What the links did so far, in the order of the data.
    pub(crate) fn edges(&self) -> Vec<EdgeReport> {
        let mut reports: Vec<_> = self.state().gauges.iter().map(Gauge::report).collect();
        reports.sort_by_key(|report| self.rank(&report.consumer));
        reports
    }

    /// A link is there, and is reported from here on.
    pub(crate) fn add(&self, gauge: Gauge) {
        self.state().gauges.push(gauge);
    }

    /// The bytes for the consumer at this place stay in the kernel as far as this route tells.
    pub(crate) fn goes(&self, stage: usize, route: Route) {
        let name = self.name(stage).to_owned();
        self.state().routes.insert(name, route);
    }

    /// The way of the bytes for this consumer, if they may stay in the kernel.
    pub(crate) fn route(&self, consumer: &str) -> Option<Route> {
        self.state().routes.get(consumer).cloned()
    }

    /// How long it has run.
    pub(crate) fn running(&self) -> Duration {
        Clock::default().now().saturating_sub(self.began)
    }

    /// How often each actor was made anew.
    pub(crate) fn restarts(&self) -> Vec<(Name, u32)> {
        let children = self.supervisor.report().children;
        children.into_iter().map(|child| (child.name, child.restarts)).collect()
    }

    /// The actors at the ends of the link before this actor, or of the one behind a producer.
    ///
    /// They are taken from the blueprint, since a link whose consumer fails at once may never come
    /// to be.
    pub(crate) fn link_of<'a>(&'a self, actor: &'a str) -> Option<(&'a str, &'a str)> {
        let actors = self.blueprint.actors();
        let with =
            |stage: &str| actors.iter().find(|stages| stages.iter().any(|s| s.name == stage));
        if let Some(edge) = self.blueprint.edge_to(actor) {
            return Some((&with(&edge.from)?.first()?.name, actor));
        }
        let edge = self.blueprint.edge_from(&with(actor)?.last()?.name)?;
        Some((actor, &edge.to))
    }

    /// The transform of this actor that a panic began in, and the number of its item; none if it
    /// began in the producer or consumer.
    pub(crate) fn panicked_in(&self, actor: &str) -> Option<(&str, u64)> {
        let actors = self.blueprint.actors();
        let is_it = |stages: &Vec<&Stage>| stages.first().is_some_and(|first| first.name == actor);
        let stages = actors.into_iter().find(is_it)?;
        stages.into_iter().find_map(|stage| {
            let sequence = self.meter(&stage.name)?.panicked_at()?;
            Some((&*stage.name, sequence))
        })
    }

    /// Why a part could not be started, if one could not.
    pub(crate) fn error(&self) -> Option<StartError> {
        self.state().error.clone()
    }

    /// A stream was ended before it was finished.
    pub(crate) fn was_aborted(&self, reason: Name) {
        self.state().aborted.get_or_insert(reason);
    }

    /// Why a stream was ended before it was finished, if one was.
    pub(crate) fn aborted(&self) -> Option<Name> {
        self.state().aborted.clone()
    }

    /// A part could not be started.
    pub(crate) fn failed(&self, error: StartError) {
        self.state().error.get_or_insert(error);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

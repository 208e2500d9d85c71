//! What a pipeline did, in words and as data.

use std::{fmt, time::Duration};

use aqueduct_endpoints::{Route, Way};
use aqueduct_link::{Amount, CHUNK_OVERHEAD, EdgeReport, Reason};
use serde::Serialize;

use crate::{
    blame::{self, Blame},
    blueprint::{Role, Size, Stage, Unit},
    shared::Shared,
    step::StepMeter,
};

/// What a pipeline did until the moment of the report.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Report {
    /// The name of the pipeline.
    pub pipeline: String,
    /// How long it has run, in seconds.
    pub seconds: f64,
    /// What each stage did.
    pub stages: Vec<StageReport>,
    /// What each link did, in the order of the data; a link that was never made, since its consumer
    /// failed before, is not there.
    pub edges: Vec<LinkReport>,
    /// The stage that limits the whole; none while nothing has moved.
    pub limited_by: Option<Blame>,
}

/// What a stage did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StageReport {
    /// Its name.
    pub name: String,
    /// The word for what it does.
    pub kind: String,
    /// How many items it took; none for a producer.
    pub taken: Option<u64>,
    /// How many items it gave; none for a consumer.
    pub given: Option<u64>,
    /// How long a fused transform worked, in seconds: an estimate from every 61st item.
    pub busy_seconds: Option<f64>,
    /// How often it was made anew.
    pub restarts: u32,
}

/// What a link did.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkReport {
    /// The actor that gives.
    pub from: String,
    /// The actor that takes.
    pub to: String,
    /// Items that were handled.
    pub items: u64,
    /// Bytes that were handled, where bytes are counted.
    pub bytes: Option<u64>,
    /// The way that bytes took: `user` where they were read and written, and, where the kernel moved
    /// them by itself, `kernel: sendfile`, `kernel: splice` or `kernel: copy_file_range`.
    pub path: String,
    /// The call that could not move them, and why, if the way is not the first choice.
    pub fell_back: Option<String>,
    /// Items that were accepted and not handled.
    pub undelivered_items: u64,
    /// Their bytes, where bytes are counted; a chunk that went out in part counts as a whole.
    pub undelivered_bytes: Option<u64>,
    /// Items that came more than once, since the consumer died with them in hand.
    pub redelivered_items: u64,
    /// The most items that were held at once.
    pub high_water_items: u64,
    /// The most bytes that were held at once, with 64 charged for each item.
    pub high_water_bytes: Option<u64>,
    /// How often the producer was paused.
    pub pauses: u64,
    /// For how long, in seconds.
    pub paused_seconds: f64,
    /// For how long by reason; what is 0 is left out.
    pub paused: Vec<Paused>,
    /// The reason why it is paused at this moment.
    pub paused_now: Option<String>,
    /// How often the consumer waited for items.
    pub waits: u64,
    /// For how long, in seconds.
    pub waited_seconds: f64,
}

/// How long a producer was paused for one reason.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Paused {
    /// The reason.
    pub reason: String,
    /// The time, in seconds.
    pub seconds: f64,
}

impl Report {
    pub(crate) fn of(shared: &Shared) -> Self {
        let edges = shared.edges();
        let blueprint = &shared.blueprint;
        let is_weighed = |edge: &EdgeReport| {
            let link = blueprint.edge_to(&edge.consumer).and_then(|edge| edge.link);
            link.is_some_and(|marks| marks.unit == Unit::Bytes)
        };
        Self {
            pipeline: blueprint.name.clone(),
            seconds: shared.running().as_secs_f64(),
            stages: stages(shared, &edges),
            limited_by: limited_by(shared, &edges),
            edges: edges
                .iter()
                .map(|edge| {
                    let route = shared.route(&edge.consumer).unwrap_or_default();
                    LinkReport::new(edge, is_weighed(edge), &route)
                })
                .collect(),
        }
    }

    /// The report as JSON, on one line.
    ///
    /// # Errors
    /// None that is known: the report has neither maps nor numbers that JSON does not have.
    pub fn to_json(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// Returns whether nothing has moved.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edges.iter().all(|edge| edge.items + edge.undelivered_items == 0)
    }
}

fn stages(shared: &Shared, edges: &[EdgeReport]) -> Vec<StageReport> {
    let blueprint = &shared.blueprint;
    let restarts = shared.restarts();
    let with_meters = blueprint.stages.iter().zip(&shared.meters);
    let mut stages: Vec<_> = with_meters
        .map(|(stage, meter)| {
            let before = edges.iter().find(|edge| *edge.consumer == *stage.name);
            let fused = stage.role == Role::Transform;
            let handled = |edge: &EdgeReport| edge.committed.saturating_sub(edge.discarded).items;
            StageReport {
                name: stage.name.clone(),
                kind: stage.kind.clone(),
                taken: if fused { Some(meter.taken()) } else { before.map(handled) },
                given: fused.then(|| meter.given()),
                busy_seconds: fused.then(|| meter.busy().as_secs_f64()),
                restarts: restarts
                    .iter()
                    .find(|(name, _)| **name == *stage.name)
                    .map_or(0, |(_, restarts)| *restarts),
            }
        })
        .collect();
    // Who is not fused gives what its link was given, or what the transform behind it took.
    for at in 0..stages.len() {
        let Some(edge) = blueprint.edge_from(&stages[at].name) else { continue };
        let next = stages.iter().find(|stage| stage.name == edge.to);
        let next_took = next.and_then(|next| next.taken);
        let written = edges.iter().find(|report| *report.consumer == *edge.to);
        let given = written.map_or(next_took, |edge| Some(edge.written.items));
        stages[at].given = stages[at].given.or(given);
    }
    stages
}

fn limited_by(shared: &Shared, edges: &[EdgeReport]) -> Option<Blame> {
    if edges.iter().all(|edge| edge.written.is_zero()) {
        return None;
    }
    let mut actors = shared.blueprint.actors();
    actors.sort_by_key(|stages| stages.first().and_then(|first| shared.rank(&first.name)));
    let actors: Vec<_> = actors.iter().map(|stages| actor(shared, edges, stages)).collect();
    blame::blame(&actors)
}

fn actor<'a>(shared: &Shared, edges: &[EdgeReport], stages: &[&'a Stage]) -> blame::Actor<'a> {
    let name = stages.first().map_or("", |first| &*first.name);
    let busy = |name: &str| shared.meter(name).map(StepMeter::busy).unwrap_or_default();
    let steps = stages.iter().filter(|stage| stage.role == Role::Transform);
    blame::Actor {
        name,
        steps: steps.map(|stage| (&*stage.name, busy(&stage.name))).collect(),
        before: edges.iter().find(|edge| *edge.consumer == *name).map(link),
    }
}

fn link(edge: &EdgeReport) -> blame::Link {
    let full = edge.paused_for.iter().filter(|part| part.reason == Reason::Full);
    blame::Link {
        full: full.map(|part| part.time).sum(),
        waited: edge.waited,
        running: edge.running,
    }
}

impl LinkReport {
    fn new(edge: &EdgeReport, is_weighed: bool, route: &Route) -> Self {
        let handled = edge.committed.saturating_sub(edge.discarded);
        let undelivered = edge.written.saturating_sub(handled);
        let payload = |amount: Amount| {
            let bytes = amount.bytes.saturating_sub(amount.items.saturating_mul(CHUNK_OVERHEAD));
            is_weighed.then_some(bytes)
        };
        let times = edge.paused_for.iter().filter(|part| !part.time.is_zero());
        Self {
            from: edge.producer.to_string(),
            to: edge.consumer.to_string(),
            items: handled.items,
            bytes: payload(handled),
            path: route.way().to_string(),
            fell_back: route.cause(),
            undelivered_items: undelivered.items,
            undelivered_bytes: payload(undelivered),
            redelivered_items: edge.redelivered,
            high_water_items: edge.peak.items,
            high_water_bytes: is_weighed.then_some(edge.peak.bytes),
            pauses: edge.pauses,
            paused_seconds: edge.paused().as_secs_f64(),
            paused: times
                .map(|part| Paused {
                    reason: part.reason.to_string(),
                    seconds: part.time.as_secs_f64(),
                })
                .collect(),
            paused_now: edge.paused_now.map(|reason| reason.to_string()),
            waits: edge.waits,
            waited_seconds: edge.waited.as_secs_f64(),
        }
    }
}

/// `1 item`, `2 items`.
fn items(number: u64) -> String {
    if number == 1 { "1 item".into() } else { format!("{number} items") }
}

/// `1.7 ms`.
struct Seconds(f64);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1?}", Duration::try_from_secs_f64(self.0).unwrap_or(Duration::MAX))
    }
}

/// The link on one line.
impl fmt::Display for LinkReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} → {}: {}", self.from, self.to, items(self.items))?;
        if let Some(bytes) = self.bytes {
            write!(f, ", {}", Size(bytes))?;
        }
        match &self.fell_back {
            Some(cause) => write!(f, "; {} (not {cause})", self.path)?,
            None if self.path != Way::User.to_string() => write!(f, "; {}", self.path)?,
            None => {}
        }
        write!(f, "; held at most {}", items(self.high_water_items))?;
        if let Some(bytes) = self.high_water_bytes {
            write!(f, ", {}", Size(bytes))?;
        }
        if self.undelivered_items > 0 {
            write!(f, "; {} not delivered", items(self.undelivered_items))?;
            if let Some(bytes) = self.undelivered_bytes {
                write!(f, ", {}", Size(bytes))?;
            }
        }
        if self.redelivered_items > 0 {
            write!(f, "; {} delivered again", items(self.redelivered_items))?;
        }
        match self.pauses {
            0 => return f.write_str("; never paused"),
            1 => f.write_str("; paused once")?,
            many => write!(f, "; paused {many} times")?,
        }
        for part in &self.paused {
            write!(f, ", {} {}", part.reason, Seconds(part.seconds))?;
        }
        Ok(())
    }
}

/// The report in words: a line for each link, then the stage that limits the whole.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}:", self.pipeline, Seconds(self.seconds))?;
        for edge in &self.edges {
            write!(f, "\n  {edge}")?;
        }
        for stage in self.stages.iter().filter(|stage| stage.restarts > 0) {
            let times =
                if stage.restarts == 1 { "once" } else { &format!("{} times", stage.restarts) };
            write!(f, "\n  {} was made anew {times}", stage.name)?;
        }
        if let Some(blame) = &self.limited_by {
            write!(f, "\n  limited by {blame}")?;
        }
        Ok(())
    }
}

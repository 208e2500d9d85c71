//! Runs pipelines side by side until all have ended, with progress, signals and a report.

use std::{
    io::{self, Write},
    time::{Duration, Instant},
};

use aqueduct::pipeline::{Assembled, PipelineError, Report as Pipeline, Running};
use serde::Serialize;
use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::{
    args::Told,
    failure::{Failure, reader_left},
    progress, screen,
};

/// How long the ends may take to tidy up after they were stopped at once.
const TIDY_UP: Duration = Duration::from_secs(5);

/// What a signal does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Stop {
    /// Everything is stopped, and nothing that is not complete is kept.
    AtOnce,
    /// What was given is delivered, if that takes no longer than this; a second signal stops at once.
    Drain(Duration),
}

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
enum Ended {
    Done,
    Drained,
    Failed,
    Interrupted,
}

/// The report of a run, as `--json` prints it.
#[derive(Debug, Serialize)]
struct Report {
    outcome: Ended,
    seconds: f64,
    /// The most memory this process had resident, where the system tells it.
    peak_memory_bytes: Option<u64>,
    pipelines: Vec<Pipeline>,
}

/// What is to run, and what is told of it.
pub(crate) struct Plan<'a> {
    pub(crate) pipelines: Vec<Assembled>,
    pub(crate) stop: Stop,
    pub(crate) told: Told,
    /// Whether data goes to stdout, so that nothing else may.
    pub(crate) data_on_stdout: bool,
    /// The words for what went wrong.
    pub(crate) explain: &'a dyn Fn(&PipelineError) -> String,
}

/// Runs all pipelines to their end, and reports.
pub(crate) fn run(plan: Plan<'_>) -> Result<(), Failure> {
    let Plan { pipelines, stop, told, data_on_stdout, explain } = plan;
    let shown = !told.quiet && !told.no_progress && progress::can_be_seen(data_on_stdout);
    let began = Instant::now();
    let work = run_until_stopped(pipelines, stop, shown);
    let (ended, failure, pipelines) = actix_rt::System::new().block_on(work)?;
    let seconds = began.elapsed().as_secs_f64();
    let report = Report { outcome: ended, seconds, peak_memory_bytes: peak_memory(), pipelines };
    tell(&report, told, data_on_stdout)?;
    match (ended, failure) {
        (Ended::Failed, Some(failure)) => Err(Failure::Failed(explain(&failure))),
        (Ended::Interrupted, _) => Err(Failure::Interrupted),
        _ => Ok(()),
    }
}

type Outcome = (Ended, Option<PipelineError>, Vec<Pipeline>);

async fn run_until_stopped(
    pipelines: Vec<Assembled>,
    stop: Stop,
    shown: bool,
) -> Result<Outcome, Failure> {
    // Before anything starts, so that no signal is missed.
    let mut signals = Signals::listen()?;
    let running: Vec<Running> = pipelines.into_iter().map(Assembled::start).collect();
    let work = progress::during(shown, &running, all_ended(&running));
    tokio::pin!(work);
    let (ended, failure) = tokio::select! {
        failure = &mut work => (Ended::Done, failure),
        () = signals.next() => match stop {
            Stop::AtOnce => stop_at_once(&running, work, &mut signals).await,
            Stop::Drain(within) => drain(&running, work, within, &mut signals).await,
        },
    };
    let ended =
        if failure.is_some() && ended != Ended::Interrupted { Ended::Failed } else { ended };
    Ok((ended, failure, running.iter().map(Running::report).collect()))
}

/// Waits until every pipeline has ended; when one fails, the others are stopped.
async fn all_ended(running: &[Running]) -> Option<PipelineError> {
    let mut ends = tokio::task::JoinSet::new();
    for pipeline in running {
        let pipeline = pipeline.clone();
        ends.spawn_local(async move { pipeline.finished().await });
    }
    let mut first = None;
    while let Some(end) = ends.join_next().await {
        let Ok(Err(failure)) = end else { continue };
        if reader_left(&failure) || first.is_some() {
            continue;
        }
        let stage = failure.stage.as_deref().unwrap_or("another pipeline");
        let reason = format!("{stage} failed");
        running.iter().for_each(|pipeline| pipeline.abort(reason.clone()));
        first = Some(failure);
    }
    first
}

/// Delivers what was given; whoever stopped it is told that it heard.
async fn drain(
    running: &[Running],
    mut work: impl Future<Output = Option<PipelineError>> + Unpin,
    within: Duration,
    signals: &mut Signals,
) -> (Ended, Option<PipelineError>) {
    screen::say(&format!("draining, for at most {within:?}; signal again to stop at once"));
    running.iter().for_each(Running::drain);
    tokio::select! {
        failure = &mut work => return (Ended::Drained, failure),
        () = signals.next() => {}
        () = tokio::time::sleep(within) => {
            screen::say("draining took too long: raise --drain-within, or see who does not read");
        }
    }
    match stop_at_once(running, work, signals).await {
        (Ended::Done, failure) => (Ended::Drained, failure),
        ended => ended,
    }
}

async fn stop_at_once(
    running: &[Running],
    work: impl Future<Output = Option<PipelineError>>,
    signals: &mut Signals,
) -> (Ended, Option<PipelineError>) {
    running.iter().for_each(|pipeline| pipeline.abort("interrupted"));
    let failure = tokio::select! {
        tidied = tokio::time::timeout(TIDY_UP, work) => tidied.ok(),
        () = signals.next() => None,
    };
    // It may have been over already: every consumer had been told that this is all.
    match failure {
        Some(None) => (Ended::Done, None),
        Some(Some(_)) | None => (Ended::Interrupted, None),
    }
}

/// The signals that ask a program to end.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }
}

/// Reads it from the `VmHWM` line, `VmHWM:   5456 kB`, that Linux keeps for each process.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// Reports where it does not get into the data: on stderr if that goes to stdout.
fn tell(report: &Report, told: Told, data_on_stdout: bool) -> Result<(), Failure> {
    if told.quiet {
        return Ok(());
    }
    if told.json {
        let json = serde_json::to_string(report).map_err(io::Error::from)?;
        if !data_on_stdout {
            return written(writeln!(io::stdout(), "{}", screen::redact(&json)));
        }
        screen::say(&json);
        return Ok(());
    }
    // What failed before anything moved has nothing to tell but why.
    let moved = report.pipelines.iter().filter(|p| report.outcome == Ended::Done || !p.is_empty());
    moved.for_each(|pipeline| screen::say(&pipeline.to_string()));
    Ok(())
}

/// Whoever does not read the report does not want it.
pub(crate) fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

//! `aqueduct copy SOURCE TARGET`.

use std::{
    io::{self, Write},
    sync::Arc,
    time::{Duration, Instant},
};

use aqueduct::{
    prelude::{Slot, Supervisor},
    supervise::{Report as SupervisorReport, SupervisorError},
};
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    address::Address,
    args::Copy,
    check::Check,
    edges::{start_source, start_target},
    failure::{Failure, reader_left},
    progress,
    report::Report,
};

/// How long the ends may take to tidy up after an interruption.
const TIDY_UP: Duration = Duration::from_secs(5);

/// Runs the copy to its end, and reports.
pub(crate) fn run(copy: &Copy) -> Result<(), Failure> {
    let began = Instant::now();
    let (end, report) = actix_rt::System::new().block_on(run_until_interrupted(copy))?;
    let (outcome, result) = match end {
        End::Done => ("done", Ok(())),
        End::Failed(failure) => ("failed", Err(failure)),
        End::Interrupted => ("interrupted", Err(Failure::Interrupted)),
    };
    tell(copy, &Report::new(outcome, began.elapsed(), &report.edges))?;
    result
}

enum End {
    Done,
    Failed(Failure),
    Interrupted,
}

async fn run_until_interrupted(copy: &Copy) -> Result<(End, SupervisorReport), Failure> {
    // Before anything starts, so that no signal is missed.
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;

    let supervisor = Supervisor::new("copy");
    let name = copy.target.to_string();
    let slot: Slot<_> = supervisor
        .slot(name, copy.watermarks.0)
        .map_err(|error| Failure::Failed(error.to_string()))?;
    let counted = Arc::default();
    let check = Check::new(copy.expect_bytes, copy.sha256, Arc::clone(&counted));
    start_target(&supervisor, &copy.target, &slot)?;
    start_source(&supervisor, &copy.source, &slot, check)?;

    let work = progress::during(copy.progress, &copy.source, &slot, counted, supervisor.finished());
    let finished = tokio::select! {
        finished = work => Some(finished),
        _ = interrupt.recv() => None,
        _ = terminate.recv() => None,
    };
    Ok(match finished {
        Some(Ok(report)) => (End::Done, report),
        Some(Err(error)) => (end_of(&error), error.report),
        None => {
            supervisor.abort("interrupted");
            let tidied = tokio::select! {
                tidied = tokio::time::timeout(TIDY_UP, supervisor.finished()) => tidied.ok(),
                _ = interrupt.recv() => None,
            };
            match tidied {
                // It was over already: the target had been told that this is all.
                Some(Ok(report)) if slot.end().is_some_and(|end| end.is_finished()) => {
                    (End::Done, report)
                }
                _ => (End::Interrupted, supervisor.report()),
            }
        }
    })
}

fn end_of(error: &SupervisorError) -> End {
    if reader_left(error) { End::Done } else { End::Failed(Failure::from(error)) }
}

/// Reports where it does not get into the data: on stderr if the data goes to stdout.
fn tell(copy: &Copy, report: &Report) -> Result<(), Failure> {
    if copy.quiet {
        return Ok(());
    }
    if !copy.json {
        if report.is_empty() {
            return Ok(());
        }
        return written(writeln!(io::stderr(), "{}", report.words()));
    }
    let json = serde_json::to_string(report).map_err(io::Error::from)?;
    if copy.target == Address::Standard {
        written(writeln!(io::stderr(), "{json}"))
    } else {
        written(writeln!(io::stdout(), "{json}"))
    }
}

/// Whoever does not read the report does not want it.
fn written(result: io::Result<()>) -> Result<(), Failure> {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

//! Progress on stderr, for people who wait.

use std::{future::Future, io::IsTerminal, time::Duration};

use aqueduct::pipeline::{Report, Running};
use indicatif::{BinaryBytes, ProgressBar, ProgressStyle};
use tokio::time::{Instant, interval_at};

use crate::screen;

/// How often the lines are drawn anew.
const PERIOD: Duration = Duration::from_millis(100);

/// What takes no longer than this needs no progress, and would only flicker.
const PATIENCE: Duration = Duration::from_millis(500);

/// Returns whether somebody can see it, and it does not get into the data.
pub(crate) fn can_be_seen(data_on_stdout: bool) -> bool {
    std::io::stderr().is_terminal() && !(data_on_stdout && std::io::stdout().is_terminal())
}

/// Shows a line for each pipeline while `work` goes on.
pub(crate) async fn during<T>(
    shown: bool,
    running: &[Running],
    work: impl Future<Output = T>,
) -> T {
    if !shown {
        return work.await;
    }
    let bars: Vec<_> = running.iter().map(|_| screen::lines().add(bar())).collect();
    let mut ticks = interval_at(Instant::now() + PATIENCE, PERIOD);
    tokio::pin!(work);
    let result = loop {
        tokio::select! {
            biased;
            result = &mut work => break result,
            _ = ticks.tick() => {
                running.iter().zip(&bars).for_each(|(pipeline, bar)| draw(bar, &pipeline.report()));
            }
        }
    };
    bars.iter().for_each(ProgressBar::finish_and_clear);
    result
}

fn bar() -> ProgressBar {
    let bar = ProgressBar::no_length();
    match ProgressStyle::with_template("{spinner} {elapsed:>4}  {wide_msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// `send: 12.3 MiB at 4.1 MiB/s, paused 0.3 s, now: full at client`.
fn draw(bar: &ProgressBar, report: &Report) {
    let Some(last) = report.edges.last() else { return };
    let per_second = |number: u64| number as f64 / report.seconds.max(1e-9);
    let moved = match last.bytes {
        Some(bytes) => {
            let rate = BinaryBytes(per_second(bytes) as u64);
            format!("{} at {rate}/s", BinaryBytes(bytes))
        }
        None => format!("{} items at {:.0}/s", last.items, per_second(last.items)),
    };
    let paused: f64 = report.edges.iter().map(|edge| edge.paused_seconds).sum();
    let now = report.edges.iter().rev().find_map(|edge| {
        edge.paused_now.as_ref().map(|reason| format!(", now: {reason} at {}", edge.to))
    });
    let now = now.unwrap_or_default();
    bar.set_message(format!("{}: {moved}, paused {paused:.1} s{now}", report.pipeline));
    bar.tick();
}

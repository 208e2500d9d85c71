//! Progress on stderr, for people who wait.

use std::{
    future::Future,
    io::IsTerminal,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aqueduct::{
    link::Gauge,
    prelude::{Bytes, Slot},
};
use indicatif::{ProgressBar, ProgressStyle};

use crate::address::Address;

/// How often the line is drawn anew.
const PERIOD: Duration = Duration::from_millis(100);

/// Shows a line of progress while `work` goes on, if that is wanted and somebody can see it.
pub(crate) async fn during<T>(
    wanted: bool,
    source: &Address,
    slot: &Slot<Bytes>,
    counted: Arc<AtomicU64>,
    work: impl Future<Output = T>,
) -> T {
    if !wanted || !std::io::stderr().is_terminal() {
        return work.await;
    }
    let bar = bar(source);
    let mut ticks = tokio::time::interval(PERIOD);
    tokio::pin!(work);
    let result = loop {
        tokio::select! {
            biased;
            result = &mut work => break result,
            _ = ticks.tick() => draw(&bar, slot.gauge().as_ref(), counted.load(Ordering::Relaxed)),
        }
    };
    bar.finish_and_clear();
    result
}

fn bar(source: &Address) -> ProgressBar {
    let length = match source {
        Address::File(path) => file_length(path),
        Address::Standard | Address::Connect(_) | Address::Listen(_) => None,
    };
    let (bar, template) = match length {
        Some(length) => (
            ProgressBar::new(length),
            "{bytes} of {total_bytes}  {binary_bytes_per_sec}  eta {eta}  {msg}",
        ),
        None => (ProgressBar::no_length(), "{bytes}  {binary_bytes_per_sec}  {elapsed}  {msg}"),
    };
    match ProgressStyle::with_template(template) {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

fn file_length(path: &Path) -> Option<u64> {
    std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file).map(|file| file.len())
}

fn draw(bar: &ProgressBar, gauge: Option<&Gauge>, bytes: u64) {
    bar.set_position(bytes);
    if let Some(report) = gauge.map(Gauge::report) {
        let now = report.paused_now.map(|reason| format!(", now: {reason}")).unwrap_or_default();
        bar.set_message(format!("paused {:.1} s{now}", report.paused().as_secs_f64()));
    }
}

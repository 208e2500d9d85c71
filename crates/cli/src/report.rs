//! What a copy did, in words and as JSON.

use std::time::Duration;

use aqueduct::link::{CHUNK_OVERHEAD, EdgeReport};
use serde::Serialize;

use crate::sizes;

/// The report of a run, as `--json` prints it.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// `done`, `failed` or `interrupted`.
    pub(crate) outcome: &'static str,
    pub(crate) seconds: f64,
    /// The most memory this process had resident, where the system tells it.
    pub(crate) peak_memory_bytes: Option<u64>,
    pub(crate) edges: Vec<Edge>,
}

/// What one edge did.
#[derive(Debug, Serialize)]
pub(crate) struct Edge {
    from: String,
    to: String,
    /// Bytes that the consumer has handled.
    bytes: u64,
    chunks: u64,
    /// Bytes and chunks that were accepted and not handled.
    undelivered_bytes: u64,
    undelivered_chunks: u64,
    /// The most that was held at once, with 64 bytes charged for each chunk.
    peak_held_bytes: u64,
    pauses: u64,
    paused_seconds: f64,
    /// For how long, by reason; what is 0 is left out.
    paused: Vec<Paused>,
}

#[derive(Debug, Serialize)]
struct Paused {
    reason: String,
    seconds: f64,
}

/// Reads it from the `VmHWM` line, `VmHWM:   5456 kB`, that Linux keeps for each process.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    Some(line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()? * 1024)
}

/// The bytes themselves: a link charges each chunk for its overhead too.
fn payload(weight: u64, chunks: u64) -> u64 {
    weight.saturating_sub(chunks.saturating_mul(CHUNK_OVERHEAD))
}

impl Edge {
    fn new(edge: &EdgeReport) -> Self {
        let handled_chunks = edge.committed.items.saturating_sub(edge.discarded.items);
        let handled_bytes = edge.committed.bytes.saturating_sub(edge.discarded.bytes);
        let handled = payload(handled_bytes, handled_chunks);
        Self {
            from: edge.producer.to_string(),
            to: edge.consumer.to_string(),
            bytes: handled,
            chunks: handled_chunks,
            undelivered_bytes: payload(edge.written.bytes, edge.written.items)
                .saturating_sub(handled),
            undelivered_chunks: edge.written.items.saturating_sub(handled_chunks),
            peak_held_bytes: edge.peak.bytes,
            pauses: edge.pauses,
            paused_seconds: edge.paused().as_secs_f64(),
            paused: edge
                .paused_for
                .iter()
                .filter(|part| !part.time.is_zero())
                .map(|part| Paused {
                    reason: part.reason.to_string(),
                    seconds: part.time.as_secs_f64(),
                })
                .collect(),
        }
    }

    fn words(&self, seconds: f64) -> String {
        let rate = self.bytes as f64 / seconds.max(1e-9);
        let mut text = format!(
            "{} → {}: {} in {:.2} s ({}/s), {}",
            self.from,
            self.to,
            sizes::tell(self.bytes),
            seconds,
            sizes::tell(rate as u64),
            chunks(self.chunks),
        );
        if self.undelivered_chunks > 0 {
            text += &format!(
                "\n  not delivered: {} in {}",
                sizes::tell(self.undelivered_bytes),
                chunks(self.undelivered_chunks)
            );
        }
        text += &format!("\n  held at most {}", sizes::tell(self.peak_held_bytes));
        let reasons: Vec<_> = self
            .paused
            .iter()
            .map(|part| format!("{} {:.2} s", part.reason, part.seconds))
            .collect();
        match self.pauses {
            0 => text + ", never paused",
            1 => text + &format!(", paused once: {}", reasons.join(", ")),
            many => text + &format!(", paused {many} times: {}", reasons.join(", ")),
        }
    }
}

fn chunks(number: u64) -> String {
    if number == 1 { "1 chunk".into() } else { format!("{number} chunks") }
}

impl Report {
    pub(crate) fn new(outcome: &'static str, time: Duration, edges: &[EdgeReport]) -> Self {
        let edges = edges.iter().map(Edge::new).collect();
        Self { outcome, seconds: time.as_secs_f64(), peak_memory_bytes: peak_memory(), edges }
    }

    /// Returns whether it failed before anything moved, so that there is nothing to tell.
    pub(crate) fn is_empty(&self) -> bool {
        self.outcome != "done"
            && self.edges.iter().all(|edge| edge.chunks + edge.undelivered_chunks == 0)
    }

    /// The report for people.
    pub(crate) fn words(&self) -> String {
        self.edges.iter().map(|edge| edge.words(self.seconds)).collect::<Vec<_>>().join("\n")
    }
}

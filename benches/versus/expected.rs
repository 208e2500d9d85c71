//! What the peers took before, so that a peer that has a bad day is not beaten for it.
//!
//! The figures are prototype measurements on an EPYC (Zen 3) VM with two cores.
//! Another machine is faster or slower; how much, a reference tells that ran in both:
//!
//! | workload | on one arbiter | on two |
//! |---|---|---|
//! | W1 | `tokio-mpsc` | `rtrb-spin` |
//! | W2 | `memcpy` | `memcpy` |
//! | W3 | `inline` | `inline` |
//! | W4 | `tokio-mpsc` of W1 | `tokio-mpsc` of W1, on one arbiter |
//! | W5 | `tokio-mpsc` of W1 | `thread-park` |
//!
//! (The `inline` of W1 is none: a loop of additions tells nothing about what tasks and atomics cost on
//! another processor.)
//! Of a reference the best round counts, since whatever else the machine does only slows it down.
//!
//! Where a range was measured before, its middle stands here; for copies, what 28.5 GB/s come to.
//! Those copies were not read as the chunks of W2 are, and that `inline` did not undo its maps, so
//! the scales of W2 and W3 are rather too large than too small: they let a peer pass that is slow.
//!
//! A peer that took more than [`FACTOR`] times what it took before, scaled by what its reference takes
//! today, has no ratio: its row stays, and says why.
//! Not judged are: what was not measured before (W6, chunks of 64 B), `kameo` in W1 between two
//! arbiters, which ran on one thread mostly, and all whose reference did not run.

use crate::record::{Record, Row};

/// Within this, nothing can be told apart on a machine that others use too.
const FACTOR: f64 = 1.3;

/// Workload, mode, way, contender, and its median in ns.
type Before = (&'static str, &'static str, &'static str, &'static str, f64);

const PEERS: &[Before] = &[
    ("W1", "same", "item", "tokio-mpsc", 114.0),
    ("W1", "same", "item", "kanal", 23.0),
    ("W1", "same", "item", "tachyonix", 23.0),
    ("W1", "same", "item", "flume", 27.0),
    ("W1", "same", "item", "actix-credit", 88.0),
    ("W1", "same", "item", "actix-do-send", 92.0),
    ("W1", "same", "item", "ractor", 396.0),
    ("W1", "same", "item", "kameo", 442.0),
    ("W1", "same", "batch", "tokio-mpsc-batch", 30.0),
    ("W1", "cross", "item", "tokio-mpsc", 196.0),
    ("W1", "cross", "item", "kanal", 36.0),
    ("W1", "cross", "item", "tachyonix", 30.0),
    ("W1", "cross", "item", "flume", 144.0),
    ("W1", "cross", "item", "actix-credit", 288.0),
    ("W1", "cross", "item", "actix-do-send", 302.0),
    ("W1", "cross", "item", "ractor", 396.0),
    ("W1", "cross", "batch", "tokio-mpsc-batch", 84.0),
    ("W2", "same", "1KiB", "tokio-mpsc", 183.0),
    ("W2", "same", "1KiB", "actix-credit", 196.0),
    ("W2", "same", "1KiB", "kameo", 467.0),
    ("W2", "same", "1KiB", "flume", 114.0),
    ("W2", "same", "1KiB", "kanal", 87.0),
    ("W2", "cross", "1KiB", "tokio-mpsc", 521.0),
    ("W2", "cross", "1KiB", "actix-credit", 455.0),
    ("W2", "cross", "1KiB", "kameo", 646.0),
    ("W2", "cross", "1KiB", "flume", 362.0),
    ("W2", "cross", "1KiB", "kanal", 235.0),
    ("W2", "same", "16KiB", "tokio-mpsc", 833.0),
    ("W2", "same", "16KiB", "actix-credit", 786.0),
    ("W2", "same", "16KiB", "kameo", 1271.0),
    ("W2", "same", "16KiB", "flume", 653.0),
    ("W2", "same", "16KiB", "kanal", 686.0),
    ("W2", "cross", "16KiB", "tokio-mpsc", 1723.0),
    ("W2", "cross", "16KiB", "actix-credit", 2413.0),
    ("W2", "cross", "16KiB", "kameo", 1444.0),
    ("W2", "cross", "16KiB", "flume", 1690.0),
    ("W2", "cross", "16KiB", "kanal", 1536.0),
    ("W2", "same", "64KiB", "tokio-mpsc", 2922.0),
    ("W2", "same", "64KiB", "actix-credit", 2387.0),
    ("W2", "same", "64KiB", "kameo", 2749.0),
    ("W2", "same", "64KiB", "flume", 2392.0),
    ("W2", "same", "64KiB", "kanal", 2372.0),
    ("W2", "cross", "64KiB", "tokio-mpsc", 6100.0),
    ("W2", "cross", "64KiB", "actix-credit", 8508.0),
    ("W2", "cross", "64KiB", "kameo", 4515.0),
    ("W2", "cross", "64KiB", "flume", 4766.0),
    ("W2", "cross", "64KiB", "kanal", 6615.0),
    ("W3", "same", "chain", "tokio-chain", 236.0),
    ("W3", "same", "fused", "tokio-stream-maps", 72.0),
    ("W3", "same", "chain", "actix-chain", 213.0),
    ("W3", "cross", "chain", "tokio-chain", 271.0),
    ("W3", "cross", "fused", "tokio-stream-maps", 180.0),
    ("W3", "cross", "chain", "actix-chain", 391.0),
    ("W4", "same", "any", "tokio-mpsc", 174.0),
    ("W4", "same", "any", "actix-credit", 550.0),
    ("W4", "same", "any", "kameo", 751.0),
    ("W4", "cross", "any", "tokio-mpsc", 220.0),
    ("W4", "cross", "any", "actix-credit", 336.0),
    ("W4", "cross", "any", "kameo", 271.0),
    ("W5", "same", "streaming", "tokio-mpsc", 330.0),
    ("W5", "same", "streaming", "kanal", 170.0),
    ("W5", "same", "streaming", "actix-do-send", 275.0),
    ("W5", "cross", "streaming", "tokio-mpsc", 23_700.0),
    ("W5", "cross", "streaming", "kanal", 33_000.0),
    ("W5", "cross", "streaming", "actix-do-send", 24_000.0),
    ("W5", "cross", "idle", "tokio-mpsc", 59_000.0),
    ("W5", "cross", "idle", "kanal", 59_000.0),
    ("W5", "cross", "idle", "actix-do-send", 59_000.0),
];

/// What two tasks on one thread take.
const TASKS: Before = ("W1", "same", "item", "tokio-mpsc", 114.0);
/// How long two threads take to wake each other.
const PARK: Before = ("W5", "cross", "streaming", "thread-park", 19_700.0);

/// What tells how fast this machine is for the workload of this row.
fn reference(row: &Row) -> Option<Before> {
    Some(match (row.workload.as_str(), row.mode.as_str(), row.api.as_str()) {
        ("W1" | "W5", "same", _) | ("W4", ..) => TASKS,
        ("W1", "cross", "item") => ("W1", "cross", "item", "rtrb-spin", 4.43),
        ("W1", "cross", "batch") => ("W1", "cross", "batch", "rtrb-spin", 3.46),
        ("W2", "same", "1KiB") => ("W2", "same", "1KiB", "memcpy", 36.0),
        ("W2", "cross", "1KiB") => ("W2", "cross", "1KiB", "memcpy", 36.0),
        ("W2", "same", "16KiB") => ("W2", "same", "16KiB", "memcpy", 575.0),
        ("W2", "cross", "16KiB") => ("W2", "cross", "16KiB", "memcpy", 575.0),
        ("W2", "same", "64KiB") => ("W2", "same", "64KiB", "memcpy", 2300.0),
        ("W2", "cross", "64KiB") => ("W2", "cross", "64KiB", "memcpy", 2300.0),
        ("W3", "same", _) => ("W3", "same", "any", "inline", 1.06),
        ("W3", "cross", _) => ("W3", "cross", "any", "inline", 1.06),
        ("W5", "cross", _) => PARK,
        _ => return None,
    })
}

/// Marks the peers that are slower than they were, and takes their ratios away.
pub(crate) fn judge(record: &mut Record) {
    let verdicts: Vec<_> = record.rows.iter().map(|row| verdict(row, &record.rows)).collect();
    for (row, verdict) in record.rows.iter_mut().zip(verdicts) {
        if verdict.is_some() {
            record.ratios.retain(|ratio| !ratio.is_against(row));
        }
        row.void = verdict;
    }
}

/// Why the ratio to this row does not count.
fn verdict(row: &Row, rows: &[Row]) -> Option<String> {
    let before = PEERS.iter().find(|before| is_of(row, before))?.4;
    let reference = reference(row)?;
    let (_, best, _) = rows.iter().find(|row| is_of(row, &reference))?.figures()?;
    let scale = best / reference.4;
    let (now, _, _) = row.figures()?;
    let slower = now / (before * scale);
    let (workload, _, _, contender, then) = reference;
    (slower > FACTOR).then(|| {
        format!(
            "{slower:.1} times as slow as before: {before} ns, where {contender} of {workload} \
             took {then} ns and not {best:.2}"
        )
    })
}

/// Whether this is the row of that contender, by a measure of time.
fn is_of(row: &Row, (workload, mode, api, contender, _): &Before) -> bool {
    row.workload == *workload
        && row.mode == *mode
        && row.api == *api
        && row.contender == *contender
        && ["ns/item", "ns p50"].contains(&row.unit.as_str())
}

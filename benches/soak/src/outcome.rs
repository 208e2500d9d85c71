//! What came of a check: figures, and what does not hold.

use std::{fs, path::Path, process::ExitCode};

use aqueduct_soak::{Census, Trend};
use serde_json::{Map, Value, json};

use crate::{Broken, events};

/// Figures, and what does not hold.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    figures: Map<String, Value>,
    complaints: Vec<String>,
}

/// Complaints that are printed; of more, the number is told.
const MOST_COMPLAINTS: usize = 20;

impl Outcome {
    /// Adds a figure for the file of figures.
    pub(crate) fn figure(&mut self, name: &str, value: impl Into<Value>) {
        self.figures.insert(name.into(), value.into());
    }

    /// Complains unless this holds.
    pub(crate) fn require(&mut self, holds: bool, told: impl FnOnce() -> String) {
        if !holds {
            self.complaints.push(told());
        }
    }

    /// What does not hold so far.
    #[cfg(test)]
    pub(crate) fn complaints(&self) -> &[String] {
        &self.complaints
    }

    /// Takes complaints over.
    pub(crate) fn complain(&mut self, complaints: impl IntoIterator<Item = String>) {
        self.complaints.extend(complaints);
    }

    /// Complains of what there is more of than at the base.
    pub(crate) fn compare(&mut self, base: &Census, now: &Census) {
        println!("at the start: {base}; at the end: {now}");
        println!(
            "left: {} threads, {} descriptors, {} child processes, {} temporary files",
            difference(now.threads, base.threads),
            difference(now.descriptors, base.descriptors),
            difference(now.children, base.children),
            difference(now.drafts, base.drafts),
        );
        self.figure("base", census(base));
        self.figure("end", census(now));
        self.complain(now.left_since(base).into_iter().map(|told| format!("left: {told}")));
    }

    /// Complains if memory rises by more than it may, or was measured too seldom.
    pub(crate) fn judge(&mut self, trend: Option<Trend>, most_rise: fn(&Trend) -> f64) {
        let Some(trend) = trend else {
            self.complain(["memory was measured too seldom for a slope".into()]);
            return;
        };
        let (kib, most) = (|bytes: f64| bytes / 1024.0, most_rise(&trend));
        println!(
            "memory: {:+.0} KiB over the {:.0} s measured ({} points), {:+.0} KiB in 10 min; at most {:.0} KiB",
            kib(trend.rise()),
            trend.span.as_secs_f64(),
            trend.points,
            trend.kib_in_ten_minutes(),
            kib(most),
        );
        self.figure(
            "memory",
            json!({
                "bytes_per_second": trend.slope,
                "rise_bytes": trend.rise(),
                "most_rise_bytes": most,
                "seconds": trend.span.as_secs_f64(),
            }),
        );
        self.require(trend.rise() <= most, || {
            format!("memory rises by {:.0} KiB, and may by {:.0} KiB", kib(trend.rise()), kib(most))
        });
    }

    /// Tells what does not hold, error events too, and writes the figures.
    pub(crate) fn tell(mut self, name: &str, file: Option<&Path>) -> Result<ExitCode, Broken> {
        self.complain(events::told());
        let good = self.complaints.is_empty();
        if let Some(file) = file {
            self.figure("check", name);
            self.figure("good", good);
            self.figure("complaints", self.complaints.clone());
            fs::write(file, format!("{:#}\n", Value::Object(self.figures)))?;
        }
        if good {
            println!("soak {name}: all good");
            return Ok(ExitCode::SUCCESS);
        }
        for complaint in self.complaints.iter().take(MOST_COMPLAINTS) {
            println!("soak {name}: FAILED: {complaint}");
        }
        let more = self.complaints.len().saturating_sub(MOST_COMPLAINTS);
        if more > 0 {
            println!("soak {name}: FAILED: and {more} more");
        }
        Ok(ExitCode::FAILURE)
    }
}

fn difference(now: usize, base: usize) -> i64 {
    let of = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    of(now) - of(base)
}

fn census(census: &Census) -> Value {
    json!({
        "rss_bytes": census.rss_bytes,
        "threads": census.threads,
        "descriptors": census.descriptors,
        "children": census.children,
        "temporary_files": census.drafts,
    })
}

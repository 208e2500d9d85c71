//! What came of a run, as it is saved and told.

use serde::{Deserialize, Serialize};

use crate::{
    contest::{ANY, Better, OURS},
    machine::Machine,
};

/// All of it.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) machine: Machine,
    pub(crate) rows: Vec<Row>,
    pub(crate) ratios: Vec<Ratio>,
}

/// What one contender took, by one measure.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) workload: String,
    pub(crate) mode: String,
    pub(crate) api: String,
    pub(crate) contender: String,
    pub(crate) unit: String,
    pub(crate) better: Better,
    /// `None` if it never got through, as `min` and `max`.
    pub(crate) median: Option<f64>,
    pub(crate) min: Option<f64>,
    pub(crate) max: Option<f64>,
    pub(crate) rounds: usize,
    pub(crate) verified: bool,
    /// Why it did not run.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) skipped: Option<String>,
    /// Why its ratio does not count.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) void: Option<String>,
}

impl Row {
    /// Median, minimum and maximum, if they can be trusted.
    pub(crate) fn figures(&self) -> Option<(f64, f64, f64)> {
        let figures = (self.median?, self.min?, self.max?);
        self.verified.then_some(figures)
    }

    pub(crate) fn is_ours(&self) -> bool {
        self.contender == OURS
    }
}

/// How many times better Aqueduct is than a peer.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Ratio {
    pub(crate) workload: String,
    pub(crate) mode: String,
    /// How Aqueduct was used.
    pub(crate) api: String,
    pub(crate) against: String,
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
}

impl Ratio {
    /// Whether this is the row of the peer.
    pub(crate) fn is_against(&self, row: &Row) -> bool {
        self.workload == row.workload
            && self.mode == row.mode
            && self.against == row.contender
            && (self.api == row.api || row.api == ANY)
    }
}

/// Rows of one mode and one way together, ours first in each, then the better before the worse.
pub(crate) fn groups<'a>(rows: &[&'a Row]) -> Vec<Vec<&'a Row>> {
    let mut groups: Vec<Vec<&Row>> = Vec::new();
    for row in rows {
        let of = |group: &&mut Vec<&Row>| {
            group.first().is_some_and(|first| first.mode == row.mode && first.api == row.api)
        };
        match groups.iter_mut().find(of) {
            Some(group) => group.push(row),
            None => groups.push(vec![row]),
        }
    }
    for group in &mut groups {
        group.sort_by(|one, other| {
            let (a, b) = (one.median.unwrap_or(0.0), other.median.unwrap_or(0.0));
            let by_figure =
                if one.better == Better::Less { a.total_cmp(&b) } else { b.total_cmp(&a) };
            other.is_ours().cmp(&one.is_ours()).then(by_figure)
        });
    }
    groups
}

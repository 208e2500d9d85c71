//! Medians, and ratios round by round.

use crate::contest::{Better, Entry, Measure, Measured, OURS};

/// The middle of some figures, and how far they reach.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spread {
    pub(crate) median: f64,
    pub(crate) min: f64,
    pub(crate) max: f64,
    pub(crate) rounds: usize,
}

impl Spread {
    /// `None` for no figures.
    fn of(figures: impl Iterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<_> = figures.collect();
        figures.sort_by(f64::total_cmp);
        let rounds = figures.len();
        let upper = *figures.get(rounds / 2)?;
        let lower = *figures.get((rounds - 1) / 2)?;
        let (min, max) = (*figures.first()?, *figures.last()?);
        Some(Self { median: f64::midpoint(lower, upper), min, max, rounds })
    }
}

/// What one entry took, by one measure.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) entry: Entry,
    pub(crate) measure: Measure,
    /// `None` if it never got through.
    pub(crate) spread: Option<Spread>,
    pub(crate) verified: bool,
    /// Why it did not run here.
    pub(crate) skipped: Option<String>,
}

/// How many times better Aqueduct is than a peer.
#[derive(Debug)]
pub(crate) struct Ratio {
    pub(crate) ours: Entry,
    pub(crate) against: Entry,
    pub(crate) spread: Spread,
}

/// Sums the rounds up, each measure by itself.
pub(crate) fn rows(results: &[Measured]) -> Vec<Row> {
    let rows_of = |result: &Measured| {
        let measures = result.entry.workload.measures.iter().enumerate();
        let row = |(place, &measure)| Row {
            entry: result.entry,
            measure,
            spread: Spread::of(result.figures.iter().filter_map(|all| all.get(place).copied())),
            verified: result.verified && result.skipped.is_none(),
            skipped: result.skipped.clone(),
        };
        measures.map(row).collect::<Vec<_>>()
    };
    results.iter().flat_map(rows_of).collect()
}

/// Compares Aqueduct with each peer that handed over the same things in the same way, by the first
/// measure of the workload.
pub(crate) fn ratios(results: &[Measured]) -> Vec<Ratio> {
    let verified = || results.iter().filter(|result| result.verified);
    let mut ratios = Vec::new();
    for ours in verified().filter(|result| result.entry.contender.name == OURS) {
        let peers = verified().filter(|peer| {
            peer.entry.contender.name != OURS && peer.entry.is_comparable(&ours.entry)
        });
        for peer in peers {
            let spread = Spread::of(by_round(ours, peer));
            let ratio = |spread| Ratio { ours: ours.entry, against: peer.entry, spread };
            ratios.extend(spread.map(ratio));
        }
    }
    ratios
}

/// How many times better `ours` was, round by round.
fn by_round<'a>(ours: &'a Measured, peer: &'a Measured) -> impl Iterator<Item = f64> + 'a {
    let better = ours.entry.workload.measures.first().map(|measure| measure.better);
    let first = |figures: &Vec<f64>| figures.first().copied().unwrap_or(f64::NAN);
    ours.figures.iter().map(first).zip(peer.figures.iter().map(first)).map(move |(ours, theirs)| {
        match better {
            Some(Better::More) => ours / theirs,
            Some(Better::Less) | None => theirs / ours,
        }
    })
}

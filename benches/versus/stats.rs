//! Medians, and ratios round by round.

use crate::contest::{Entry, Measured, OURS};

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
    fn of(mut figures: Vec<f64>) -> Option<Self> {
        figures.sort_by(f64::total_cmp);
        let rounds = figures.len();
        let upper = *figures.get(rounds / 2)?;
        let lower = *figures.get((rounds - 1) / 2)?;
        let (min, max) = (*figures.first()?, *figures.last()?);
        Some(Self { median: f64::midpoint(lower, upper), min, max, rounds })
    }
}

/// What one entry took.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) entry: Entry,
    /// `None` if it never got through.
    pub(crate) spread: Option<Spread>,
    pub(crate) verified: bool,
}

/// How many times better Aqueduct is than this entry.
#[derive(Debug)]
pub(crate) struct Ratio {
    pub(crate) against: Entry,
    pub(crate) spread: Spread,
}

/// Sums the rounds up.
pub(crate) fn rows(results: &[Measured]) -> Vec<Row> {
    let row = |result: &Measured| Row {
        entry: result.entry,
        spread: Spread::of(result.figures.clone()),
        verified: result.verified,
    };
    results.iter().map(row).collect()
}

/// Compares Aqueduct with each peer that handed over the same things in the same way.
pub(crate) fn ratios(results: &[Measured]) -> Vec<Ratio> {
    let verified = || results.iter().filter(|result| result.verified);
    let mut ratios = Vec::new();
    for ours in verified().filter(|result| result.entry.contender.name == OURS) {
        let peers = verified().filter(|peer| {
            peer.entry.contender.name != OURS && peer.entry.is_comparable(&ours.entry)
        });
        for peer in peers {
            let by_round = ours.figures.iter().zip(&peer.figures);
            let spread = Spread::of(by_round.map(|(ours, theirs)| theirs / ours).collect());
            ratios.extend(spread.map(|spread| Ratio { against: peer.entry, spread }));
        }
    }
    ratios
}

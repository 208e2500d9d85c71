//! Medians, and ratios round by round.

use crate::{
    contest::{Better, Measured, OURS},
    record::{Ratio, Row},
};

/// The middle of some figures, and how far they reach.
#[derive(Clone, Copy, Debug)]
struct Spread {
    median: f64,
    min: f64,
    max: f64,
    rounds: usize,
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

/// Sums the rounds up, each measure by itself.
pub(crate) fn rows(results: &[Measured]) -> Vec<Row> {
    let rows_of = |result: &Measured| {
        let measures = result.entry.workload.measures.len();
        (0..measures).map(|place| row(result, place)).collect::<Vec<_>>()
    };
    results.iter().flat_map(rows_of).collect()
}

/// The row of the measure at this place.
fn row(result: &Measured, place: usize) -> Row {
    let entry = &result.entry;
    let measure = entry.workload.measures.get(place);
    let spread = Spread::of(result.figures.iter().filter_map(|all| all.get(place).copied()));
    Row {
        workload: entry.workload.name.into(),
        mode: entry.mode.name().into(),
        api: entry.contender.api.into(),
        contender: entry.contender.name.into(),
        unit: measure.map_or("", |measure| measure.unit).into(),
        better: measure.map_or(Better::Less, |measure| measure.better),
        median: spread.map(|spread| spread.median),
        min: spread.map(|spread| spread.min),
        max: spread.map(|spread| spread.max),
        rounds: spread.map_or(0, |spread| spread.rounds),
        verified: result.verified && result.skipped.is_none(),
        skipped: result.skipped.clone(),
        void: None,
    }
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
        ratios.extend(peers.filter_map(|peer| ratio(ours, peer)));
    }
    ratios
}

/// `None` if one of the two has no figures.
fn ratio(ours: &Measured, peer: &Measured) -> Option<Ratio> {
    let Spread { median, min, max, .. } = Spread::of(by_round(ours, peer))?;
    Some(Ratio {
        workload: ours.entry.workload.name.into(),
        mode: ours.entry.mode.name().into(),
        api: ours.entry.contender.api.into(),
        against: peer.entry.contender.name.into(),
        median,
        min,
        max,
    })
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

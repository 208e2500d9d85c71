//! Who runs, in which order, and what came of it.

use std::{
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::{
    alone,
    args::Args,
    bed::{Bed, Mode, Places},
    progress::Progress,
    shuffle::Shuffle,
};

/// The contender that the ratios are about.
pub(crate) const OURS: &str = "aqueduct";

/// A run that takes longer than this hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(120);

/// How items are handed over, or in which size: a ratio compares like with like.
///
/// A peer that is to be compared with Aqueduct however that is used has [`ANY`].
pub(crate) type Api = &'static str;

/// One by one.
pub(crate) const ITEM: Api = "item";
/// Many with one call.
pub(crate) const BATCH: Api = "batch";
/// A peer with one way, beside each way of ours.
pub(crate) const ANY: Api = "any";

/// What is measured of one run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Measure {
    /// Its unit in the results.
    pub(crate) unit: &'static str,
    pub(crate) better: Better,
}

/// Which of two figures is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Better {
    Less,
    More,
}

/// The usual one.
pub(crate) const NS_ITEM: Measure = Measure { unit: "ns/item", better: Better::Less };

/// One run: a figure for each measure of the workload, in its order, or why there is none.
pub(crate) type Run = Pin<Box<dyn Future<Output = Result<Vec<f64>, Failed>>>>;

/// Why a run has no figures.
#[derive(Debug)]
pub(crate) enum Failed {
    /// It cannot run here, as where a program is missing.
    Skipped(String),
    /// It lost, repeated, reordered or changed something, or hangs.
    Wrong(String),
}

impl From<String> for Failed {
    fn from(why: String) -> Self {
        Self::Wrong(why)
    }
}

impl From<&str> for Failed {
    fn from(why: &str) -> Self {
        Self::Wrong(why.into())
    }
}

/// Somebody who runs a workload.
#[derive(Debug)]
pub(crate) struct Contender {
    /// Its name in the results.
    pub(crate) name: &'static str,
    /// How it hands items over.
    pub(crate) api: Api,
    /// Runs it at these places with this many items.
    pub(crate) run: fn(Places, u64) -> Run,
}

/// What contenders are measured at.
#[derive(Debug)]
pub(crate) struct Workload {
    /// Its name in the results.
    pub(crate) name: &'static str,
    /// What is measured; ratios are of the first.
    pub(crate) measures: &'static [Measure],
    /// Items of one run, unless told otherwise.
    pub(crate) items: u64,
    /// Whether each run has a process for itself, as where the memory of the process is measured.
    pub(crate) alone: bool,
    /// Where its ends run.
    pub(crate) modes: &'static [Mode],
    /// Who takes part.
    pub(crate) contenders: &'static [Contender],
}

/// A contender of a workload in one mode.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) workload: &'static Workload,
    pub(crate) mode: Mode,
    pub(crate) contender: &'static Contender,
}

impl Entry {
    /// `W1/cross/item/tokio-mpsc`
    pub(crate) fn path(&self) -> String {
        let Contender { name, api, .. } = self.contender;
        format!("{}/{}/{api}/{name}", self.workload.name, self.mode.name())
    }

    /// Whether this peer runs the same thing in the same way as `ours`.
    pub(crate) fn is_comparable(&self, ours: &Self) -> bool {
        self.workload.name == ours.workload.name
            && self.mode == ours.mode
            && [ours.contender.api, ANY].contains(&self.contender.api)
    }
}

/// Lists what there is to run: all of it, or what begins with one of these paths.
pub(crate) fn entries(workloads: &[&'static Workload], only: &[String]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for &workload in workloads {
        for &mode in workload.modes {
            for contender in workload.contenders {
                entries.push(Entry { workload, mode, contender });
            }
        }
    }
    entries.retain(|entry| {
        let path = format!("{}/", entry.path());
        only.is_empty() || only.iter().any(|start| path.starts_with(&format!("{start}/")))
    });
    entries
}

/// The figures of one entry, one for each measured round.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) entry: Entry,
    /// One for each measure, by round.
    pub(crate) figures: Vec<Vec<f64>>,
    /// Every run of it passed its checks, the one that warmed up included.
    pub(crate) verified: bool,
    /// Why it did not run here.
    pub(crate) skipped: Option<String>,
}

/// Runs all rounds.
pub(crate) async fn run(entries: &[Entry], args: &Args) -> Result<Vec<Measured>, String> {
    let mut results: Vec<_> = entries
        .iter()
        .map(|&entry| Measured { entry, figures: Vec::new(), verified: true, skipped: None })
        .collect();
    let mut shuffle = Shuffle::new(args.seed);
    let mut order: Vec<_> = (0..results.len()).collect();
    let mut progress = Progress::new(results.len(), args.rounds);
    for round in 0..=args.rounds {
        shuffle.shuffle(&mut order);
        for (turn, &place) in order.iter().enumerate() {
            let Some(result) = results.get_mut(place) else { continue };
            if !result.verified || result.skipped.is_some() {
                progress.out(place);
                continue;
            }
            progress.show(round, turn, &result.entry.path());
            let began = Instant::now();
            let figures = once(&result.entry, args.items).await;
            progress.took(place, began.elapsed());
            note(result, figures, round);
        }
    }
    progress.clear();
    Ok(results)
}

/// Keeps the figures of one run, or says why there are none; those of the warm-up are not kept.
fn note(result: &mut Measured, figures: Result<Vec<f64>, Failed>, round: u32) {
    match figures {
        Ok(figures) if round > 0 => result.figures.push(figures),
        Ok(_) => {}
        Err(Failed::Skipped(why)) => {
            eprintln!("{} is skipped: {why}", result.entry.path());
            result.skipped = Some(why);
        }
        Err(Failed::Wrong(why)) => {
            eprintln!("{} is not verified: {why}", result.entry.path());
            result.verified = false;
        }
    }
}

/// Runs an entry once, in this process or in one of its own.
async fn once(entry: &Entry, items: Option<u64>) -> Result<Vec<f64>, Failed> {
    let items = items.unwrap_or(entry.workload.items);
    if entry.workload.alone { alone::run(entry, items).await } else { here(entry, items).await }
}

/// Runs an entry once in this process.
pub(crate) async fn here(entry: &Entry, items: u64) -> Result<Vec<f64>, Failed> {
    let bed = Bed::new(entry.mode);
    let places = bed.places().ok_or("there is no arbiter")?;
    let Ok(result) = tokio::time::timeout(PATIENCE, (entry.contender.run)(places, items)).await
    else {
        // Its threads may never end, so nobody waits for them.
        return Err(format!("no end after {PATIENCE:?}").into());
    };
    bed.clear();
    result
}

//! Who runs, in which order, and what came of it.

use std::{future::Future, pin::Pin, time::Duration};

use crate::{
    args::Args,
    bed::{Bed, Mode, Places},
    shuffle::Shuffle,
};

/// The contender that the ratios are about.
pub(crate) const OURS: &str = "aqueduct";

/// A run that takes longer than this hangs.
const PATIENCE: Duration = Duration::from_secs(120);

/// How items are handed over; a ratio compares like with like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Api {
    /// One by one.
    Item,
    /// Many with one call.
    Batch,
    /// Only what all of them come to.
    Sum,
}

impl Api {
    /// Its name in the results.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Item => "item",
            Self::Batch => "batch",
            Self::Sum => "sum",
        }
    }
}

/// One run: a figure in the workload's unit, or why there is none.
pub(crate) type Run = Pin<Box<dyn Future<Output = Result<f64, String>>>>;

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
    /// The unit of its figures; less is better.
    pub(crate) unit: &'static str,
    /// Items of one run, unless told otherwise.
    pub(crate) items: u64,
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
    fn path(&self) -> String {
        let (mode, api) = (self.mode.name(), self.contender.api.name());
        format!("{}/{mode}/{api}/{}", self.workload.name, self.contender.name)
    }

    /// Whether both run the same thing in the same way.
    pub(crate) fn is_comparable(&self, other: &Self) -> bool {
        self.workload.name == other.workload.name
            && self.mode == other.mode
            && self.contender.api == other.contender.api
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
    pub(crate) figures: Vec<f64>,
    /// Every run of it passed its checks, the one that warmed up included.
    pub(crate) verified: bool,
}

/// Runs all rounds.
pub(crate) async fn run(entries: &[Entry], args: &Args) -> Result<Vec<Measured>, String> {
    let mut results: Vec<_> = entries
        .iter()
        .map(|&entry| Measured { entry, figures: Vec::new(), verified: true })
        .collect();
    let mut shuffle = Shuffle::new(args.seed);
    let mut order: Vec<_> = (0..results.len()).collect();
    for round in 0..=args.rounds {
        eprintln!("round {round} of {}{}", args.rounds, if round == 0 { ": warm-up" } else { "" });
        shuffle.shuffle(&mut order);
        for result in &order {
            let Some(result) = results.get_mut(*result) else { continue };
            if !result.verified {
                continue;
            }
            match once(&result.entry, args.items).await {
                Ok(figure) if round > 0 => result.figures.push(figure),
                Ok(_) => {}
                Err(why) => {
                    eprintln!("{} is not verified: {why}", result.entry.path());
                    result.verified = false;
                }
            }
        }
    }
    Ok(results)
}

async fn once(entry: &Entry, items: Option<u64>) -> Result<f64, String> {
    let items = items.unwrap_or(entry.workload.items);
    let bed = Bed::new(entry.mode);
    let places = bed.places().ok_or("there is no arbiter")?;
    let Ok(result) = tokio::time::timeout(PATIENCE, (entry.contender.run)(places, items)).await
    else {
        // Its threads may never end, so nobody waits for them.
        return Err(format!("no end after {PATIENCE:?}"));
    };
    bed.clear();
    result
}

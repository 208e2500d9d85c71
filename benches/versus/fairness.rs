//! Fairness: a timer of 1 ms beside a link that never rests, on one arbiter.
//!
//! The link is that of W1, and its two ends have something to do at every moment.
//! Measured is the time from one tick of the timer to the next, of which a millisecond is meant.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use aqueduct::link::Watermarks;
use tokio::time::{MissedTickBehavior, interval};

use crate::{
    bed::{Mode, Places, build},
    contest::{Better, Contender, Failed, ITEM, Measure, OURS, Run, Workload},
    oneway::{self, ByItem, Credit, Flood, Numbers, Peer, Shape, Tasks, Tokio},
    tally::Counter,
};

const TICK: Duration = Duration::from_millis(1);
const BOUND: u64 = 1024;

pub(crate) const FAIRNESS: Workload = Workload {
    name: "fairness",
    measures: &[
        Measure { unit: "ms p99", better: Better::Less },
        Measure { unit: "ms max", better: Better::Less },
    ],
    items: 20_000_000,
    alone: false,
    modes: &[Mode::Same],
    contenders: &[
        Contender { name: OURS, api: ITEM, run: run::<ByItem> },
        Contender { name: "tokio-mpsc", api: ITEM, run: run::<Tasks<Tokio>> },
        Contender { name: "actix-do-send", api: ITEM, run: run::<Flood> },
        Contender { name: "actix-credit", api: ITEM, run: run::<Credit> },
    ],
};

/// The gaps between ticks, until it is told that the link is through.
#[derive(Clone, Default)]
struct Ticker {
    gaps: Arc<Mutex<Vec<Duration>>>,
    over: Arc<AtomicBool>,
}

impl Ticker {
    async fn tick(self) {
        let mut timer = interval(TICK);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        timer.tick().await;
        let mut last = Instant::now();
        while !self.over.load(Relaxed) {
            timer.tick().await;
            let now = Instant::now();
            self.gaps.lock().unwrap_or_else(PoisonError::into_inner).push(now - last);
            last = now;
        }
    }

    /// The gap that 99 of 100 are within, and the largest, in milliseconds.
    fn finish(self) -> Result<Vec<f64>, Failed> {
        self.over.store(true, Relaxed);
        let mut gaps = self.gaps.lock().unwrap_or_else(PoisonError::into_inner);
        gaps.sort();
        let at = |place: usize| gaps.get(place).map(|gap| gap.as_secs_f64() * 1e3);
        let ends = (at(gaps.len().saturating_sub(1) * 99 / 100), at(gaps.len().saturating_sub(1)));
        match ends {
            (Some(most), Some(max)) => Ok(vec![most, max]),
            _ => Err("the timer never ticked".into()),
        }
    }
}

fn run<P: Peer>(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let marks = Watermarks::items_within(BOUND / 2, BOUND, BOUND);
        let marks = marks.map_err(|error| error.to_string())?.into();
        let shape = Shape { bound: BOUND, marks, burst: u64::MAX };
        let ticker = Ticker::default();
        let ticking = ticker.clone().tick();
        build(&places.consumer, move || drop(actix_rt::spawn(ticking))).await?;
        let (counter, finished) = Counter::new();
        let (source, sink) = (Numbers::until(items), counter);
        let (_, tally) = oneway::run::<P, _, _>(&places, shape, source, sink, finished).await?;
        tally.verify(items)?;
        ticker.finish()
    })
}

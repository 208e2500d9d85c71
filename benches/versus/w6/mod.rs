//! W6: a producer that is fast, a consumer that is slow: what piles up between them?
//!
//! The producer makes chunks of [`SIZE`] bytes as fast as it may; the consumer works for [`WORK`] on
//! each.
//! The bench counts by itself, outside of all contenders, what was accepted and is not handled:
//! payload, from the moment when a write is taken to the moment when the consumer is through with
//! it, wherever it lies meanwhile.
//!
//! For our link that is at most **the high mark and one write**: the write that crosses the mark is
//! taken, and [`SIZE`] does not divide the mark.
//! `tokio-mpsc` has [`PLACES`] places, and `actix-credit` as much credit, which the consumer sends
//! back by messages.
//! `actix-do-send` has no bound, and would go on to the end of the memory; so a run ends after
//! [`MOST`] chunks, for all.
//! It lets others have a turn now and then, as all do here that have no bound: on one arbiter, where
//! an actor's turn is as long as its mail, the consumer then catches up.
//!
//! The second figure is what the memory of the process grew by, at its highest.

mod chunks;

use std::{sync::Arc, time::Duration};

use aqueduct::link::{ByteCount, Watermarks};

use crate::{
    alone::{resident, resident_peak},
    bed::{Mode, Places},
    contest::{ANY, Better, Contender, Measure, OURS, Run, Workload},
    oneway::{self, ByItem, Credit, Flood, Peer, Shape, Tasks, Tokio},
    tally::Counter,
};
use chunks::{Chunks, Held, Slow};

/// The size of a chunk in bytes.
const SIZE: usize = 5000;

/// How long the consumer works on one.
const WORK: Duration = Duration::from_micros(20);

/// The bound of the peers, in chunks.
const PLACES: u64 = 64;

/// The most chunks of a run: 100 MB may pile up where nothing bounds them.
const MOST: u64 = 20_000;

pub(crate) const W6: Workload = Workload {
    name: "W6",
    measures: &[
        Measure { unit: "bytes", better: Better::Less },
        Measure { unit: "bytes RSS", better: Better::Less },
    ],
    items: MOST,
    alone: true,
    modes: &[Mode::Same, Mode::Cross],
    contenders: &[
        Contender { name: OURS, api: ANY, run: run::<ByItem> },
        Contender { name: "tokio-mpsc", api: ANY, run: run::<Tasks<Tokio>> },
        Contender { name: "actix-do-send", api: ANY, run: run::<Flood> },
        Contender { name: "actix-credit", api: ANY, run: run::<Credit> },
    ],
};

fn run<P: Peer>(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let items = items.min(MOST);
        let marks = Watermarks::<ByteCount>::default().into();
        let shape = Shape { bound: PLACES, marks, burst: u64::MAX };
        let held = Arc::new(Held::default());
        let (counter, finished) = Counter::new();
        let source = Chunks::new(items, held.clone());
        let sink = Slow::new(counter, held.clone());
        let before = resident()?;
        let (_, tally) = oneway::run::<P, _, _>(&places, shape, source, sink, finished).await?;
        tally.verify(items)?;
        Ok(vec![held.peak() as f64, resident_peak()? - before])
    })
}

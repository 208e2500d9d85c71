//! W1: small items from one producer to one consumer, as fast as they go.
//!
//! The numbers 0, 1, 2 and so on, each in eight bytes, with at most [`BOUND`] between the ends.
//! `actix-do-send` and `ractor` alone have no bound: their mailboxes know none.
//! The clock runs from the start signal, when both ends are up and wait, to the moment when the
//! consumer has seen the end.
//!
//! `aqueduct-acked` is Aqueduct with a producer that is told what its consumer has handled.
//! `inline` and `rtrb-spin` are references and no peers: a loop that hands nothing over, and two
//! threads that do nothing but spin.

mod ring;
mod tokio_batch;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use aqueduct::link::Watermarks;

use crate::{
    bed::{Mode, Places, build},
    contest::{ANY, BATCH, Contender, Failed, ITEM, NS_ITEM, OURS, Run, Workload},
    oneway::{
        self, Acked, ByBatch, ByItem, Credit, Flood, Flume, Kameo, Kanal, Numbers, Peer, Ractor,
        Shape, Tachyonix, Tasks, Tokio,
    },
    tally::{Counter, Tally},
};
use tokio_batch::TokioBatch;

/// The most items between the two ends.
const BOUND: u64 = 1024;

pub(crate) const W1: Workload = Workload {
    name: "W1",
    measures: &[NS_ITEM],
    items: 2_000_000,
    alone: false,
    modes: &[Mode::Same, Mode::Cross],
    contenders: &[
        Contender { name: OURS, api: ITEM, run: run::<ByItem> },
        Contender { name: OURS, api: BATCH, run: run::<ByBatch> },
        Contender { name: "aqueduct-acked", api: BATCH, run: run::<Acked> },
        Contender { name: "tokio-mpsc", api: ITEM, run: run::<Tasks<Tokio>> },
        Contender { name: "tokio-mpsc-batch", api: BATCH, run: run::<TokioBatch> },
        Contender { name: "kanal", api: ITEM, run: run::<Tasks<Kanal>> },
        Contender { name: "flume", api: ITEM, run: run::<Tasks<Flume>> },
        Contender { name: "tachyonix", api: ITEM, run: run::<Tasks<Tachyonix>> },
        Contender { name: "actix-do-send", api: ITEM, run: run::<Flood> },
        Contender { name: "actix-credit", api: ITEM, run: run::<Credit> },
        Contender { name: "kameo", api: ITEM, run: run::<Kameo> },
        Contender { name: "ractor", api: ITEM, run: run::<Ractor> },
    ],
};

/// The reference where nothing crosses.
pub(crate) const W1_SAME: Workload = Workload {
    modes: &[Mode::Same],
    contenders: &[Contender { name: "inline", api: ANY, run: inline }],
    ..W1
};

/// The reference between two threads.
pub(crate) const W1_CROSS: Workload = Workload {
    modes: &[Mode::Cross],
    contenders: &[
        Contender { name: "rtrb-spin", api: ITEM, run: ring::item },
        Contender { name: "rtrb-spin", api: BATCH, run: ring::batch },
    ],
    ..W1
};

fn run<P: Peer>(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let marks = Watermarks::items_within(BOUND / 2, BOUND, BOUND);
        let marks = marks.map_err(|error| error.to_string())?.into();
        let shape = Shape { bound: BOUND, marks, burst: u64::MAX };
        let (counter, finished) = Counter::new();
        let numbers = Numbers::until(items);
        ns_item(oneway::run::<P, _, _>(&places, shape, numbers, counter, finished).await?, items)
    })
}

/// Checks what came, and returns ns/item.
fn ns_item((took, tally): (Duration, Tally), items: u64) -> Result<Vec<f64>, Failed> {
    tally.verify(items)?;
    Ok(vec![took.as_secs_f64() * 1e9 / items as f64])
}

/// One loop that makes the numbers and counts them.
fn inline(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let counted = build(&places.consumer, move || {
            let began = Instant::now();
            let mut tally = Tally::new();
            (0..items).for_each(|number| tally.see(black_box(number)));
            (began.elapsed(), tally)
        });
        ns_item(counted.await?, items)
    })
}

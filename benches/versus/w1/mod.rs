//! W1: small items from one producer to one consumer, as fast as they go.
//!
//! The numbers 0, 1, 2 and so on, each in eight bytes, with at most [`BOUND`] between the ends
//! (`actix-do-send` alone has no bound). The clock runs from the start signal, when both ends are
//! up and wait, to the moment when the consumer has seen the end.

mod actix_mailbox;
mod aqueduct_link;
mod tokio_mpsc;

use std::time::Instant;

use tokio::sync::oneshot;

use crate::{
    bed::Mode,
    contest::{BATCH, Contender, Failed, ITEM, NS_ITEM, OURS, Workload},
    tally::Finished,
};

/// The most items between the two ends.
const BOUND: u64 = 1024;

pub(crate) const W1: Workload = Workload {
    name: "W1",
    measures: &[NS_ITEM],
    items: 2_000_000,
    modes: &[Mode::Same, Mode::Cross],
    contenders: &[
        Contender { name: OURS, api: ITEM, run: aqueduct_link::item },
        Contender { name: OURS, api: BATCH, run: aqueduct_link::batch },
        Contender { name: "tokio-mpsc", api: ITEM, run: tokio_mpsc::item },
        Contender { name: "tokio-mpsc-batch", api: BATCH, run: tokio_mpsc::batch },
        Contender { name: "actix-do-send", api: ITEM, run: actix_mailbox::unbounded },
        Contender { name: "actix-credit", api: ITEM, run: actix_mailbox::credit },
    ],
};

/// Gives the start signal, waits for the consumer, checks what it got, and returns ns/item.
async fn time(
    start: impl FnOnce(),
    finished: oneshot::Receiver<Finished>,
    items: u64,
) -> Result<Vec<f64>, Failed> {
    let began = Instant::now();
    start();
    let (ended, tally) = finished.await.map_err(|_| "the consumer died".to_owned())?;
    tally.verify(items)?;
    Ok(vec![ended.duration_since(began).as_secs_f64() * 1e9 / items as f64])
}

//! W3: a number through three maps, from one producer to one consumer.
//!
//! With `fused` the maps belong to the producer, and one link leads to the consumer; with `chain`
//! each map is an actor, or a task, of its own, and four links lie between the five.
//! On two arbiters, neighbours are always on different ones.
//!
//! Each map can be undone, and the consumer does that: so it gets the numbers 0, 1, 2 and so on,
//! and checks them all.
//! The clock runs from the first item that is made to the last that is checked.
//! At most [`BOUND`] items are in each link; `actix-chain` has that bound for the whole chain.
//!
//! `inline` is a reference and no peer: the same work in one loop.

mod actix_chain;
mod pipeline;
mod tasks;

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

use aqueduct::link::{Items, Watermarks};
use tokio::sync::oneshot;

use crate::{
    bed::{Mode, Places, build},
    contest::{ANY, Contender, Failed, NS_ITEM, OURS, Run, Workload},
    tally::{Counter, Finished, Tally},
};

/// The most items between two neighbours.
const BOUND: u64 = 1024;

const FUSED: &str = "fused";
const CHAIN: &str = "chain";

pub(crate) const W3_SAME: Workload = Workload {
    name: "W3",
    measures: &[NS_ITEM],
    items: 1_000_000,
    alone: false,
    modes: &[Mode::Same],
    contenders: &[
        Contender { name: OURS, api: FUSED, run: pipeline::fused_same },
        Contender { name: OURS, api: CHAIN, run: pipeline::chain_same },
        Contender { name: "tokio-stream-maps", api: FUSED, run: tasks::stream_maps },
        Contender { name: "tokio-chain", api: CHAIN, run: tasks::chain },
        Contender { name: "actix-chain", api: CHAIN, run: actix_chain::run },
        Contender { name: "inline", api: ANY, run: inline },
    ],
};

pub(crate) const W3_CROSS: Workload = Workload {
    modes: &[Mode::Cross],
    contenders: &[
        Contender { name: OURS, api: FUSED, run: pipeline::fused_cross },
        Contender { name: OURS, api: CHAIN, run: pipeline::chain_cross },
        Contender { name: "tokio-stream-maps", api: FUSED, run: tasks::stream_maps },
        Contender { name: "tokio-chain", api: CHAIN, run: tasks::chain },
        Contender { name: "actix-chain", api: CHAIN, run: actix_chain::run },
        Contender { name: "inline", api: ANY, run: inline },
    ],
    ..W3_SAME
};

/// An odd factor, and what undoes a multiplication with it.
const FACTOR: u64 = 0x9E37_79B9_7F4A_7C15;
const INVERSE: u64 = 0xF1DE_83E1_9937_733D;
const MASK: u64 = 0x5DEE_CE66_D1CE_4E5B;
const TURN: u32 = 17;

#[inline]
fn multiply(number: u64) -> u64 {
    number.wrapping_mul(FACTOR)
}

#[inline]
fn mask(number: u64) -> u64 {
    number ^ MASK
}

#[inline]
fn rotate(number: u64) -> u64 {
    number.rotate_left(TURN)
}

/// Undoes all three.
#[inline]
fn undo(number: u64) -> u64 {
    (number.rotate_right(TURN) ^ MASK).wrapping_mul(INVERSE)
}

fn marks() -> Result<Watermarks<Items>, String> {
    Watermarks::items_within(BOUND / 2, BOUND, BOUND).map_err(|error| error.to_string())
}

/// Waits for the consumer, checks what it got, and returns ns/item.
async fn result(
    began: Instant,
    finished: oneshot::Receiver<Finished>,
    items: u64,
) -> Result<Vec<f64>, Failed> {
    let (ended, tally) = finished.await.map_err(|_| "the consumer died".to_owned())?;
    ns_item(ended.duration_since(began), &tally, items)
}

fn ns_item(took: Duration, tally: &Tally, items: u64) -> Result<Vec<f64>, Failed> {
    tally.verify(items)?;
    Ok(vec![took.as_secs_f64() * 1e9 / items as f64])
}

/// A counter that undoes the maps.
fn see(counter: &mut Counter, number: u64) {
    counter.see(undo(number));
}

fn inline(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let (took, tally) = build(&places.consumer, move || {
            let began = Instant::now();
            let mut tally = Tally::new();
            for number in 0..items {
                // Otherwise the compiler finds out that nothing is to be done.
                tally.see(undo(black_box(rotate(mask(multiply(number))))));
            }
            (began.elapsed(), tally)
        })
        .await?;
        ns_item(took, &tally, items)
    })
}

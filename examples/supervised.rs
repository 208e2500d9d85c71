//! A supervised service: a warehouse that loses its connection now and then, a thread that goes
//! away, and a stop in order. Nothing is lost.
//!
//! ```sh
//! cargo run --release --example supervised
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use aqueduct::prelude::*;

/// What is stored outlives every connection.
type Shelves = Arc<AtomicU64>;

/// A connection to the warehouse, which breaks after 10,000 orders.
struct Warehouse {
    shelves: Shelves,
    left: u64,
}

impl Consumer for Warehouse {
    type Item = u64;
    type Error = Failure;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        while let Some(order) = batch.next() {
            self.left = self.left.checked_sub(1).ok_or(Failure::message("the connection broke"))?;
            // It keeps the number of the last order: what comes again is stored once.
            self.shelves.fetch_max(order + 1, Ordering::Relaxed);
        }
        Ok(Consumed::Done)
    }
}

#[actix::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let supervisor = Supervisor::new("orders");
    let arbiters = Arbiters::start(1)?;
    let shelves = Shelves::default();

    let slot = supervisor.slot("warehouse", Watermarks::items(64, 256)?)?;
    let stored = shelves.clone();
    let connect = move || {
        let warehouse = Warehouse { shelves: stored.clone(), left: 10_000 };
        async { Ok::<_, Infallible>(warehouse) } // a factory: each life has a value of its own
    };
    let warehouse = supervisor
        .consumer(&slot, connect)
        .restart(Restart::transient().at_most(1_000).back_off(Duration::ZERO))
        .start_among(&arbiters) // when that thread goes away, it lives on on another
        .await?;
    let orders =
        || async { Ok::<_, Infallible>(StreamProducer::new(futures_util::stream::iter(0..))) };
    supervisor.producer("orders", &slot, orders).start()?; // started last, stopped first

    while shelves.load(Ordering::Relaxed) < 100_000 {
        tokio::task::yield_now().await;
    }
    arbiters.get(0).stop(); // as if it had died
    while shelves.load(Ordering::Relaxed) < 200_000 {
        tokio::task::yield_now().await;
    }
    let report = supervisor.stop().await?; // no more orders; what was accepted is stored; then the end
    print!("{report}");
    let (accepted, stored) = (report.edges[0].written.items, shelves.load(Ordering::Relaxed));
    println!("{accepted} orders accepted, {stored} stored, {} lives", 1 + warehouse.restarts());
    assert_eq!(accepted, stored);
    Ok(())
}

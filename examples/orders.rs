//! A pipeline of typed items: orders are read as JSON lines, put right, and stored in batches.
//!
//! Run it with `cargo run --example orders`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::{io, sync::mpsc};

use aqueduct::{operators::from_json, prelude::*};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Order {
    customer: String,
    cents: i64,
}

impl Order {
    fn normalise(mut self) -> Self {
        self.customer = self.customer.trim().to_lowercase();
        self
    }
}

/// Where orders are stored; a real one would be a connection to a database.
struct Warehouse {
    stored: mpsc::Sender<Vec<Order>>,
}

impl Warehouse {
    async fn connect(stored: &mpsc::Sender<Vec<Order>>) -> Result<Self, io::Error> {
        Ok(Self { stored: stored.clone() })
    }
}

impl Consumer for Warehouse {
    type Item = Vec<Order>;
    type Error = io::Error;

    fn consume(
        &mut self,
        batches: &mut Batch<'_, Vec<Order>>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, io::Error> {
        // take() is at most once: an order that is in a database must not come again.
        while let Some(orders) = batches.take() {
            self.stored.send(orders).map_err(|_| io::Error::other("nobody counts"))?;
        }
        Ok(Consumed::Done)
    }
}

#[actix::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let directory = tempfile::tempdir()?;
    let orders = directory.path().join("orders.ndjson");
    let text = (1..=2000).map(|n| format!("{{\"customer\": \" Ada{n} \", \"cents\": {n}}}\n"));
    std::fs::write(&orders, text.collect::<String>())?;

    let (stored, count) = mpsc::channel();
    let running = Pipeline::named("orders")
        .from(move || File::open(&orders)) // factories: a restart builds anew
        .then(lines(kib(64) as usize))
        .then(from_json::<Order>())
        .map("normalise", Order::normalise)
        .batch("by-500", Batching::of(500).or_after(secs(1)))
        .boundary(Watermarks::items(2, 8)?) // the marks of the link before the next actor
        .to(move || {
            let stored = stored.clone();
            async move { Warehouse::connect(&stored).await }
        })
        .restart(Restart::transient().at_most(3).healthy_after(mins(1)))
        .build()?
        .start();

    println!("{}", running.finished().await?);
    let batches: Vec<Vec<Order>> = count.try_iter().collect();
    let cents: i64 = batches.iter().flatten().map(|order| order.cents).sum();
    println!("stored {} batches, {cents} cents; first: {:?}", batches.len(), batches[0][0]);
    Ok(())
}

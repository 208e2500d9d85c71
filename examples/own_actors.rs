//! Own actors by trait: a producer that is asked, and a consumer that is lent its items.
//!
//! ```sh
//! cargo run --release --example own_actors
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::convert::Infallible;

use aqueduct::prelude::*;

/// Counts as far as it is asked to.
struct Counter(u64);

impl PullProducer for Counter {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let to = 1_000_000.min(self.0 + wanted.items());
        out.extend(self.0..to);
        self.0 = to;
        Ok(if to < 1_000_000 { Next::More } else { Next::Done })
    }
}

/// Adds up what it is lent.
struct Adder {
    sum: u64,
}

impl Consumer for Adder {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(n) = batch.next() {
            self.sum += n; // next() commits the item before
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        println!("{end}: the sum is {}", self.sum);
        Ok(Consumed::Done)
    }
}

#[actix::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let supervisor = Supervisor::new("own actors");
    let slot = supervisor.slot("adder", Watermarks::items(64, 256)?)?;

    supervisor.consumer(&slot, || async { Ok::<_, Infallible>(Adder { sum: 0 }) }).start()?;
    supervisor.producer("counter", &slot, || async { Ok::<_, Infallible>(Counter(0)) }).start()?;

    // A consumer has one producer at a time.
    if let Err(refused) = slot.register("intruder") {
        println!("{refused}");
    }

    let report = supervisor.finished().await?;
    let edge = &report.edges[0];
    println!(
        "{} items, {} pauses, at most {} held",
        edge.committed.items, edge.pauses, edge.peak.items
    );
    Ok(())
}

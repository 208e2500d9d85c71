//! Inside an existing `#[tokio::main]`: Aqueduct brings its own arbiters.
//!
//! ```sh
//! cargo run --release --example inside_tokio
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::convert::Infallible;

use aqueduct::prelude::*;

/// A consumer that needs a moment for each batch, as a database would.
struct Slow(u64);

impl Consumer for Slow {
    type Item = String;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, String>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        let Some(lease) = batch.lease() else { return Ok(Consumed::Done) };
        self.0 += lease.len() as u64;
        Ok(Consumed::later(async move {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            lease.commit();
            Ok(())
        }))
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        println!("{end} after {} items", self.0);
        Ok(Consumed::Done)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arbiters = Arbiters::start(1)?;
    let supervisor = Supervisor::new("inside tokio");
    let slot = supervisor.slot("slow", Watermarks::items(100, 400)?)?;
    supervisor
        .consumer(&slot, || async { Ok::<_, Infallible>(Slow(0)) })
        .start_on(&arbiters.get(0))
        .await?;

    // The producer is an ordinary task of this runtime.
    let mut outlet = slot.register("a tokio task")?;
    tokio::spawn(async move {
        for n in 0..10_000 {
            outlet.send(format!("item {n}")).await?;
        }
        outlet.close().await?;
        Ok::<(), Box<dyn std::error::Error + Send + Sync>>(())
    })
    .await?
    .map_err(|error| error.to_string())?;

    let report = supervisor.finished().await?;
    let edge = &report.edges[0];
    println!(
        "{} pauses, {:?} in all, at most {} held",
        edge.pauses,
        edge.paused(),
        edge.peak.items
    );
    Ok(())
}

//! A `Stream` into an actor into a `Sink`: the way an existing service begins.
//!
//! ```sh
//! cargo run --release --example streams_and_sinks
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::convert::Infallible;

use aqueduct::actors::{SinkConsumer, StreamProducer};
use aqueduct::prelude::*;
use futures_util::{StreamExt, stream};

/// The actor in the middle: it keeps what divides by seven.
struct Sevens;

impl Stage for Sevens {
    type In = u64;
    type Out = String;
    type Error = Infallible;

    fn process(
        &mut self,
        batch: &mut Batch<'_, u64>,
        out: &mut Outbox<'_, String>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        while !out.is_paused() {
            let Some(n) = batch.next() else { break };
            if n % 7 == 0 {
                out.extend([n.to_string()]);
            }
        }
        Ok(Next::More)
    }
}

#[actix::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let supervisor = Supervisor::new("streams and sinks");
    let numbers = supervisor.slot("sevens", Watermarks::items(16, 64)?)?;
    let sevens = supervisor.slot("printer", Watermarks::items(2, 8)?)?;

    // Any sink will do: here one end of a channel of two, the other end of which is read below.
    let (sink, mut lines) = futures_channel::mpsc::channel::<String>(2);
    let printer = move || {
        let sink = sink.clone();
        async move { Ok::<_, Infallible>(SinkConsumer::new(sink)) }
    };
    supervisor.consumer(&sevens, printer).start()?;
    supervisor.stage(&numbers, &sevens, || async { Ok::<_, Infallible>(Sevens) }).start()?;
    let stream = || async { Ok::<_, Infallible>(StreamProducer::new(stream::iter(1..=70_u64))) };
    supervisor.producer("stream", &numbers, stream).start()?;

    for _ in 0..10 {
        if let Some(line) = lines.next().await {
            println!("{line}");
        }
    }
    supervisor.finished().await?;
    Ok(())
}

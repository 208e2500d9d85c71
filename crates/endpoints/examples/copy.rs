//! Copies a file, at one go or over a TCP connection between two arbiters.
//!
//! `cargo run --release -p aqueduct-endpoints --example copy -- OLD NEW [--tcp]`

use std::{error::Error, io::Write, time::Instant};

use actix_rt::{Arbiter, System};
use aqueduct_actors::{Consumer, PullProducer, Shell};
use aqueduct_endpoints::{File, Tcp, TcpListening};
use aqueduct_link::{EdgeReport, Slot, Watermarks, kib};
use bytes::Bytes;
use tokio::sync::oneshot;

type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> Outcome<()> {
    let mut arguments = std::env::args().skip(1);
    let (Some(old), Some(new)) = (arguments.next(), arguments.next()) else {
        return Err("give a file to read and one to write".into());
    };
    let over_tcp = arguments.next().is_some();
    System::new().block_on(async {
        let began = Instant::now();
        let report = if over_tcp {
            hop(old, new).await?
        } else {
            run(File::open(old).await?, File::create(new).await?).await?
        };
        let seconds = began.elapsed().as_secs_f64();
        let megabytes = report.committed.bytes as f64 / 1e6;
        let speed = megabytes / seconds;
        writeln!(std::io::stderr(), "{megabytes:.0} MB, {speed:.0} MB/s, peak {}", report.peak)?;
        Ok(())
    })
}

/// Runs both ends on this arbiter until all is written.
async fn run<P, C>(from: P, to: C) -> Outcome<EdgeReport>
where
    P: PullProducer<Item = Bytes>,
    C: Consumer<Item = Bytes>,
{
    let slot = Slot::new("to", Watermarks::bytes(kib(64), kib(256))?);
    let outlet = slot.register("from")?;
    let gauge = outlet.gauge();
    let to = Shell::consumer("to", to, &slot)?.start();
    let from = Shell::pull("from", from, outlet).start();
    from.finished().await?;
    to.finished().await?;
    Ok(gauge.report())
}

async fn hop(old: String, new: String) -> Outcome<EdgeReport> {
    let listening = Tcp::listen("127.0.0.1:0").await?;
    let address = listening.local_addr().to_string();
    let (done, received) = oneshot::channel();
    let arbiter = Arbiter::new();
    arbiter.spawn(async move {
        let result = receive(listening, new).await.map_err(|error| error.to_string());
        let _ = done.send(result);
    });
    run(File::open(old).await?, Tcp::connect(address).consumer().await?).await?;
    Ok(received.await??)
}

async fn receive(listening: TcpListening, new: String) -> Outcome<EdgeReport> {
    let from = listening.accept().await?.into_producer()?;
    run(from, File::create(new).await?).await
}

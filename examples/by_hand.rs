//! What a pipeline does for you, by hand: a supervisor with a slot for each consumer, and a child at
//! either end of each link.
//!
//! ```sh
//! cargo run --release --example by_hand
//! ```
//!
//! ```text
//!   arbiter 1                               arbiter 2
//!   ┌──────────────────────────┐            ┌────────────┐
//!   │ SPEC.md ─ lines ─ filter │ ═══ link ═►│ TCP client ├─ ─ ─ loopback ─ ─ ┐
//!   └──────────────────────────┘            └────────────┘                   │
//!   ┌──────────────────────────┐            ┌────────────┐                   │
//!   │ found.txt                │◄═══ link ══│ TCP server │◄─ ─ ─ ─ ─ ─ ─ ─ ─ ┘
//!   └──────────────────────────┘            └────────────┘
//! ```
//!
//! The links hold 512 bytes at most, so that you see pauses: the disk and the socket are asked for more
//! only when there is room. Nothing here counts, buffers or waits by hand.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::path::Path;

use aqueduct::prelude::*;

#[actix::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // Real text that comes with the repository: the rules that Aqueduct keeps.
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../SPEC.md");
    let directory = tempfile::tempdir()?;
    let found = directory.path().join("found.txt");

    let arbiters = Arbiters::start(2)?;
    let supervisor = Supervisor::new("by hand");
    let small = Watermarks::bytes_within(0, 256, 512)?;

    let to_server = supervisor.slot("TCP client", small)?;
    let to_disk = supervisor.slot("found.txt", small)?;

    // The far end first: a server that writes what it receives to a file.
    let listening = Tcp::listen("127.0.0.1:0").await?;
    let server = listening.local_addr().to_string();
    let accept = move || {
        let listening = listening.clone();
        async move { listening.accept().await?.into_producer() }
    };
    supervisor.producer("TCP server", &to_disk, accept).start_on(&arbiters.get(1)).await?;
    let target = found.clone();
    let create = move || File::create(&target);
    supervisor.consumer(&to_disk, create).start_on(&arbiters.get(0)).await?;

    // The near end: a file, cut into lines and filtered in the same actor, to a TCP client.
    let connect = move || Tcp::connect(&server).consumer();
    supervisor.consumer(&to_server, connect).start_on(&arbiters.get(1)).await?;
    let rules = lines(kib(64) as usize)
        .then(filter(|line: &Bytes| line.windows(4).any(|word| word == b"MUST")));
    let open = move || File::open(&text);
    supervisor
        .producer_through("SPEC.md", &to_server, open, rules)
        .start_on(&arbiters.get(0))
        .await?;

    // A consumer has one producer at a time.
    if let Err(refused) = to_server.register("intruder") {
        println!("{refused}\n");
    }

    let report = supervisor.finished().await?;
    println!("{report}");
    let found = std::fs::read_to_string(found)?;
    println!("{} lines that say what an implementation MUST do; the first:", found.lines().count());
    println!("{}", found.lines().next().unwrap_or("(none)"));
    Ok(())
}

//! The pipelines of quickstart.toml, composed in Rust: the rules of SPEC.md that say MUST go over
//! TCP, compressed, and into a file.
//!
//! Run it with `cargo run --release --example quickstart`.

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::path::Path;

use aqueduct::{
    operators::{gunzip, gzip},
    pipeline::{Assembled, BlueprintError, picture},
    prelude::*,
};

/// The near end: reads, cuts, filters, compresses, sends.
pub(crate) fn send(address: &str, text: &Path) -> Result<Assembled, Box<dyn std::error::Error>> {
    let small = Watermarks::bytes_within(256, 512, 1024)?;
    let level = 6;
    Ok(Pipeline::named("send")
        .from(File::open(text))
        .named("SPEC.md")
        .then(lines(kib(64) as usize)) // runs in the actor of the file, as does the filter
        .filter("must", |line: &Bytes| line.windows(4).any(|word| word == b"MUST"))
        .boundary(small)
        .on("packer") // another actor, another thread
        .then(gzip(level)?)
        .to(Tcp::connect(address).retrying(secs(5)))
        .named("client")
        .build()?)
}

/// The far end: accepts one peer, and files what it sends.
pub(crate) fn receive(address: &str, found: &Path) -> Result<Assembled, BlueprintError> {
    Pipeline::named("receive")
        .from(Tcp::accept(address))
        .named("server")
        .then(gunzip()) // a stream that broke off fails here
        .to(File::create(found)) // has this name only when all of it is there
        .named("found.txt")
        .build()
}

#[actix::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let text = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../SPEC.md");
    let directory = tempfile::tempdir()?;
    let found = directory.path().join("found.txt");
    let address = "127.0.0.1:7411";

    let (send, receive) = (send(address, &text)?, receive(address, &found)?);
    println!("{}", picture::mermaid(&[send.blueprint(), receive.blueprint()]));

    let (sending, receiving) = (send.start(), receive.start());
    println!("{}", sending.finished().await?);
    println!("{}", receiving.finished().await?);
    println!("\n{}", std::fs::read_to_string(found)?);
    Ok(())
}

//! The same by hand: three tasks with bounded channels between, which pass batches.

use std::{io, path::Path};

use bytes::{Bytes, BytesMut};
use serde::{Serialize, de::DeserializeOwned};
use tokio::{
    fs::File,
    io::{AsyncReadExt, AsyncWriteExt},
    sync::mpsc::{Receiver, Sender, channel},
};

use super::{BATCH, Job, LONGEST, record};
use crate::contest::Failed;

/// Batches between two tasks.
const CHANNEL: usize = 8;

/// What is read at once.
const CHUNK: usize = 64 * 1024;

/// Reads each line as a type.
pub(super) fn typed(job: &Job<'_>) -> Result<(), Failed> {
    run(job, record::Request::is_kept)
}

/// Reads each line as whatever JSON it is.
pub(super) fn untyped(job: &Job<'_>) -> Result<(), Failed> {
    run(job, record::is_value_kept)
}

fn run<T>(job: &Job<'_>, is_kept: fn(&T) -> bool) -> Result<(), Failed>
where
    T: DeserializeOwned + Serialize + Send + 'static,
{
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    Ok(runtime.block_on(tasks(job, is_kept))?)
}

async fn tasks<T>(job: &Job<'_>, is_kept: fn(&T) -> bool) -> io::Result<()>
where
    T: DeserializeOwned + Serialize + Send + 'static,
{
    let (lines, cut) = channel(CHANNEL);
    let (batches, full) = channel(CHANNEL);
    let from = job.from.clone();
    let reading = tokio::spawn(async move { read(&from, lines).await });
    let picking = tokio::spawn(pick(cut, batches, is_kept));
    write(&job.to, full).await?;
    reading.await??;
    picking.await?
}

/// Cuts a file into lines, and sends those of each chunk.
async fn read(from: &Path, lines: Sender<Vec<Bytes>>) -> io::Result<()> {
    let mut file = File::open(from).await?;
    let mut text = BytesMut::new();
    loop {
        text.reserve(CHUNK);
        let some = file.read_buf(&mut text).await?;
        let mut cut = Vec::new();
        while let Some(end) = memchr::memchr(b'\n', &text) {
            cut.push(text.split_to(end + 1).freeze());
        }
        if some == 0 && !text.is_empty() {
            cut.push(text.split().freeze());
        }
        if text.len() > LONGEST {
            return Err(io::Error::other("a line is too long"));
        }
        // Whoever does not receive has failed, and says why.
        if some == 0 && cut.is_empty() || lines.send(cut).await.is_err() {
            return Ok(());
        }
    }
}

/// Parses lines, and sends batches of those that are kept.
async fn pick<T: DeserializeOwned>(
    mut lines: Receiver<Vec<Bytes>>,
    batches: Sender<Vec<T>>,
    is_kept: fn(&T) -> bool,
) -> io::Result<()> {
    let mut begun = Vec::with_capacity(BATCH);
    while let Some(cut) = lines.recv().await {
        for line in cut {
            let value = serde_json::from_slice(&line)?;
            if is_kept(&value) {
                begun.push(value);
            }
            if begun.len() == BATCH {
                let full = std::mem::replace(&mut begun, Vec::with_capacity(BATCH));
                if batches.send(full).await.is_err() {
                    return Ok(());
                }
            }
        }
    }
    // As above.
    drop(batches.send(begun).await);
    Ok(())
}

/// Writes batches, each with one call.
async fn write<T: Serialize>(to: &Path, mut batches: Receiver<Vec<T>>) -> io::Result<()> {
    let mut file = File::create(to).await?;
    let mut text = Vec::new();
    while let Some(batch) = batches.recv().await {
        text.clear();
        for value in batch {
            serde_json::to_writer(&mut text, &value)?;
            text.push(b'\n');
        }
        file.write_all(&text).await?;
    }
    file.flush().await?;
    file.sync_all().await
}

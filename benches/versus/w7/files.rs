//! Modes `file-tcp` and `file-file`: a file in memory, sent to a connection or copied.

use std::{
    fs::File,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    GB, MB, MIB,
    child::{Child, Work, on_a_thread},
    net::{Look, Sink, receive},
    pattern::Pattern,
    scratch::Scratch,
};
use crate::contest::{Failed, Run};

/// Says how to send a file to a port.
pub(super) type Send = fn(&Scratch, &Path, u16) -> Result<Work, Failed>;

/// Says how to copy a file.
pub(super) type Copy = fn(&Scratch, &Path, &Path) -> Result<Work, Failed>;

/// How long a process may take, or take to end when its work is done.
const PATIENCE: Duration = Duration::from_secs(60);

/// Sends a file of so many MiB: once to be looked at byte by byte, and once to be measured.
pub(super) fn sent(by: Send, mib: u64) -> Run {
    on_a_thread(move || {
        let bytes = mib * MIB;
        let (scratch, pattern) = (Scratch::with_room(bytes)?, Pattern::new());
        pattern.write(&mut scratch.file("from")?, bytes)?;
        send_once(by, &scratch, &pattern, bytes, Look::AtEachByte)?;
        send_once(by, &scratch, &pattern, bytes, Look::AtTheCount)
    })
}

/// The clock runs from when the connection is made, for it takes some programs long to start.
fn send_once(
    by: Send,
    scratch: &Scratch,
    pattern: &Pattern,
    bytes: u64,
    look: Look,
) -> Result<Vec<f64>, Failed> {
    let sink = Sink::listen()?;
    let work = by(scratch, &scratch.path("from"), sink.port()?)?;
    let child = Child::start(work, scratch)?;
    let far = sink.accept().map_err(|why| if is_over(&child) { child.failed() } else { why })?;
    let (began, before) = (Instant::now(), child.cpu()?);
    let end = receive(&far, pattern, bytes, look)?;
    drop(far);
    child.finish(PATIENCE)?;
    Ok(figures(bytes, end.duration_since(began), child.cpu()? - before))
}

fn is_over(child: &Child) -> bool {
    child.has_ended().unwrap_or(false)
}

/// Copies a file of so many MiB, and compares the copy.
///
/// The clock runs from the start of the process to its end.
pub(super) fn copied(by: Copy, mib: u64) -> Run {
    on_a_thread(move || {
        let bytes = mib * MIB;
        let (scratch, pattern) = (Scratch::with_room(2 * bytes)?, Pattern::new());
        pattern.write(&mut scratch.file("from")?, bytes)?;
        let to = scratch.path("to");
        let work = by(&scratch, &scratch.path("from"), &to)?;
        let began = Instant::now();
        let child = Child::start(work, &scratch)?;
        child.finish(PATIENCE)?;
        let took = began.elapsed();
        pattern.verify(File::open(to)?, bytes)?;
        Ok(figures(bytes, took, child.cpu()?))
    })
}

fn figures(bytes: u64, wall: Duration, cpu: f64) -> Vec<f64> {
    let bytes = bytes as f64;
    vec![bytes / MB / wall.as_secs_f64(), cpu / (bytes / GB)]
}

//! What this program does itself as a child: the smallest programs that do the work.

use std::{
    ffi::{OsStr, OsString},
    fs::File,
    future::Future,
    io::{self, Read, Write},
    net::{TcpListener, TcpStream},
    path::Path,
};

use rustix::{
    fs::sendfile,
    pipe::{SpliceFlags, fcntl_setpipe_size, pipe, splice},
};
use tokio::io::AsyncWriteExt;

use super::{child::Work, net::address, process::Route};

/// The size of the pipe that bytes are spliced through: the most that a user may have.
const PIPE: usize = 1 << 20;

/// What is read and written at once.
const CHUNK: usize = 64 * 1024;

/// The most that the kernel sends with one call.
const SEND: usize = 0x7fff_f000;

const SPLICE: &str = "splice";
const BLOCKING: &str = "blocking-loop";
const BIDIRECTIONAL: &str = "copy-bidirectional";
const SENDFILE: &str = "sendfile";
const COPY_TO_PEER: &str = "copy-to-peer";
const COPY_TO_FILE: &str = "copy-to-file";

/// A relay that moves bytes through a pipe without looking at them.
pub(super) fn splicing(route: Route) -> Work {
    relay(SPLICE, route)
}

/// A relay that reads and writes, and waits in both.
pub(super) fn blocking(route: Route) -> Work {
    relay(BLOCKING, route)
}

/// A relay by tokio's `copy_bidirectional`.
pub(super) fn bidirectional(route: Route) -> Work {
    relay(BIDIRECTIONAL, route)
}

/// Has the kernel send a file.
pub(super) fn sending(from: &Path, target: u16) -> Work {
    Work::own(SENDFILE).and(from).and(target.to_string())
}

/// Sends a file by tokio's `copy`.
pub(super) fn copying_to_peer(from: &Path, target: u16) -> Work {
    Work::own(COPY_TO_PEER).and(from).and(target.to_string())
}

/// Copies a file by tokio's `copy`.
pub(super) fn copying_to_file(from: &Path, to: &Path) -> Work {
    Work::own(COPY_TO_FILE).and(from).and(to)
}

fn relay(role: &str, Route { listen, target }: Route) -> Work {
    Work::own(role).and(listen.to_string()).and(target.to_string())
}

/// Does what these words of a [`Work`] say.
pub(super) fn run(role: &OsStr, words: &[OsString]) -> io::Result<()> {
    let [first, second] = words else { return Err(io::ErrorKind::InvalidInput.into()) };
    match role.to_str() {
        Some(SPLICE) => relay_by(first, second, |from, to| splice_all(&from, &to)),
        Some(BLOCKING) => relay_by(first, second, read_and_write),
        Some(BIDIRECTIONAL) => relay_by(first, second, copy_bidirectional),
        Some(SENDFILE) => send_file(&File::open(first)?, &connect(second)?),
        Some(COPY_TO_PEER) => copy_to_peer(first, second),
        Some(COPY_TO_FILE) => copy_to_file(first, second),
        _ => Err(io::ErrorKind::InvalidInput.into()),
    }
}

fn port(word: &OsStr) -> io::Result<u16> {
    let port = word.to_str().and_then(|word| word.parse().ok());
    port.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

fn connect(target: &OsStr) -> io::Result<TcpStream> {
    TcpStream::connect(address(port(target)?))
}

fn relay_by(
    listen: &OsStr,
    target: &OsStr,
    by: impl FnOnce(TcpStream, TcpStream) -> io::Result<()>,
) -> io::Result<()> {
    let (from, _) = TcpListener::bind(address(port(listen)?))?.accept()?;
    by(from, connect(target)?)
}

fn splice_all(from: &TcpStream, to: &TcpStream) -> io::Result<()> {
    let (out, into) = pipe()?;
    fcntl_setpipe_size(&into, PIPE)?;
    loop {
        let mut left = splice(from, None, &into, None, PIPE, SpliceFlags::MOVE)?;
        if left == 0 {
            return Ok(());
        }
        while left > 0 {
            left -= splice(&out, None, to, None, left, SpliceFlags::MOVE)?;
        }
    }
}

fn read_and_write(mut from: TcpStream, mut to: TcpStream) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        match from.read(&mut buffer)? {
            0 => return Ok(()),
            some => to.write_all(&buffer[..some])?,
        }
    }
}

fn send_file(from: &File, to: &TcpStream) -> io::Result<()> {
    while sendfile(to, from, None, SEND)? > 0 {}
    Ok(())
}

fn copy_bidirectional(from: TcpStream, to: TcpStream) -> io::Result<()> {
    from.set_nonblocking(true)?;
    to.set_nonblocking(true)?;
    wait_for(async {
        let mut from = tokio::net::TcpStream::from_std(from)?;
        let mut to = tokio::net::TcpStream::from_std(to)?;
        tokio::io::copy_bidirectional_with_sizes(&mut from, &mut to, CHUNK, CHUNK).await?;
        Ok(())
    })
}

fn copy_to_peer(from: &OsStr, target: &OsStr) -> io::Result<()> {
    let port = port(target)?;
    wait_for(async {
        let mut from = tokio::fs::File::open(from).await?;
        let mut to = tokio::net::TcpStream::connect(address(port)).await?;
        tokio::io::copy(&mut from, &mut to).await?;
        to.shutdown().await
    })
}

fn copy_to_file(from: &OsStr, to: &OsStr) -> io::Result<()> {
    wait_for(async {
        let mut from = tokio::fs::File::open(from).await?;
        let mut to = tokio::fs::File::create(to).await?;
        tokio::io::copy(&mut from, &mut to).await?;
        to.flush().await
    })
}

fn wait_for(work: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()?.block_on(work)
}

//! A socket that belongs to the arbiter that uses it.

use std::{io, net};

use tokio::net::TcpStream;

/// A socket that registers with the runtime where it is first used, so that an endpoint made on one
/// arbiter can work on another.
#[derive(Debug)]
pub(crate) struct Socket {
    idle: Option<net::TcpStream>,
    live: Option<TcpStream>,
}

impl Socket {
    /// Returns a socket around this stream, which must be non-blocking.
    pub(super) const fn new(stream: net::TcpStream) -> Self {
        Self { idle: Some(stream), live: None }
    }

    pub(super) fn get(&mut self) -> io::Result<&mut TcpStream> {
        if let Some(stream) = self.idle.take() {
            self.live = Some(TcpStream::from_std(stream)?);
        }
        self.live.as_mut().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    /// Moves the stream out, registered.
    pub(crate) fn take(&mut self) -> io::Result<TcpStream> {
        self.get()?;
        self.live.take().ok_or_else(|| io::ErrorKind::NotConnected.into())
    }

    pub(crate) fn close(&mut self) {
        self.idle = None;
        self.live = None;
    }
}

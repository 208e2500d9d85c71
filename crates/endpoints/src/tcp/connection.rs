//! Connections before they are read from or written to.

use std::{fmt, io, net::SocketAddr};

use aqueduct_link::Name;
use tokio::net::TcpStream;

use super::{TcpConsumer, TcpProducer, socket::Socket};
use crate::{Action, EndpointError};

pub(super) fn name_of(address: impl fmt::Display) -> String {
    format!("tcp {address}")
}

/// The resolver tells without a kind or number that there is no such name.
pub(super) fn named(error: io::Error) -> io::Error {
    use io::ErrorKind::{InvalidInput, NotFound, TimedOut};
    let has_kind = matches!(error.kind(), InvalidInput | TimedOut);
    if has_kind || error.raw_os_error().is_some() {
        return error;
    }
    io::Error::new(NotFound, error)
}

/// A connection to one peer.
#[derive(Debug)]
pub struct TcpConnection {
    stream: TcpStream,
    local: SocketAddr,
    peer: SocketAddr,
}

impl TcpConnection {
    pub(super) fn new(stream: TcpStream) -> io::Result<Self> {
        stream.set_nodelay(true)?;
        Ok(Self { local: stream.local_addr()?, peer: stream.peer_addr()?, stream })
    }

    /// Our address.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// The peer's address.
    #[must_use]
    pub const fn peer_addr(&self) -> SocketAddr {
        self.peer
    }

    /// Reads from it, and writes nothing.
    ///
    /// # Errors
    /// If the runtime cannot let go of the connection.
    pub fn into_producer(self) -> Result<TcpProducer, EndpointError> {
        let name: Name = name_of(self.peer).into();
        match self.stream.into_std() {
            Ok(stream) => Ok(TcpProducer::new(name, Socket::new(stream))),
            Err(error) => Err(EndpointError::new(&*name, Action::Open, 0, error)),
        }
    }

    /// Writes to it, and reads nothing.
    ///
    /// # Errors
    /// If the system refuses the options of the connection.
    pub fn into_consumer(self) -> Result<TcpConsumer, EndpointError> {
        let name: Name = name_of(self.peer).into();
        match arm(&self.stream).and_then(|()| self.stream.into_std()) {
            Ok(stream) => Ok(TcpConsumer::new(name, Socket::new(stream))),
            Err(error) => Err(EndpointError::new(&*name, Action::Open, 0, error)),
        }
    }

    /// Reads from it and writes to it; the halves may live on different arbiters.
    ///
    /// # Errors
    /// If the process may not have another descriptor.
    pub fn split(self) -> Result<(TcpProducer, TcpConsumer), EndpointError> {
        let name: Name = name_of(self.peer).into();
        let split = || {
            arm(&self.stream)?;
            let writing = self.stream.into_std()?;
            Ok((writing.try_clone()?, writing))
        };
        match split() {
            Ok((reading, writing)) => Ok((
                TcpProducer::new(name.clone(), Socket::new(reading)),
                TcpConsumer::new(name, Socket::new(writing)),
            )),
            Err(error) => Err(EndpointError::new(&*name, Action::Open, 0, error)),
        }
    }
}

/// From now on the connection is reset when it is closed, by whatever: the peer must not take what
/// it has for all.
fn arm(stream: &TcpStream) -> io::Result<()> {
    stream.set_zero_linger()
}

//! Connections before they are read from or written to.

use std::{
    fmt,
    future::Future,
    io,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use aqueduct_link::Name;
use tokio::net::{TcpListener, TcpStream};

use super::{TcpConsumer, TcpProducer, socket::Socket};
use crate::{Action, EndpointError};

/// How long to wait for a peer to answer: three tries of the kernel (at 0, 1, 3 and 7 seconds) and
/// time for the last answer.
const PATIENCE: Duration = Duration::from_secs(10);

type Connecting = Pin<Box<dyn Future<Output = Result<TcpConnection, EndpointError>> + Send>>;

/// A connection that is being made; see [`Tcp::connect`](crate::Tcp::connect).
#[must_use = "nothing is connected until it is awaited"]
pub struct ConnectTcp {
    address: String,
    patience: Duration,
    connecting: Option<Connecting>,
}

impl ConnectTcp {
    pub(super) fn new(address: String) -> Self {
        Self { address, patience: PATIENCE, connecting: None }
    }

    /// Gives up after this time. Default: 10 s, in which a lost packet is sent again three times.
    ///
    /// Too small fails over slow or lossy networks; too large waits for a peer that is not there.
    pub const fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Connects, and reads from the connection.
    ///
    /// # Errors
    /// As [`Tcp::connect`](crate::Tcp::connect).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn producer(self) -> Result<TcpProducer, EndpointError> {
        self.await?.into_producer()
    }

    /// Connects, and writes to the connection.
    ///
    /// # Errors
    /// As [`Tcp::connect`](crate::Tcp::connect).
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn consumer(self) -> Result<TcpConsumer, EndpointError> {
        self.await?.into_consumer()
    }
}

impl Future for ConnectTcp {
    type Output = Result<TcpConnection, EndpointError>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let (address, patience) = (self.address.clone(), self.patience);
        self.connecting
            .get_or_insert_with(|| Box::pin(connect(address, patience)))
            .as_mut()
            .poll(task)
    }
}

impl fmt::Debug for ConnectTcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConnectTcp")
            .field("address", &self.address)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

async fn connect(address: String, patience: Duration) -> Result<TcpConnection, EndpointError> {
    let connecting = tokio::time::timeout(patience, TcpStream::connect(&address));
    let result = match connecting.await {
        Ok(result) => result,
        Err(_) => {
            Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {patience:?}")))
        }
    };
    result
        .and_then(TcpConnection::new)
        .map_err(|error| EndpointError::new(name_of(&address), Action::Connect, 0, named(error)))
}

/// The resolver tells without a kind or number that there is no such name.
fn named(error: io::Error) -> io::Error {
    use io::ErrorKind::{InvalidInput, NotFound, TimedOut};
    let has_kind = matches!(error.kind(), InvalidInput | TimedOut);
    if has_kind || error.raw_os_error().is_some() {
        return error;
    }
    io::Error::new(NotFound, error)
}

fn name_of(address: impl fmt::Display) -> String {
    format!("tcp {address}")
}

/// A place where peers can connect; clones share it.
///
/// Peers wait in the kernel's queue until they are accepted; when the last clone is dropped, those
/// that wait are reset and others are refused.
#[derive(Clone, Debug)]
pub struct TcpListening {
    listener: Arc<TcpListener>,
    local: SocketAddr,
}

impl TcpListening {
    pub(super) async fn bind(address: String) -> Result<Self, EndpointError> {
        let bind = async {
            let listener = TcpListener::bind(&address).await?;
            let local = listener.local_addr()?;
            Ok(Self { listener: Arc::new(listener), local })
        };
        bind.await.map_err(|error: io::Error| {
            EndpointError::new(name_of(&address), Action::Listen, 0, named(error))
        })
    }

    /// The address that peers connect to, with the port that was chosen.
    #[must_use]
    pub const fn local_addr(&self) -> SocketAddr {
        self.local
    }

    /// Accepts one peer.
    ///
    /// # Errors
    /// If the system has no room for another connection.
    ///
    /// # Cancel safety
    /// Cancel safe: a peer that is not accepted stays in the queue.
    pub async fn accept(&self) -> Result<TcpConnection, EndpointError> {
        loop {
            let result = self.listener.accept().await;
            match result.and_then(|(stream, _)| TcpConnection::new(stream)) {
                // A peer that left again before it was accepted; there will be another.
                Err(error)
                    if matches!(
                        error.kind(),
                        io::ErrorKind::ConnectionAborted
                            | io::ErrorKind::ConnectionReset
                            | io::ErrorKind::NotConnected
                    ) => {}
                result => {
                    return result.map_err(|error| {
                        EndpointError::new(name_of(self.local), Action::Accept, 0, error)
                    });
                }
            }
        }
    }
}

/// A connection to one peer.
#[derive(Debug)]
pub struct TcpConnection {
    stream: TcpStream,
    local: SocketAddr,
    peer: SocketAddr,
}

impl TcpConnection {
    fn new(stream: TcpStream) -> io::Result<Self> {
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

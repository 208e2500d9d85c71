//! Connections that are made.

use std::{
    fmt,
    future::Future,
    io,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use tokio::{net::TcpStream, time::Instant};

use super::{
    TcpConnection, TcpConsumer, TcpProducer,
    connection::{name_of, named},
};
use crate::{Action, EndpointError};

/// How long to wait for a peer to answer: three tries of the kernel (at 0, 1, 3 and 7 seconds) and
/// time for the last answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// The waits between tries where nobody listens.
const FIRST_WAIT: Duration = Duration::from_millis(20);
const LONGEST_WAIT: Duration = Duration::from_secs(1);

type Connecting = Pin<Box<dyn Future<Output = Result<TcpConnection, EndpointError>> + Send>>;

/// A connection that is being made; see [`Tcp::connect`](crate::Tcp::connect).
#[must_use = "nothing is connected until it is awaited"]
pub struct ConnectTcp {
    address: String,
    patience: Duration,
    retry: Duration,
    connecting: Option<Connecting>,
}

impl ConnectTcp {
    pub(super) fn new(address: String) -> Self {
        Self { address, patience: PATIENCE, retry: Duration::ZERO, connecting: None }
    }

    /// Gives up after this time. Default: 10 s, in which a lost packet is sent again three times.
    ///
    /// Too small fails over slow or lossy networks; too large waits for a peer that is not there.
    pub const fn within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// While nobody listens there, tries again for this long, at first after 20 ms and then after
    /// twice the time, up to a second. Default: 0, the first refusal is final.
    ///
    /// For a peer that is started at the same time, or again.
    pub const fn retrying(mut self, time: Duration) -> Self {
        self.retry = time;
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

/// A clone connects once more, with the same options, so that a factory can hand out clones.
impl Clone for ConnectTcp {
    fn clone(&self) -> Self {
        let Self { patience, retry, .. } = *self;
        Self { patience, retry, ..Self::new(self.address.clone()) }
    }
}

impl Future for ConnectTcp {
    type Output = Result<TcpConnection, EndpointError>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let Self { patience, retry, .. } = *self;
        let address = self.address.clone();
        self.connecting
            .get_or_insert_with(|| Box::pin(connect(address, patience, retry)))
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

async fn connect(
    address: String,
    patience: Duration,
    retry: Duration,
) -> Result<TcpConnection, EndpointError> {
    let until = Instant::now() + retry;
    let mut wait = FIRST_WAIT;
    let result = loop {
        let result = attempt(&address, patience).await;
        let refused = |error: &io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
        let left = until.saturating_duration_since(Instant::now());
        if !result.as_ref().is_err_and(refused) || left.is_zero() {
            break result;
        }
        tokio::time::sleep(wait.min(left)).await;
        wait = (wait * 2).min(LONGEST_WAIT);
    };
    result
        .and_then(TcpConnection::new)
        .map_err(|error| EndpointError::new(name_of(&address), Action::Connect, 0, named(error)))
}

async fn attempt(address: &str, patience: Duration) -> io::Result<TcpStream> {
    tokio::time::timeout(patience, TcpStream::connect(address)).await.unwrap_or_else(|_| {
        Err(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {patience:?}")))
    })
}

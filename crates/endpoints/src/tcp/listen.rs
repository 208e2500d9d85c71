//! Connections that are accepted.

use std::{fmt, io, net::SocketAddr, sync::Arc};

use tokio::net::TcpListener;

use super::{
    TcpConnection, TcpConsumer, TcpProducer,
    connection::{name_of, named},
};
use crate::{Action, EndpointError};

/// One peer that is being waited for; see [`Tcp::accept`](crate::Tcp::accept).
#[derive(Clone)]
#[must_use = "nothing listens until a producer or a consumer is asked for"]
pub struct AcceptTcp {
    address: String,
    listening: Option<Arc<dyn Fn(SocketAddr) + Send + Sync>>,
}

impl AcceptTcp {
    pub(super) const fn new(address: String) -> Self {
        Self { address, listening: None }
    }

    /// Tells the address once peers can connect to it, with the port that was chosen.
    pub fn listening(mut self, tell: impl Fn(SocketAddr) + Send + Sync + 'static) -> Self {
        self.listening = Some(Arc::new(tell));
        self
    }

    /// Accepts one peer, and reads from it.
    ///
    /// # Errors
    /// As [`Tcp::listen`](crate::Tcp::listen) and [`TcpListening::accept`].
    ///
    /// # Cancel safety
    /// Cancel safe; nobody listens any more then.
    pub async fn producer(self) -> Result<TcpProducer, EndpointError> {
        self.connection().await?.into_producer()
    }

    /// Accepts one peer, and writes to it.
    ///
    /// # Errors
    /// As [`Tcp::listen`](crate::Tcp::listen) and [`TcpListening::accept`].
    ///
    /// # Cancel safety
    /// Cancel safe; nobody listens any more then.
    pub async fn consumer(self) -> Result<TcpConsumer, EndpointError> {
        self.connection().await?.into_consumer()
    }

    async fn connection(self) -> Result<TcpConnection, EndpointError> {
        let listening = TcpListening::bind(self.address).await?;
        let local = listening.local_addr();
        tracing::info!("listening on {local}");
        if let Some(tell) = self.listening {
            tell(local);
        }
        listening.accept().await
    }
}

impl fmt::Debug for AcceptTcp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AcceptTcp").field("address", &self.address).finish_non_exhaustive()
    }
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

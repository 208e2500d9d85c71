//! TCP connections.

mod connect;
mod connection;
mod consumer;
mod listen;
mod producer;
mod socket;

pub use connect::ConnectTcp;
pub use connection::TcpConnection;
pub use consumer::TcpConsumer;
pub use listen::{AcceptTcp, TcpListening};
pub use producer::TcpProducer;

pub(crate) use consumer::poll_write_vectored;
pub(crate) use socket::Socket;

use crate::EndpointError;

/// TCP connections, made or accepted.
///
/// # Buffers
/// A [`TcpProducer`] reads at most 64 KiB at once, and only what is wanted; a [`TcpConsumer`] has
/// none of its own, since what it writes stays in the link until the kernel has it.
/// Behind both are the kernel's: on one machine about 4 MB in all between a writer and a reader
/// that does not read.
/// A commit means that our kernel has the bytes, not that the peer has; of that only an answer of
/// the peer can tell.
/// `TCP_NODELAY` is set: what is written is sent at once.
///
/// # Pausing
/// Nothing is read; the kernel's window closes, and the peer's writes wait.
///
/// # Truncated or finished
/// The end of a TCP stream (FIN) says that the peer has closed, and a reset (RST) that it gave up:
/// a [`TcpProducer`] finishes at the one and fails at the other.
/// A [`TcpConsumer`] says it as clearly as TCP can: FIN only after
/// [`End::Finished`](aqueduct_actors::End::Finished); after any other end, an error, the death of
/// its actor, and of the whole process, the connection is reset (`SO_LINGER` of zero, until it has
/// finished).
/// Other programs do not: when they are killed, their kernel sends FIN, and a truncated stream
/// looks like a finished one.
/// Where that matters, have the data say how long it is.
///
/// The reset goes out when all that uses the connection is gone, so, after
/// [`split`](TcpConnection::split), when the other half is dropped as well.
/// What our kernel had not sent by then is dropped with it.
/// A peer that is gone is noticed by the next write.
///
/// # Restarts
/// A connection cannot be had again: an endpoint made anew connects anew, and the peer sees two.
#[derive(Debug)]
pub enum Tcp {}

impl Tcp {
    /// Connects to an address as `host:port`.
    ///
    /// ```no_run
    /// # use aqueduct_endpoints::{EndpointError, Tcp, TcpConsumer};
    /// # async fn connect() -> Result<TcpConsumer, EndpointError> {
    /// let upload = Tcp::connect("10.0.0.7:9000").consumer().await?;
    /// # Ok(upload)
    /// # }
    /// ```
    ///
    /// # Errors
    /// If the name cannot be resolved, or none of its addresses answers in time.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub fn connect(address: impl Into<String>) -> ConnectTcp {
        ConnectTcp::new(address.into())
    }

    /// Listens on an address as `host:port`; port 0 takes a free one.
    ///
    /// # Errors
    /// If the address is not of this machine, or in use.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn listen(address: impl Into<String>) -> Result<TcpListening, EndpointError> {
        TcpListening::bind(address.into()).await
    }

    /// Listens on an address as `host:port`, and accepts one peer; then nobody listens any more.
    ///
    /// For several peers, or the chosen port, see [`listen`](Self::listen).
    pub fn accept(address: impl Into<String>) -> AcceptTcp {
        AcceptTcp::new(address.into())
    }
}

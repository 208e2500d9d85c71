//! Writes a connection.

use std::{
    io::{self, IoSlice},
    pin::Pin,
    task::{Context, Poll, ready},
};

use aqueduct_actors::{Batch, Consumed, Consumer, Ctx, End};
use aqueduct_link::Name;
use bytes::Bytes;
use tokio::{io::AsyncWrite, net::TcpStream};

use super::socket::Socket;
use crate::{Action, EndpointError, SpanConsumer};

/// The most chunks that are written by one call.
const SLICES: usize = 64;

/// Writes to a peer, straight from the link; see [`Tcp`](crate::Tcp).
///
/// Dropped before a finished end, it resets the connection.
#[derive(Debug)]
pub struct TcpConsumer {
    name: Name,
    socket: Socket,
    /// The chunk in front of the link that the kernel has taken in part, and how much of it.
    partial: Option<(Bytes, usize)>,
    offset: u64,
}

impl TcpConsumer {
    pub(super) const fn new(name: Name, socket: Socket) -> Self {
        Self { name, socket, partial: None, offset: 0 }
    }

    /// How much the kernel has taken so far, in bytes.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Returns one that writes to the same peer, and has the kernel fetch the bytes itself where it
    /// can.
    #[must_use]
    pub fn into_spans(self) -> SpanConsumer {
        SpanConsumer::tcp(self)
    }

    pub(crate) fn stream(&mut self) -> io::Result<&mut TcpStream> {
        self.socket.get()
    }

    /// The kernel took this much more.
    pub(crate) const fn took(&mut self, bytes: usize) {
        self.offset += bytes as u64;
    }

    /// The stream has ended: after a finished one the peer reads its end; after any other the
    /// connection is reset.
    pub(crate) fn poll_close(
        &mut self,
        end: &End,
        task: &mut Context<'_>,
    ) -> Poll<Result<(), EndpointError>> {
        if end.is_finished() {
            let finished = match self.socket.get() {
                Ok(stream) => ready!(poll_finish(stream, task)),
                Err(error) => Err(error),
            };
            if let Err(error) = finished {
                return Poll::Ready(Err(self.error(Action::Close, error)));
            }
        }
        self.socket.close();
        Poll::Ready(Ok(()))
    }

    pub(crate) fn error(&self, action: Action, error: io::Error) -> EndpointError {
        EndpointError::new(&*self.name, action, self.offset, error)
    }

    /// Has the kernel take what it can of these chunks; answers how many it took whole.
    fn poll_write(
        &mut self,
        chunks: (&[Bytes], &[Bytes]),
        task: &mut Context<'_>,
    ) -> Poll<io::Result<usize>> {
        let all = || chunks.0.iter().chain(chunks.1);
        let mut skip = match (self.partial.take(), all().next()) {
            // Of another chunk nothing is taken: the stream in front was aborted, and the next
            // one begins. While we hold the one, no other can be in its place.
            (Some((taken, bytes)), Some(front)) if taken.as_ptr() == front.as_ptr() => {
                self.partial = Some((taken, bytes));
                bytes
            }
            _ => 0,
        };
        let mut slices = [IoSlice::new(&[]); SLICES];
        let mut filled = 0;
        for (slice, chunk) in slices.iter_mut().zip(all()) {
            *slice = IoSlice::new(chunk.get(skip..).unwrap_or_default());
            skip = 0;
            filled += 1;
        }
        let slices = &slices[..filled];
        let stream = self.socket.get()?;
        let mut taken = ready!(poll_write_vectored(stream, task, slices))?;
        self.took(taken);
        let mut whole = 0;
        let mut before = self.partial.take().map_or(0, |(_, bytes)| bytes);
        for (slice, chunk) in slices.iter().zip(all()) {
            if taken < slice.len() {
                if before + taken > 0 {
                    self.partial = Some((chunk.clone(), before + taken));
                }
                break;
            }
            taken -= slice.len();
            before = 0;
            whole += 1;
        }
        Poll::Ready(Ok(whole))
    }
}

/// As the stream does it; but bytes that are not taken, nor refused, are an error, and no bytes
/// need no call.
pub(crate) fn poll_write_vectored(
    stream: &mut TcpStream,
    task: &mut Context<'_>,
    slices: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    if slices.iter().all(|slice| slice.is_empty()) {
        return Poll::Ready(Ok(0));
    }
    match ready!(Pin::new(stream).poll_write_vectored(task, slices))? {
        0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
        bytes => Poll::Ready(Ok(bytes)),
    }
}

/// FIN, and no reset after it.
fn poll_finish(stream: &mut TcpStream, task: &mut Context<'_>) -> Poll<io::Result<()>> {
    #[allow(
        deprecated,
        reason = "what is deprecated is a time to linger, which blocks; this is none"
    )]
    stream.set_linger(None)?;
    Pin::new(stream).poll_shutdown(task)
}

impl Consumer for TcpConsumer {
    type Item = Bytes;
    type Error = EndpointError;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, EndpointError> {
        while !batch.is_empty() {
            let written =
                batch.show(|first, second| self.poll_write((first, second), &mut ctx.task()));
            match written {
                Poll::Pending => return Ok(Consumed::Wait),
                Poll::Ready(Ok(whole)) => batch.advance(whole),
                Poll::Ready(Err(error)) => return Err(self.error(Action::Write, error)),
            };
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, ctx: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, EndpointError> {
        Ok(match self.poll_close(end, &mut ctx.task())? {
            Poll::Pending => Consumed::Wait,
            Poll::Ready(()) => Consumed::Done,
        })
    }
}

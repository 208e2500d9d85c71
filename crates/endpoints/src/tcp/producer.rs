//! Reads a connection.

use std::{
    future::Future,
    io,
    pin::pin,
    task::{Context, Poll},
};

use aqueduct_actors::{Ctx, Demand, Next, Outbox, PullProducer};
use aqueduct_link::{Name, Stopped};
use bytes::{BufMut, Bytes};
use tokio::io::AsyncReadExt;

use super::socket::Socket;
use crate::{Action, EndpointError, Slab, SpanProducer, portions::Portions};

/// What a peer sends, in chunks; see [`Tcp`](crate::Tcp).
#[derive(Debug)]
pub struct TcpProducer {
    name: Name,
    socket: Socket,
    slab: Slab,
    portions: Portions<Bytes>,
    offset: u64,
    ended: bool,
}

impl TcpProducer {
    pub(super) fn new(name: Name, socket: Socket) -> Self {
        Self { name, socket, slab: Slab::new(), portions: Portions::new(), offset: 0, ended: false }
    }

    /// Reads up to this many bytes at once, which become one item. Default:
    /// [`CHUNK`](crate::CHUNK); range: 1 to [`BLOCK`](crate::BLOCK), and never more than a quarter
    /// of what an empty link wants.
    #[must_use]
    pub fn chunk(mut self, bytes: usize) -> Self {
        self.portions.set_chunk(bytes);
        self
    }

    /// Returns one that leaves the bytes in the kernel, and tells how many are there.
    #[must_use]
    pub fn into_spans(self) -> SpanProducer {
        SpanProducer::tcp(self.name, self.socket, self.portions.of())
    }

    /// How much was read so far, in bytes.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// Reads once; an empty chunk is the end.
    fn poll_chunk(&mut self, task: &mut Context<'_>) -> Poll<io::Result<Bytes>> {
        let most = self.portions.size();
        let stream = self.socket.get()?;
        let mut room = self.slab.room(most).limit(most);
        // Polled once and dropped: it is cancel safe.
        let read = pin!(stream.read_buf(&mut room)).poll(task);
        read.map_ok(|_| self.slab.take())
    }
}

impl PullProducer for TcpProducer {
    type Item = Bytes;
    type Error = EndpointError;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, Bytes>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, EndpointError> {
        if !self.portions.begin(wanted, out) {
            return Ok(Next::More);
        }
        while !self.ended {
            match self.poll_chunk(&mut ctx.task()) {
                Poll::Pending => return Ok(Next::Wait),
                Poll::Ready(Ok(chunk)) if chunk.is_empty() => self.ended = true,
                Poll::Ready(Ok(chunk)) => {
                    self.offset += chunk.len() as u64;
                    if !self.portions.give(chunk, out) {
                        return Ok(Next::More);
                    }
                }
                Poll::Ready(Err(error)) => {
                    return Err(EndpointError::new(&*self.name, Action::Read, self.offset, error));
                }
            }
        }
        Ok(Next::Done)
    }

    /// The peer is told that nobody reads, by a reset if it sends more.
    fn stopped(&mut self, _: Stopped, _: &mut Ctx<'_, Self>) {
        self.socket.close();
    }
}

//! Tells where bytes are.

use std::{
    io,
    sync::Arc,
    task::{Context, Poll, ready},
};

use aqueduct_actors::{Ctx, Demand, Next, Outbox, PullProducer};
use aqueduct_link::{Name, Stopped};

use super::{
    span::{Origin, Plain, Span},
    spring::{Look, Spring},
};
use crate::{Action, EndpointError, blocking::Reading, portions::Portions, tcp::Socket};

/// A file or a connection whose bytes stay in the kernel; made by
/// [`FileProducer::into_spans`](crate::FileProducer::into_spans) and
/// [`TcpProducer::into_spans`](crate::TcpProducer::into_spans).
///
/// # Buffers
/// It has none. What it promises of a connection waits in the kernel's receive buffer.
///
/// # Restarts
/// One whose consumer is made anew must be a file: what a dead consumer took out of a connection
/// is lost.
#[derive(Debug)]
pub struct SpanProducer {
    portions: Portions<Span>,
    source: Source,
}

#[derive(Debug)]
enum Source {
    File(Box<FileSource>),
    Tcp(TcpSource),
}

#[derive(Debug)]
struct FileSource {
    plain: Arc<Plain>,
    /// How far it is promised.
    offset: u64,
    /// How long it was when it was opened: as far as that goes, nothing needs to be looked up.
    size: u64,
    /// Reads what is behind that, if there is more by then, and finds the end.
    rest: Reading,
    /// The rest begins at the end of what is promised.
    at_rest: bool,
}

#[derive(Debug)]
struct TcpSource {
    name: Name,
    socket: Socket,
    spring: Option<Arc<Spring>>,
    offset: u64,
}

impl SpanProducer {
    pub(crate) fn file(rest: Reading, size: Option<u64>) -> Self {
        let portions = rest.portions.of();
        let plain = Plain { name: rest.name().clone(), file: rest.file().clone() };
        let offset = rest.offset();
        let size = size.unwrap_or(offset);
        let at_rest = offset >= size;
        let source = FileSource { plain: Arc::new(plain), offset, size, rest, at_rest };
        Self { portions, source: Source::File(Box::new(source)) }
    }

    pub(crate) fn tcp(name: Name, socket: Socket, portions: Portions<Span>) -> Self {
        let source = TcpSource { name, socket, spring: None, offset: 0 };
        Self { portions, source: Source::Tcp(source) }
    }
}

impl FileSource {
    fn poll_span(
        &mut self,
        most: usize,
        task: &mut Context<'_>,
    ) -> Result<Poll<Option<Span>>, EndpointError> {
        let left = usize::try_from(self.size.saturating_sub(self.offset)).unwrap_or(usize::MAX);
        if left > 0 {
            let (origin, bytes) = (Origin::File(self.plain.clone()), left.min(most));
            let span = Span { origin, offset: self.offset, bytes };
            self.offset += bytes as u64;
            return Ok(Poll::Ready(Some(span)));
        }
        if !self.at_rest {
            self.rest.skip_to(self.offset).map_err(|error| {
                EndpointError::new(&*self.plain.name, Action::Read, self.offset, error)
            })?;
            self.at_rest = true;
        }
        let chunk = self.rest.poll_chunk(most, task)?;
        Ok(chunk.map(|chunk| {
            chunk.map(|chunk| Span { bytes: chunk.len(), offset: 0, origin: Origin::Chunk(chunk) })
        }))
    }
}

impl TcpSource {
    fn poll_span(&mut self, most: usize, task: &mut Context<'_>) -> Poll<io::Result<Option<Span>>> {
        let spring = self.spring()?;
        match ready!(spring.poll_look(task))? {
            Look::End => Poll::Ready(Ok(None)),
            Look::Fresh(fresh) => {
                let bytes = fresh.min(most);
                spring.promise(bytes);
                let span = Span { origin: Origin::Tcp(spring), offset: self.offset, bytes };
                self.offset += bytes as u64;
                Poll::Ready(Ok(Some(span)))
            }
        }
    }

    fn spring(&mut self) -> io::Result<Arc<Spring>> {
        let spring = match self.spring.take() {
            Some(spring) => spring,
            None => Arc::new(Spring::new(self.name.clone(), self.socket.take()?)?),
        };
        Ok(self.spring.insert(spring).clone())
    }
}

impl PullProducer for SpanProducer {
    type Item = Span;
    type Error = EndpointError;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, Span>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, EndpointError> {
        if !self.portions.begin(wanted, out) {
            return Ok(Next::More);
        }
        loop {
            let most = self.portions.size();
            let span = match &mut self.source {
                Source::File(file) => file.poll_span(most, &mut ctx.task())?,
                Source::Tcp(tcp) => tcp.poll_span(most, &mut ctx.task()).map_err(|error| {
                    EndpointError::new(&*tcp.name, Action::Read, tcp.offset, error)
                })?,
            };
            match span {
                Poll::Pending => return Ok(Next::Wait),
                Poll::Ready(None) => return Ok(Next::Done),
                Poll::Ready(Some(span)) => {
                    if !self.portions.give(span, out) {
                        return Ok(Next::More);
                    }
                }
            }
        }
    }

    /// As for chunks: the connection is closed when the last span of it is gone.
    fn stopped(&mut self, _: Stopped, _: &mut Ctx<'_, Self>) {
        if let Source::Tcp(tcp) = &mut self.source {
            tcp.spring = None;
            tcp.socket.close();
        }
    }
}

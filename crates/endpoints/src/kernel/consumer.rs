//! Moves the bytes of spans.

use std::task::{Context, Poll, ready};

use aqueduct_actors::{Batch, Consumed, Consumer, Ctx, End};

use super::{
    passage::Passage,
    route::{Route, Way},
    span::{Span, gather, merge},
    to_file::{self, Call},
    to_tcp,
};
use crate::{EndpointError, FileConsumer, TcpConsumer, taken::Taken};

/// A file or a connection to which the kernel moves bytes by itself; made by
/// [`FileConsumer::into_spans`] and [`TcpConsumer::into_spans`].
///
/// It commits what the kernel took. How a stream ends is as it is for chunks.
///
/// | from | to | call |
/// |---|---|---|
/// | file | file | `copy_file_range`, else `sendfile` |
/// | file | connection | `sendfile` |
/// | connection | either | `splice`, through a pipe of 1 MiB where that is allowed |
///
/// Where the kernel cannot do it, as between some file systems or to a file that is appended to,
/// bytes are read and written as ever, from there on; [`route`](Self::route) tells so.
#[derive(Debug)]
pub struct SpanConsumer {
    sink: Sink,
    passage: Passage,
    taken: Taken<Span>,
}

#[derive(Debug)]
enum Sink {
    File(Box<FileConsumer>, Option<Box<Call>>),
    Tcp(TcpConsumer),
}

impl SpanConsumer {
    pub(crate) fn file(file: FileConsumer) -> Self {
        Self {
            sink: Sink::File(Box::new(file), None),
            passage: Passage::new(Way::CopyFileRange),
            taken: Taken::default(),
        }
    }

    pub(crate) fn tcp(tcp: TcpConsumer) -> Self {
        Self { sink: Sink::Tcp(tcp), passage: Passage::new(Way::Sendfile), taken: Taken::default() }
    }

    /// Tells its way through this handle, instead of one of its own.
    #[must_use]
    pub fn told_by(mut self, route: Route) -> Self {
        self.passage.route = route;
        self
    }

    /// A handle that tells which way the bytes go.
    #[must_use]
    pub fn route(&self) -> Route {
        self.passage.route.clone()
    }

    /// How much the kernel has taken: of a file from its beginning, of a connection in all.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        match &self.sink {
            Sink::File(file, _) => file.offset(),
            Sink::Tcp(tcp) => tcp.offset(),
        }
    }

    /// Waits for the call in flight, if there is one.
    fn poll_land(&mut self, task: &mut Context<'_>) -> Poll<Result<(), EndpointError>> {
        if let Sink::File(file, aloft) = &mut self.sink
            && let Some(call) = aloft
        {
            let landed = ready!(to_file::poll_land(&mut self.passage, call, file, task));
            *aloft = None;
            self.taken.bytes += landed?;
        }
        Poll::Ready(Ok(()))
    }

    /// Has the kernel move what it can of the stretch in front, or starts a call that does.
    fn poll_move(
        &mut self,
        batch: &mut Batch<'_, Span>,
        task: &mut Context<'_>,
    ) -> Poll<Result<(), EndpointError>> {
        let stretch = batch.show_all(|first, second| gather(first.iter().chain(second)));
        let taken = self.taken.show(stretch.front());
        let merged = merge(&stretch, taken);
        self.taken.pieces = stretch;
        let Some(span) = merged else { return Poll::Ready(Ok(())) };
        match &mut self.sink {
            Sink::Tcp(tcp) => {
                let moved = ready!(to_tcp::poll_move(&mut self.passage, &span, tcp, task))?;
                self.taken.bytes += moved;
            }
            Sink::File(file, aloft) => {
                *aloft = Some(Box::new(to_file::start(&mut self.passage, span, file)?));
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl Consumer for SpanConsumer {
    type Item = Span;
    type Error = EndpointError;

    const HOLDS: bool = true;

    fn held(&mut self) -> u64 {
        match &mut self.sink {
            Sink::File(file, _) => file.held(),
            Sink::Tcp(_) => 0,
        }
    }

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Span>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, EndpointError> {
        let mut task = ctx.task();
        loop {
            if self.poll_land(&mut task)?.is_pending() {
                return Ok(Consumed::Wait);
            }
            self.taken.settle(batch);
            if batch.is_empty() {
                return Ok(Consumed::Done);
            }
            if self.poll_move(batch, &mut task)?.is_pending() {
                return Ok(Consumed::Wait);
            }
        }
    }

    fn end(&mut self, end: &End, ctx: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, EndpointError> {
        match &mut self.sink {
            Sink::File(file, _) => Ok(file.close(end).map_or(Consumed::Done, Consumed::later)),
            Sink::Tcp(tcp) => Ok(match tcp.poll_close(end, &mut ctx.task())? {
                Poll::Pending => Consumed::Wait,
                Poll::Ready(()) => Consumed::Done,
            }),
        }
    }
}

//! Moves spans to a connection.

use std::{
    io::{self, IoSlice},
    task::{Context, Poll, ready},
};

use bytes::Buf;
use tokio::{io::Interest, net::TcpStream};

use super::{
    calls,
    passage::Passage,
    route::Way,
    span::{Origin, Span},
};
use crate::{Action, EndpointError, TcpConsumer, tcp::poll_write_vectored};

/// Has the kernel move what it can of this span; answers how much it took.
///
/// A file that is not in the page cache is waited for here, on the arbiter.
pub(super) fn poll_move(
    passage: &mut Passage,
    span: &Span,
    to: &mut TcpConsumer,
    task: &mut Context<'_>,
) -> Poll<Result<usize, EndpointError>> {
    loop {
        let way = passage.way(span);
        let moved = match (way, &span.origin) {
            _ if !passage.buffer.is_empty() => ready!(poll_write(passage, to, task)),
            (Way::Sendfile, Origin::File(plain)) => ready!(poll_writable(to, task, |stream| {
                calls::sendfile(&plain.file, span.offset, stream, span.bytes)
            })),
            (Way::Splice, Origin::Tcp(_)) => match passage.fill_pipe(span) {
                Ok(_) => ready!(poll_drain(passage, to, task)),
                // Reading tells what is the matter, if it is more than the call.
                Err(error) => {
                    passage.leave(&error);
                    continue;
                }
            },
            _ => {
                passage.fill_buffer(span)?;
                continue;
            }
        };
        match moved {
            Ok(0) => passage.leave(&io::ErrorKind::UnexpectedEof.into()),
            Ok(bytes) => {
                if way != Way::User {
                    passage.route.takes(way);
                }
                to.took(bytes);
                return Poll::Ready(Ok(bytes));
            }
            Err(error) if way != Way::User && calls::cannot(&error) => passage.leave(&error),
            Err(error) => return Poll::Ready(Err(to.error(Action::Write, error))),
        }
    }
}

fn poll_write(
    passage: &mut Passage,
    to: &mut TcpConsumer,
    task: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let slices = [IoSlice::new(&passage.buffer)];
    let written = ready!(poll_write_vectored(to.stream()?, task, &slices));
    if let Ok(bytes) = written {
        passage.buffer.advance(bytes);
    }
    Poll::Ready(written)
}

/// Has the connection take what is in the pipe.
fn poll_drain(
    passage: &mut Passage,
    to: &mut TcpConsumer,
    task: &mut Context<'_>,
) -> Poll<io::Result<usize>> {
    let Some(pipe) = &mut passage.pipe else { return Poll::Ready(Ok(0)) };
    let filled = pipe.filled();
    let moved =
        ready!(poll_writable(to, task, |stream| { calls::splice(pipe.outlet(), stream, filled) }));
    if let Ok(bytes) = moved {
        pipe.drained(bytes);
    }
    Poll::Ready(moved)
}

/// Calls when the connection has room, until it has taken something or refused it.
fn poll_writable(
    to: &mut TcpConsumer,
    task: &mut Context<'_>,
    call: impl Fn(&TcpStream) -> io::Result<usize>,
) -> Poll<io::Result<usize>> {
    let stream = to.stream()?;
    loop {
        ready!(stream.poll_write_ready(task))?;
        let call = || calls::uninterrupted(|| call(stream));
        match stream.try_io(Interest::WRITABLE, call) {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            result => return Poll::Ready(result),
        }
    }
}

//! Moves spans to a file, one call in flight.

use std::{
    fs::File,
    future::Future,
    io::{self, Write},
    os::unix::fs::FileExt,
    pin::Pin,
    task::{Context, Poll, ready},
};

use bytes::Buf;

use super::{
    calls,
    passage::{Passage, read_error},
    route::Way,
    span::{Origin, Plain, Span},
};
use crate::{Action, BLOCK, EndpointError, FileConsumer, blocking::Flight};

/// A call that is made where blocking is allowed.
#[derive(Debug)]
pub(super) struct Call {
    way: Way,
    span: Span,
    flight: Flight<Result<usize, (Action, io::Error)>>,
}

/// Starts a call that moves what it can of this span.
pub(super) fn start(
    passage: &mut Passage,
    span: Span,
    to: &mut FileConsumer,
) -> Result<Call, EndpointError> {
    let file = to.writing().file().clone();
    let crew = to.writing().crew();
    let mut way = passage.way(&span);
    if way == Way::Splice
        && let Err(error) = passage.fill_pipe(&span)
    {
        // Reading tells what is the matter, if it is more than the call.
        passage.leave(&error);
        way = Way::User;
    }
    let (offset, most) = (span.offset, span.bytes);
    let flight = match (way, &span.origin, &passage.pipe) {
        (Way::CopyFileRange, Origin::File(plain), _) => {
            let plain = plain.clone();
            crew.start(move || tried(|| calls::copy_file_range(&plain.file, offset, &file, most)))
        }
        (Way::Sendfile, Origin::File(plain), _) => {
            let plain = plain.clone();
            crew.start(move || tried(|| calls::sendfile(&plain.file, offset, &file, most)))
        }
        (Way::User, Origin::File(plain), _) => {
            let plain = plain.clone();
            crew.start(move || copy(&plain, offset, &file, most))
        }
        (Way::Splice, _, Some(pipe)) => {
            let (outlet, most) = (pipe.outlet().clone(), pipe.filled());
            crew.start(move || tried(|| calls::splice(&outlet, &file, most)))
        }
        _ => {
            if passage.buffer.is_empty() {
                passage.fill_buffer(&span)?;
            }
            let bytes = passage.buffer.clone();
            crew.start(move || tried(|| (&*file).write(&bytes)))
        }
    };
    Ok(Call { way, span, flight })
}

/// Waits for the call; answers how much the kernel took, nothing if another way has to be tried.
pub(super) fn poll_land(
    passage: &mut Passage,
    call: &mut Call,
    to: &mut FileConsumer,
    task: &mut Context<'_>,
) -> Poll<Result<usize, EndpointError>> {
    let landed = ready!(Pin::new(&mut call.flight).poll(task));
    let landed = landed.unwrap_or_else(|error| Err((Action::Write, error)));
    Poll::Ready(match landed {
        Ok(bytes) if bytes > 0 => {
            arrived(passage, call.way, bytes);
            to.writing().took(bytes);
            Ok(bytes)
        }
        Ok(_) if call.way != Way::User => {
            passage.leave(&io::ErrorKind::UnexpectedEof.into());
            Ok(0)
        }
        Err((_, error)) if call.way != Way::User && calls::cannot(&error) => {
            passage.leave(&error);
            Ok(0)
        }
        Ok(_) => Err(write_error(to, io::ErrorKind::WriteZero.into())),
        Err((Action::Read, error)) => Err(read_error(&call.span, error)),
        Err((_, error)) => Err(write_error(to, error)),
    })
}

fn write_error(to: &mut FileConsumer, error: io::Error) -> EndpointError {
    let offset = to.offset();
    EndpointError::new(&**to.writing().name(), Action::Write, offset, error)
}

/// What was between the ends is in the file.
fn arrived(passage: &mut Passage, way: Way, bytes: usize) {
    match (way, &mut passage.pipe) {
        (Way::User, _) => {
            // What went by no buffer left none.
            let bytes = bytes.min(passage.buffer.len());
            passage.buffer.advance(bytes);
            return;
        }
        (Way::Splice, Some(pipe)) => pipe.drained(bytes),
        _ => {}
    }
    passage.route.takes(way);
}

fn tried(call: impl FnMut() -> io::Result<usize>) -> Result<usize, (Action, io::Error)> {
    calls::uninterrupted(call).map_err(|error| (Action::Write, error))
}

/// Reads once and writes once; what was read and not written is read again.
fn copy(
    from: &Plain,
    offset: u64,
    mut to: &File,
    most: usize,
) -> Result<usize, (Action, io::Error)> {
    let mut block = vec![0; most.min(BLOCK)];
    let read = || from.file.read_at(&mut block, offset);
    match calls::uninterrupted(read).map_err(|error| (Action::Read, error))? {
        0 => Err((Action::Read, io::ErrorKind::UnexpectedEof.into())),
        bytes => tried(|| to.write(&block[..bytes])),
    }
}

//! What both kinds of sinks have in common: the way, and what is between the two ends.

use std::{io, os::unix::fs::FileExt};

use bytes::Bytes;

use super::{
    calls,
    pipe::Pipe,
    route::{Route, Way},
    span::{Origin, Span},
};
use crate::{Action, CHUNK, EndpointError, Slab};

/// The way that bytes take, and those that have left their source and not reached their target.
#[derive(Debug)]
pub(super) struct Passage {
    /// The first choice for bytes of a file; those of a connection are spliced.
    from_file: Way,
    /// The way for what is not a chunk, once there was such a span.
    way: Option<Way>,
    pub(super) route: Route,
    /// The source of what is in the pipe or the buffer.
    of: Option<Origin>,
    pub(super) pipe: Option<Pipe>,
    /// What was read and is not written.
    pub(super) buffer: Bytes,
    slab: Slab,
}

impl Passage {
    pub(super) fn new(from_file: Way) -> Self {
        Self {
            from_file,
            way: None,
            route: Route::default(),
            of: None,
            pipe: None,
            buffer: Bytes::new(),
            slab: Slab::new(),
        }
    }

    /// Returns the way for this span; what is left of another source is dropped, since its stream
    /// was aborted.
    pub(super) fn way(&mut self, span: &Span) -> Way {
        if !self.of.as_ref().is_some_and(|of| of.is_same(&span.origin)) {
            self.of = Some(span.origin.clone());
            self.pipe = None;
            self.buffer.clear();
        }
        match &span.origin {
            Origin::Chunk(_) => Way::User,
            Origin::File(_) => *self.way.get_or_insert(self.from_file),
            Origin::Tcp(_) => *self.way.get_or_insert(Way::Splice),
        }
    }

    /// Takes the next way from here on.
    pub(super) fn leave(&mut self, why: &io::Error) {
        let way = self.way.unwrap_or_default();
        self.route.leaves(way, why);
        let next = if way == Way::CopyFileRange { Way::Sendfile } else { Way::User };
        self.way = Some(next);
        self.route.takes(next);
    }

    /// Takes promised bytes out of their connection, unless there are some in the pipe.
    pub(super) fn fill_pipe(&mut self, span: &Span) -> io::Result<&mut Pipe> {
        let pipe = match self.pipe.take() {
            Some(pipe) => pipe,
            None => Pipe::new()?,
        };
        let pipe = self.pipe.insert(pipe);
        if let Origin::Tcp(spring) = &span.origin
            && pipe.filled() == 0
        {
            pipe.fill(spring, span.bytes)?;
        }
        Ok(pipe)
    }

    /// Reads what it can of a span into the buffer.
    pub(super) fn fill_buffer(&mut self, span: &Span) -> Result<(), EndpointError> {
        let read = match &span.origin {
            Origin::Chunk(chunk) => {
                let from = usize::try_from(span.offset).unwrap_or(usize::MAX).min(chunk.len());
                self.buffer = chunk.slice(from..);
                return Ok(());
            }
            Origin::File(plain) => self.read(|room| {
                let most = span.bytes.min(room.len());
                plain.file.read_at(&mut room[..most], span.offset)
            }),
            Origin::Tcp(spring) => match self.pipe.as_mut().filter(|pipe| pipe.filled() > 0) {
                Some(pipe) => {
                    let outlet = pipe.outlet().clone();
                    let read = self.read(|room| calls::read(&outlet, room));
                    if let (Ok(bytes), Some(pipe)) = (&read, &mut self.pipe) {
                        pipe.drained(*bytes);
                    }
                    read
                }
                None => self.read(|room| {
                    let most = span.bytes.min(room.len());
                    spring.read(&mut room[..most])
                }),
            },
        };
        match read {
            Ok(0) => Err(read_error(span, io::ErrorKind::UnexpectedEof.into())),
            Ok(_) => Ok(()),
            Err(error) => Err(read_error(span, error)),
        }
    }

    fn read(&mut self, mut read: impl FnMut(&mut [u8]) -> io::Result<usize>) -> io::Result<usize> {
        let room = self.slab.room(CHUNK);
        room.resize(CHUNK, 0);
        let read = calls::uninterrupted(|| read(room));
        room.truncate(read.as_ref().copied().unwrap_or(0));
        self.buffer = self.slab.take();
        read
    }
}

/// What reading this span came to, told of its source.
pub(super) fn read_error(span: &Span, error: io::Error) -> EndpointError {
    let name = match &span.origin {
        Origin::File(plain) => &*plain.name,
        Origin::Tcp(spring) => &*spring.name,
        Origin::Chunk(_) => "",
    };
    EndpointError::new(name, Action::Read, span.offset, error)
}

//! A source of bytes that is read by blocking calls.

use std::{
    fs::File,
    future::Future,
    io::{self, Read, Seek, SeekFrom},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use aqueduct_actors::{Demand, Next, Outbox};
use aqueduct_link::Name;
use bytes::{Bytes, BytesMut};

use super::{Crew, Flight};
use crate::{Action, EndpointError, Slab, portions::Portions};

/// One read in flight at most; it is started only when its bytes are wanted.
#[derive(Debug)]
pub(crate) struct Reading {
    name: Name,
    crew: Crew,
    file: Arc<File>,
    slab: Slab,
    pub(crate) portions: Portions<Bytes>,
    flight: Option<Flight<Landed>>,
    offset: u64,
    ended: bool,
}

/// A block that came back from a read, with what was read.
#[derive(Debug)]
struct Landed {
    block: BytesMut,
    result: io::Result<()>,
}

impl Reading {
    pub(crate) fn new(name: Name, crew: Crew, file: File, offset: u64) -> Self {
        Self {
            name,
            crew,
            file: Arc::new(file),
            slab: Slab::new(),
            portions: Portions::new(),
            flight: None,
            offset,
            ended: false,
        }
    }

    /// How far it has read, from the beginning of the file.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// Goes on at this byte of a regular file, of which somebody else has what is before.
    pub(crate) fn skip_to(&mut self, offset: u64) -> io::Result<()> {
        self.offset = (&*self.file).seek(SeekFrom::Start(offset))?;
        Ok(())
    }

    pub(crate) const fn name(&self) -> &Name {
        &self.name
    }

    pub(crate) const fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// Reads on after an end, where there may be more: a terminal.
    pub(crate) fn reopen(&mut self) {
        self.ended = false;
    }

    pub(crate) fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, Bytes>,
        task: &mut Context<'_>,
    ) -> Result<Next, EndpointError> {
        if !self.portions.begin(wanted, out) {
            return Ok(Next::More);
        }
        loop {
            match self.poll_chunk(self.portions.size(), task)? {
                Poll::Pending => return Ok(Next::Wait),
                Poll::Ready(None) => return Ok(Next::Done),
                Poll::Ready(Some(chunk)) => {
                    if !self.portions.give(chunk, out) {
                        return Ok(Next::More);
                    }
                }
            }
        }
    }

    /// Reads once, up to `most` bytes; nothing is the end.
    pub(crate) fn poll_chunk(
        &mut self,
        most: usize,
        task: &mut Context<'_>,
    ) -> Result<Poll<Option<Bytes>>, EndpointError> {
        if self.ended {
            return Ok(Poll::Ready(None));
        }
        let mut flight = match self.flight.take() {
            Some(flight) => flight,
            None => self.start(most),
        };
        let Poll::Ready(landed) = Pin::new(&mut flight).poll(task) else {
            self.flight = Some(flight);
            return Ok(Poll::Pending);
        };
        let chunk = self.landed(landed)?;
        self.ended = chunk.is_empty();
        Ok(Poll::Ready((!self.ended).then_some(chunk)))
    }

    fn start(&mut self, most: usize) -> Flight<Landed> {
        let (file, block) = (self.file.clone(), self.slab.lend(most));
        self.crew.start(move || read(&file, block, most))
    }

    /// Takes the block back, and what was read; nothing is the end.
    fn landed(&mut self, landed: io::Result<Landed>) -> Result<Bytes, EndpointError> {
        let landed = landed.and_then(|Landed { block, result }| {
            self.slab.give_back(block);
            result
        });
        if let Err(error) = landed {
            return Err(EndpointError::new(&*self.name, Action::Read, self.offset, error));
        }
        let chunk = self.slab.take();
        self.offset += chunk.len() as u64;
        Ok(chunk)
    }
}

/// Reads once, up to `most` bytes.
fn read(mut file: &File, mut block: BytesMut, most: usize) -> Landed {
    // Filling with zeros first costs a fiftieth of the read, and needs no `unsafe`.
    block.resize(most, 0);
    let result = loop {
        match file.read(&mut block) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => break result,
        }
    };
    block.truncate(result.as_ref().copied().unwrap_or(0));
    Landed { block, result: result.map(|_| ()) }
}

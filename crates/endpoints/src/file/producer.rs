//! Reads a file.

use std::{
    fs,
    future::Future,
    io::{self, Seek, SeekFrom},
    path::{Path, PathBuf},
    pin::Pin,
    task::{Context, Poll, ready},
};

use aqueduct_actors::{Ctx, Demand, Next, Outbox, PullProducer};
use aqueduct_link::Name;
use bytes::Bytes;

use super::{admit, crew, name_of};
use crate::{
    Action, EndpointError, SpanProducer,
    blocking::{Crew, Flight, Reading},
};

/// A file that is being opened; see [`File::open`](crate::File::open).
#[derive(Debug)]
#[must_use = "nothing is opened until it is awaited"]
pub struct OpenFile {
    path: PathBuf,
    offset: u64,
    chunk: Option<usize>,
    special: bool,
    opening: Option<Flight<io::Result<Opened>>>,
    crew: Crew,
}

#[derive(Debug)]
struct Opened {
    file: fs::File,
    size: Option<u64>,
}

impl OpenFile {
    pub(super) fn new(path: &Path) -> Self {
        Self {
            path: path.to_owned(),
            offset: 0,
            chunk: None,
            special: false,
            opening: None,
            crew: Crew::Pool,
        }
    }

    /// Begins at this byte. Default: 0; beyond the end of the file the stream is empty.
    pub const fn from_offset(mut self, bytes: u64) -> Self {
        self.offset = bytes;
        self
    }

    /// Reads this many bytes at once, which become one item. Default: [`CHUNK`](crate::CHUNK);
    /// range: 1 to [`BLOCK`](crate::BLOCK), and never more than a quarter of what an empty link
    /// wants.
    ///
    /// Smaller costs more system calls; larger makes the flow coarse.
    pub const fn chunk(mut self, bytes: usize) -> Self {
        self.chunk = Some(bytes);
        self
    }

    /// Allows FIFOs, devices and sockets. Default: they are refused.
    ///
    /// Opening a FIFO waits for somebody who writes to it.
    pub const fn allow_special(mut self) -> Self {
        self.special = true;
        self
    }

    /// Returns whether a regular file is read, and nothing else is allowed.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        !self.special
    }

    fn start(&mut self, name: &Name) -> io::Result<Flight<io::Result<Opened>>> {
        self.crew = crew(self.special, name)?;
        let (path, offset, special) = (self.path.clone(), self.offset, self.special);
        Ok(self.crew.start(move || open(&path, offset, special)))
    }
}

/// A clone opens the file once more, with the same options, so that a factory can hand out clones.
impl Clone for OpenFile {
    fn clone(&self) -> Self {
        let Self { offset, chunk, special, .. } = *self;
        Self { offset, chunk, special, ..Self::new(&self.path) }
    }
}

impl Future for OpenFile {
    type Output = Result<FileProducer, EndpointError>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let name = name_of(&self.path);
        let opening = match self.opening.take() {
            Some(opening) => Ok(opening),
            None => self.start(&name),
        };
        let opened = match opening {
            Ok(opening) => {
                let opening = self.opening.insert(opening);
                ready!(Pin::new(opening).poll(task)).and_then(|opened| opened)
            }
            Err(error) => Err(error),
        };
        self.opening = None;
        Poll::Ready(match opened {
            Ok(Opened { file, size }) => {
                let mut reading = Reading::new(name, self.crew.clone(), file, self.offset);
                if let Some(chunk) = self.chunk {
                    reading.portions.set_chunk(chunk);
                }
                Ok(FileProducer { reading, size })
            }
            Err(error) => Err(EndpointError::new(&*name, Action::Open, 0, error)),
        })
    }
}

fn open(path: &Path, offset: u64, special: bool) -> io::Result<Opened> {
    // Looked at before it is opened, since opening a FIFO may take for ever, and again after, since
    // it may be another one by then.
    admit(&fs::metadata(path)?, special)?;
    let mut file = fs::File::open(path)?;
    let metadata = file.metadata()?;
    admit(&metadata, special)?;
    if offset > 0 {
        file.seek(SeekFrom::Start(offset))?;
    }
    let size = metadata.is_file().then_some(metadata.len());
    Ok(Opened { file, size })
}

/// The contents of a file, in chunks; see [`File`](crate::File).
#[derive(Debug)]
pub struct FileProducer {
    reading: Reading,
    size: Option<u64>,
}

impl FileProducer {
    /// How large the file was when it was opened, in bytes; `None` for a special file.
    #[must_use]
    pub const fn size(&self) -> Option<u64> {
        self.size
    }

    /// Returns one that leaves the bytes in the kernel, and tells where they are; of a special file
    /// it reads them.
    #[must_use]
    pub fn into_spans(self) -> SpanProducer {
        SpanProducer::file(self.reading, self.size)
    }

    /// How far it has read, in bytes from the beginning of the file.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.reading.offset()
    }
}

impl PullProducer for FileProducer {
    type Item = Bytes;
    type Error = EndpointError;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, Bytes>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, EndpointError> {
        self.reading.produce(wanted, out, &mut ctx.task())
    }
}

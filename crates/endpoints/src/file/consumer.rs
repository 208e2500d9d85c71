//! Writes a file.

use std::{
    fs,
    future::Future,
    io,
    path::{Path, PathBuf},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, ready},
};

use aqueduct_actors::{Batch, Consumed, Consumer, Ctx, End};
use aqueduct_link::Name;
use bytes::Bytes;

use super::{admit, crew, draft::Draft, name_of};
use crate::{
    Action, EndpointError, SpanConsumer,
    blocking::{Crew, Flight, Writing},
};

/// The most that is written at once, in bytes: a link's usual high mark.
const WRITE: usize = 256 * 1024;

/// A file that is being made or opened for writing; see [`File::create`](crate::File::create).
#[derive(Debug)]
#[must_use = "nothing is made until it is awaited"]
pub struct CreateFile {
    path: PathBuf,
    append: bool,
    special: bool,
    making: Option<Flight<io::Result<Made>>>,
    crew: Crew,
}

#[derive(Debug)]
struct Made {
    file: fs::File,
    draft: Option<Draft>,
    /// The disk keeps what is written.
    durable: bool,
    offset: u64,
}

impl CreateFile {
    pub(super) fn new(path: &Path, append: bool) -> Self {
        Self { path: path.to_owned(), append, special: false, making: None, crew: Crew::Pool }
    }

    /// Allows FIFOs, devices and sockets, which are written in place. Default: they are refused.
    ///
    /// Opening a FIFO waits for somebody who reads from it.
    pub const fn allow_special(mut self) -> Self {
        self.special = true;
        self
    }

    /// Returns whether a regular file is made, and nothing else is allowed.
    #[must_use]
    pub const fn is_plain(&self) -> bool {
        !self.special
    }

    fn start(&mut self, name: &Name) -> io::Result<Flight<io::Result<Made>>> {
        self.crew = crew(self.special, name)?;
        let (path, append, special) = (self.path.clone(), self.append, self.special);
        Ok(self.crew.start(move || make(path, append, special)))
    }
}

/// A clone makes the file once more, with the same options, so that a factory can hand out clones.
impl Clone for CreateFile {
    fn clone(&self) -> Self {
        Self { special: self.special, ..Self::new(&self.path, self.append) }
    }
}

impl Future for CreateFile {
    type Output = Result<FileConsumer, EndpointError>;

    fn poll(mut self: Pin<&mut Self>, task: &mut Context<'_>) -> Poll<Self::Output> {
        let name = name_of(&self.path);
        let making = match self.making.take() {
            Some(making) => Ok(making),
            None => self.start(&name),
        };
        let made = match making {
            Ok(making) => {
                let making = self.making.insert(making);
                ready!(Pin::new(making).poll(task)).and_then(|made| made)
            }
            Err(error) => Err(error),
        };
        self.making = None;
        Poll::Ready(match made {
            Ok(made) => Ok(FileConsumer {
                writing: Writing::new(name, self.crew.clone(), made.file, WRITE, made.offset),
                gets_its_name_last: made.draft.is_some(),
                draft: made.draft,
                durable: made.durable,
            }),
            Err(error) => Err(EndpointError::new(&*name, Action::Create, 0, error)),
        })
    }
}

fn make(path: PathBuf, append: bool, special: bool) -> io::Result<Made> {
    let there = match fs::metadata(&path) {
        Ok(metadata) => {
            admit(&metadata, special)?;
            Some(metadata)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(error),
    };
    let in_place = there.as_ref().is_some_and(|there| !there.is_file());
    if !append && !in_place {
        // A file that is replaced is found behind its symbolic links, so that they stay.
        let target = match there {
            Some(_) => fs::canonicalize(&path)?,
            None => path,
        };
        if target.file_name().is_none() {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let (draft, file) = Draft::create(target)?;
        return Ok(Made { file, draft: Some(draft), durable: true, offset: 0 });
    }
    let mut options = fs::OpenOptions::new();
    if in_place {
        options.write(true);
    } else {
        options.append(true).create(true);
    }
    let file = options.open(&path)?;
    let metadata = file.metadata()?;
    admit(&metadata, special)?;
    Ok(Made { file, draft: None, durable: metadata.is_file(), offset: metadata.len() })
}

/// A file that is written; see [`File`](crate::File).
#[derive(Debug)]
pub struct FileConsumer {
    writing: Writing,
    draft: Option<Draft>,
    /// It gets its name when all is written; until then it is removed if anything fails.
    gets_its_name_last: bool,
    durable: bool,
}

impl FileConsumer {
    /// How much the kernel has taken, in bytes from the beginning of the file.
    #[must_use]
    pub const fn offset(&self) -> u64 {
        self.writing.offset()
    }

    /// Returns one that writes the same file, and has the kernel fetch the bytes itself where it
    /// can.
    #[must_use]
    pub fn into_spans(self) -> SpanConsumer {
        SpanConsumer::file(self)
    }

    pub(crate) const fn writing(&mut self) -> &mut Writing {
        &mut self.writing
    }

    /// The stream has ended: only a finished one gets its name, and that takes this work; of any
    /// other the temporary file is removed.
    pub(crate) fn close(
        &mut self,
        end: &End,
    ) -> Option<impl Future<Output = Result<(), EndpointError>> + use<>> {
        if end.is_finished() {
            return Some(self.save());
        }
        self.draft = None;
        None
    }

    /// Saves it, and gives it its final name if it has another.
    fn save(&mut self) -> impl Future<Output = Result<(), EndpointError>> + use<> {
        let (draft, durable) = (self.draft.take(), self.durable);
        let file = Arc::clone(self.writing.file());
        let saving = self.writing.crew().start(move || match draft {
            Some(draft) => draft.publish(&file),
            None if durable => file.sync_all().map_err(|error| (Action::Sync, error)),
            None => Ok(()),
        });
        let (name, offset) = (self.writing.name().clone(), self.offset());
        async move {
            let result = match saving.await {
                Ok(result) => result,
                Err(error) => Err((Action::Sync, error)),
            };
            result.map_err(|(action, error)| EndpointError::new(&*name, action, offset, error))
        }
    }
}

impl Consumer for FileConsumer {
    type Item = Bytes;
    type Error = EndpointError;

    const HOLDS: bool = true;

    /// Of a file that has no name yet, nothing is safe; of one that is appended to, what the kernel
    /// has taken.
    fn held(&mut self) -> u64 {
        if self.gets_its_name_last { u64::MAX } else { 0 }
    }

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, EndpointError> {
        let progress = self.writing.consume(batch, &mut ctx.task())?;
        Ok(progress.into())
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, EndpointError> {
        Ok(self.close(end).map_or(Consumed::Done, Consumed::later))
    }
}

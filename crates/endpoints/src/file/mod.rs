//! Regular files, and others where that is allowed.

mod consumer;
mod draft;
mod producer;

use std::{fs, io, path::Path};

use aqueduct_link::Name;

pub use consumer::{CreateFile, FileConsumer};
pub use producer::{FileProducer, OpenFile};

use crate::blocking::Crew;

/// Files to read from and to write to.
///
/// # Buffers
/// A reader has one read in flight, of 64 KiB unless told otherwise, and only while that much is
/// wanted; a writer has none of its own, since what it writes stays in the link until the kernel
/// has it.
/// Behind both is the kernel's page cache: what a writer has committed survives the process, and
/// after the end of the stream also the machine, since the file is synced then and not before.
///
/// # Pausing
/// A paused reader does not read; the file waits.
/// A writer never pauses anybody by itself: while its disk is slow, the link fills.
///
/// # Truncated or finished
/// [`File::create`] writes to a temporary file beside the final one (`.aqueduct-….part`, with the
/// permissions of any new file, or of the one that it replaces).
/// It takes the final name only after [`End::Finished`](aqueduct_actors::End::Finished), synced: so
/// under the final name there is either all or what was there before.
/// After any other end, an error, or the death of its actor the temporary file is removed; only a
/// killed process leaves one behind.
///
/// A reader takes the end of the file for the end of the stream: a file that somebody still
/// writes to may end too soon.
///
/// # Restarts
/// A reader made anew begins at its offset, a [`File::create`] with an empty file: restart them
/// together with the other end, or not at all.
/// [`File::append`] goes on where the last one ended; a write that was in flight or had failed half
/// way comes again, so that its bytes may be there twice.
///
/// # Special files
/// FIFOs, devices and sockets are refused unless `allow_special` is called: they have no size and
/// no offsets, may block for ever, and are written in place, without a temporary file.
/// They are read and written on a thread of their own, which no shutdown waits for.
#[derive(Debug)]
pub enum File {}

impl File {
    /// Opens a file for reading.
    ///
    /// # Errors
    /// If there is none, it may not be read, or is no regular file.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub fn open(path: impl AsRef<Path>) -> OpenFile {
        OpenFile::new(path.as_ref())
    }

    /// Makes a file that appears under this name, instead of what is there, when the stream is
    /// finished.
    ///
    /// Where the path is a symbolic link to a file, that file is replaced and the link stays.
    ///
    /// # Errors
    /// If its directory is missing or may not be written to, or something else than a regular file
    /// has the name.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub fn create(path: impl AsRef<Path>) -> CreateFile {
        CreateFile::new(path.as_ref(), false)
    }

    /// Opens a file, or makes an empty one, and writes behind what is there.
    ///
    /// What is written stays, however the stream ends.
    ///
    /// # Errors
    /// As for [`create`](Self::create).
    ///
    /// # Cancel safety
    /// Cancel safe; an empty file may have been made.
    pub fn append(path: impl AsRef<Path>) -> CreateFile {
        CreateFile::new(path.as_ref(), true)
    }
}

fn name_of(path: &Path) -> Name {
    format!("file {}", path.display()).into()
}

/// What special files need, since reading or writing one may never end, and opening one too.
fn crew(special: bool, name: &Name) -> io::Result<Crew> {
    if special { Crew::thread(name) } else { Ok(Crew::Pool) }
}

/// Returns an error unless this is a regular file, or a special one where that is allowed.
fn admit(metadata: &fs::Metadata, special: bool) -> io::Result<()> {
    if metadata.is_dir() {
        Err(io::ErrorKind::IsADirectory.into())
    } else if metadata.is_file() || special {
        Ok(())
    } else {
        let what = "it is a FIFO, a device or a socket";
        Err(io::Error::new(io::ErrorKind::Unsupported, what))
    }
}

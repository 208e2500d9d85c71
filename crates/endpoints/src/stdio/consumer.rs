//! Writes standard output.

use std::{
    fs::File,
    io::{self, Write},
    os::fd::AsFd,
};

use aqueduct_actors::{Batch, Consumed, Consumer, Ctx};
use bytes::Bytes;

use super::Stdout;
use crate::{
    Action, EndpointError,
    blocking::{Crew, Shelf, Writing},
};

const NAME: &str = "stdout";

/// The most that is written at once, in bytes: what a pipe holds, so that a slow reader is seen as
/// the link's level and not only at its end.
const WRITE: usize = 64 * 1024;

static SHELF: Shelf<Writing> = Shelf::new();

impl Stdout {
    /// Begins to write standard output.
    ///
    /// # Errors
    /// While another consumer writes it, or if it cannot be had.
    ///
    /// # Cancel safety
    /// Cancel safe; it never waits.
    pub async fn open() -> Result<StdoutConsumer, EndpointError> {
        let taken = SHELF.take(open).and_then(|writing| {
            let busy = "another consumer writes it";
            writing.ok_or_else(|| io::Error::new(io::ErrorKind::ResourceBusy, busy))
        });
        match taken {
            Ok(writing) => Ok(StdoutConsumer { writing: Some(writing) }),
            Err(error) => Err(EndpointError::new(NAME, Action::Open, 0, error)),
        }
    }
}

fn open() -> io::Result<Writing> {
    io::stdout().flush()?;
    let descriptor = io::stdout().as_fd().try_clone_to_owned()?;
    let crew = Crew::thread(NAME)?;
    Ok(Writing::new(NAME.into(), crew, File::from(descriptor), WRITE, 0))
}

/// Writes to standard output; see [`Stdout`].
#[derive(Debug)]
pub struct StdoutConsumer {
    /// `None` only while it is dropped.
    writing: Option<Writing>,
}

impl StdoutConsumer {
    /// How much the kernel has taken from the process so far, in bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.writing.as_ref().map_or(0, Writing::offset)
    }
}

impl Consumer for StdoutConsumer {
    type Item = Bytes;
    type Error = EndpointError;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, EndpointError> {
        match &mut self.writing {
            Some(writing) => Ok(writing.consume(batch, &mut ctx.task())?.into()),
            None => Ok(Consumed::Done),
        }
    }
}

impl Drop for StdoutConsumer {
    fn drop(&mut self) {
        if let Some(writing) = self.writing.take() {
            SHELF.park(writing);
        }
    }
}

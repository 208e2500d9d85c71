//! Reads standard input.

use std::{fs::File, io, os::fd::AsFd};

use aqueduct_actors::{Ctx, Demand, Next, Outbox, PullProducer};
use bytes::Bytes;

use super::Stdin;
use crate::{
    Action, EndpointError,
    blocking::{Crew, Reading, Shelf},
};

const NAME: &str = "stdin";

static SHELF: Shelf<Reading> = Shelf::new();

impl Stdin {
    /// Begins to read standard input.
    ///
    /// # Errors
    /// While another producer reads it, or if it cannot be had.
    ///
    /// # Cancel safety
    /// Cancel safe; it never waits.
    pub async fn open() -> Result<StdinProducer, EndpointError> {
        let taken = SHELF.take(open).and_then(|reading| {
            let busy = "another producer reads it";
            reading.ok_or_else(|| io::Error::new(io::ErrorKind::ResourceBusy, busy))
        });
        let mut reading =
            taken.map_err(|error| EndpointError::new(NAME, Action::Open, 0, error))?;
        reading.reopen();
        Ok(StdinProducer { reading: Some(reading) })
    }
}

fn open() -> io::Result<Reading> {
    let descriptor = io::stdin().as_fd().try_clone_to_owned()?;
    let crew = Crew::thread(NAME)?;
    Ok(Reading::new(NAME.into(), crew, File::from(descriptor), 0))
}

/// What comes from standard input, in chunks; see [`Stdin`].
#[derive(Debug)]
pub struct StdinProducer {
    /// `None` only while it is dropped.
    reading: Option<Reading>,
}

impl StdinProducer {
    /// How much the process has read so far, in bytes.
    #[must_use]
    pub fn offset(&self) -> u64 {
        self.reading.as_ref().map_or(0, Reading::offset)
    }
}

impl PullProducer for StdinProducer {
    type Item = Bytes;
    type Error = EndpointError;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, Bytes>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, EndpointError> {
        match &mut self.reading {
            Some(reading) => reading.produce(wanted, out, &mut ctx.task()),
            None => Ok(Next::Done),
        }
    }
}

impl Drop for StdinProducer {
    fn drop(&mut self) {
        if let Some(reading) = self.reading.take() {
            SHELF.park(reading);
        }
    }
}

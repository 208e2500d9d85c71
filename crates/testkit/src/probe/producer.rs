//! The producer's end.

use std::fmt;

use aqueduct_link::{Flow, Name, Outlet, RuntimeError, Slot, Stopped, WriteError};

use crate::{Broken, until, within};

/// A producer in a test's hands: it writes what it is told to, also where it should not.
pub struct TestProducer<T> {
    outlet: Outlet<T>,
}

impl<T> TestProducer<T> {
    /// Registers with this slot.
    ///
    /// # Errors
    /// [`RuntimeError`] while another producer is registered.
    pub fn register(slot: &Slot<T>) -> Result<Self, RuntimeError> {
        Ok(Self { outlet: slot.register("the test's producer")? })
    }

    /// The end of the link, for what there is no word for here.
    pub const fn outlet(&mut self) -> &mut Outlet<T> {
        &mut self.outlet
    }

    /// Writes an item that has to be taken; says whether to go on.
    ///
    /// # Errors
    /// [`Broken`] if it is refused.
    pub fn write(&mut self, item: T) -> Result<Flow, Broken> {
        self.outlet.write(item).map_err(|error| {
            let got = match error {
                WriteError::Full(_) => "refused: the link is full",
                WriteError::Closed(_) => "refused: the stream has ended",
            };
            Broken::new("a write that is taken", got, "wait for room before the write")
        })
    }

    /// Waits for room, and writes the item.
    ///
    /// # Errors
    /// [`Broken`] if there is none in time, or if the stream has ended.
    ///
    /// # Cancel safety
    /// The item is lost with the future.
    pub async fn send(&mut self, item: T) -> Result<(), Broken> {
        within("room for an item", self.outlet.send(item)).await?.map_err(|_| {
            let got = format!("the end: {:?}", self.outlet.stopped());
            Broken::new("an item that is taken", got, "take items until the end was told")
        })
    }

    /// Writes on in spite of every pause, until an item is refused; returns how many were taken.
    pub fn write_past_the_mark(&mut self, items: impl IntoIterator<Item = T>) -> u64 {
        let before = self.outlet.written().items;
        for item in items {
            if self.outlet.write(item).is_err() {
                break;
            }
        }
        self.outlet.written().items - before
    }

    /// Looks that an item is refused for want of room, and gives it back.
    ///
    /// # Errors
    /// [`Broken`] if it is taken, or if the stream has ended.
    pub fn expect_full(&mut self, item: T) -> Result<T, Broken> {
        let got = match self.outlet.write(item) {
            Err(WriteError::Full(item)) => return Ok(item),
            Err(WriteError::Closed(_)) => "the stream has ended",
            Ok(_) => "the item was taken",
        };
        Err(Broken::new("a link that is full", got, "write up to the capacity before"))
    }

    /// Looks that it may write.
    ///
    /// # Errors
    /// [`Broken`] if it is paused.
    pub fn expect_running(&mut self) -> Result<(), Broken> {
        match self.outlet.flow() {
            Flow::Go => Ok(()),
            Flow::Paused => {
                let got = format!("paused: {:?}", self.outlet.reasons());
                Err(Broken::new("a producer that runs", got, "release what holds it"))
            }
        }
    }

    /// Looks that it is paused.
    ///
    /// # Errors
    /// [`Broken`] if it is not.
    pub fn expect_paused(&mut self) -> Result<(), Broken> {
        match self.outlet.flow() {
            Flow::Paused => Ok(()),
            Flow::Go => Err(Broken::new("a producer that is paused", "it runs", "")),
        }
    }

    /// Waits until it may write again.
    ///
    /// # Errors
    /// [`Broken`] if that does not come, or if it is stopped.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn expect_resumed(&mut self) -> Result<(), Broken> {
        let advice = "commit what was handled, and come back when more is there";
        within("Resume", self.outlet.ready())
            .await
            .map_err(|broken| broken.advising(advice))?
            .map_err(|stopped| {
                Broken::new("Resume", format!("stopped: {}", stopped.reason), advice)
            })
    }

    /// Waits until all that was written is handled.
    ///
    /// # Errors
    /// [`Broken`] if that does not come, or if something of it was given up.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn expect_handled(&mut self) -> Result<(), Broken> {
        let written = self.outlet.written().items;
        let what = format!("all {written} items handled");
        let advice = "commit what was handled, and come back when more is there";
        let flushed = within(&what, self.outlet.flush()).await;
        let held = self.outlet.held().items;
        match flushed {
            Ok(Ok(())) => Ok(()),
            Ok(Err(stopped)) => {
                Err(Broken::new(what, format!("stopped: {}", stopped.reason), advice))
            }
            Err(_) => Err(Broken::new(what, format!("{held} are not"), advice)),
        }
    }

    /// Waits until the consumer wants no more; returns why.
    ///
    /// # Errors
    /// [`Broken`] if that does not come.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn expect_stopped(&mut self) -> Result<Name, Broken> {
        let (outlet, mut told) = (&mut self.outlet, None);
        let stopped = until("Stop", || {
            let _ = outlet.flow();
            told = outlet.stopped();
            told.is_some()
        });
        let stopped = stopped.await;
        match (stopped, told) {
            (Ok(()), Some(Stopped { reason })) => Ok(reason),
            (stopped, _) => {
                let advice = "a consumer that goes has to stop its producer";
                let broken = stopped.err().unwrap_or_else(|| Broken::new("Stop", "nothing", ""));
                Err(broken.advising(advice))
            }
        }
    }

    /// All is written.
    pub fn finish(&mut self) {
        self.outlet.finish();
    }

    /// Gives up what is not delivered, for this reason.
    pub fn abort(&mut self, reason: &str) {
        self.outlet.abort(reason);
    }
}

impl<T> fmt::Debug for TestProducer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestProducer").field("outlet", &self.outlet).finish()
    }
}

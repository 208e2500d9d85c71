//! The consumer's end.

use std::{
    fmt,
    future::poll_fn,
    task::{Context, Poll, Waker},
};

use aqueduct_link::{AlreadyTaken, End, Hold, Inlet, Lease, Marks, Slot, SlotOptions, Turn};

use crate::{Broken, let_others_run, within};

/// A consumer in a test's hands: it takes what it is told to, and when.
pub struct TestConsumer<T> {
    slot: Slot<T>,
    inlet: Option<Inlet<T>>,
    hold: Option<Hold>,
    end: Option<End>,
}

impl<T> TestConsumer<T> {
    /// Returns a consumer whose link has these marks, and which takes nothing yet.
    ///
    /// # Errors
    /// Never for a new slot; it is what taking a slot's end may answer.
    pub fn new(marks: impl Into<Marks<T>>) -> Result<Self, AlreadyTaken> {
        Self::of(Slot::new("the test's consumer", marks))
    }

    /// Returns a consumer that has to [`ask`](Self::ask) before a pull producer gives anything.
    ///
    /// # Errors
    /// As [`new`](Self::new).
    pub fn asking(marks: impl Into<Marks<T>>) -> Result<Self, AlreadyTaken> {
        let options = SlotOptions { manual_demand: true, ..SlotOptions::default() };
        Self::of(Slot::with_options("the test's consumer", marks, options))
    }

    /// Returns the consumer of this slot.
    ///
    /// # Errors
    /// [`AlreadyTaken`] while another consumer has it.
    pub fn of(slot: Slot<T>) -> Result<Self, AlreadyTaken> {
        let inlet = slot.clone().inlet()?;
        Ok(Self { slot, inlet: Some(inlet), hold: None, end: None })
    }

    /// Where producers register.
    pub const fn slot(&self) -> &Slot<T> {
        &self.slot
    }

    /// Waits for this many items, and commits each.
    ///
    /// # Errors
    /// [`Broken`] if fewer come.
    ///
    /// # Cancel safety
    /// What was taken is lost with the future.
    pub async fn expect_write(&mut self, items: usize) -> Result<Vec<T>, Broken> {
        let mut taken = Vec::with_capacity(items);
        while taken.len() < items {
            let what = format!("item {} of {items}", taken.len() + 1);
            match within(&what, self.turn()).await? {
                Turn::Items => self.take(items - taken.len(), &mut taken),
                Turn::End(end) => {
                    let got = format!("the end: {end}");
                    return Err(Broken::new(what, got, "write all items before the end"));
                }
            }
        }
        Ok(taken)
    }

    /// Looks that nothing comes, though everybody on this thread has many turns.
    ///
    /// # Errors
    /// [`Broken`] if an item is there.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn expect_no_write(&mut self) -> Result<(), Broken> {
        let_others_run().await;
        if matches!(self.poll(), Poll::Ready(Turn::Items)) {
            let advice = "write nothing while paused, or while nothing was asked for";
            return Err(Broken::new("no write", "an item", advice));
        }
        Ok(())
    }

    /// Waits for the end, behind whatever is still to come; those items are returned too.
    ///
    /// # Errors
    /// [`Broken`] if it does not come.
    ///
    /// # Cancel safety
    /// What was taken is lost with the future.
    pub async fn expect_end(&mut self) -> Result<(Vec<T>, End), Broken> {
        let mut taken = Vec::new();
        loop {
            match within("the end, or another item", self.turn()).await? {
                Turn::Items => self.take(usize::MAX, &mut taken),
                Turn::End(end) => return Ok((taken, end)),
            }
        }
    }

    /// Takes and commits what is there at this moment.
    pub fn take_what_is_there(&mut self) -> Vec<T> {
        self.take_up_to(usize::MAX)
    }

    /// As [`take_what_is_there`](Self::take_what_is_there), but no more than this.
    pub fn take_up_to(&mut self, items: usize) -> Vec<T> {
        let mut taken = Vec::new();
        if matches!(self.poll(), Poll::Ready(Turn::Items)) {
            self.take(items, &mut taken);
        }
        taken
    }

    /// Takes up to this many of the items that are there into its hands; they count as held until
    /// [`commit`](Self::commit), and come again if they are dropped without it.
    ///
    /// There are none while others are in its hands.
    pub fn lend(&mut self, items: usize) -> Option<Lease<T>> {
        match self.poll() {
            Poll::Ready(Turn::Items) => self.inlet.as_mut()?.lend_out(items),
            _ => None,
        }
    }

    /// Says that what was lent is handled.
    pub fn commit(&mut self, lent: Lease<T>) {
        lent.commit();
        if let Some(inlet) = &mut self.inlet {
            inlet.lease_handled();
            inlet.rest();
        }
    }

    /// Whether the end was told.
    pub fn has_ended(&mut self) -> bool {
        matches!(self.poll(), Poll::Ready(Turn::End(_)))
    }

    /// Waits for items or the end.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn turn(&mut self) -> Turn {
        poll_fn(|cx| self.poll_turn(cx)).await
    }

    /// Holds the producer until [`resume`](Self::resume).
    pub fn pause(&mut self) {
        self.hold = Some(self.slot.hold("the test"));
    }

    /// Lets the producer go on.
    pub fn resume(&mut self) {
        self.hold = None;
    }

    /// Asks for this many more items.
    pub fn ask(&mut self, items: u64) {
        if let Some(inlet) = &mut self.inlet {
            inlet.ask(items);
        }
    }

    /// Wants no more: its producer is stopped.
    pub fn stop(&mut self) {
        if let Some(inlet) = self.inlet.take() {
            inlet.stop("the test wants no more");
        }
    }

    fn poll(&mut self) -> Poll<Turn> {
        self.poll_turn(&mut Context::from_waker(Waker::noop()))
    }

    fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        let Some(inlet) = &mut self.inlet else { return Poll::Pending };
        let turn = inlet.poll_turn(cx);
        if let Poll::Ready(Turn::End(end)) = &turn {
            self.end = Some(end.clone());
        }
        turn
    }

    fn take(&mut self, most: usize, into: &mut Vec<T>) {
        let Some(inlet) = &mut self.inlet else { return };
        let mut batch = inlet.batch(most);
        while let Some(item) = batch.take() {
            into.push(item);
        }
        batch.commit();
        inlet.rest();
    }
}

impl<T> fmt::Debug for TestConsumer<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestConsumer")
            .field("slot", &self.slot)
            .field("paused", &self.hold.is_some())
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

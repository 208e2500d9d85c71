//! What a producer may forget of what it wrote.

use std::{
    future::poll_fn,
    task::{Context, Poll},
};

use super::Outlet;
use crate::Unacknowledged;

impl<T> Outlet<T> {
    /// Has the consumers tell what is [acknowledged](Self::acknowledged): the next one, and through
    /// stages all behind it.
    ///
    /// A consumer that commits what it only passes on to others acknowledges too early, unless it
    /// does so by [`Receipt`](crate::Receipt); a stage in a shell does.
    pub fn want_acknowledgements(&mut self) {
        if self.shared.acks.want() {
            // A consumer that has handled all there is sleeps, and has not said it.
            self.shared.ring();
        }
    }

    /// How many items, from the first of this registration on, are acknowledged: the last consumer
    /// has handled all that came of them. 0 where they are not
    /// [wanted](Self::want_acknowledgements).
    ///
    /// They come in the order of the items, at the end of a consumer's turn.
    #[must_use]
    pub fn acknowledged(&self) -> u64 {
        self.shared.acks.total()
    }

    /// The number of the first item that was lost, if one was: it and what is behind it will never
    /// be acknowledged.
    #[must_use]
    pub fn lost(&self) -> Option<u64> {
        self.shared.acks.lost()
    }

    /// Waits until the first items, so many, are acknowledged.
    ///
    /// # Errors
    /// [`Unacknowledged`] if one of them was lost.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn acknowledged_to(&mut self, items: u64) -> Result<(), Unacknowledged> {
        poll_fn(|cx| self.poll_acknowledged(cx, items)).await
    }

    /// Polls for what [`acknowledged_to`](Self::acknowledged_to) waits for.
    pub fn poll_acknowledged(
        &mut self,
        cx: &mut Context<'_>,
        items: u64,
    ) -> Poll<Result<(), Unacknowledged>> {
        self.listen(cx);
        if !self.shared.acks.wait_for(items) {
            return Poll::Pending;
        }
        Poll::Ready(match self.lost() {
            Some(from) if self.acknowledged() < items => Err(Unacknowledged { from }),
            Some(_) | None => Ok(()),
        })
    }
}

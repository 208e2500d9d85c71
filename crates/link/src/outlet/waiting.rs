//! What a producer can wait for: room, demand, and that all is committed.

use std::{
    future::poll_fn,
    task::{Context, Poll, ready},
};

use aqueduct_flow::{Amount, outlet::Phase};

use super::Outlet;
use crate::{Stopped, WriteError};

impl<T> Outlet<T> {
    /// Waits until the producer may write, and writes the item.
    ///
    /// # Errors
    /// [`WriteError::Closed`] hands the item back when the stream has ended.
    ///
    /// # Cancel safety
    /// The item is written when the future is ready, not before; dropping the future earlier drops
    /// the item. Where it must not be lost, await [`ready`](Self::ready) and then
    /// [`write`](Self::write).
    pub async fn send(&mut self, mut item: T) -> Result<(), WriteError<T>> {
        loop {
            if self.ready().await.is_err() {
                return Err(WriteError::Closed(item));
            }
            match self.write(item) {
                Ok(_) => return Ok(()),
                Err(WriteError::Full(refused)) => item = refused,
                Err(closed) => return Err(closed),
            }
        }
    }

    /// Chooses whether a pause wakes whoever polls this outlet: on where that is not the one who
    /// writes, so that it can pass the pause on at once.
    ///
    /// Off for a new outlet.
    pub fn set_wakes_driver(&mut self, on: bool) {
        self.wakes_driver = on;
    }

    /// Waits until the producer may write.
    ///
    /// # Errors
    /// [`Stopped`] when the consumer wants no more.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is taken or reserved.
    pub async fn ready(&mut self) -> Result<(), Stopped> {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// Polls for what [`ready`](Self::ready) waits for.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stopped>> {
        self.listen(cx);
        if let Some(stopped) = self.stopped() {
            return Poll::Ready(Err(stopped));
        }
        if !self.reasons().is_empty() {
            let total = self.ledger.core().release_total();
            self.wait_for(total);
        }
        if self.reasons().is_empty() {
            self.pace.worked();
            return Poll::Ready(Ok(()));
        }
        self.sleep(cx);
        Poll::Pending
    }

    /// Polls for how much a pull producer is asked for: at least one item.
    ///
    /// A producer that wrote just what was wanted stands at the high mark, not above it: it is not
    /// paused, and is asked again at the low mark.
    pub fn poll_wanted(&mut self, cx: &mut Context<'_>) -> Poll<Result<Amount, Stopped>> {
        if let Err(stopped) = ready!(self.poll_ready(cx)) {
            return Poll::Ready(Err(stopped));
        }
        // Who asks for much at once is asked seldom: the newest total is worth a look.
        self.see_committed(self.shared.committed());
        let wanted = self.ledger.core().wanted();
        if (wanted.items == 0 || wanted.bytes == 0) && !self.ledger.core().held().is_zero() {
            let enough = self.ledger.core().release_total();
            self.wait_for(enough);
        }
        let wanted = self.ledger.core().wanted();
        if wanted.items > 0 && wanted.bytes > 0 {
            return Poll::Ready(Ok(wanted));
        }
        self.sleep(cx);
        Poll::Pending
    }

    /// Waits until everything written is committed.
    ///
    /// # Errors
    /// [`Stopped`] when the consumer wants no more.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn flush(&mut self) -> Result<(), Stopped> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Polls for what [`flush`](Self::flush) waits for.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stopped>> {
        self.listen(cx);
        if !self.ledger.core().held().is_zero() {
            self.wait_for(self.ledger.written());
        }
        let stopped = self.stopped();
        //= F2: what was given up for want of a consumer is not taken for handled.
        let given_up = matches!(self.ledger.phase(), Phase::Stopped | Phase::Aborted)
            && self.shared.consumer.handled.has_discarded();
        if self.ledger.core().held().is_zero() && !given_up {
            self.pace.worked();
            return Poll::Ready(Ok(()));
        }
        if let Some(stopped) = stopped {
            return Poll::Ready(Err(stopped));
        }
        if self.ledger.phase() == Phase::Aborted {
            return Poll::Ready(Err(Stopped { reason: "aborted by its producer".into() }));
        }
        self.sleep(cx);
        Poll::Pending
    }

    /// Finishes, and waits until everything written is committed.
    ///
    /// # Errors
    /// [`Stopped`] when the consumer wants no more before that.
    ///
    /// # Cancel safety
    /// Cancel safe: once polled it has finished, and calling it again goes on waiting.
    pub async fn close(&mut self) -> Result<(), Stopped> {
        self.finish();
        self.flush().await
    }

    /// Registers for wake-ups, then takes in all news there are.
    pub(super) fn listen(&mut self, cx: &Context<'_>) {
        self.shared.note_producer();
        self.spill();
        self.shared.producer.awaited.register(cx.waker());
        self.look_at_control();
    }

    fn sleep(&mut self, cx: &Context<'_>) {
        let apart = self.shared.apart();
        if !self.pace.look_again(apart, cx) {
            self.pace.sleeps(apart);
        }
    }
}

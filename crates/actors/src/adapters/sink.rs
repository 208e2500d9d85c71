//! Sinks on either side of a link.

use std::{
    fmt,
    future::poll_fn,
    marker::PhantomData,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, ready},
};

use aqueduct_link::{Batch, End, Outlet, WriteError};
use futures_sink::Sink;

use crate::{Consumed, Consumer, Ctx, Failure};

/// A consumer that sends what it takes into a sink.
///
/// An item is taken out of the link when the sink is ready for it: at most once.
pub struct SinkConsumer<S, T> {
    /// Shared with the flush that goes on between two batches; one at a time uses it.
    sent: Arc<Mutex<Sent<S>>>,
    item: PhantomData<fn(T)>,
}

struct Sent<S> {
    sink: Pin<Box<S>>,
    /// How many items the sink has taken since it was flushed.
    unflushed: u64,
}

impl<S> Sent<S> {
    fn poll_flush<T>(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), S::Error>>
    where
        S: Sink<T>,
    {
        ready!(self.sink.as_mut().poll_flush(cx))?;
        self.unflushed = 0;
        Poll::Ready(Ok(()))
    }
}

fn lock<S>(sink: &Mutex<S>) -> MutexGuard<'_, S> {
    sink.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<S: Sink<T>, T> SinkConsumer<S, T> {
    /// Returns the consumer that feeds this sink.
    pub fn new(sink: S) -> Self {
        let sent = Sent { sink: Box::pin(sink), unflushed: 0 };
        Self { sent: Arc::new(Mutex::new(sent)), item: PhantomData }
    }
}

/// # Back-pressure
/// Items stay in the link while the sink is not ready.
impl<S, T> Consumer for SinkConsumer<S, T>
where
    S: Sink<T> + 'static,
    S::Error: Into<Failure> + 'static,
    T: 'static,
{
    type Item = T;
    type Error = S::Error;

    const HOLDS: bool = true;

    /// What the sink took and has not flushed may be lost with it.
    fn held(&mut self) -> u64 {
        lock(&self.sent).unflushed
    }

    fn consume(
        &mut self,
        batch: &mut Batch<'_, T>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, S::Error> {
        let mut task = ctx.task();
        let mut sent = lock(&self.sent);
        while !batch.is_empty() {
            if sent.sink.as_mut().poll_ready(&mut task)?.is_pending() {
                return Ok(Consumed::Wait);
            }
            if let Some(item) = batch.take() {
                sent.unflushed += 1;
                sent.sink.as_mut().start_send(item)?;
            }
        }
        if sent.poll_flush(&mut task)?.is_ready() {
            return Ok(Consumed::Done);
        }
        // A flush may want to be polled many times, and without items nobody calls us for that.
        let flushing = self.sent.clone();
        Ok(Consumed::later(poll_fn(move |cx| lock(&flushing).poll_flush(cx))))
    }

    /// Closes the sink, also when the producer was lost: what it wrote is worth keeping.
    fn end(&mut self, _: &End, ctx: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, S::Error> {
        let mut sent = lock(&self.sent);
        match sent.sink.as_mut().poll_close(&mut ctx.task())? {
            Poll::Ready(()) => {
                sent.unflushed = 0;
                Ok(Consumed::Done)
            }
            Poll::Pending => Ok(Consumed::Wait),
        }
    }
}

impl<S, T> fmt::Debug for SinkConsumer<S, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SinkConsumer").finish_non_exhaustive()
    }
}

/// A sink whose items go into a link.
///
/// It is ready while the producer may write, flushed when everything is committed, and closed when
/// that is so after a finish.
///
/// # Back-pressure
/// An item too heavy for the room that is left waits here, and the sink is not ready meanwhile.
#[derive(Debug)]
pub struct OutletSink<T> {
    outlet: Outlet<T>,
    /// The item that the link had no room for.
    waiting: Option<T>,
}

impl<T> OutletSink<T> {
    /// Returns the sink in front of this outlet.
    #[must_use]
    pub const fn new(outlet: Outlet<T>) -> Self {
        Self { outlet, waiting: None }
    }

    /// Writes the item that waits, if there is one.
    fn write_waiting(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        while self.waiting.is_some() {
            ready!(self.outlet.poll_ready(cx))?;
            if let Some(item) = self.waiting.take() {
                self.put(item)?;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn put(&mut self, item: T) -> Result<(), Failure> {
        match self.outlet.write(item) {
            Ok(_) => Ok(()),
            // Ready to write is not yet room for any weight.
            Err(WriteError::Full(item)) => {
                self.waiting = Some(item);
                Ok(())
            }
            Err(WriteError::Closed(_)) => Err(WriteError::Closed(()).into()),
        }
    }
}

impl<T> Sink<T> for OutletSink<T> {
    type Error = Failure;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        ready!(self.write_waiting(cx))?;
        self.outlet.poll_ready(cx).map_err(Failure::from)
    }

    fn start_send(mut self: Pin<&mut Self>, item: T) -> Result<(), Failure> {
        if self.waiting.is_some() {
            return Err(Failure::message("an item was sent into a sink that was not ready"));
        }
        self.put(item)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        ready!(self.write_waiting(cx))?;
        self.outlet.poll_flush(cx).map_err(Failure::from)
    }

    fn poll_close(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        ready!(self.write_waiting(cx))?;
        self.outlet.finish();
        self.outlet.poll_flush(cx).map_err(Failure::from)
    }
}

/// Nothing in it is ever pinned in place.
impl<T> Unpin for OutletSink<T> {}

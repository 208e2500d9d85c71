//! Streams on either side of a link.

use std::{
    convert::Infallible,
    fmt,
    pin::Pin,
    task::{Context, Poll},
};

use aqueduct_link::{End, Inlet, Turn};
use futures_core::Stream;

use crate::{Ctx, Demand, Next, Outbox, PullProducer};

/// A producer that writes what a stream gives.
pub struct StreamProducer<S>(Pin<Box<S>>);

impl<S: Stream> StreamProducer<S> {
    /// Returns the producer of this stream's items.
    pub fn new(stream: S) -> Self {
        Self(Box::pin(stream))
    }
}

/// # Back-pressure
/// The stream is not polled while nothing is wanted.
impl<S> PullProducer for StreamProducer<S>
where
    S: Stream + 'static,
{
    type Item = S::Item;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, S::Item>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let mut task = ctx.task();
        let mut next = Next::More;
        let items = std::iter::from_fn(|| match self.0.as_mut().poll_next(&mut task) {
            Poll::Ready(Some(item)) => Some(item),
            Poll::Ready(None) => {
                next = Next::Done;
                None
            }
            Poll::Pending => {
                next = Next::Wait;
                None
            }
        });
        out.extend(items.take(usize::try_from(wanted.items()).unwrap_or(usize::MAX)));
        Ok(next)
    }
}

impl<S> fmt::Debug for StreamProducer<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("StreamProducer").finish_non_exhaustive()
    }
}

/// A stream of what comes to an inlet.
///
/// Each item is taken out of the link when the stream gives it: at most once.
#[derive(Debug)]
pub struct InletStream<T> {
    inlet: Inlet<T>,
    end: Option<End>,
}

impl<T> InletStream<T> {
    /// Returns the stream of this inlet's items.
    #[must_use]
    pub const fn new(inlet: Inlet<T>) -> Self {
        Self { inlet, end: None }
    }

    /// Why the stream has ended, once it has.
    #[must_use]
    pub const fn end(&self) -> Option<&End> {
        self.end.as_ref()
    }
}

impl<T> Stream for InletStream<T> {
    type Item = T;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<T>> {
        let this = &mut *self;
        if this.end.is_some() {
            return Poll::Ready(None);
        }
        loop {
            match this.inlet.poll_turn(cx) {
                Poll::Pending => return Poll::Pending,
                Poll::Ready(Turn::End(end)) => {
                    this.end = Some(end);
                    return Poll::Ready(None);
                }
                Poll::Ready(Turn::Items) => {
                    if let Some(item) = this.inlet.batch(1).take() {
                        return Poll::Ready(Some(item));
                    }
                }
            }
        }
    }
}

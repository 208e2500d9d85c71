//! The consumer, where the pipeline does not bring one of its own.

use std::{
    convert::Infallible,
    future::{Ready, ready},
};

use aqueduct::actors::{Batch, Consumed, Consumer, Ctx, End};
use bytes::Bytes;
use tokio::sync::mpsc;

use crate::tally::Tally;

/// Adds what comes to a tally.
pub(super) trait Add: Fn(&mut Tally, &[u8]) + Copy + Send + 'static {}

impl<F: Fn(&mut Tally, &[u8]) + Copy + Send + 'static> Add for F {}

/// Where a tally is told, and where it comes out.
pub(super) type Tell = mpsc::Sender<Tally>;
pub(super) struct Told(mpsc::Receiver<Tally>);

/// Returns the two ends; there is one tally.
pub(super) fn telling() -> (Tell, Told) {
    let (tell, told) = mpsc::channel(1);
    (tell, Told(told))
}

impl Told {
    /// Returns the tally of a pipeline that has ended.
    pub(super) fn tally(mut self) -> Result<Tally, String> {
        self.0.try_recv().map_err(|_| "the consumer has not seen the end".into())
    }
}

/// Tallies what comes, and tells it at the end.
#[derive(Debug)]
pub(super) struct Ending<F> {
    tally: Tally,
    add: F,
    tell: Tell,
}

/// Returns a factory of such consumers.
pub(super) fn ending<F: Add>(
    add: F,
    tell: Tell,
) -> impl Fn() -> Ready<Result<Ending<F>, Infallible>> + Send + 'static {
    move || ready(Ok(Ending { tally: Tally::new(), add, tell: tell.clone() }))
}

impl<F: Add> Consumer for Ending<F> {
    type Item = Bytes;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(item) = batch.take() {
            (self.add)(&mut self.tally, &item);
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, _: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        let tally = std::mem::replace(&mut self.tally, Tally::new());
        // A second life would find the place taken, and what it saw is not all.
        drop(self.tell.try_send(tally));
        Ok(Consumed::Done)
    }
}

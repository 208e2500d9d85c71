//! One way: one producer, one consumer, and what is between them.
//!
//! Whoever hands items over is a [`Peer`]; where they come from is a [`Source`], and where they go is
//! a [`Sink`].
//! So all peers of a workload do the same work, and only the way between is theirs.

mod actix_mailbox;
mod aqueduct_link;
mod channels;
mod kameo_actor;
mod ractor_actor;

use std::time::{Duration, Instant};

use aqueduct::link::Marks;
use tokio::sync::oneshot;

use crate::{
    bed::{Places, build},
    contest::Failed,
    tally::{Counter, Finished, Tally},
};

pub(crate) use actix_mailbox::{Credit, Flood};
pub(crate) use aqueduct_link::{Acked, ByBatch, ByItem};
pub(crate) use channels::{Channel, Flume, Kanal, Receiver, Sender, Tachyonix, Tasks, Tokio};
pub(crate) use kameo_actor::Kameo;
pub(crate) use ractor_actor::Ractor;

/// Where items come from.
pub(crate) trait Source: Send + Unpin + 'static {
    /// What they are.
    type Item: Send + Sync + 'static;

    /// Makes the next one; `None` at the end.
    fn next(&mut self) -> Option<Self::Item>;

    /// The item that was made last is in the other's hands.
    #[inline]
    fn accepted(&mut self) {}
}

/// Where items go.
pub(crate) trait Sink: Send + Sync + Unpin + 'static {
    /// What they are.
    type Item: Send + Sync + 'static;

    /// Handles the next one.
    fn see(&mut self, item: &Self::Item);

    /// That was the last.
    fn over(&mut self);
}

/// How much may be on the way.
pub(crate) struct Shape<T> {
    /// The most items between the ends; a bound of ours may be in bytes.
    pub(crate) bound: u64,
    /// The marks of our link.
    pub(crate) marks: Marks<T>,
    /// After so many items the producer lets others have a turn.
    pub(crate) burst: u64,
}

impl<T> Clone for Shape<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Shape<T> {}

impl<T> Shape<T> {
    /// How many items are credited together, where credit is sent back: a quarter of the bound.
    fn turn(&self) -> u64 {
        (self.bound / 4).max(1)
    }

    /// The bound as a number of places.
    pub(crate) fn places(&self) -> usize {
        usize::try_from(self.bound).unwrap_or(usize::MAX)
    }
}

/// Has a producer write that has waited for it.
pub(crate) type Start = Box<dyn FnOnce() + Send>;

/// Somebody who hands items over.
pub(crate) trait Peer: 'static {
    /// What a producer needs to reach a consumer.
    type Way<K: Sink>: Send + 'static;

    /// Starts a consumer; called on its arbiter.
    fn consume<K: Sink>(shape: Shape<K::Item>, sink: K) -> Result<Self::Way<K>, String>;

    /// Starts the producer of this consumer, which waits; called on its arbiter.
    fn produce<S, K>(way: Self::Way<K>, shape: Shape<S::Item>, source: S) -> Start
    where
        S: Source,
        K: Sink<Item = S::Item>;
}

/// Hands all items of the source over, and returns how long it took and what the consumer counted.
///
/// The clock runs from the start signal, when both ends are up and wait, to the moment when the
/// consumer has seen the end.
pub(crate) async fn run<P, S, K>(
    places: &Places,
    shape: Shape<S::Item>,
    source: S,
    sink: K,
    finished: oneshot::Receiver<Finished>,
) -> Result<(Duration, Tally), Failed>
where
    P: Peer,
    S: Source,
    K: Sink<Item = S::Item>,
{
    let way = build(&places.consumer, move || P::consume(shape, sink)).await??;
    let start = build(&places.producer, move || P::produce::<S, K>(way, shape, source)).await?;
    let began = Instant::now();
    start();
    let (ended, tally) = finished.await.map_err(|_| "the consumer died".to_owned())?;
    Ok((ended.duration_since(began), tally))
}

/// The numbers 0, 1, 2 and so on.
pub(crate) struct Numbers {
    next: u64,
    end: u64,
}

impl Numbers {
    /// Returns the first so many numbers.
    pub(crate) const fn until(end: u64) -> Self {
        Self { next: 0, end }
    }
}

impl Source for Numbers {
    type Item = u64;

    #[inline]
    fn next(&mut self) -> Option<u64> {
        let number = self.next;
        (number < self.end).then(|| {
            self.next += 1;
            number
        })
    }
}

impl Sink for Counter {
    type Item = u64;

    #[inline]
    fn see(&mut self, number: &u64) {
        Self::see(self, *number);
    }

    fn over(&mut self) {
        self.hand_in();
    }
}

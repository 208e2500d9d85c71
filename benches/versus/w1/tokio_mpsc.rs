//! `tokio::sync::mpsc`: two tasks and a channel of [`BOUND`] places.

use tokio::sync::{mpsc, oneshot};

use super::{BOUND, time};
use crate::{
    bed::{Places, build},
    contest::Run,
    tally::Counter,
};

/// Items that are reserved, or received, with one call.
const CHUNK: usize = 256;

pub(super) fn item(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let (sender, mut receiver) = mpsc::channel(BOUND as usize);
        let (start, started) = oneshot::channel::<()>();
        let (mut counter, finished) = Counter::new();
        build(&places.consumer, move || {
            actix_rt::spawn(async move {
                while let Some(number) = receiver.recv().await {
                    counter.see(number);
                }
                counter.hand_in();
            });
        })
        .await?;
        build(&places.producer, move || {
            actix_rt::spawn(async move {
                // A start that never comes is a run that was given up.
                let Ok(()) = started.await else { return };
                for number in 0..items {
                    if sender.send(number).await.is_err() {
                        return;
                    }
                }
            });
        })
        .await?;
        time(|| _ = start.send(()), finished, items).await
    })
}

pub(super) fn batch(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let (sender, mut receiver) = mpsc::channel(BOUND as usize);
        let (start, started) = oneshot::channel::<()>();
        let (mut counter, finished) = Counter::new();
        build(&places.consumer, move || {
            actix_rt::spawn(async move {
                let mut numbers = Vec::with_capacity(CHUNK);
                while receiver.recv_many(&mut numbers, CHUNK).await > 0 {
                    for number in numbers.drain(..) {
                        counter.see(number);
                    }
                }
                counter.hand_in();
            });
        })
        .await?;
        build(&places.producer, move || {
            actix_rt::spawn(async move {
                let Ok(()) = started.await else { return };
                let mut numbers = 0..items;
                while !numbers.is_empty() {
                    let left = numbers.end - numbers.start;
                    let chunk = CHUNK.min(usize::try_from(left).unwrap_or(CHUNK));
                    let Ok(permits) = sender.reserve_many(chunk).await else { return };
                    for (permit, number) in permits.zip(&mut numbers) {
                        permit.send(number);
                    }
                }
            });
        })
        .await?;
        time(|| _ = start.send(()), finished, items).await
    })
}

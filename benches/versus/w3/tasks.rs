//! tokio: tasks with channels between them.

use std::{pin::pin, time::Instant};

use actix::ArbiterHandle;
use futures_util::{StreamExt, stream};
use tokio::sync::{mpsc, oneshot};

use super::{BOUND, mask, multiply, result, rotate, see};
use crate::{
    bed::{Places, build},
    contest::Run,
    tally::Counter,
};

type Sender = mpsc::Sender<u64>;
type Receiver = mpsc::Receiver<u64>;

/// Two tasks: one with the maps on the stream of its channel.
pub(super) fn stream_maps(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let (sender, mut receiver) = mpsc::channel(BOUND as usize);
        let (mut counter, finished) = Counter::new();
        let consumer = build(&places.consumer, move || {
            actix_rt::spawn(async move {
                let numbers = stream::poll_fn(move |task| receiver.poll_recv(task));
                let mut numbers = pin!(numbers.map(multiply).map(mask).map(rotate));
                while let Some(number) = numbers.next().await {
                    see(&mut counter, number);
                }
                counter.hand_in();
            });
        });
        consumer.await?;
        let start = produce(&places.producer, sender, items).await?;
        let began = Instant::now();
        _ = start.send(());
        result(began, finished, items).await
    })
}

/// Five tasks.
pub(super) fn chain(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let Places { producer: even, consumer: odd } = places;
        let (first, receiver) = mpsc::channel(BOUND as usize);
        let receiver = map(&odd, receiver, multiply).await?;
        let receiver = map(&even, receiver, mask).await?;
        let mut receiver = map(&odd, receiver, rotate).await?;
        let (mut counter, finished) = Counter::new();
        build(&even, move || {
            actix_rt::spawn(async move {
                while let Some(number) = receiver.recv().await {
                    see(&mut counter, number);
                }
                counter.hand_in();
            });
        })
        .await?;
        let start = produce(&even, first, items).await?;
        let began = Instant::now();
        _ = start.send(());
        result(began, finished, items).await
    })
}

/// A task that sends the numbers when it is told to.
async fn produce(
    place: &ArbiterHandle,
    sender: Sender,
    items: u64,
) -> Result<oneshot::Sender<()>, String> {
    let (start, started) = oneshot::channel();
    build(place, move || {
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
    Ok(start)
}

/// A task of one map.
async fn map(
    place: &ArbiterHandle,
    mut receiver: Receiver,
    f: impl Fn(u64) -> u64 + Send + 'static,
) -> Result<Receiver, String> {
    let (sender, next) = mpsc::channel(BOUND as usize);
    build(place, move || {
        actix_rt::spawn(async move {
            while let Some(number) = receiver.recv().await {
                if sender.send(f(number)).await.is_err() {
                    return;
                }
            }
        });
    })
    .await?;
    Ok(next)
}

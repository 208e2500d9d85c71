//! `tokio::sync::mpsc`, many items with one call.

use tokio::sync::{mpsc, oneshot};

use crate::oneway::{Peer, Shape, Sink, Source, Start};

/// Items that are reserved, or received, with one call.
const CHUNK: usize = 256;

/// Two tasks and a channel.
pub(super) struct TokioBatch;

impl Peer for TokioBatch {
    type Way<K: Sink> = mpsc::Sender<K::Item>;

    fn consume<K: Sink>(shape: Shape<K::Item>, mut sink: K) -> Result<Self::Way<K>, String> {
        let (sender, mut receiver) = mpsc::channel(shape.places());
        actix_rt::spawn(async move {
            let mut items = Vec::with_capacity(CHUNK);
            while receiver.recv_many(&mut items, CHUNK).await > 0 {
                for item in items.drain(..) {
                    sink.see(&item);
                }
            }
            sink.over();
        });
        Ok(sender)
    }

    fn produce<S, K>(sender: Self::Way<K>, _: Shape<S::Item>, mut source: S) -> Start
    where
        S: Source,
        K: Sink<Item = S::Item>,
    {
        let (start, started) = oneshot::channel();
        actix_rt::spawn(async move {
            // A start that never comes is a run that was given up.
            let Ok(()) = started.await else { return };
            loop {
                let Ok(permits) = sender.reserve_many(CHUNK).await else { return };
                for permit in permits {
                    let Some(item) = source.next() else { return };
                    permit.send(item);
                    source.accepted();
                }
            }
        });
        Box::new(move || _ = start.send(()))
    }
}

//! ractor: a task that casts to an actor.
//!
//! Its mailbox has no bound, so the task lets others have a turn after each quarter of what is the
//! bound of the others.
//! Both run on the arbiters of the other contenders, which are single-threaded tokio runtimes.

use std::marker::PhantomData;

use ractor::{Actor, ActorProcessingErr, ActorRef, ActorRuntime};
use tokio::sync::oneshot;

use super::{Peer, Shape, Sink, Source, Start};

/// Casts one by one.
pub(crate) struct Ractor;

struct Consuming<K>(PhantomData<K>);

/// What it casts; `None` behind the last item.
type Cast<T> = Option<T>;

impl<K: Sink> Actor for Consuming<K> {
    type Msg = Cast<K::Item>;
    type State = K;
    type Arguments = K;

    async fn pre_start(&self, _: ActorRef<Self::Msg>, sink: K) -> Result<K, ActorProcessingErr> {
        Ok(sink)
    }

    async fn handle(
        &self,
        itself: ActorRef<Self::Msg>,
        item: Cast<K::Item>,
        sink: &mut K,
    ) -> Result<(), ActorProcessingErr> {
        if let Some(item) = item {
            sink.see(&item);
        } else {
            sink.over();
            itself.stop(None);
        }
        Ok(())
    }
}

impl Peer for Ractor {
    type Way<K: Sink> = ActorRef<Cast<K::Item>>;

    fn consume<K: Sink>(_: Shape<K::Item>, sink: K) -> Result<Self::Way<K>, String> {
        let spawned = ActorRuntime::spawn_instant(None, Consuming::<K>(PhantomData), sink);
        let (consumer, _) = spawned.map_err(|error| error.to_string())?;
        Ok(consumer)
    }

    fn produce<S, K>(consumer: Self::Way<K>, shape: Shape<S::Item>, mut source: S) -> Start
    where
        S: Source,
        K: Sink<Item = S::Item>,
    {
        let (start, started) = oneshot::channel();
        actix_rt::spawn(async move {
            // A start that never comes is a run that was given up.
            let Ok(()) = started.await else { return };
            let mut turn = shape.turn();
            while let Some(item) = source.next() {
                if consumer.cast(Some(item)).is_err() {
                    return;
                }
                source.accepted();
                turn -= 1;
                if turn == 0 {
                    turn = shape.turn();
                    tokio::task::yield_now().await;
                }
            }
            // A consumer that is gone has failed the run by that.
            drop(consumer.cast(None));
        });
        Box::new(move || _ = start.send(()))
    }
}

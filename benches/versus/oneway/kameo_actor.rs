//! kameo: a task that tells an actor with a bounded mailbox.
//!
//! Both run on the arbiters of the other contenders, which are single-threaded tokio runtimes.

use kameo::{
    Actor,
    actor::{ActorRef, Spawn},
    error::Infallible,
    mailbox,
    message::{Context, Message},
};
use tokio::sync::oneshot;

use super::{Peer, Shape, Sink, Source, Start};

/// Tells one by one.
pub(crate) struct Kameo;

pub(crate) struct Consuming<K>(K);

impl<K: Sink> Actor for Consuming<K> {
    type Args = Self;
    type Error = Infallible;

    async fn on_start(this: Self, _: ActorRef<Self>) -> Result<Self, Infallible> {
        Ok(this)
    }
}

struct Item<T>(T);

impl<K: Sink> Message<Item<K::Item>> for Consuming<K> {
    type Reply = ();

    async fn handle(&mut self, Item(item): Item<K::Item>, _: &mut Context<Self, ()>) {
        self.0.see(&item);
    }
}

/// Behind the last item.
struct Over;

impl<K: Sink> Message<Over> for Consuming<K> {
    type Reply = ();

    async fn handle(&mut self, Over: Over, _: &mut Context<Self, ()>) {
        self.0.over();
    }
}

impl Peer for Kameo {
    type Way<K: Sink> = ActorRef<Consuming<K>>;

    fn consume<K: Sink>(shape: Shape<K::Item>, sink: K) -> Result<Self::Way<K>, String> {
        Ok(Consuming::spawn_with_mailbox(Consuming(sink), mailbox::bounded(shape.places())))
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
            let mut burst = shape.burst;
            while let Some(item) = source.next() {
                if consumer.tell(Item(item)).await.is_err() {
                    return;
                }
                source.accepted();
                burst -= 1;
                if burst == 0 {
                    burst = shape.burst;
                    tokio::task::yield_now().await;
                }
            }
            // A consumer that is gone has failed the run by that.
            drop(consumer.tell(Over).await);
        });
        Box::new(move || _ = start.send(()))
    }
}

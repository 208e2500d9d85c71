//! actix by itself: each item a message.

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message, Recipient, WrapFuture};
use tokio::sync::oneshot;

use super::{Peer, Shape, Sink, Source, Start};

/// Sends without looking back, but lets others have a turn; nothing bounds what is on the way.
pub(crate) struct Flood;

/// Sends as much as it has credit for, which the consumer sends back.
pub(crate) struct Credit;

struct Item<T>(T);

impl<T> Message for Item<T> {
    type Result = ();
}

/// Behind the last item; with the address of who is to read it, for an actor whose last address is
/// dropped leaves its mail unread.
struct Over<K: Sink>(Addr<Consuming<K>>);

impl<K: Sink> Message for Over<K> {
    type Result = ();
}

/// This many more may be sent.
struct More(u64);

impl Message for More {
    type Result = ();
}

/// Where credit goes.
struct Producer(Recipient<More>);

impl Message for Producer {
    type Result = ();
}

pub(crate) struct Consuming<K> {
    sink: K,
    /// Items until credit is due.
    due: u64,
    turn: u64,
    /// Who waits for credit, if somebody does.
    producer: Option<Recipient<More>>,
}

impl<K: Sink> Actor for Consuming<K> {
    type Context = Context<Self>;
}

impl<K: Sink> Handler<Item<K::Item>> for Consuming<K> {
    type Result = ();

    fn handle(&mut self, Item(item): Item<K::Item>, _: &mut Self::Context) {
        self.sink.see(&item);
        let Some(producer) = &self.producer else { return };
        self.due -= 1;
        if self.due == 0 {
            self.due = self.turn;
            producer.do_send(More(self.turn));
        }
    }
}

impl<K: Sink> Handler<Over<K>> for Consuming<K> {
    type Result = ();

    fn handle(&mut self, Over(itself): Over<K>, _: &mut Self::Context) {
        self.sink.over();
        self.producer = None;
        drop(itself);
    }
}

impl<K: Sink> Handler<Producer> for Consuming<K> {
    type Result = ();

    fn handle(&mut self, Producer(address): Producer, _: &mut Self::Context) {
        self.producer = Some(address);
    }
}

fn consume<K: Sink>(shape: Shape<K::Item>, sink: K) -> Addr<Consuming<K>> {
    let turn = shape.turn();
    Consuming { sink, due: turn, turn, producer: None }.start()
}

impl Peer for Flood {
    type Way<K: Sink> = Addr<Consuming<K>>;

    fn consume<K: Sink>(shape: Shape<K::Item>, sink: K) -> Result<Self::Way<K>, String> {
        Ok(consume(shape, sink))
    }

    fn produce<S, K>(consumer: Self::Way<K>, shape: Shape<S::Item>, source: S) -> Start
    where
        S: Source,
        K: Sink<Item = S::Item>,
    {
        let (start, started) = oneshot::channel();
        drop(Flooding { consumer, turn: shape.turn(), task: Some((started, source)) }.start());
        Box::new(move || _ = start.send(()))
    }
}

struct Flooding<S, K: Sink> {
    consumer: Addr<Consuming<K>>,
    turn: u64,
    task: Option<(oneshot::Receiver<()>, S)>,
}

impl<S: Source, K: Sink<Item = S::Item>> Actor for Flooding<S, K> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (consumer, turn) = (self.consumer.clone(), self.turn);
        let Some((started, mut source)) = self.task.take() else { return };
        let flood = async move {
            // A start that never comes is a run that was given up.
            let Ok(()) = started.await else { return };
            let mut left = turn;
            while let Some(item) = source.next() {
                consumer.do_send(Item(item));
                source.accepted();
                left -= 1;
                if left == 0 {
                    left = turn;
                    tokio::task::yield_now().await;
                }
            }
            consumer.do_send(Over(consumer.clone()));
        };
        ctx.spawn(flood.into_actor(self));
    }
}

impl Peer for Credit {
    type Way<K: Sink> = Addr<Consuming<K>>;

    fn consume<K: Sink>(shape: Shape<K::Item>, sink: K) -> Result<Self::Way<K>, String> {
        Ok(consume(shape, sink))
    }

    fn produce<S, K>(consumer: Self::Way<K>, shape: Shape<S::Item>, source: S) -> Start
    where
        S: Source,
        K: Sink<Item = S::Item>,
    {
        let Shape { bound, burst, .. } = shape;
        let producer = Crediting { consumer, source: Some(source), credit: 0, burst }.start();
        Box::new(move || producer.do_send(More(bound)))
    }
}

struct Crediting<S, K: Sink> {
    consumer: Addr<Consuming<K>>,
    /// `None` when all is sent.
    source: Option<S>,
    credit: u64,
    burst: u64,
}

impl<S: Source, K: Sink<Item = S::Item>> Actor for Crediting<S, K> {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.consumer.do_send(Producer(ctx.address().recipient()));
    }
}

impl<S: Source, K: Sink<Item = S::Item>> Handler<More> for Crediting<S, K> {
    type Result = ();

    fn handle(&mut self, More(more): More, ctx: &mut Self::Context) {
        self.credit += more;
        let Some(source) = &mut self.source else { return };
        let now = self.credit.min(self.burst);
        for _ in 0..now {
            let Some(item) = source.next() else {
                self.consumer.do_send(Over(self.consumer.clone()));
                self.source = None;
                return;
            };
            self.consumer.do_send(Item(item));
            source.accepted();
        }
        self.credit -= now;
        if self.credit > 0 {
            ctx.address().do_send(More(0));
        }
    }
}

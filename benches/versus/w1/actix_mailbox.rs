//! actix by itself: each item a message.

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message, WrapFuture};
use tokio::sync::oneshot;

use super::{BOUND, time};
use crate::{
    bed::{Places, build},
    contest::Run,
    tally::Counter,
};

/// Items that are sent before the other actor has a turn, and that are credited together.
const TURN: u64 = BOUND / 4;

struct Item(u64);

impl Message for Item {
    type Result = ();
}

/// Behind the last item.
struct Over;

impl Message for Over {
    type Result = ();
}

/// This many more may be sent.
struct Credit(u64);

impl Message for Credit {
    type Result = ();
}

struct Counting {
    counter: Counter,
    /// Where credit goes, if the producer waits for it.
    producer: Option<Addr<Crediting>>,
}

impl Actor for Counting {
    type Context = Context<Self>;
}

impl Handler<Item> for Counting {
    type Result = ();

    fn handle(&mut self, Item(number): Item, _: &mut Self::Context) {
        self.counter.see(number);
        if let Some(producer) = &self.producer
            && self.counter.count().is_multiple_of(TURN)
        {
            producer.do_send(Credit(TURN));
        }
    }
}

impl Handler<Over> for Counting {
    type Result = ();

    fn handle(&mut self, _: Over, _: &mut Self::Context) {
        self.counter.hand_in();
        self.producer = None;
    }
}

/// Where its credit comes from.
struct Producer(Addr<Crediting>);

impl Message for Producer {
    type Result = ();
}

impl Handler<Producer> for Counting {
    type Result = ();

    fn handle(&mut self, Producer(address): Producer, _: &mut Self::Context) {
        self.producer = Some(address);
    }
}

/// Sends without looking back, but lets others have a turn.
struct Flooding {
    consumer: Addr<Counting>,
    items: u64,
    started: Option<oneshot::Receiver<()>>,
}

impl Actor for Flooding {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        let (consumer, items) = (self.consumer.clone(), self.items);
        let Some(started) = self.started.take() else { return };
        let flood = async move {
            // A start that never comes is a run that was given up.
            let Ok(()) = started.await else { return };
            for number in 0..items {
                consumer.do_send(Item(number));
                if number.is_multiple_of(TURN) {
                    tokio::task::yield_now().await;
                }
            }
            consumer.do_send(Over);
        };
        ctx.spawn(flood.into_actor(self));
    }
}

/// Sends as much as it has credit for.
struct Crediting {
    consumer: Addr<Counting>,
    next: u64,
    items: u64,
}

impl Actor for Crediting {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.consumer.do_send(Producer(ctx.address()));
    }
}

impl Handler<Credit> for Crediting {
    type Result = ();

    fn handle(&mut self, Credit(more): Credit, _: &mut Self::Context) {
        let end = self.items.min(self.next + more);
        let over = end == self.items && self.next < end;
        for number in self.next..end {
            self.consumer.do_send(Item(number));
        }
        self.next = end;
        if over {
            self.consumer.do_send(Over);
        }
    }
}

pub(super) fn unbounded(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let (start, started) = oneshot::channel();
        let (counter, finished) = Counter::new();
        let consumer =
            build(&places.consumer, move || Counting { counter, producer: None }.start()).await?;
        // An actor whose last address is dropped leaves its mail unread.
        let address = consumer.clone();
        build(&places.producer, move || {
            drop(Flooding { consumer, items, started: Some(started) }.start());
        })
        .await?;
        let result = time(|| _ = start.send(()), finished, items).await;
        drop(address);
        result
    })
}

pub(super) fn credit(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let (counter, finished) = Counter::new();
        let consumer =
            build(&places.consumer, move || Counting { counter, producer: None }.start()).await?;
        let producer =
            build(&places.producer, move || Crediting { consumer, next: 0, items }.start()).await?;
        time(|| producer.do_send(Credit(BOUND)), finished, items).await
    })
}

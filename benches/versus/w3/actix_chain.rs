//! actix by itself: five actors, and credit that the last sends to the first.

use std::time::Instant;

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message, Recipient};

use super::{BOUND, mask, multiply, result, rotate, see};
use crate::{
    bed::{Places, build},
    contest::Run,
    tally::Counter,
};

/// Items that are credited together.
const TURN: u64 = BOUND / 4;

/// A number; `None` behind the last.
struct Item(Option<u64>);

impl Message for Item {
    type Result = ();
}

/// This many more may be sent.
struct Credit(u64);

impl Message for Credit {
    type Result = ();
}

/// Where credit goes.
struct Producer(Addr<Numbers>);

impl Message for Producer {
    type Result = ();
}

struct Counting {
    counter: Counter,
    /// `None` until it is known, and when all has come.
    producer: Option<Addr<Numbers>>,
}

impl Actor for Counting {
    type Context = Context<Self>;
}

impl Handler<Producer> for Counting {
    type Result = ();

    fn handle(&mut self, Producer(address): Producer, _: &mut Self::Context) {
        self.producer = Some(address);
    }
}

impl Handler<Item> for Counting {
    type Result = ();

    fn handle(&mut self, Item(number): Item, _: &mut Self::Context) {
        let Some(number) = number else {
            self.counter.hand_in();
            // The addresses go round in a circle, and would keep all of them alive.
            self.producer = None;
            return;
        };
        see(&mut self.counter, number);
        if self.counter.count().is_multiple_of(TURN)
            && let Some(producer) = &self.producer
        {
            producer.do_send(Credit(TURN));
        }
    }
}

struct Mapping<F> {
    f: F,
    next: Recipient<Item>,
}

impl<F: Fn(u64) -> u64 + Unpin + 'static> Actor for Mapping<F> {
    type Context = Context<Self>;
}

impl<F: Fn(u64) -> u64 + Unpin + 'static> Handler<Item> for Mapping<F> {
    type Result = ();

    fn handle(&mut self, Item(number): Item, _: &mut Self::Context) {
        self.next.do_send(Item(number.map(&self.f)));
    }
}

struct Numbers {
    next: u64,
    items: u64,
    first: Recipient<Item>,
    last: Addr<Counting>,
}

impl Actor for Numbers {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.last.do_send(Producer(ctx.address()));
    }
}

impl Handler<Credit> for Numbers {
    type Result = ();

    fn handle(&mut self, Credit(more): Credit, _: &mut Self::Context) {
        let end = self.items.min(self.next + more);
        let over = end == self.items && self.next < end;
        for number in self.next..end {
            self.first.do_send(Item(Some(number)));
        }
        self.next = end;
        if over {
            self.first.do_send(Item(None));
        }
    }
}

pub(super) fn run(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let Places { producer: even, consumer: odd } = places;
        let (counter, finished) = Counter::new();
        let last = build(&even, move || Counting { counter, producer: None }.start()).await?;
        let next = last.clone().recipient();
        let next = build(&odd, move || Mapping { f: rotate, next }.start().recipient()).await?;
        let next = build(&even, move || Mapping { f: mask, next }.start().recipient()).await?;
        let first = build(&odd, move || Mapping { f: multiply, next }.start().recipient()).await?;
        let numbers = Numbers { next: 0, items, first, last };
        let producer = build(&even, move || numbers.start()).await?;
        let began = Instant::now();
        producer.do_send(Credit(BOUND));
        let result = result(began, finished, items).await;
        // An actor whose last address is dropped leaves its mail unread.
        drop(producer);
        result
    })
}

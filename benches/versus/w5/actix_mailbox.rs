//! Two actix actors that send each other messages.

use std::time::Duration;

use actix::{Actor, Addr, AsyncContext, Context, Handler, Message};

use super::{Peer, Trips};
use crate::bed::{Places, build};

pub(super) struct Actors;

struct Ping(u64, Addr<Pinging>);

impl Message for Ping {
    type Result = ();
}

struct Pong(u64);

impl Message for Pong {
    type Result = ();
}

struct Echoing;

impl Actor for Echoing {
    type Context = Context<Self>;
}

impl Handler<Ping> for Echoing {
    type Result = ();

    fn handle(&mut self, Ping(number, from): Ping, _: &mut Self::Context) {
        from.do_send(Pong(number));
    }
}

struct Pinging {
    /// Keeps it alive while the pong is on its way, until the last is here: an actor whose last
    /// address is dropped leaves its mail unread.
    itself: Option<Addr<Self>>,
    other: Addr<Echoing>,
    trips: Trips,
    pause: Option<Duration>,
}

impl Pinging {
    fn ping(&mut self, ctx: &Context<Self>) {
        self.other.do_send(Ping(self.trips.ping(), ctx.address()));
    }
}

impl Actor for Pinging {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Self::Context) {
        self.itself = Some(ctx.address());
        self.ping(ctx);
    }
}

impl Handler<Pong> for Pinging {
    type Result = ();

    fn handle(&mut self, Pong(number): Pong, ctx: &mut Self::Context) {
        if !self.trips.pong(number) {
            self.itself = None;
            return;
        }
        match self.pause {
            None => self.ping(ctx),
            Some(pause) => _ = ctx.run_later(pause, |this, ctx| this.ping(ctx)),
        }
    }
}

impl Peer for Actors {
    async fn start(places: &Places, trips: Trips, pause: Option<Duration>) -> Result<(), String> {
        let other = build(&places.consumer, || Echoing.start()).await?;
        build(&places.producer, move || drop(Pinging { itself: None, other, trips, pause }.start()))
            .await
    }
}

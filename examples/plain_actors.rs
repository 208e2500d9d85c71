//! Plain actix actors: handlers, and one line in `started`.
//!
//! ```sh
//! cargo run --release --example plain_actors
//! ```

#![allow(clippy::print_stdout, reason = "an example shows what it does")]

use std::convert::Infallible;

use actix::prelude::*;
use aqueduct::prelude::{
    Attach, Failure, Flow, Pause, Resume, Slot, Stop, Supervisor, Watermarks, Write, attach_outlet,
};

/// A push producer: it writes until a write answers `Paused`, and goes on at `Resume`.
struct Counter {
    outlet: aqueduct::link::Outlet<u64>,
    next: u64,
    pauses: u64,
}

impl Counter {
    fn write_on(&mut self) {
        while self.next < 100_000 {
            match self.outlet.write(self.next) {
                Ok(Flow::Go) => self.next += 1,
                Ok(Flow::Paused) => {
                    self.next += 1; // it was taken
                    return;
                }
                Err(_) => return,
            }
        }
        self.outlet.finish();
    }
}

impl Actor for Counter {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        attach_outlet(ctx, |me: &mut Self| &mut me.outlet);
        self.write_on(); // a push producer starts running
    }

    fn stopped(&mut self, _: &mut Context<Self>) {
        println!("wrote {} numbers, and was paused {} times", self.next, self.pauses);
    }
}

impl Handler<Pause> for Counter {
    type Result = ();
    fn handle(&mut self, _: Pause, _: &mut Context<Self>) {
        self.pauses += 1;
    }
}

impl Handler<Resume> for Counter {
    type Result = ();
    fn handle(&mut self, _: Resume, _: &mut Context<Self>) {
        self.write_on();
    }
}

impl Handler<Stop> for Counter {
    type Result = ();
    fn handle(&mut self, stop: Stop, ctx: &mut Context<Self>) {
        println!("told to stop: {}", stop.reason);
        ctx.stop();
    }
}

/// A consumer that answers with a future: the batch is committed when the future ends well.
struct Adder {
    slot: Slot<u64>,
    sum: u64,
}

impl Actor for Adder {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.slot.attach(ctx);
    }
}

impl Handler<Write<u64>> for Adder {
    type Result = ResponseActFuture<Self, Result<(), Failure>>;

    fn handle(&mut self, write: Write<u64>, _: &mut Context<Self>) -> Self::Result {
        let work = async move { tokio::task::yield_now().await }; // a query, a request, …
        Box::pin(work.into_actor(self).map(move |(), me, _| {
            me.sum += write.iter().sum::<u64>();
            if let Some(end) = &write.end {
                println!("{end}: the sum is {}", me.sum);
            }
            Ok(())
        }))
    }
}

#[actix::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let supervisor = Supervisor::new("plain actors");
    let slot = supervisor.slot("adder", Watermarks::items(64, 256)?)?;

    // The actor's own handle is an observer's: it does not count as somebody who may register.
    let place = slot.observer();
    let adder = move || {
        let slot = place.observer();
        async move { Ok::<_, Infallible>(Adder { slot, sum: 0 }) }
    };
    // Where the actor dies, the slot waits for its next life with all that is not committed.
    supervisor.actor("adder", adder).consuming(&slot).start()?;

    let outlet = slot.register("counter")?;
    Counter { outlet, next: 0, pauses: 0 }.start();

    supervisor.finished().await?;
    Ok(())
}

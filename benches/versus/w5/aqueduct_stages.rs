//! Aqueduct: two stages, each with a link to the other.

use std::{convert::Infallible, future::Future, pin::Pin, time::Duration};

use aqueduct::{
    actors::{Batch, Ctx, Next, Outbox, Shell, Stage},
    link::{Flow, Items, Outlet, Slot, Watermarks, WriteError},
};
use tokio::time::{Sleep, sleep};

use super::{Peer, Trips};
use crate::bed::{Places, build};

pub(super) struct Ours;

/// Sends back what comes.
struct Echoing;

impl Stage for Echoing {
    type In = u64;
    type Out = u64;
    type Error = WriteError<u64>;

    fn process(
        &mut self,
        batch: &mut Batch<'_, u64>,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error> {
        while let Some(number) = batch.next() {
            if out.write(*number)? == Flow::Paused {
                break;
            }
        }
        Ok(Next::More)
    }
}

struct Pinging {
    trips: Trips,
    pause: Option<Duration>,
    next: Due,
}

/// When the next ping is to be sent.
enum Due {
    Now,
    Then(Pin<Box<Sleep>>),
    /// When the pong of the latest is here.
    Later,
}

impl Pinging {
    fn ping_if_due(&mut self, out: &mut Outbox<'_, u64>, ctx: &Ctx<'_, Self>) {
        let is_due = match &mut self.next {
            Due::Now => true,
            Due::Then(time) => time.as_mut().poll(&mut ctx.task()).is_ready(),
            Due::Later => false,
        };
        if is_due {
            self.next = Due::Later;
            out.extend([self.trips.ping()]);
        }
    }
}

impl Stage for Pinging {
    type In = u64;
    type Out = u64;
    type Error = Infallible;

    fn process(
        &mut self,
        batch: &mut Batch<'_, u64>,
        out: &mut Outbox<'_, u64>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error> {
        while let Some(number) = batch.next() {
            if !self.trips.pong(*number) {
                return Ok(Next::Done);
            }
            self.next = self.pause.map_or(Due::Now, |pause| Due::Then(Box::pin(sleep(pause))));
        }
        self.ping_if_due(out, ctx);
        Ok(Next::More)
    }

    fn idle(
        &mut self,
        out: &mut Outbox<'_, u64>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<(), Self::Error> {
        self.ping_if_due(out, ctx);
        Ok(())
    }
}

impl Peer for Ours {
    async fn start(places: &Places, trips: Trips, pause: Option<Duration>) -> Result<(), String> {
        let marks = Watermarks::<Items>::default();
        let (pings, pongs) = (Slot::new("echo", marks), Slot::new("ping", marks));
        let to_echo = pings.register("ping").map_err(|error| error.to_string())?;
        let to_ping = pongs.register("echo").map_err(|error| error.to_string())?;
        build(&places.consumer, move || start("echo", Echoing, &pings, to_ping)).await??;
        let pinging = Pinging { trips, pause, next: Due::Now };
        build(&places.producer, move || start("ping", pinging, &pongs, to_echo)).await?
    }
}

fn start<S>(name: &str, stage: S, slot: &Slot<u64>, outlet: Outlet<u64>) -> Result<(), String>
where
    S: Stage<In = u64, Out = u64>,
{
    let shell = Shell::stage(name, stage, slot, outlet).map_err(|error| error.to_string())?;
    drop(shell.start());
    Ok(())
}

//! The kinds that stand on a connection.

use serde_json::json;

use super::{Final, Kind, connection::Connection};
use crate::{
    place::Over,
    scenario::{Event, Options},
    world::{Down, Effect, Fired, Raised, Reason, World},
};

/// A connection with a protocol above it.
pub(crate) struct FileDescriptor(Connection);

impl FileDescriptor {
    pub(crate) fn new(options: &Options, over: Over) -> Result<Self, Raised> {
        Ok(Self(Connection::new(options, over)?))
    }
}

impl Kind for FileDescriptor {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        let outcome = self.0.on(event, world)?;
        if let Some(bytes) = outcome.read {
            world.saw(Effect::Deliver { to: "protocol", n: bytes.len() as u64 });
        }
        if let Some(reason) = outcome.ended {
            world.saw(Effect::Closed { to: "protocol", reason });
        }
        Ok(())
    }

    fn report(&self, end: &mut Final) {
        self.0.report("producer", end);
    }
}

/// A data connection that only sends: `finish` says that all is written.
pub(crate) struct Sender(Connection);

impl Sender {
    pub(crate) fn new(options: &Options, over: Over) -> Result<Self, Raised> {
        Ok(Self(Connection::new(options, over)?))
    }
}

impl Kind for Sender {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        let event = if matches!(event, Event::Finish) { &Event::Lose } else { event };
        if let Some(reason) = self.0.on(event, world)?.ended {
            world.saw(Effect::Deferred(match reason {
                Reason::Done => Fired::Done,
                other => Fired::Failed { kind: other.name() },
            }));
        }
        Ok(())
    }

    fn report(&self, end: &mut Final) {
        self.0.report("transport_producer", end);
    }
}

/// A data connection: a consumer towards its peer, a producer towards a consumer of its own.
pub(crate) struct DataConnection {
    connection: Connection,
    made: bool,
    /// Somebody takes what is read.
    taken: bool,
    /// What was read before that.
    early: Vec<bytes::Bytes>,
}

impl DataConnection {
    pub(crate) fn new(options: &Options, over: Over) -> Result<Self, Raised> {
        let made = options.dtp_connected.unwrap_or(true);
        let connection = Connection::new(options, over)?;
        Ok(Self { connection, made, taken: false, early: Vec::new() })
    }

    fn register_consumer(&mut self, world: &mut World) -> Result<(), Raised> {
        if self.taken {
            return Err(Raised::new("AssertionError", ""));
        }
        world.saw(Effect::Down(Down::Register { streaming: true }));
        for bytes in self.early.drain(..) {
            world.pass_down(&bytes);
        }
        self.taken = self.made;
        if !self.made {
            self.release(world);
        }
        Ok(())
    }

    /// The consumer is told that nothing more will come.
    fn release(&mut self, world: &mut World) {
        self.taken = false;
        world.saw(Effect::Down(Down::Unregister));
        world.saw(Effect::Deferred(Fired::Done));
    }

    fn ended(&mut self, reason: Reason, world: &mut World) {
        self.made = false;
        if self.taken {
            self.release(world);
        }
        world.saw(Effect::Closed { to: "dtp", reason });
    }
}

impl Kind for DataConnection {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        let outcome = match event {
            Event::RegisterConsumer => return self.register_consumer(world),
            Event::Unregister if !self.connection.has_producer() => return Ok(()),
            // The end of the producer is the end of the data (R34).
            Event::Unregister => self.connection.on(&Event::StopConsuming, world)?,
            Event::Write { n } if !self.made => {
                drop(world.offer(*n));
                return Ok(());
            }
            event => self.connection.on(event, world)?,
        };
        match outcome.read {
            Some(bytes) if self.taken => world.pass_down(&bytes),
            Some(bytes) => self.early.push(bytes),
            None => {}
        }
        if let Some(reason) = outcome.ended {
            self.ended(reason, world);
        }
        Ok(())
    }

    fn report(&self, end: &mut Final) {
        self.connection.report("transport_producer", end);
        end.put("dtp_connected", json!(self.made));
    }
}

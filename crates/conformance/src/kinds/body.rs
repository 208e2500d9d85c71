//! The bodies of HTTP/1.1 requests: chunked, and of a length that was told.
//!
//! What they do to bytes is done by the transforms of `aqueduct-operators`.

use aqueduct_operators::{Chunked, Expected, Mismatch, Transform, Verify, chunked, verify};
use bytes::Bytes;
use serde_json::json;

use super::{Final, Kind, connection::Connection, recorder::Recorder};
use crate::{
    place::{Marks, Over, Place},
    scenario::{Event, Options},
    world::{Effect, Raised, Reason, World},
};

/// What an encoder writes to.
enum Transport {
    Connection(Connection),
    Recorder(Recorder),
}

impl Transport {
    fn write(&mut self, chunks: Vec<Bytes>, world: &mut World) {
        match self {
            Self::Connection(connection) => connection.write(chunks, world),
            Self::Recorder(_) => chunks.iter().for_each(|chunk| world.count(chunk)),
        }
    }

    fn has_producer(&self) -> bool {
        match self {
            Self::Connection(connection) => connection.has_producer(),
            Self::Recorder(recorder) => recorder.place.producer().is_some(),
        }
    }

    fn on(&mut self, event: &Event, world: &mut World) -> Result<Option<Reason>, Raised> {
        match self {
            Self::Connection(connection) => Ok(connection.on(event, world)?.ended),
            Self::Recorder(recorder) => recorder.on(event, world).map(|()| None),
        }
    }
}

/// A body of a length that nobody knows: its producer's leaving is its end.
pub(crate) struct Encoder {
    transport: Transport,
    /// `None` after the end.
    transform: Option<Chunked>,
}

impl Encoder {
    pub(crate) fn new(options: &Options, over: Over) -> Result<Self, Raised> {
        let transport = if options.transport.as_deref() == Some("filedescriptor") {
            Transport::Connection(Connection::new(options, over)?)
        } else {
            Transport::Recorder(Recorder::new(&Options::default(), over)?)
        };
        Ok(Self { transport, transform: Some(chunked()) })
    }

    fn write(&mut self, chunk: Bytes, world: &mut World) -> Result<(), Raised> {
        let Some(transform) = &mut self.transform else {
            return if chunk.is_empty() { Ok(()) } else { Err(excess()) };
        };
        let mut parts = Vec::new();
        let Ok(()) = transform.apply(chunk, &mut |part| parts.push(part));
        self.transport.write(parts, world);
        Ok(())
    }

    /// The producer has written all: the last chunk goes out before it is let go.
    fn finish(&mut self, world: &mut World) -> Result<(), Raised> {
        if !self.transport.has_producer() {
            return Ok(());
        }
        let Some(mut transform) = self.transform.take() else { return Ok(()) };
        let mut parts = Vec::new();
        let Ok(()) = transform.finish(&mut |part| parts.push(part));
        self.transport.write(parts, world);
        self.transport.on(&Event::Unregister, world).map(drop)
    }
}

impl Kind for Encoder {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        match event {
            Event::Register { producer, .. } if self.transform.is_none() => {
                world.call(producer, crate::world::Call::Stop);
                Ok(())
            }
            Event::Unregister => self.finish(world),
            Event::Write { n } => {
                let chunk = world.offer(*n);
                self.write(chunk, world)
            }
            Event::Error => {
                // What is cut off has no last chunk.
                self.transform = None;
                self.transport.on(&Event::Unregister, world).map(drop)
            }
            event => {
                if let Some(reason) = self.transport.on(event, world)? {
                    world.saw(Effect::Closed { to: "protocol", reason });
                }
                Ok(())
            }
        }
    }

    fn report(&self, end: &mut Final) {
        end.put("encoder_closed", json!(self.transform.is_none()));
        match &self.transport {
            Transport::Connection(connection) => connection.report("transport_producer", end),
            Transport::Recorder(recorder) => {
                end.put("transport_producer", json!(recorder.place.producer()));
            }
        }
    }
}

/// A body of a length that was told.
pub(crate) struct Length {
    place: Box<dyn Place>,
    /// `None` after the end.
    transform: Option<Verify>,
    remaining: u64,
}

impl Length {
    pub(crate) fn new(options: &Options, over: Over, world: &mut World) -> Result<Self, Raised> {
        let length = options.length.unwrap_or(10);
        let mut place = over.place(Marks::NONE)?;
        place.register("p1", true, world)?;
        let expected = Expected { bytes: Some(length), sha256: None };
        Ok(Self { place, transform: Some(verify(expected)), remaining: length })
    }

    fn write(&mut self, chunk: Bytes, world: &mut World) -> Result<(), Raised> {
        if chunk.is_empty() {
            return Ok(());
        }
        let Some(transform) = &mut self.transform else {
            self.place.gone(world)?;
            return Err(excess());
        };
        let mut passed = Vec::new();
        match transform.apply(chunk, &mut |part: Bytes| passed.push(part)) {
            Ok(()) => {
                for part in passed {
                    self.remaining -= part.len() as u64;
                    world.count(&part);
                }
            }
            Err(mismatch) => {
                self.transform = None;
                self.place.gone(world)?;
                world.saw(Effect::Errback(wrong_length(mismatch)));
            }
        }
        Ok(())
    }

    fn no_more(&mut self) -> Result<(), Raised> {
        let Some(mut transform) = self.transform.take() else { return Ok(()) };
        transform.finish(&mut drop).map_err(wrong_length)
    }
}

impl Kind for Length {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        match event {
            Event::Write { n } => {
                let chunk = world.offer(*n);
                self.write(chunk, world)
            }
            Event::NoMore => self.no_more(),
            Event::Error => {
                self.transform = None;
                Ok(())
            }
            _ => super::unknown(world),
        }
    }

    fn report(&self, end: &mut Final) {
        end.put("remaining", json!(self.remaining));
        end.put("closed", json!(self.transform.is_none()));
    }
}

/// Somebody writes after the end.
fn excess() -> Raised {
    Raised::new("ExcessWrite", "")
}

fn wrong_length(mismatch: Mismatch) -> Raised {
    let text = match mismatch {
        Mismatch::Long { .. } => "too many bytes written",
        Mismatch::Short { .. } => "too few bytes written",
        Mismatch::Hash { .. } => "other bytes written",
    };
    Raised::new("WrongBodyLength", text)
}

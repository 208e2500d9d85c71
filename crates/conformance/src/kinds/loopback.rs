//! Two ends in one process, and a pump that carries chunks between them, a turn later.

use bytes::{Bytes, BytesMut};
use serde_json::json;

use super::{Final, Kind};
use crate::{
    place::{Marks, Over, Place},
    scenario::{Event, Options},
    world::{Effect, Raised, Reason, World},
};

/// The writing end of a loopback.
pub(crate) struct Loopback {
    place: Box<dyn Place>,
    /// What was written is delivered as one chunk.
    collapses: bool,
    closing: bool,
    aborting: bool,
    /// The end is in the queue, behind all chunks.
    end_is_queued: bool,
    /// The pump will run in the next turn.
    scheduled: bool,
    gone: bool,
}

impl Loopback {
    pub(crate) fn new(options: &Options, over: Over) -> Result<Self, Raised> {
        let marks = Marks::up_to(options.buffer_size.unwrap_or(crate::BUFFER_SIZE));
        Ok(Self {
            place: over.place(marks)?,
            collapses: options.policy.as_deref() == Some("collapsing"),
            closing: false,
            aborting: false,
            end_is_queued: false,
            scheduled: false,
            gone: false,
        })
    }

    fn register(
        &mut self,
        producer: &str,
        streaming: bool,
        world: &mut World,
    ) -> Result<(), Raised> {
        if !self.place.register(producer, streaming, world)? {
            return Ok(());
        }
        // The close waits for this registration too.
        self.end_is_queued &= self.aborting;
        if !streaming {
            self.place.ask(world);
        }
        Ok(())
    }

    fn unregister(&mut self) -> Result<(), Raised> {
        if self.place.unregister()? && self.closing {
            self.queue_the_end();
        }
        Ok(())
    }

    fn queue_the_end(&mut self) {
        if !self.gone {
            self.end_is_queued = true;
            self.scheduled = true;
        }
    }

    fn write(&mut self, chunk: Bytes, world: &mut World) {
        if !self.gone && !chunk.is_empty() {
            self.place.write(vec![chunk], world);
            self.scheduled = true;
        }
    }

    /// Delivers what is in the queue, and then the end.
    fn pump(&mut self, world: &mut World) -> Result<(), Raised> {
        if !std::mem::take(&mut self.scheduled) {
            return Ok(());
        }
        let mut delivered = 0;
        let mut together = BytesMut::new();
        while let Some(chunk) = self.place.take_chunk() {
            delivered += chunk.len() as u64;
            world.count(&chunk);
            if self.collapses {
                together.extend_from_slice(&chunk);
            } else {
                deliver(chunk.len(), world);
            }
        }
        if !together.is_empty() {
            deliver(together.len(), world);
        }
        if !self.aborting {
            self.credit(delivered, world);
        }
        if self.end_is_queued { self.end(world) } else { Ok(()) }
    }

    /// What was delivered gives its credit back; who is pulled is asked once the queue is empty.
    fn credit(&mut self, delivered: u64, world: &mut World) {
        self.place.handled(delivered, world);
        if delivered > 0 && self.place.streaming() == Some(false) {
            self.place.ask(world);
        }
    }

    fn end(&mut self, world: &mut World) -> Result<(), Raised> {
        self.gone = true;
        self.place.gone(world)?;
        for to in ["server", "client"] {
            world.saw(Effect::Closed { to, reason: Reason::Done });
        }
        Ok(())
    }
}

fn deliver(n: usize, world: &mut World) {
    world.saw(Effect::Deliver { to: "client", n: n as u64 });
}

impl Kind for Loopback {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        match event {
            Event::Register { producer, streaming } => {
                return self.register(producer, *streaming, world);
            }
            Event::Unregister => return self.unregister(),
            Event::Write { n } => {
                let chunk = world.offer(*n);
                self.write(chunk, world);
            }
            Event::WriteSeq { ns } => {
                let chunk = world.offer(ns.iter().sum());
                self.write(chunk, world);
            }
            Event::Tick => return self.pump(world),
            Event::Lose => {
                self.closing = true;
                if self.place.producer().is_none() {
                    self.queue_the_end();
                }
            }
            Event::Abort => {
                self.aborting = true;
                self.queue_the_end();
            }
            _ => return super::unknown(world),
        }
        Ok(())
    }

    fn report(&self, end: &mut Final) {
        end.put("producer", json!(self.place.producer()));
        if !self.gone {
            end.put("producer_paused", json!(self.place.is_paused()));
            end.put("queued", json!(self.place.held()));
            end.put("disconnect_requested", json!(self.closing || self.aborting));
        }
    }
}

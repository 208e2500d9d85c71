//! A consumer to its producer and a producer to its consumer, with a bounded buffer between.

use bytes::Bytes;
use serde_json::json;

use super::{Final, Kind};
use crate::{
    place::{Marks, Over, Place},
    scenario::{Event, Options},
    world::{Down, Effect, Raised, World},
};

/// A proxy that buffers what its consumer does not want yet.
pub(crate) struct Proxy {
    place: Box<dyn Place>,
    /// It is pushed by its own producer; otherwise its consumer asks for each write.
    pushes: bool,
    write_limit: u64,
    paused: bool,
    /// The consumer asked, and got nothing yet.
    asked: bool,
    /// The buffer is followed by these, in this order.
    finish_waits: bool,
    unregister_waits: bool,
    stopped: bool,
}

impl Proxy {
    pub(crate) fn new(options: &Options, over: Over, world: &mut World) -> Result<Self, Raised> {
        let high = options.buffer_size.unwrap_or(crate::BUFFER_SIZE);
        let pushes = options.i_am_streaming.unwrap_or(true);
        world.saw(Effect::Down(Down::Register { streaming: pushes }));
        Ok(Self {
            // Resumed as soon as no more than the limit is left.
            place: over.place(Marks { low: high, high })?,
            pushes,
            write_limit: options.write_limit.unwrap_or(u64::MAX),
            paused: false,
            asked: false,
            finish_waits: false,
            unregister_waits: false,
            stopped: false,
        })
    }

    fn register(
        &mut self,
        producer: &str,
        streaming: bool,
        world: &mut World,
    ) -> Result<(), Raised> {
        if self.place.register(producer, streaming, world)? {
            self.unregister_waits = false;
            if !streaming {
                self.place.ask(world);
            }
        }
        Ok(())
    }

    fn unregister(&mut self, world: &mut World) -> Result<(), Raised> {
        if self.place.unregister()? {
            self.unregister_waits = self.place.held() > 0;
            if !self.unregister_waits {
                world.saw(Effect::Down(Down::Unregister));
            }
        }
        Ok(())
    }

    fn finish(&mut self, world: &mut World) -> Result<(), Raised> {
        if self.stopped {
            return Ok(());
        }
        if self.place.held() > 0 {
            self.finish_waits = true;
        } else {
            world.saw(Effect::Down(Down::Finish));
        }
        self.unregister(world)
    }

    /// What the consumer wants goes straight to it, and only the rest waits here.
    fn write(&mut self, mut bytes: Bytes, world: &mut World) {
        if self.stopped || bytes.is_empty() {
            return;
        }
        if !self.paused && (self.pushes || self.asked) {
            self.asked = false;
            let sent = bytes.split_to(self.write_limit.min(bytes.len() as u64) as usize);
            world.pass_down(&sent);
        }
        self.place.write(vec![bytes], world);
    }

    /// The consumer goes on, or asks for more.
    fn resume(&mut self, world: &mut World) {
        if self.stopped {
            return;
        }
        self.paused = false;
        let sent = self.place.take(self.write_limit.min(self.place.held()));
        if !sent.is_empty() {
            world.pass_down(&sent);
        }
        let left = self.place.held() - sent.len() as u64;
        if left == 0 && !sent.is_empty() {
            self.tell_the_end(world);
        }
        self.place.handled(sent.len() as u64, world);
        self.asked = !self.pushes && sent.is_empty();
        if self.asked {
            self.place.ask(world);
        }
    }

    fn tell_the_end(&mut self, world: &mut World) {
        if std::mem::take(&mut self.finish_waits) {
            world.saw(Effect::Down(Down::Finish));
        }
        if std::mem::take(&mut self.unregister_waits) {
            world.saw(Effect::Down(Down::Unregister));
        }
    }

    fn stop(&mut self, world: &mut World) -> Result<(), Raised> {
        self.stopped = true;
        self.place.gone(world)
    }
}

impl Kind for Proxy {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        match event {
            Event::Register { producer, streaming } => self.register(producer, *streaming, world),
            Event::Unregister => self.unregister(world),
            Event::Finish => self.finish(world),
            Event::Stop => self.stop(world),
            Event::Write { n } => {
                let bytes = world.offer(*n);
                self.write(bytes, world);
                Ok(())
            }
            Event::Pause => {
                self.paused = true;
                Ok(())
            }
            Event::Resume => {
                self.resume(world);
                Ok(())
            }
            _ => super::unknown(world),
        }
    }

    fn report(&self, end: &mut Final) {
        end.put("producer", json!(self.place.producer()));
        end.put("has_downstream", json!(!self.stopped));
        if !self.stopped {
            end.put("producer_streaming", json!(self.place.streaming()));
            end.put("paused", json!(self.paused));
            end.put("producer_paused", json!(self.place.is_paused()));
            end.put("outstanding_pull", json!(self.asked));
            end.put("buffered", json!(self.place.held()));
            end.put("unregister_pending", json!(self.unregister_waits));
            end.put("finish_pending", json!(self.finish_waits));
        }
    }
}

//! Consumers that write files, and one that delivers a file in pages.

use bytes::Bytes;
use serde_json::json;

use super::{Final, Kind};
use crate::{
    place::{Marks, Over, Place},
    scenario::{Event, Options},
    world::{Down, Effect, Fired, Raised, World},
};

/// A file: its producer's leaving closes it.
pub(crate) struct File {
    place: Box<dyn Place>,
}

impl File {
    pub(crate) fn new(over: Over) -> Result<Self, Raised> {
        Ok(Self { place: over.place(Marks::NONE)? })
    }

    fn register(
        &mut self,
        producer: &str,
        streaming: bool,
        world: &mut World,
    ) -> Result<(), Raised> {
        let free = self.place.producer().is_none() && !self.place.is_closed();
        if free && !streaming {
            // It has no way to ask.
            return Err(Raised::new("AssertionError", ""));
        }
        self.place.register(producer, streaming, world).map(drop)
    }
}

impl Kind for File {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        match event {
            Event::Register { producer, streaming } => self.register(producer, *streaming, world),
            Event::Unregister => {
                if self.place.unregister()? && self.place.close()? {
                    world.saw(Effect::File { m: "close" });
                }
                Ok(())
            }
            Event::Write { n } => {
                let bytes = world.offer(*n);
                if !self.place.is_closed() {
                    world.emit(&bytes);
                }
                Ok(())
            }
            _ => super::unknown(world),
        }
    }

    fn report(&self, end: &mut Final) {
        end.put("producer", json!(self.place.producer()));
        end.put("file_closed", json!(self.place.is_closed()));
    }
}

/// A pull producer that reads a file in chunks.
struct FileSender {
    left: Bytes,
}

impl FileSender {
    /// How much is read at once, in bytes.
    const CHUNK: usize = 16_384;

    /// The next chunk; empty at the end of the file.
    fn read(&mut self) -> Bytes {
        self.left.split_to(Self::CHUNK.min(self.left.len()))
    }
}

/// A file in pages, one of which is read ahead.
pub(crate) struct Pager {
    place: Box<dyn Place>,
    /// `None` once it has read all: then others may register.
    sender: Option<FileSender>,
    paging: bool,
}

impl Pager {
    pub(crate) fn new(options: &Options, over: Over, world: &mut World) -> Result<Self, Raised> {
        world.saw(Effect::Down(Down::RegisterPageProducer));
        let sender = Some(FileSender { left: world.offer(options.file_size) });
        let mut pager = Self { place: over.place(Marks::NONE)?, sender, paging: true };
        pager.read_ahead(world);
        Ok(pager)
    }

    fn read_ahead(&mut self, world: &mut World) {
        let Some(sender) = &mut self.sender else { return };
        let chunk = sender.read();
        if chunk.is_empty() {
            self.sender = None;
            self.paging = false;
        }
        self.place.write(vec![chunk], world);
    }

    fn send_next_page(&mut self, world: &mut World) {
        let Some(page) = self.place.take_chunk() else { return };
        self.place.handled(page.len() as u64, world);
        self.place.ask(world);
        self.read_ahead(world);
        world.emit(&page);
        world.saw(Effect::Down(Down::GotPage));
    }

    fn still_paging(&self, world: &mut World) {
        if !self.paging {
            world.saw(Effect::Down(Down::EndedPaging));
            world.saw(Effect::Callback);
        }
        world.saw(Effect::Result { value: self.paging });
    }
}

impl Kind for Pager {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        match event {
            Event::Register { producer, streaming } => {
                if self.place.register(producer, *streaming, world)? && !streaming {
                    self.place.ask(world);
                }
            }
            Event::Unregister => {
                self.place.unregister()?;
            }
            Event::Write { n } => {
                let chunk = world.offer(*n);
                self.place.write(vec![chunk], world);
            }
            Event::SendNextPage => self.send_next_page(world),
            Event::StillPaging => self.still_paging(world),
            _ => return super::unknown(world),
        }
        Ok(())
    }

    fn report(&self, end: &mut Final) {
        let registered = self.sender.is_some() || self.place.producer().is_some();
        end.put("chunks", json!(self.place.chunks()));
        end.put("still_paging", json!(self.paging));
        end.put("has_producer", json!(registered));
    }
}

/// A message on its way into a maildir: written under a temporary name, and renamed when its
/// producer leaves.
pub(crate) struct Maildir {
    place: Box<dyn Place>,
    sender: Option<FileSender>,
    options: Options,
    /// A pull producer is asked once a turn.
    asks: bool,
    delivered: u64,
}

impl Maildir {
    pub(crate) fn new(options: &Options, over: Over, world: &mut World) -> Result<Self, Raised> {
        Ok(Self {
            place: over.place(Marks::NONE)?,
            sender: Some(FileSender { left: world.offer(options.file_size) }),
            options: options.clone(),
            asks: false,
            delivered: 0,
        })
    }

    fn start(&mut self, world: &mut World) -> Result<(), Raised> {
        if self.options.open_fails {
            self.fail("RuntimeError", world)?;
        } else {
            self.asks = true;
            self.turn(world)?;
        }
        Ok(())
    }

    /// Asks whoever is pulled for the next chunk.
    fn turn(&mut self, world: &mut World) -> Result<(), Raised> {
        if !self.asks || self.place.is_closed() {
            return Ok(());
        }
        if self.options.manual {
            self.place.ask(world);
            return Ok(());
        }
        let Some(sender) = &mut self.sender else { return Ok(()) };
        let chunk = sender.read();
        if chunk.is_empty() { self.deliver(world) } else { self.write(&chunk, world) }
    }

    fn write(&mut self, bytes: &[u8], world: &mut World) -> Result<(), Raised> {
        if bytes.is_empty() || self.place.is_closed() {
            return Ok(());
        }
        if self.options.write_fails {
            return self.fail("OSError", world);
        }
        world.emit(bytes);
        Ok(())
    }

    /// The message is whole: it gets its name.
    fn deliver(&mut self, world: &mut World) -> Result<(), Raised> {
        world.saw(Effect::File { m: "close" });
        if self.options.rename_fails {
            return self.fail("PermissionError", world);
        }
        self.place.close()?;
        world.saw(Effect::File { m: "rename" });
        self.delivered += 1;
        world.saw(Effect::Deferred(Fired::Done));
        Ok(())
    }

    /// The producer is told before whoever waits for the message.
    fn fail(&mut self, kind: &'static str, world: &mut World) -> Result<(), Raised> {
        self.place.gone(world)?;
        world.saw(Effect::Deferred(Fired::Failed { kind }));
        Ok(())
    }
}

impl Kind for Maildir {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        match event {
            Event::Start => self.start(world),
            Event::Tick => self.turn(world),
            Event::Register { producer, streaming } => {
                if self.place.register(producer, *streaming, world)? && !streaming {
                    self.asks = true;
                    self.place.ask(world);
                }
                Ok(())
            }
            Event::Unregister => {
                if self.place.unregister()? {
                    self.deliver(world)?;
                }
                Ok(())
            }
            Event::Write { n } => {
                let bytes = world.offer(*n);
                self.write(&bytes, world)
            }
            _ => super::unknown(world),
        }
    }

    fn report(&self, end: &mut Final) {
        end.put("messages", json!(self.delivered));
        if self.options.manual {
            end.put("producer", json!(self.place.producer()));
        }
    }
}

//! A socket's write half over a scripted kernel, and what is told of its end.

use bytes::Bytes;
use serde_json::json;

use crate::{
    kinds::Final,
    place::{Marks, Over, Place},
    scenario::{Event, Options},
    world::{Effect, Raised, Reason, World},
};

/// The most that the kernel is given at once, in bytes.
const SEND_LIMIT: u64 = 131_072;

/// A socket: what is written waits in its place until the kernel takes it.
pub(crate) struct Connection {
    place: Box<dyn Place>,
    send_limit: u64,
    connected: bool,
    disconnected: bool,
    /// It will be closed once all is sent and nobody is registered.
    closing: bool,
    aborting: bool,
    half: Half,
    reading: bool,
    writing: bool,
}

/// The write half.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Half {
    Open,
    /// It will be shut once all is sent and nobody is registered.
    Closing,
    Shut,
}

/// What an event did: whether the connection ended by it, and what it read.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    pub(crate) ended: Option<Reason>,
    pub(crate) read: Option<Bytes>,
}

impl Connection {
    pub(crate) fn new(options: &Options, over: Over) -> Result<Self, Raised> {
        let connected = options.connected.unwrap_or(true);
        let marks = Marks::up_to(options.buffer_size.unwrap_or(crate::BUFFER_SIZE));
        Ok(Self {
            place: over.place(marks)?,
            send_limit: options.send_limit.unwrap_or(SEND_LIMIT),
            connected,
            disconnected: false,
            closing: false,
            aborting: false,
            half: Half::Open,
            reading: connected,
            writing: false,
        })
    }

    pub(crate) fn on(&mut self, event: &Event, world: &mut World) -> Result<Outcome, Raised> {
        let ended = match event {
            Event::Register { producer, streaming } => {
                self.register(producer, *streaming, world)?;
                None
            }
            Event::Unregister => {
                self.unregister()?;
                None
            }
            Event::Write { n } => {
                let bytes = world.offer(*n);
                self.write(vec![bytes], world);
                None
            }
            Event::WriteSeq { ns } => {
                let chunks: Vec<_> = ns.iter().map(|n| world.offer(*n)).collect();
                self.write(chunks, world);
                None
            }
            Event::Drain { n } => self.drain(n.unwrap_or(u64::MAX), world)?,
            Event::Read { n } => return self.read(*n, world),
            Event::Pause => {
                self.reading = false;
                None
            }
            Event::Resume => {
                self.reading |= self.connected && !self.closing;
                None
            }
            Event::Lose | Event::Stop => self.lose(world)?,
            Event::StopConsuming => {
                self.unregister()?;
                self.lose(world)?
            }
            Event::HalfClose => {
                self.half_close();
                None
            }
            Event::Abort => {
                self.abort();
                None
            }
            Event::Tick if self.aborting => self.lost(Reason::Aborted, world)?,
            Event::Tick => None,
            Event::Lost => self.lost(Reason::Lost, world)?,
            _ => return super::unknown(world),
        };
        Ok(Outcome { ended, read: None })
    }

    pub(crate) fn register(
        &mut self,
        producer: &str,
        streaming: bool,
        world: &mut World,
    ) -> Result<(), Raised> {
        if self.place.register(producer, streaming, world)? && !streaming {
            self.place.ask(world);
        }
        Ok(())
    }

    /// Ends the registration, and goes on with a close that waited for it.
    pub(crate) fn unregister(&mut self) -> Result<(), Raised> {
        self.place.unregister()?;
        self.writing |= self.connected && (self.closing || self.half == Half::Closing);
        Ok(())
    }

    pub(crate) fn write(&mut self, chunks: Vec<Bytes>, world: &mut World) {
        if self.connected && self.half != Half::Shut {
            let before = self.place.held();
            self.place.write(chunks, world);
            self.writing |= self.place.held() > before;
        }
    }

    /// The kernel takes up to this many bytes.
    fn drain(&mut self, most: u64, world: &mut World) -> Result<Option<Reason>, Raised> {
        if !self.writing || self.aborting {
            world.noop("not-writing");
            return Ok(None);
        }
        let sent = self.place.take(most.min(self.send_limit));
        world.emit(&sent);
        self.place.handled(sent.len() as u64, world);
        if self.place.held() > 0 {
            return Ok(None);
        }
        self.writing = false;
        if self.place.streaming() == Some(false) {
            self.place.ask(world);
        }
        self.all_is_sent(world)
    }

    /// Goes on with what waits for the last byte: it waits for the producer too.
    fn all_is_sent(&mut self, world: &mut World) -> Result<Option<Reason>, Raised> {
        if self.place.producer().is_some() {
            return Ok(None);
        }
        if self.closing {
            return if self.place.close()? { self.lost(Reason::Done, world) } else { Ok(None) };
        }
        if self.half == Half::Closing {
            self.half = Half::Shut;
            world.saw(Effect::Socket { m: "shutdown_write" });
        }
        Ok(None)
    }

    fn read(&mut self, n: u64, world: &mut World) -> Result<Outcome, Raised> {
        if !self.reading || self.aborting {
            world.noop("not-reading");
            return Ok(Outcome::default());
        }
        if n == 0 {
            return Ok(Outcome { ended: self.lost(Reason::Done, world)?, read: None });
        }
        let read = std::iter::repeat_n(b'r', usize::try_from(n).unwrap_or(usize::MAX)).collect();
        Ok(Outcome { ended: None, read: Some(read) })
    }

    pub(crate) fn lose(&mut self, world: &mut World) -> Result<Option<Reason>, Raised> {
        if !self.connected || self.closing {
            return Ok(None);
        }
        self.reading = false;
        if self.half == Half::Shut {
            self.writing = false;
            return self.lost(Reason::Done, world);
        }
        self.writing = true;
        self.closing = true;
        Ok(None)
    }

    fn half_close(&mut self) {
        if !self.disconnected && self.half == Half::Open {
            self.half = Half::Closing;
            self.writing = true;
        }
    }

    /// The connection ends in the next turn, and neither sends nor reads until then.
    fn abort(&mut self) {
        if !self.disconnected && !self.aborting {
            self.aborting = true;
            self.reading = false;
            self.writing = false;
        }
    }

    /// The connection is gone: first the producer is told, then the socket is closed, and then
    /// whoever reads the outcome hears of it.
    fn lost(&mut self, reason: Reason, world: &mut World) -> Result<Option<Reason>, Raised> {
        self.reading = false;
        self.writing = false;
        if self.disconnected {
            return Ok(None);
        }
        self.disconnected = true;
        self.connected = false;
        self.place.gone(world)?;
        if reason == Reason::Aborted {
            world.saw(Effect::Socket { m: "reset" });
        }
        world.saw(Effect::Socket { m: "close" });
        Ok(Some(reason))
    }

    pub(crate) fn has_producer(&self) -> bool {
        self.place.producer().is_some()
    }

    /// What is left of the state, under the name that the producer has in this kind.
    pub(crate) fn report(&self, producer: &str, end: &mut Final) {
        end.put(producer, json!(self.place.producer()));
        end.put("connected", json!(self.connected));
        end.put("disconnected", json!(self.disconnected));
        if !self.disconnected && !self.aborting {
            end.put("streaming", json!(self.place.streaming()));
            end.put("producer_paused", json!(self.place.is_paused()));
            end.put("buffered", json!(self.place.held()));
            end.put("disconnecting", json!(self.closing));
            end.put("reading", json!(self.reading));
            end.put("writing", json!(self.writing));
        }
    }
}

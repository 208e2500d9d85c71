//! A transport that keeps what it is given: no kernel, no marks.

use serde_json::json;

use super::{Final, Kind};
use crate::{
    place::{Marks, Over, Place},
    scenario::{Event, Options},
    world::{Effect, Raised, Reason, World},
};

/// A transport that keeps what it is given, and is strict with whoever pauses it.
pub(crate) struct Recorder {
    pub(crate) place: Box<dyn Place>,
    state: State,
    connected: bool,
    disconnecting: bool,
    disconnected: bool,
    /// It tells its protocol when it is closed.
    tells: bool,
    /// A close waits for the producer.
    losing: bool,
    lenient: bool,
}

/// The recorder as a producer.
#[derive(Clone, Copy, Debug)]
enum State {
    Producing,
    Paused,
    Stopped,
}

impl Recorder {
    pub(crate) fn new(options: &Options, over: Over) -> Result<Self, Raised> {
        Ok(Self {
            place: over.place(Marks::NONE)?,
            state: State::Producing,
            connected: true,
            disconnecting: false,
            disconnected: false,
            tells: options.with_disconnection,
            losing: false,
            lenient: options.lenient && !options.with_disconnection,
        })
    }

    fn turn(&mut self, state: State) -> Result<(), Raised> {
        let refuse = |text| Err(Raised::new("RuntimeError", text));
        if self.disconnecting && !self.lenient {
            return refuse("Cannot resume producing after loseConnection");
        }
        if matches!(self.state, State::Stopped) {
            return refuse("Cannot resume a stopped producer");
        }
        self.state = state;
        Ok(())
    }

    fn lose(&mut self, world: &mut World) -> Result<(), Raised> {
        if !self.tells {
            self.disconnecting = true;
            return Ok(());
        }
        self.losing = true;
        if self.place.producer().is_none() && self.connected {
            self.place.gone(world)?;
            self.connected = false;
            world.saw(Effect::Closed { to: "protocol", reason: Reason::Done });
        }
        Ok(())
    }

    fn abort(&mut self, world: &mut World) -> Result<(), Raised> {
        self.disconnected = true;
        self.place.gone(world)?;
        self.lose(world)
    }
}

impl Kind for Recorder {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        match event {
            Event::Register { producer, streaming } => {
                self.place.register(producer, *streaming, world).map(drop)
            }
            Event::Unregister => {
                if self.place.unregister()? && self.losing {
                    self.lose(world)?;
                }
                Ok(())
            }
            Event::Write { n } => {
                let bytes = world.offer(*n);
                world.count(&bytes);
                Ok(())
            }
            Event::WriteSeq { ns } => {
                ns.iter().try_for_each(|n| self.on(&Event::Write { n: *n }, world))
            }
            Event::Pause => self.turn(State::Paused),
            Event::Resume => self.turn(State::Producing),
            Event::Stop => {
                self.state = State::Stopped;
                Ok(())
            }
            Event::Lose => self.lose(world),
            Event::Abort => self.abort(world),
            _ => super::unknown(world),
        }
    }

    fn report(&self, end: &mut Final) {
        let state = match self.state {
            State::Producing => "producing",
            State::Paused => "paused",
            State::Stopped => "stopped",
        };
        end.put("producer", json!(self.place.producer()));
        end.put("streaming", json!(self.place.streaming()));
        end.put("producer_state", json!(state));
        end.put("connected", json!(self.connected));
        end.put("disconnecting", json!(self.disconnecting));
        end.put("disconnected", json!(self.disconnected));
    }
}

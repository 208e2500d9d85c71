//! Adapters: a pull producer that is pushed along once a turn, and a handler that is a consumer.

use aqueduct_flow::{
    Amount, Limits, Violation,
    outlet::{Control, Effect as Step, Input, Outlet, Phase},
};
use serde_json::json;

use super::{Final, Kind};
use crate::{
    place::{Marks, Over, Place},
    scenario::{Event, Options},
    world::{Call, Down, Effect, Raised, World},
};

/// The only producer of an adapter.
const PRODUCER: &str = "p1";

/// A pull producer that is asked once a turn until it is paused.
pub(crate) struct PullToPush {
    outlet: Outlet,
    control: Control,
    started: bool,
    /// Its consumer ends it when it unregisters.
    cooperative: bool,
}

impl PullToPush {
    pub(crate) fn new(options: &Options) -> Result<Self, Raised> {
        let limits = Limits::new(Amount::MAX, Amount::MAX, Amount::MAX)
            .map_err(|error| Raised::new("LimitsError", error.to_string()))?;
        Ok(Self {
            outlet: Outlet::new(limits),
            control: Control::FREE,
            started: false,
            cooperative: options.cooperative.unwrap_or(true),
        })
    }

    fn step(&mut self, input: Input, world: &mut World) -> Result<(), Raised> {
        let effects = self.outlet.on(input).map_err(broken)?;
        // A pull producer is not told of pauses: it is just not asked.
        if effects.contains(Step::Stop) {
            world.call(PRODUCER, Call::Stop);
        }
        Ok(())
    }

    fn hold(&mut self, held: bool, world: &mut World) -> Result<(), Raised> {
        self.control.peer = held;
        self.step(Input::Control(self.control), world)
    }

    fn finish(&mut self, world: &mut World) -> Result<(), Raised> {
        if self.outlet.phase() == Phase::Open { self.step(Input::Finish, world) } else { Ok(()) }
    }
}

impl Kind for PullToPush {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        match event {
            Event::Start => self.started = true,
            Event::Tick => {
                if self.started && self.outlet.wanted().items > 0 {
                    world.call(PRODUCER, Call::Resume);
                }
            }
            Event::Pause => return self.hold(true, world),
            Event::Resume => return self.hold(false, world),
            Event::Stop => {
                self.control.stop = true;
                return self.step(Input::Control(self.control), world);
            }
            Event::StopStreaming => return self.finish(world),
            Event::Write { n } => {
                let bytes = world.offer(*n);
                world.pass_down(&bytes);
            }
            Event::Unregister => {
                world.saw(Effect::Down(Down::Unregister));
                if self.cooperative {
                    return self.finish(world);
                }
            }
            _ => return super::unknown(world),
        }
        Ok(())
    }

    fn report(&self, end: &mut Final) {
        let finished = self.outlet.phase() != Phase::Open;
        end.put("finished", json!(finished));
        end.put("started", json!(self.started));
        if !finished {
            end.put("paused", json!(!self.outlet.reasons().is_empty()));
        }
    }
}

fn broken(violation: Violation) -> Raised {
    Raised::new("Violation", violation.to_string())
}

/// A handler as a consumer: it takes everything, and calls no producer.
pub(crate) struct Handler {
    place: Box<dyn Place>,
}

impl Handler {
    pub(crate) fn new(over: Over) -> Result<Self, Raised> {
        Ok(Self { place: over.place(Marks::NONE)? })
    }
}

impl Kind for Handler {
    fn on(&mut self, event: &Event, world: &mut World) -> Result<(), Raised> {
        match event {
            Event::Register { producer, streaming } => {
                self.place.register(producer, *streaming, world).map(drop)
            }
            Event::Unregister => self.place.unregister().map(drop),
            Event::Write { n: 0 } => Ok(()),
            Event::Write { n } => {
                world.offer(*n);
                world.saw(Effect::Deliver { to: "protocol", n: *n });
                Ok(())
            }
            _ => super::unknown(world),
        }
    }

    fn report(&self, end: &mut Final) {
        end.put("producer", json!(self.place.producer()));
    }
}

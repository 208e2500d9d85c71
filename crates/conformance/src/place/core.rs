//! A consumer's place for a producer, made of the three machines of `aqueduct-flow`.
//!
//! ```text
//!   register, unregister, gone, close ──► Slot ───► who is registered, and who is refused
//!   write ──► outlet::Outlet ──► Pause    inlet::Inlet ──► Publish ──► Outlet ──► Resume
//! ```
//!
//! What Twisted decides by flags, these decide here: this file only carries amounts between them
//! and tells producers what they answer.
//! An item is a byte, the inlet publishes each one, and the capacity is never reached.

use std::collections::VecDeque;

use aqueduct_flow::{
    Amount, Effects, Limits, Violation,
    inlet::{self, Inlet},
    outlet::{self, Control, Outlet},
    slot::{self, AfterLoss, Slot},
};
use bytes::{Bytes, BytesMut};

use super::{Marks, Place, refused};
use crate::world::{Call, Effect, Raised, World};

/// Far above all marks, since Twisted never refuses a write.
const CAPACITY: u64 = 1 << 40;

/// The limits of a link in which an item is a byte.
fn limits(marks: Marks) -> Result<Limits, Raised> {
    let of = |bytes: u64| Amount::new(u64::MAX, bytes.min(CAPACITY));
    Limits::new(of(marks.low), of(marks.high), of(CAPACITY))
        .map_err(|error| Raised::new("LimitsError", error.to_string()))
}

/// A registration.
#[derive(Debug)]
struct Lane {
    producer: String,
    streaming: bool,
    outlet: Outlet,
    inlet: Inlet,
    asked: u64,
}

/// A place that is made of the pure machines.
#[derive(Debug)]
pub(crate) struct CorePlace {
    slot: Slot,
    limits: Limits,
    lane: Option<Lane>,
    queue: VecDeque<Bytes>,
    /// How much of the queue is nobody's any more, or never was anybody's; it is in front.
    behind: u64,
}

impl CorePlace {
    pub(crate) fn new(marks: Marks) -> Result<Self, Raised> {
        Ok(Self {
            slot: Slot::new(AfterLoss::Close),
            limits: limits(marks)?,
            lane: None,
            queue: VecDeque::new(),
            behind: 0,
        })
    }
}

impl Place for CorePlace {
    fn register(
        &mut self,
        producer: &str,
        streaming: bool,
        world: &mut World,
    ) -> Result<bool, Raised> {
        let effects = self.slot.on(slot::Input::Register).map_err(broken)?;
        if effects.contains(slot::Effect::Refuse) {
            let incumbent = self.producer().unwrap_or_default();
            return Err(refused(producer, incumbent));
        }
        if effects.contains(slot::Effect::StopNewcomer) {
            world.call(producer, Call::Stop);
            return Ok(false);
        }
        // A pull producer is never paused: no marks bind it, it is just not asked.
        let limits = if streaming { self.limits } else { limits(Marks::NONE)? };
        let mut lane = Lane {
            producer: producer.to_owned(),
            streaming,
            outlet: Outlet::new(limits),
            inlet: Inlet::with_quantum(Amount::new(1, 1)),
            asked: if streaming { u64::MAX } else { 0 },
        };
        lane.hear(false, self.behind, world);
        self.lane = Some(lane);
        Ok(true)
    }

    fn unregister(&mut self) -> Result<bool, Raised> {
        let leaving = slot::Input::Unregister(self.slot.epoch());
        let effects = self.slot.on(leaving).map_err(broken)?;
        let ended = effects.contains(slot::Effect::Release);
        if ended && let Some(lane) = self.lane.take() {
            self.behind += lane.outlet.held().bytes;
        }
        Ok(ended)
    }

    fn write(&mut self, chunks: Vec<Bytes>, world: &mut World) {
        let mut bytes = 0;
        for chunk in chunks.into_iter().filter(|chunk| !chunk.is_empty()) {
            bytes += chunk.len() as u64;
            self.queue.push_back(chunk);
        }
        match &mut self.lane {
            _ if bytes == 0 => {}
            Some(lane) => lane.on(outlet::Input::Write(amount(bytes)), world),
            None => self.behind += bytes,
        }
    }

    fn take(&mut self, most: u64) -> Bytes {
        let mut taken = BytesMut::new();
        let mut left = usize::try_from(most).unwrap_or(usize::MAX);
        while left > 0
            && let Some(chunk) = self.queue.front_mut()
        {
            let part = chunk.split_to(left.min(chunk.len()));
            if chunk.is_empty() {
                self.queue.pop_front();
            }
            left -= part.len();
            taken.extend_from_slice(&part);
        }
        taken.freeze()
    }

    fn take_chunk(&mut self) -> Option<Bytes> {
        self.queue.pop_front()
    }

    fn handled(&mut self, bytes: u64, world: &mut World) {
        let old = bytes.min(self.behind);
        self.behind -= old;
        let Some(lane) = &mut self.lane else { return };
        if old > 0 {
            lane.hear(false, self.behind, world);
        }
        if bytes > old {
            lane.commit(bytes - old, world);
        }
    }

    fn ask(&mut self, world: &mut World) {
        let Some(lane) = &mut self.lane else { return };
        let before = if lane.asked == u64::MAX { 0 } else { lane.asked };
        lane.asked = before.max(lane.outlet.written().items) + 1;
        lane.hear(false, self.behind, world);
        if lane.outlet.wanted().items > 0 {
            world.call(&lane.producer, Call::Resume);
        }
    }

    fn gone(&mut self, world: &mut World) -> Result<(), Raised> {
        let effects = self.slot.on(slot::Input::ConsumerGone).map_err(broken)?;
        self.queue.clear();
        self.behind = 0;
        if effects.contains(slot::Effect::StopProducer)
            && let Some(mut lane) = self.lane.take()
        {
            lane.hear(true, 0, world);
        }
        Ok(())
    }

    fn close(&mut self) -> Result<bool, Raised> {
        if self.lane.is_some() {
            // To flush, wait and close is one rule: it is asked again when nobody is registered.
            return Ok(false);
        }
        let effects = self.slot.on(slot::Input::Close).map_err(broken)?;
        Ok(effects.contains(slot::Effect::EndOfStream))
    }

    fn is_closed(&self) -> bool {
        self.slot.phase() == slot::Phase::Closed
    }

    fn producer(&self) -> Option<&str> {
        self.lane.as_ref().map(|lane| lane.producer.as_str())
    }

    fn streaming(&self) -> Option<bool> {
        self.lane.as_ref().map(|lane| lane.streaming)
    }

    fn is_paused(&self) -> bool {
        self.lane.as_ref().is_some_and(|lane| !lane.outlet.reasons().is_empty())
    }

    fn held(&self) -> u64 {
        self.behind + self.lane.as_ref().map_or(0, |lane| lane.outlet.held().bytes)
    }

    fn chunks(&self) -> Vec<usize> {
        self.queue.iter().map(Bytes::len).collect()
    }
}

impl Lane {
    /// Takes a step of the producer's half, and tells the producer what comes of it.
    fn on(&mut self, input: outlet::Input, world: &mut World) {
        match self.outlet.on(input) {
            Ok(effects) => self.tell(effects, world),
            Err(violation) => world.saw(Effect::Raise(broken(violation))),
        }
    }

    fn tell(&self, effects: Effects<outlet::Effect>, world: &mut World) {
        for effect in effects.iter() {
            match effect {
                outlet::Effect::Pause => world.call(&self.producer, Call::Pause),
                outlet::Effect::Resume => world.call(&self.producer, Call::Resume),
                outlet::Effect::Stop => world.call(&self.producer, Call::Stop),
                outlet::Effect::RefuseFull | outlet::Effect::RefuseClosed => {
                    world.saw(Effect::Raise(Raised::new("Refused", "the write was refused")));
                }
                outlet::Effect::Accept | outlet::Effect::Done => {}
            }
        }
    }

    /// The producer's half hears what the consumer's side wants.
    fn hear(&mut self, stop: bool, behind: u64, world: &mut World) {
        let control = Control { stop, asked: self.asked, behind: amount(behind), ..Control::FREE };
        self.on(outlet::Input::Control(control), world);
    }

    /// The consumer's half is lent this much, and commits it.
    fn commit(&mut self, bytes: u64, world: &mut World) {
        for input in [inlet::Input::Lend(amount(bytes)), inlet::Input::Commit(amount(bytes))] {
            match self.inlet.on(input) {
                Ok(effects) if effects.contains(inlet::Effect::Publish) => {
                    self.on(outlet::Input::Committed(self.inlet.committed()), world);
                }
                Ok(_) => {}
                Err(violation) => world.saw(Effect::Raise(broken(violation))),
            }
        }
    }
}

/// So many bytes, each an item.
const fn amount(bytes: u64) -> Amount {
    Amount::new(bytes, bytes)
}

/// The protocol forbids what was asked of it: it shows as a difference.
fn broken(violation: Violation) -> Raised {
    Raised::new("Violation", violation.to_string())
}

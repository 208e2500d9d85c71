//! A place that is a real link, polled by hand on one thread.
//!
//! An item is a byte, so that a link can be drained as far as the kernel of a scenario takes.

use std::{
    collections::VecDeque,
    task::{Context, Poll, Waker},
};

use aqueduct_link::{Inlet, Outlet, Slot, SlotOptions, Turn, Watermarks};
use bytes::Bytes;

use super::{Marks, Place, refused};
use crate::world::{Call, Effect, Raised, World};

/// Far above all marks, since Twisted never refuses a write.
const CAPACITY: u64 = 1 << 21;

/// Who writes where nobody is registered.
const NOBODY: &str = "nobody";

/// A registration.
struct Registered {
    producer: String,
    streaming: bool,
    outlet: Outlet<u8>,
    /// The edges of flow that the producer was told.
    told: u64,
    asked: u64,
}

/// A place that is a real link.
pub(crate) struct LinkPlace {
    slot: Slot<u8>,
    inlet: Inlet<u8>,
    registered: Option<Registered>,
    /// The lengths of the chunks that wait.
    chunks: VecDeque<usize>,
    /// How many bytes were taken and are not done with.
    taken: u64,
    /// How many bytes were ahead of the registration, and how many of them still are.
    ahead: (u64, u64),
}

impl LinkPlace {
    pub(crate) fn new(marks: Marks) -> Result<Self, Raised> {
        let high = marks.high.min(CAPACITY);
        let marks = Watermarks::items_within(marks.low.min(high), high, CAPACITY)
            .map_err(|error| Raised::new("LimitsError", error.to_string()))?;
        let options = SlotOptions { manual_demand: true, ..SlotOptions::default() };
        let slot = Slot::with_options("consumer", marks, options);
        let inlet = slot.clone().inlet().map_err(|error| {
            // It is the first to take it.
            Raised::new("AlreadyTaken", error.to_string())
        })?;
        Ok(Self { slot, inlet, registered: None, chunks: VecDeque::new(), taken: 0, ahead: (0, 0) })
    }

    /// Whether items are waiting, and whether the end was read.
    fn poll(&mut self) -> Poll<Turn> {
        self.inlet.poll_turn(&mut Context::from_waker(Waker::noop()))
    }

    /// Tells the producer what its end of the link has learnt.
    fn tell(&mut self, world: &mut World) {
        let Some(registered) = &mut self.registered else { return };
        // What a producer does that runs, and what one does that is paused.
        let _ = registered.outlet.flow();
        let _ = registered.outlet.poll_ready(&mut Context::from_waker(Waker::noop()));
        let edges = registered.outlet.edges();
        let turned = edges - std::mem::replace(&mut registered.told, edges);
        let (then, now) = self.ahead;
        if registered.streaming && edges % 2 == 1 && (1..then).contains(&now) {
            world.noop("counted-whole");
        }
        // What turned to and fro between two looks is no news.
        if registered.streaming && turned % 2 == 1 {
            let call = if edges % 2 == 1 { Call::Pause } else { Call::Resume };
            world.call(&registered.producer, call);
        }
        if registered.outlet.stopped().is_some() {
            world.call(&registered.producer, Call::Stop);
            self.registered = None;
        }
    }
}

impl Place for LinkPlace {
    fn register(
        &mut self,
        producer: &str,
        streaming: bool,
        world: &mut World,
    ) -> Result<bool, Raised> {
        let mut outlet = self
            .slot
            .register(producer)
            .map_err(|error| refused(&error.producer, &error.incumbent))?;
        let _ = outlet.flow();
        if outlet.stopped().is_some() {
            world.call(producer, Call::Stop);
            return Ok(false);
        }
        self.ahead = (self.held(), self.held());
        let producer = producer.to_owned();
        self.registered = Some(Registered { producer, streaming, outlet, told: 0, asked: 0 });
        Ok(true)
    }

    fn unregister(&mut self) -> Result<bool, Raised> {
        let Some(mut registered) = self.registered.take() else { return Ok(false) };
        registered.outlet.unregister();
        Ok(true)
    }

    fn write(&mut self, chunks: Vec<Bytes>, world: &mut World) {
        let lengths = chunks.iter().map(Bytes::len).filter(|length| *length > 0);
        let before = self.chunks.len();
        self.chunks.extend(lengths);
        if self.chunks.len() == before {
            return;
        }
        let bytes = chunks.iter().flatten().copied();
        let refused = match &mut self.registered {
            Some(registered) => write(&mut registered.outlet, bytes),
            None => match self.slot.register(NOBODY) {
                Ok(mut outlet) => {
                    let refused = write(&mut outlet, bytes);
                    outlet.unregister();
                    refused
                }
                Err(_) => true,
            },
        };
        if refused {
            world.saw(Effect::Raise(Raised::new("Refused", "the write was refused")));
        }
        self.tell(world);
    }

    fn take(&mut self, most: u64) -> Bytes {
        let mut taken = Vec::new();
        let most = usize::try_from(most).unwrap_or(usize::MAX);
        while taken.len() < most && matches!(self.poll(), Poll::Ready(Turn::Items)) {
            let mut batch = self.inlet.batch(most - taken.len());
            while let Some(byte) = batch.take() {
                taken.push(byte);
            }
            batch.commit();
        }
        self.taken += taken.len() as u64;
        self.ahead.1 = self.ahead.1.saturating_sub(taken.len() as u64);
        let mut left = taken.len();
        while left > 0
            && let Some(chunk) = self.chunks.front_mut()
        {
            let part = left.min(*chunk);
            left -= part;
            *chunk -= part;
            if *chunk == 0 {
                self.chunks.pop_front();
            }
        }
        taken.into()
    }

    fn take_chunk(&mut self) -> Option<Bytes> {
        let length = *self.chunks.front()?;
        Some(self.take(length as u64))
    }

    fn handled(&mut self, bytes: u64, world: &mut World) {
        self.taken -= bytes;
        self.inlet.rest();
        let _ = self.poll();
        self.tell(world);
    }

    fn ask(&mut self, world: &mut World) {
        let Some(registered) = &mut self.registered else { return };
        let total = registered.asked.max(registered.outlet.written().items) + 1;
        self.inlet.ask(total - registered.asked);
        registered.asked = total;
        if registered.outlet.wanted().items > 0 {
            world.call(&registered.producer, Call::Resume);
        } else {
            world.noop("no-room");
        }
    }

    fn gone(&mut self, world: &mut World) -> Result<(), Raised> {
        self.slot.retire("the consumer is gone");
        self.chunks.clear();
        self.tell(world);
        Ok(())
    }

    fn close(&mut self) -> Result<bool, Raised> {
        let open = self.registered.is_none() && !self.slot.is_closed();
        if open {
            self.slot.close();
        }
        Ok(open && self.slot.is_closed())
    }

    fn is_closed(&self) -> bool {
        self.slot.is_closed()
    }

    fn producer(&self) -> Option<&str> {
        self.registered.as_ref().map(|registered| registered.producer.as_str())
    }

    fn streaming(&self) -> Option<bool> {
        self.registered.as_ref().map(|registered| registered.streaming)
    }

    fn is_paused(&self) -> bool {
        let paused = |one: &Registered| one.streaming && !one.outlet.reasons().is_empty();
        self.registered.as_ref().is_some_and(paused)
    }

    fn held(&self) -> u64 {
        self.chunks.iter().map(|chunk| *chunk as u64).sum::<u64>() + self.taken
    }

    fn chunks(&self) -> Vec<usize> {
        self.chunks.iter().copied().collect()
    }
}

/// Writes these bytes; `true` if one was refused.
fn write(outlet: &mut Outlet<u8>, mut bytes: impl Iterator<Item = u8>) -> bool {
    bytes.any(|byte| outlet.write(byte).is_err())
}

//! Dead letters of a slot: where they go, and how they come back.

use std::{
    sync::{Arc, atomic::Ordering},
    task::{Context, Poll},
};

use aqueduct_flow::{Amount, inlet};

use super::{Hub, State};
use crate::{
    Gauge, Name, WriteError,
    dead::{DeadLetter, Graveyard, Remains},
    lane::Lane,
    ring::ring,
    shared::{LaneEnd, Shared},
    sync::lock,
};

/// Where dead letters go, and after how many deaths.
pub(super) struct Burials<T> {
    after: u32,
    graveyard: Box<dyn Graveyard<T>>,
    /// The one that there was no room for.
    waiting: Option<Remains<T>>,
}

impl<T> Drop for Burials<T> {
    fn drop(&mut self) {
        if let Some(Remains { sequence, producer, .. }) = &self.waiting {
            tracing::error!(%producer, sequence, "a dead letter that nobody had room for is dropped");
        }
    }
}

impl<T> Hub<T> {
    /// From now on items that their consumer died of so often go there.
    pub(crate) fn bury_after(&self, deaths: u32, graveyard: Box<dyn Graveyard<T>>) {
        *lock(&self.burials) = Some(Burials { after: deaths.max(1), graveyard, waiting: None });
        self.buries.store(true, Ordering::Release);
    }

    /// Returns whether items that their consumer dies of are to be found out.
    pub(crate) fn buries(&self) -> bool {
        self.buries.load(Ordering::Acquire)
    }

    /// Why the consumer died, for the letters of what it had in hand.
    pub(crate) fn died_of(&self, reason: Name) {
        lock(&self.state).death = Some(reason);
    }

    /// Takes the front item out of the line, if its consumer died of it too often; waits until there
    /// is room for it elsewhere.
    pub(crate) fn poll_bury(
        self: &Arc<Self>,
        lane: &mut Lane<T>,
        cx: &mut Context<'_>,
    ) -> Poll<()> {
        lane.bring_back();
        let mut burials = lock(&self.burials);
        let Some(burials) = &mut *burials else { return Poll::Ready(()) };
        loop {
            if burials.waiting.is_none() {
                if lane.deaths() < burials.after {
                    return Poll::Ready(());
                }
                burials.waiting = self.exhume(lane);
            }
            let Some(remains) = burials.waiting.take() else { return Poll::Ready(()) };
            let is_closed = match burials.graveyard.poll_room(cx) {
                Poll::Pending => {
                    burials.waiting = Some(remains);
                    return Poll::Pending;
                }
                Poll::Ready(Err(_)) => Some(remains),
                Poll::Ready(Ok(())) => {
                    match burials.graveyard.put(DeadLetter::new(remains, self)) {
                        Ok(()) => None,
                        Err(WriteError::Full(letter)) => {
                            burials.waiting = Some(letter.into_remains());
                            None
                        }
                        Err(WriteError::Closed(letter)) => Some(letter.into_remains()),
                    }
                }
            };
            if let Some(Remains { item, producer, .. }) = is_closed {
                tracing::error!(consumer = %self.name, "nobody takes dead letters any more");
                self.buries.store(false, Ordering::Release);
                // Nothing is lost: it stays in the line, whatever comes of that.
                if self.replay(item, &producer).is_err() {
                    tracing::error!(consumer = %self.name, "a dead letter is lost: its stream has ended");
                }
                return Poll::Ready(());
            }
        }
    }

    /// Takes the front item out of its link.
    fn exhume(&self, lane: &mut Lane<T>) -> Option<Remains<T>> {
        let (sequence, deaths) = (lane.next_sequence(), lane.deaths());
        let item = lane.bury()?;
        let reason = lock(&self.state).death.clone().unwrap_or_else(|| "not known".into());
        tracing::error!(consumer = %self.name, sequence, deaths, %reason, "an item is a dead letter");
        Some(Remains { item, producer: lane.gauge.producer.clone(), sequence, deaths, reason })
    }

    /// Gives an item to the consumer once more, as a registration of its own that has ended.
    pub(crate) fn replay(self: &Arc<Self>, item: T, producer: &Name) -> Result<(), T> {
        let now = self.clock.now();
        let mut state = lock(&self.state);
        if state.gone.is_some() || state.end.is_some() {
            return Err(item);
        }
        let (mut writer, reader) = ring(1);
        let weigh = self.marks.weigh();
        let amount = Amount::one(weigh.map_or(0, |weigh| weigh(&item)));
        writer.push(item)?;
        let shared = Shared::new(u64::MAX, Amount::ZERO);
        shared.producer.written.tell(amount, amount);
        let gauge = Gauge {
            shared: shared.clone(),
            producer: producer.clone(),
            consumer: self.name.clone(),
            epoch: state.core.epoch(),
            clock: self.clock,
            began: now,
        };
        let core = inlet::Inlet::new(&self.marks.limits());
        let mut lane = Lane::new(core, reader, weigh, gauge);
        lane.replays = true;
        state.replays.push_back(Box::new(lane));
        self.has_replays.store(true, Ordering::Release);
        let (waker, reading) = (state.waker.take(), state.reading.clone());
        drop(state);
        shared.end(LaneEnd::Left);
        if let Some(reading) = reading {
            reading.ring();
        }
        if let Some(waker) = waker {
            waker.wake();
        }
        Ok(())
    }

    /// Returns whether something waits that is to be delivered ahead of the line.
    pub(crate) fn has_replays(&self) -> bool {
        self.has_replays.load(Ordering::Acquire)
    }

    /// Puts the lane that is read back into the line, behind what is ahead of it.
    pub(crate) fn give_way(&self, mut lane: Box<Lane<T>>) {
        lane.wait_no_more();
        lane.step(inlet::Input::Rest);
        lock(&self.state).lanes.push_front(lane);
    }
}

impl<T> State<T> {
    /// What is to be delivered ahead of the line.
    pub(super) fn next_replay(&mut self, hub: &Hub<T>) -> Option<Box<Lane<T>>> {
        let lane = self.replays.pop_front();
        hub.has_replays.store(!self.replays.is_empty(), Ordering::Release);
        lane
    }
}

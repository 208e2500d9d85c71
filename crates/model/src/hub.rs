//! The slot's shell: what is done under its mutex, one locked section a step.

use aqueduct_flow::{
    Effects,
    slot::{Effect, Input, Phase},
};

use crate::{ConsumerAt, End, Ending, Fate, Mistake, Op, Parting, Rule, state::State, step::Step};

impl Step<'_> {
    pub(crate) fn hub(&mut self, op: Op) {
        match op {
            Op::Part(at, parting) => self.part_from_slot(at, parting),
            Op::Lose(at, discard) => {
                let effects = self.on_slot(Input::Lost(self.state.links[at].epoch), Some(at));
                let last = effects.contains(Effect::EndOfStream);
                self.then(&[Op::SetEnding(at, Ending::Lost { discard, last })]);
            }
            Op::SetEnding(at, ending) => {
                self.state.links[at].ending.get_or_insert(ending);
                if !self.params.errs(Mistake::NoSweep) {
                    self.then(&[Op::Sweep]);
                }
                self.then(&[Op::ReadParked(at)]);
            }
            Op::Stop(at) => self.stop(at),
            Op::SetAborted(at) => {
                self.state.links[at].aborted = true;
                self.then(&[Op::ReadParked(at)]);
            }
            Op::Sweep => self.sweep(),
            Op::SweepBack(rings) => self.sweep_back(rings),
            Op::DiscardRest(at) => self.discard_rest(at),
            Op::ConsumerGone => self.consumer_gone(),
            Op::LeaveRegistrants => self.leave_registrants(),
            Op::LastHandle => self.wake_who_waits(),
            Op::StateEnd => self.state.hub.end = self.state.consumer.end,
            Op::Drained(at) => {
                let effects = self.on_slot(Input::Drained(self.state.links[at].epoch), Some(at));
                if effects.contains(Effect::EndOfStream) {
                    self.wake_who_waits();
                }
            }
            Op::IfOpen(at) if self.state.links[at].ending.is_none() => {
                self.then(&[Op::Limbo(at), Op::Sweep]);
            }
            Op::Limbo(at) => self.state.hub.limbo.push(at),
            Op::GiveBack(for_good) => self.give_back(for_good),
            Op::Take => {
                let consumer = &mut self.state.consumer;
                consumer.life += 1;
                (consumer.stage, consumer.notified) = (ConsumerAt::Poll, false);
            }
            _ => {}
        }
    }

    /// Takes a step of the slot for the registration it is about, and sees that an older one
    /// changes nothing.
    pub(crate) fn on_slot(&mut self, mut input: Input, of: Option<usize>) -> Effects<Effect> {
        let stale = of.is_some() && of != self.state.hub.current;
        let newest = self.state.hub.slot.epoch();
        if stale && self.params.errs(Mistake::StaleEpochObeyed) {
            input = match input {
                Input::Unregister(_) => Input::Unregister(newest),
                Input::Finish(_) => Input::Finish(newest),
                Input::Lost(_) => Input::Lost(newest),
                other => other,
            };
        }
        let before = self.state.hub.slot.clone();
        let effects = match self.state.hub.slot.on(input) {
            Ok(effects) => effects,
            Err(violation) => {
                self.state.violation("the slot was asked for", violation);
                return Effects::none();
            }
        };
        if stale && (before != self.state.hub.slot || !effects.is_empty()) {
            self.state.fault(Rule::F8, "an older registration changed the slot");
        }
        self.give_up_place(input, effects, of);
        let drained = matches!(input, Input::Drained(_)) && effects.contains(Effect::EndOfStream);
        if drained && of.is_some_and(|at| self.state.links[at].fates.contains(&Fate::Held)) {
            self.state.fault(Rule::F6, "the slot closed before all was committed");
        }
        effects
    }

    /// A witness notes who has no place in the slot any more.
    fn give_up_place(&mut self, input: Input, effects: Effects<Effect>, of: Option<usize>) {
        let leaves = match input {
            Input::Unregister(_) | Input::Lost(_) => effects.contains(Effect::Release),
            Input::Drained(_) => effects.contains(Effect::EndOfStream),
            Input::Abort | Input::ConsumerGone => true,
            Input::Register | Input::Finish(_) | Input::Close => false,
        };
        if let Some(at) = of.or(self.state.hub.current).filter(|_| leaves) {
            self.state.links[at].place = false;
        }
    }

    /// Wakes a consumer that waits for a producer, when nothing is locked.
    pub(crate) fn wake_who_waits(&mut self) {
        if let Some(life) = self.state.hub.waker.take() {
            self.then(&[Op::Notify(life)]);
        }
    }

    fn part_from_slot(&mut self, at: usize, parting: Parting) {
        let epoch = self.state.links[at].epoch;
        let ending = match parting {
            Parting::Unregister => {
                let effects = self.on_slot(Input::Unregister(epoch), Some(at));
                let last = effects.contains(Effect::EndOfStream);
                if last { Ending::Finished } else { Ending::Left }
            }
            Parting::Close | Parting::Finish => {
                let effects = self.on_slot(Input::Finish(epoch), Some(at));
                let heard = effects.contains(Effect::Release);
                if heard || self.params.errs(Mistake::FinishOfTheRevoked) {
                    Ending::Finished
                } else {
                    Ending::Left
                }
            }
        };
        self.then(&[Op::SetEnding(at, ending)]);
    }

    fn stop(&mut self, at: usize) {
        let link = &mut self.state.links[at];
        if link.stops > 0 && !self.params.errs(Mistake::StopToldTwice) {
            return;
        }
        link.stops = link.stops.saturating_add(1);
        link.wish.stop = true;
        self.then(&[Op::ClearWaiting(at)]);
    }

    pub(crate) fn consumer_gone(&mut self) {
        let effects = self.on_slot(Input::ConsumerGone, None);
        self.state.hub.gone = true;
        self.wake_who_waits();
        let current = self.state.hub.current;
        let stop = current.filter(|_| effects.contains(Effect::StopProducer)).map(Op::Stop);
        match (stop, self.params.errs(Mistake::CreditBeforeStop)) {
            (Some(stop), false) => self.then(&[stop, Op::Sweep]),
            (Some(stop), true) => self.then(&[Op::Sweep, stop]),
            (None, _) => self.then(&[Op::Sweep]),
        }
    }

    fn sweep(&mut self) {
        let hub = &mut self.state.hub;
        let gone = hub.gone;
        let mut rings = std::mem::take(&mut hub.limbo);
        if gone {
            rings.extend(hub.lanes.drain(..));
        }
        if rings.is_empty() {
            return;
        }
        let all = rings.iter().fold(0, |all, at| all | 1 << at);
        self.then(&[Op::SweepBack(all)]);
        for at in rings.into_iter().rev() {
            let stops = gone && !self.params.errs(Mistake::CreditBeforeStop);
            self.then(&[Op::DiscardRest(at)]);
            if stops {
                self.then(&[Op::Stop(at)]);
            }
        }
    }

    fn sweep_back(&mut self, rings: u16) {
        for at in (0..self.state.links.len()).filter(|at| rings & 1 << at != 0).rev() {
            if self.state.links[at].ending.is_some() {
                self.then(&[Op::DiscardRest(at)]);
            } else {
                self.state.hub.limbo.push(at);
            }
        }
    }

    fn leave_registrants(&mut self) {
        let hub = &mut self.state.hub;
        hub.registrants -= 1;
        if hub.registrants == 0 {
            self.then(&[Op::LastHandle]);
        }
    }

    /// The inlet comes back, with what it had.
    fn give_back(&mut self, for_good: bool) {
        let State { hub, consumer, .. } = &mut *self.state;
        if let Some(at) = consumer.lane.take() {
            hub.lanes.push_front(at);
        }
        consumer.end = None;
        if for_good || !hub.kept || hub.gone {
            self.then(&[Op::ConsumerGone]);
        }
    }

    /// The consumer takes the oldest ring, or learns why there is none.
    pub(crate) fn next_lane(&mut self) {
        let hub = &mut self.state.hub;
        let oldest = if hub.gone { None } else { hub.lanes.pop_front() };
        if let Some(at) = oldest {
            hub.reading = Some(at);
            self.state.consumer.lane = Some(at);
            if self.state.links[at].wish.behind.is_zero() {
                // Only the consumer clears this flag: without it there is nothing to see.
                return self.then(&[Op::Poll]);
            }
            return self.then(&[Op::CatchUp(at), Op::Poll]);
        }
        let nobody = hub.slot.phase() == Phase::Idle && hub.registrants == 0;
        if let Some(end) = hub.end {
            self.state.consumer.end = Some(end);
        } else if hub.slot.phase() == Phase::Closed {
            self.state.consumer.end = Some(End::Abandoned);
        } else if nobody {
            let _ = self.on_slot(Input::Close, None);
            self.state.consumer.end = Some(End::Abandoned);
        } else {
            hub.waker = Some(self.state.consumer.life);
            return self.then(&[Op::Sleep]);
        }
        self.then(&[Op::Poll]);
    }
}

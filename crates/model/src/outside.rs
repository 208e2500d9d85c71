//! Those who act from outside: who comes, who holds the flow, who ends what is not his.

use aqueduct_flow::{
    Amount, Effects, HoldEdge, Holds,
    slot::{Effect, Input, Phase},
};

use crate::{
    Deed, End, Ending, Link, Mistake, Op, OutsiderAt, Producer, Rule, Style, Who, step::Step,
};

impl Step<'_> {
    pub(crate) fn deed(&mut self, op: Op) {
        match (op, self.who) {
            (Op::Hold, Who::Outsider(at)) => self.hold(at),
            (Op::Act, Who::Outsider(at)) => self.act(at),
            (Op::Ask(at), _) => {
                let wish = &mut self.state.links[at].wish;
                wish.asked = wish.asked.saturating_add(1);
                self.then(&[Op::ClearWaiting(at)]);
            }
            _ => {}
        }
    }

    /// Takes a hold, or lets go; under the lock of the holds, and the waker is called after it.
    fn hold(&mut self, at: usize) {
        let on_consumers_side = self.params.outsiders[at] == Deed::HoldConsumer;
        let table = &mut self.state.table;
        let side = if on_consumers_side { &mut table.consumer } else { &mut table.producer };
        let edge = match self.state.outsiders[at].stage {
            OutsiderAt::Holds(id) => {
                self.state.outsiders[at].stage = OutsiderAt::After;
                if self.params.errs(Mistake::ReleaseForAll) {
                    *side = Holds::default();
                    Ok(HoldEdge::Free)
                } else {
                    side.release(id)
                }
            }
            OutsiderAt::Before | OutsiderAt::After => side.take("supper").map(|(id, edge)| {
                self.state.outsiders[at].stage = OutsiderAt::Holds(id);
                edge
            }),
        };
        let held = match edge {
            Ok(HoldEdge::Held) => true,
            Ok(HoldEdge::Free) => false,
            Ok(HoldEdge::None) => return,
            Err(violation) => return self.state.violation("the holds were asked for", violation),
        };
        let Some(current) = table.current else { return };
        let wish = &mut self.state.links[current].wish;
        *if on_consumers_side { &mut wish.peer } else { &mut wish.user } = held;
        if !self.params.errs(Mistake::NoWakeForRelease) {
            self.then(&[Op::ClearWaiting(current)]);
        }
    }

    fn act(&mut self, at: usize) {
        self.state.outsiders[at].stage = OutsiderAt::After;
        match self.params.outsiders[at] {
            Deed::HoldConsumer | Deed::HoldProducer => {}
            Deed::Revoke => self.revoke(),
            Deed::Abort => self.abort(),
            Deed::Close => {
                let effects = self.on_slot(Input::Close, None);
                if effects.contains(Effect::EndOfStream) {
                    self.wake_who_waits();
                }
            }
            Deed::Retire => self.consumer_gone(),
        }
    }

    fn revoke(&mut self) {
        let current = self.state.hub.current;
        let newest = self.state.hub.slot.epoch();
        let effects = self.on_slot(Input::Unregister(newest), None);
        self.wake_who_waits();
        if let Some(at) = current.filter(|_| effects.contains(Effect::Release)) {
            self.then(&[Op::Stop(at)]);
        }
    }

    fn abort(&mut self) {
        let effects = self.on_slot(Input::Abort, None);
        if !effects.contains(Effect::EndOfStream) {
            return;
        }
        self.state.hub.end.get_or_insert(End::Aborted);
        self.wake_who_waits();
        let hub = &self.state.hub;
        let mut ends: Vec<_> = hub.lanes.iter().copied().collect();
        ends.extend(hub.reading.into_iter().chain(hub.current));
        ends.sort_unstable();
        ends.dedup();
        for at in ends.into_iter().rev() {
            self.then(&[Op::Stop(at), Op::SetAborted(at)]);
        }
    }

    /// The consumer asks for one item more.
    pub(crate) fn ask(&mut self) {
        let hub = &mut self.state.hub;
        match hub.current.filter(|_| hub.slot.phase() != Phase::Idle) {
            Some(at) => self.then(&[Op::Ask(at)]),
            None => hub.asked += 1,
        }
    }

    /// A newcomer registers.
    pub(crate) fn register(&mut self) {
        let before = self.state.hub.slot.clone();
        let effects = match self.state.hub.slot.on(Input::Register) {
            Ok(effects) => effects,
            Err(violation) => return self.state.violation("the slot was asked for", violation),
        };
        if effects.contains(Effect::Refuse) {
            if before != self.state.hub.slot {
                self.state.fault(Rule::F4, "a refused registration changed the slot");
            }
            return;
        }
        if effects == Effects::of(Effect::Open) {
            self.open();
        } else {
            self.stop_newcomer();
        }
    }

    /// A new ring and a new outlet for a newcomer, who needs its handle no more.
    fn add(&mut self, asked: u64, behind: Amount) -> usize {
        let at = self.state.links.len();
        let epoch = self.state.hub.slot.epoch();
        self.state.links.push(Link::new(self.params, self.limits, epoch, asked, behind));
        self.state.producers.push(Producer::new(*self.limits));
        self.state.newcomers -= 1;
        // The newcomer lets go of its handle before anybody else looks.
        self.state.hub.registrants -= 1;
        self.who = Who::Producer(at);
        at
    }

    fn open(&mut self) {
        let manual = self.params.style == Style::Asked;
        let asked = if manual { std::mem::take(&mut self.state.hub.asked) } else { u64::MAX };
        let hub = &self.state.hub;
        let waiting = hub.lanes.iter().copied();
        let read = hub.reading.filter(|read| !hub.lanes.contains(read));
        let behind = waiting.chain(read).fold(Amount::ZERO, |sum, at| {
            let link = &self.state.links[at];
            let ended = link.ending.is_some() || self.params.errs(Mistake::RevokedUncounted);
            let left = if ended { link.undelivered() } else { self.limits.capacity() };
            sum.checked_add(left).unwrap_or(Amount::MAX)
        });
        let at = self.add(asked, behind);
        self.state.links[at].place = true;
        if !self.state.producers[at].core.reasons().is_empty() {
            self.state.fault(Rule::F3, "a new registration did not start running");
        }
        let links = &self.state.links;
        self.state.hub.lanes.retain(|at| !is_spent(&links[*at]));
        self.state.hub.lanes.push_back(at);
        self.state.hub.current = Some(at);
        let table = &mut self.state.table;
        table.current = Some(at);
        let (peer, user) = (table.consumer.is_held(), table.producer.is_held());
        let wish = &mut self.state.links[at].wish;
        (wish.peer, wish.user) = (peer, user);
        self.wake_who_waits();
    }

    /// A closed slot stops the newcomer at once.
    fn stop_newcomer(&mut self) {
        let at = self.add(u64::MAX, Amount::ZERO);
        self.then(&[Op::Stop(at), Op::Look(at)]);
    }
}

/// Returns whether nothing will ever be delivered from here, not even an end.
fn is_spent(link: &Link) -> bool {
    let goes_on =
        matches!(link.end_to_tell(), Some(Ending::Left | Ending::Lost { last: false, .. }));
    goes_on && link.ring.is_empty() && link.lane.in_hand().is_zero()
}

//! The producer's end of a link: `Outlet`, access by access.

use aqueduct_flow::{
    Amount, Effects,
    outlet::{Effect, Input, Phase},
};

use crate::{Ending, Fate, Mistake, Op, Parting, Producer, ProducerAt, Rule, Terminal, step::Step};

impl Step<'_> {
    pub(crate) fn outlet(&mut self, op: Op) {
        match op {
            Op::Spill(at) => self.spill(at),
            Op::Push(at, items) => self.push(at, items),
            Op::Tell(at) => self.state.links[at].told = self.state.producers[at].core.written(),
            Op::RegisterCredit(at) => self.state.links[at].credit = true,
            Op::Look(at) => self.look(at),
            Op::WaitForRoom(at) => {
                let total = self.state.producers[at].core.release_total();
                self.wait_for(at, total);
            }
            Op::StoreWait(at, total) => {
                let link = &mut self.state.links[at];
                (link.wake_at, link.waiting) = (total, true);
            }
            Op::ReadCommitted(at) => {
                let total = self.state.links[at].committed;
                // The consumer may have stopped before it gave this credit back.
                self.then(&[Op::Look(at), Op::See(at, total)]);
            }
            Op::See(at, total) => self.see(at, total),
            Op::CarryOut(at, effects) => self.carry_out(at, effects),
            Op::LeaveOff(at, parting) => self.leave_off(at, parting),
            Op::GiveUp(at) => self.give_up(at),
            Op::Drop(at) if self.state.producers[at].core.phase() == Phase::Open => {
                self.then(&[Op::Lose(at, false)]);
            }
            _ => {}
        }
    }

    fn outlet_of(&mut self, at: usize) -> &mut Producer {
        &mut self.state.producers[at]
    }

    pub(crate) fn wait_for(&mut self, at: usize, total: Amount) {
        if self.params.errs(Mistake::NoSecondLookForRoom) {
            self.then(&[Op::ReadCommitted(at), Op::StoreWait(at, total)]);
        } else {
            self.then(&[Op::StoreWait(at, total), Op::ReadCommitted(at)]);
        }
    }

    /// Takes in a committed total; a look at the wishes in between may have seen a newer one.
    fn see(&mut self, at: usize, total: Amount) {
        let is_news = self.state.producers[at].core.committed().fits(total);
        if is_news || self.params.errs(Mistake::TotalBeforeLook) {
            self.on_outlet(at, Input::Committed(total));
        }
    }

    fn spill(&mut self, at: usize) {
        let staged = std::mem::take(&mut self.outlet_of(at).staged);
        // The meter is read by whoever registers; if nobody can, nobody sees it.
        let told = self.state.links[at].told == self.state.producers[at].core.written();
        if self.state.newcomers > 0 && !told {
            self.then(&[Op::Tell(at)]);
        }
        if staged > 0 {
            self.then(&[Op::Push(at, staged), Op::ReadParked(at)]);
        }
    }

    fn push(&mut self, at: usize, items: u64) {
        let producer = &self.state.producers[at];
        let capacity = producer.core.limits().capacity().items;
        let end = producer.core.written().items - producer.staged;
        let high = producer.core.limits().high().items;
        let link = &mut self.state.links[at];
        let before = link.ring.len() as u64;
        link.ring.extend(end - items..end);
        let crosses = before <= high && before + items > high;
        if crosses && self.params.errs(Mistake::SignalPerCrossing) {
            link.mail.push_back(true);
        }
        if before + items > capacity {
            self.state.fault(Rule::F1, "an accepted item had no place in the ring");
        }
    }

    fn look(&mut self, at: usize) {
        let wish = self.state.links[at].wish;
        if wish != self.outlet_of(at).control {
            self.outlet_of(at).control = wish;
            self.on_outlet(at, Input::Control(wish));
        }
    }

    /// Takes a step of the producer's half, and carries out what it asks for.
    pub(crate) fn on_outlet(&mut self, at: usize, input: Input) {
        match self.state.producers[at].core.on(input) {
            Ok(effects) if effects.is_empty() => {}
            Ok(effects) => self.then(&[Op::CarryOut(at, effects)]),
            Err(violation) => self.state.violation("the outlet was asked for", violation),
        }
    }

    fn carry_out(&mut self, at: usize, effects: Effects<Effect>) {
        self.witness(at, effects);
        let refused = effects.contains(Effect::RefuseFull);
        let forgets = refused && self.params.errs(Mistake::NoWakeForRoom);
        if (refused || effects.contains(Effect::Pause)) && !forgets {
            self.then(&[Op::Spill(at), Op::WaitForRoom(at)]);
        }
        if effects.contains(Effect::Stop) {
            self.then(&[Op::Spill(at), Op::SetEnding(at, Ending::Left)]);
        }
    }

    /// Sees whether what the producer is told is in order.
    fn witness(&mut self, at: usize, effects: Effects<Effect>) {
        let producer = &self.state.producers[at];
        let (paused, ended) = (producer.paused, producer.terminal.is_some());
        let edge = effects.contains(Effect::Pause) || effects.contains(Effect::Resume);
        let terminal = effects.iter().find_map(|effect| match effect {
            Effect::Stop => Some(Terminal::Stopped),
            Effect::Done => Some(Terminal::Done),
            _ => None,
        });
        if effects.contains(Effect::Pause) && paused || effects.contains(Effect::Resume) && !paused
        {
            self.state.fault(Rule::F3, "the producer was told the same edge twice");
        }
        if ended && (edge || terminal.is_some()) {
            self.state.fault(Rule::F5, "the producer was told something after its end");
        }
        let handled = self.state.links[at].fates.iter().all(|fate| *fate == Fate::Handled);
        if terminal == Some(Terminal::Done) && !handled {
            self.state.fault(Rule::F6, "the producer was told that it is done before it was");
        }
        let producer = self.outlet_of(at);
        producer.paused = (paused || effects.contains(Effect::Pause))
            && !effects.contains(Effect::Resume)
            && terminal.is_none();
        producer.terminal = producer.terminal.or(terminal);
    }

    /// `finish` and `unregister`, after what was staged is published.
    fn leave_off(&mut self, at: usize, parting: Parting) {
        if self.state.producers[at].core.phase() != Phase::Open {
            return;
        }
        self.then(&[Op::Part(at, parting)]);
        self.on_outlet(at, Input::Finish);
        self.outlet_of(at).paused = false;
    }

    fn give_up(&mut self, at: usize) {
        if !matches!(self.state.producers[at].core.phase(), Phase::Open | Phase::Finishing) {
            return;
        }
        self.then(&[Op::Lose(at, true)]);
        self.on_outlet(at, Input::Abort);
        let producer = self.outlet_of(at);
        producer.paused = false;
        if producer.terminal.replace(Terminal::Aborted).is_some() {
            self.state.fault(Rule::F5, "a producer aborted after its end");
        }
    }

    /// The outlet is dropped, as it is.
    pub(crate) fn drop_outlet(&mut self, at: usize) {
        self.outlet_of(at).stage = ProducerAt::Over;
        self.then(&[Op::Spill(at), Op::Drop(at)]);
    }
}

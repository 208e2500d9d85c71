//! A producer: it waits until it may write, writes, and goes when it has written all.

use aqueduct_flow::{
    Effects,
    outlet::{Effect, Input, Phase},
};

use crate::{Fate, Mistake, Op, Parting, ProducerAt, Rule, Style, step::Step};

impl Step<'_> {
    /// Begins the call that a producer makes next.
    pub(crate) fn begin_producer(&mut self, at: usize) {
        let producer = &mut self.state.producers[at];
        match producer.stage {
            ProducerAt::Ready | ProducerAt::Asleep => {
                producer.notified = false;
                self.state.links[at].mail.clear();
                self.then(&[Op::Spill(at), Op::RegisterCredit(at), Op::Look(at), Op::Ready(at)]);
            }
            ProducerAt::Flush | ProducerAt::AsleepInFlush => {
                producer.notified = false;
                self.then(&[Op::Spill(at), Op::RegisterCredit(at), Op::Look(at), Op::Flush(at)]);
            }
            ProducerAt::Write => self.then(&[Op::Look(at), Op::Write(at)]),
            ProducerAt::Over => {}
        }
    }

    /// Ends as a producer does that has written all.
    pub(crate) fn part(&mut self, at: usize, parting: Parting) {
        let early = self.params.errs(Mistake::EndBeforeItems);
        match early {
            false => self.then(&[Op::Spill(at), Op::LeaveOff(at, parting)]),
            true => self.then(&[Op::LeaveOff(at, parting), Op::Spill(at)]),
        }
        self.stand(
            at,
            match parting {
                Parting::Close => ProducerAt::Flush,
                Parting::Finish | Parting::Unregister => ProducerAt::Over,
            },
        );
    }

    /// Gives the stream up.
    pub(crate) fn abort_by_producer(&mut self, at: usize) {
        self.then(&[Op::Spill(at), Op::GiveUp(at)]);
        self.stand(at, ProducerAt::Over);
    }

    fn stand(&mut self, at: usize, stage: ProducerAt) {
        self.state.producers[at].stage = stage;
    }

    pub(crate) fn producer(&mut self, op: Op) {
        match op {
            Op::Ready(at) => self.ready(at),
            Op::ReadyAgain(at) => self.ready_again(at),
            Op::Wanted(at) => self.wanted(at),
            Op::WantedAgain(at) => self.wanted_again(at),
            Op::Flush(at) => self.flush(at),
            Op::FlushAgain(at) => self.flush_again(at),
            Op::Write(at) => self.write(at),
            Op::Put(at) => self.put(at),
            Op::Answer(at) => self.answer(at),
            _ => {}
        }
    }

    fn ready(&mut self, at: usize) {
        let core = &self.state.producers[at].core;
        if core.phase() == Phase::Stopped {
            self.stand(at, ProducerAt::Over);
        } else if core.reasons().is_empty() || self.params.errs(Mistake::NoWakeForRoom) {
            self.then(&[Op::ReadyAgain(at)]);
        } else {
            self.then(&[Op::WaitForRoom(at), Op::ReadyAgain(at)]);
        }
    }

    fn ready_again(&mut self, at: usize) {
        if !self.state.producers[at].core.reasons().is_empty() {
            self.stand(at, ProducerAt::Asleep);
        } else if matches!(self.params.style, Style::Pull | Style::Asked) {
            self.then(&[Op::ReadCommitted(at), Op::Wanted(at)]);
        } else {
            self.stand(at, ProducerAt::Write);
        }
    }

    fn wanted(&mut self, at: usize) {
        let core = &self.state.producers[at].core;
        let wanted = core.wanted();
        if (wanted.items == 0 || wanted.bytes == 0) && !core.held().is_zero() {
            self.then(&[Op::WaitForRoom(at), Op::WantedAgain(at)]);
        } else {
            self.then(&[Op::WantedAgain(at)]);
        }
    }

    fn wanted_again(&mut self, at: usize) {
        let wanted = self.state.producers[at].core.wanted();
        let some = wanted.items > 0 && wanted.bytes > 0;
        self.stand(at, if some { ProducerAt::Write } else { ProducerAt::Asleep });
    }

    fn flush(&mut self, at: usize) {
        let core = &self.state.producers[at].core;
        if core.held().is_zero() {
            self.then(&[Op::FlushAgain(at)]);
            return;
        }
        let total = core.written();
        self.then(&[Op::FlushAgain(at)]);
        self.wait_for(at, total);
    }

    fn flush_again(&mut self, at: usize) {
        let core = &self.state.producers[at].core;
        let (phase, held) = (core.phase(), core.held());
        let given_up =
            matches!(phase, Phase::Stopped | Phase::Aborted) && self.state.links[at].discarded;
        if held.is_zero() && !given_up {
            if self.state.links[at].fates.contains(&Fate::Discarded) {
                self.state.fault(Rule::F2, "a flush took what was given up for handled");
            }
            self.stand(at, ProducerAt::Over);
        } else if matches!(phase, Phase::Stopped | Phase::Aborted) {
            self.stand(at, ProducerAt::Over);
        } else {
            self.stand(at, ProducerAt::AsleepInFlush);
        }
    }

    fn write(&mut self, at: usize) {
        let core = &self.state.producers[at].core;
        let amount = self.params.amount(core.written().items);
        if core.would_pass_high(amount) {
            self.then(&[Op::ReadCommitted(at), Op::Put(at)]);
        } else {
            self.then(&[Op::Put(at)]);
        }
    }

    fn put(&mut self, at: usize) {
        let producer = &mut self.state.producers[at];
        let amount = self.params.amount(producer.core.written().items);
        let effects = match producer.core.on(Input::Write(amount)) {
            Ok(effects) => effects,
            Err(violation) => return self.state.violation("the outlet was asked for", violation),
        };
        if effects.contains(Effect::RefuseClosed) {
            // The item was handed back; an outlet that has ended does nothing when it goes.
            return self.stand(at, ProducerAt::Over);
        }
        if effects.contains(Effect::RefuseFull) {
            self.stand(at, ProducerAt::Ready);
            return self.then(&[Op::CarryOut(at, effects)]);
        }
        self.state.links[at].fates.push(Fate::Held);
        let plain = effects == Effects::of(Effect::Accept);
        if plain && self.state.producers[at].core.reasons().is_empty() {
            self.answer(at);
        } else {
            self.then(&[Op::Look(at), Op::Answer(at)]);
        }
        if !plain {
            self.then(&[Op::CarryOut(at, effects)]);
        }
        if self.params.staging {
            self.state.producers[at].staged += 1;
        } else {
            self.then(&[Op::Push(at, 1), Op::ReadParked(at)]);
        }
    }

    /// What the answer of a write makes the producer do.
    fn answer(&mut self, at: usize) {
        let producer = &self.state.producers[at];
        let paused = !producer.core.reasons().is_empty();
        let waits = match self.params.style {
            Style::Push => paused,
            Style::Careless => false,
            Style::Pull | Style::Asked => true,
        };
        let over = producer.core.written().items >= self.params.writes;
        if paused && producer.staged > 0 {
            self.then(&[Op::Spill(at)]);
        }
        self.stand(at, if waits && !over { ProducerAt::Ready } else { ProducerAt::Write });
    }
}

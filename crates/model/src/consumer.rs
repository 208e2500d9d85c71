//! The consumer: it polls, handles what it is lent, and sleeps; `Inlet` and `Lane`, access by
//! access.

use aqueduct_flow::{
    Effects,
    inlet::{Effect, Input},
};

use crate::{ConsumerAt, Ending, Fate, Mistake, Op, Rule, step::Step};

impl Step<'_> {
    /// Begins the call that the consumer makes next.
    pub(crate) fn begin_consumer(&mut self) {
        let consumer = &mut self.state.consumer;
        match consumer.stage {
            ConsumerAt::Poll | ConsumerAt::Asleep => {
                consumer.notified = false;
                self.then(&[Op::Poll]);
            }
            ConsumerAt::Turn => self.begin_turn(),
            ConsumerAt::Hand => self.handled(),
            ConsumerAt::Told => self.go(true, ConsumerAt::Gone),
            ConsumerAt::Dead => self.then(&[Op::Take]),
            ConsumerAt::Gone => {}
        }
    }

    pub(crate) fn stand_consumer(&mut self, stage: ConsumerAt) {
        self.state.consumer.stage = stage;
    }

    /// The consumer dies, whatever it is at.
    pub(crate) fn die(&mut self) {
        if let Some((at, item)) = self.state.consumer.hand.take() {
            let link = &mut self.state.links[at];
            link.marked = link.marked.max(item + 1);
        }
        let stage = if self.params.keep { ConsumerAt::Dead } else { ConsumerAt::Gone };
        self.go(false, stage);
    }

    /// The consumer wants no more.
    pub(crate) fn stop_consuming(&mut self) {
        self.state.consumer.hand = None;
        self.go(true, ConsumerAt::Gone);
    }

    fn go(&mut self, for_good: bool, stage: ConsumerAt) {
        if let Some(at) = self.state.consumer.lane {
            self.then(&[Op::Rest(at)]);
        }
        self.state.consumer.todo.insert(0, Op::GiveBack(for_good));
        self.stand_consumer(stage);
    }

    /// The consumer puts what it has in hand back, by its own will.
    pub(crate) fn put_back(&mut self) {
        if let Some((at, item)) = self.state.consumer.hand.take() {
            self.then(&[Op::Rest(at)]);
            if self.params.errs(Mistake::CreditTwice) {
                self.on_lane(at, Input::Commit(self.params.amount(item)));
            } else {
                self.on_lane(at, Input::PutBack);
            }
        }
        self.stand_consumer(ConsumerAt::Poll);
    }

    pub(crate) fn consumer(&mut self, op: Op) {
        match op {
            Op::Poll => self.poll(),
            Op::NextLane => self.next_lane(),
            Op::CatchUp(at) => self.catch_up(at),
            Op::ReadAborted(at) => match self.state.links[at].aborted {
                true => self.end_lane(at, Ending::Lost { discard: true, last: true }),
                false => self.then(&[Op::ReadEnding(at)]),
            },
            Op::ReadEnding(at) => match self.state.links[at].ending {
                Some(end @ Ending::Lost { discard: true, .. }) => self.end_lane(at, end),
                end => self.then(&[Op::ReadRing(at, end)]),
            },
            Op::ReadRing(at, end) => self.read_ring(at, end),
            Op::Glimpse(at) => {
                self.state.consumer.glimpse = Some(!self.state.links[at].ring.is_empty());
                self.then(&[Op::ReadAborted(at)]);
            }
            Op::Rest(at) => self.on_lane(at, Input::Rest),
            Op::EndLane(at, end) => self.lane_ended(at, end),
            Op::Lend(at) => self.lend(at),
            Op::Commit(at) => self.commit(at),
            op => self.park(op),
        }
    }

    fn poll(&mut self) {
        let consumer = &self.state.consumer;
        match (consumer.end, consumer.lane) {
            (Some(end), _) => self.told(end),
            (None, None) => self.then(&[Op::NextLane]),
            (None, Some(at)) if self.params.errs(Mistake::RingBeforeEnd) => {
                self.then(&[Op::Glimpse(at)]);
            }
            (None, Some(at)) => self.then(&[Op::ReadAborted(at)]),
        }
    }

    fn catch_up(&mut self, at: usize) {
        let wish = &mut self.state.links[at].wish;
        if !std::mem::take(&mut wish.behind).is_zero() && !self.params.errs(Mistake::NoWakeBehind) {
            self.then(&[Op::ClearWaiting(at)]);
        }
    }

    fn read_ring(&mut self, at: usize, end: Option<Ending>) {
        let seen = self.state.consumer.glimpse.take();
        let some = seen.unwrap_or(!self.state.links[at].ring.is_empty());
        match (some, end) {
            (true, _) => self.stand_consumer(ConsumerAt::Turn),
            (false, Some(end)) => self.end_lane(at, end),
            (false, None) => self.then(&[Op::Rest(at), Op::RegisterBell(at)]),
        }
    }

    fn begin_turn(&mut self) {
        let Some(at) = self.state.consumer.lane else { return };
        self.state.consumer.left = self.params.batch;
        if !self.state.links[at].lane.in_hand().is_zero() {
            self.on_lane(at, Input::Return);
        }
        self.then(&[Op::Lend(at)]);
    }

    fn lend(&mut self, at: usize) {
        let item = self.state.links[at].ring.front().copied();
        let Some(item) = item.filter(|_| self.state.consumer.left > 0) else {
            self.stand_consumer(ConsumerAt::Poll);
            return self.then(&[Op::Rest(at)]);
        };
        self.state.consumer.left -= 1;
        let link = &self.state.links[at];
        let sequence = link.lane.next_sequence();
        if sequence != item || link.fates.get(item as usize) != Some(&Fate::Held) {
            self.state.fault(Rule::F2, "an item was lent out of order or twice");
        }
        let link = &self.state.links[at];
        if link.lane.is_redelivered(sequence) != (sequence < link.marked) {
            self.state.fault(Rule::F2, "an item came with a wrong mark");
        }
        if self.state.consumer.told.is_some() {
            self.state.fault(Rule::F5, "an item was lent after the end");
        }
        self.on_lane(at, Input::Lend(self.params.amount(item)));
        self.state.consumer.hand = Some((at, item));
        self.stand_consumer(ConsumerAt::Hand);
        if self.params.errs(Mistake::CommitBeforeHandled) {
            self.take_out(at);
        }
    }

    /// The handler has done with the item in hand.
    fn handled(&mut self) {
        let Some((at, item)) = self.state.consumer.hand else { return };
        if self.params.errs(Mistake::CommitBeforeHandled) {
            self.settle_item(at, item);
            self.then(&[Op::Lend(at)]);
        } else {
            self.then(&[Op::Commit(at)]);
        }
    }

    fn settle_item(&mut self, at: usize, item: u64) {
        self.state.consumer.hand = None;
        self.state.links[at].fates[item as usize] = Fate::Handled;
    }

    fn commit(&mut self, at: usize) {
        if let Some((_, item)) = self.state.consumer.hand {
            self.settle_item(at, item);
        }
        if self.state.consumer.left > 0 {
            self.then(&[Op::Lend(at)]);
        } else {
            self.stand_consumer(ConsumerAt::Poll);
            self.then(&[Op::Rest(at)]);
        }
        self.take_out(at);
    }

    fn take_out(&mut self, at: usize) {
        let link = &mut self.state.links[at];
        if let Some(item) = link.ring.pop_front() {
            let crosses = link.ring.len() as u64 == self.params.items[0];
            if crosses && self.params.errs(Mistake::SignalPerCrossing) {
                link.mail.push_back(false);
            }
            self.on_lane(at, Input::Commit(self.params.amount(item)));
        }
    }

    /// Takes a step of the consumer's half, and publishes if it is asked to.
    pub(crate) fn on_lane(&mut self, at: usize, input: Input) {
        let effects = match self.state.links[at].lane.on(input) {
            Ok(effects) => effects,
            Err(violation) => {
                self.state.violation("the inlet was asked for", violation);
                Effects::none()
            }
        };
        if effects.contains(Effect::Publish) {
            self.then(&[Op::StoreCommitted(at)]);
        }
    }
}

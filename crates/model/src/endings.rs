//! How a registration and a stream end for the consumer: `end_lane` of the inlet, and the discard
//! of its lane.

use aqueduct_flow::{Amount, inlet::Input, slot::Phase};

use crate::{ConsumerAt, End, Ending, Fate, Mistake, Op, Rule, step::Step};

impl Step<'_> {
    pub(crate) fn told(&mut self, end: End) {
        self.stand_consumer(ConsumerAt::Told);
        if self.state.consumer.told.replace(end).is_some_and(|before| before != end) {
            self.state.fault(Rule::F5, "the consumer was told two ends");
        }
        if self.state.hub.slot.phase() != Phase::Closed {
            self.state.fault(Rule::F8, "the consumer was told the end of an older registration");
        }
    }

    /// Drops and counts what is there.
    pub(crate) fn discard_rest(&mut self, at: usize) {
        if !self.state.links[at].lane.in_hand().is_zero() {
            self.on_lane(at, Input::Return);
        }
        let link = &mut self.state.links[at];
        let items = std::mem::take(&mut link.ring);
        if items.is_empty() {
            return;
        }
        link.discarded = true;
        let mut sum = Amount::ZERO;
        for item in items {
            link.fates[item as usize] = Fate::Discarded;
            sum = sum.checked_add(self.params.amount(item)).unwrap_or(sum);
        }
        self.on_lane(at, Input::Discard(sum));
    }

    /// The end of a registration, behind its last item or before what is given up.
    pub(crate) fn end_lane(&mut self, at: usize, end: Ending) {
        let consumer = &mut self.state.consumer;
        consumer.lane = None;
        consumer.end = match end {
            Ending::Left | Ending::Lost { last: false, .. } => None,
            Ending::Finished => Some(End::Finished),
            Ending::Lost { .. } => Some(End::Aborted),
        };
        self.then(&[Op::EndLane(at, end)]);
        if matches!(end, Ending::Lost { discard: true, .. }) {
            self.then(&[Op::DiscardRest(at)]);
        }
    }

    pub(crate) fn lane_ended(&mut self, at: usize, end: Ending) {
        let link = &self.state.links[at];
        let discards = matches!(end, Ending::Lost { discard: true, .. });
        if !discards && link.fates.iter().any(|fate| *fate != Fate::Handled) {
            self.state.fault(Rule::F6, "the end overtook an item");
        }
        let told = self.state.consumer.end.is_some();
        self.then(&[Op::Poll]);
        if self.params.errs(Mistake::RingDroppedUnseen) {
            self.then(&[Op::Drained(at), Op::IfOpen(at)]);
        } else {
            self.then(&[Op::Drained(at), Op::Limbo(at), Op::Sweep]);
        }
        if told {
            self.then(&[Op::StateEnd]);
        }
        self.on_lane(at, Input::End);
    }
}

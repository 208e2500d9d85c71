//! One step of one thread.

use aqueduct_flow::Limits;

use crate::{Op, Params, SlotModel, State};

/// Who takes a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Who {
    /// The producer of this registration.
    Producer(usize),
    /// The consumer.
    Consumer,
    /// A newcomer that goes away without registering.
    Crowd,
    /// Somebody from outside.
    Outsider(usize),
}

/// One step of one thread, as it is taken.
pub(crate) struct Step<'a> {
    pub(crate) params: &'a Params,
    pub(crate) limits: &'a Limits,
    pub(crate) state: &'a mut State,
    pub(crate) who: Who,
}

impl State {
    /// What this thread has still to do of the call that it is in, the next thing last.
    pub(crate) fn todo(&self, who: Who) -> &[Op] {
        match who {
            Who::Producer(at) => &self.producers[at].todo,
            Who::Consumer => &self.consumer.todo,
            Who::Crowd => &self.crowd,
            Who::Outsider(at) => &self.outsiders[at].todo,
        }
    }

    fn todo_mut(&mut self, who: Who) -> &mut Vec<Op> {
        match who {
            Who::Producer(at) => &mut self.producers[at].todo,
            Who::Consumer => &mut self.consumer.todo,
            Who::Crowd => &mut self.crowd,
            Who::Outsider(at) => &mut self.outsiders[at].todo,
        }
    }

    /// All threads that there are.
    pub(crate) fn threads(&self) -> impl Iterator<Item = Who> {
        let producers = (0..self.producers.len()).map(Who::Producer);
        let outsiders = (0..self.outsiders.len()).map(Who::Outsider);
        producers.chain([Who::Consumer, Who::Crowd]).chain(outsiders)
    }
}

impl<'a> Step<'a> {
    pub(crate) fn new(model: &'a SlotModel, state: &'a mut State, who: Who) -> Self {
        Self { params: &model.params, limits: &model.limits, state, who }
    }

    /// This thread goes on with these, in this order.
    pub(crate) fn then(&mut self, ops: &[Op]) {
        self.state.todo_mut(self.who).extend(ops.iter().rev());
    }

    /// Carries out the next shared access, with the local decisions before and after it.
    pub(crate) fn advance(&mut self) {
        if self.state.todo(self.who).is_empty() {
            self.begin();
        }
        while let Some(op) = self.state.todo_mut(self.who).pop() {
            self.run(op);
            if !op.is_local() {
                break;
            }
        }
        self.settle();
    }

    /// Carries out what is local.
    pub(crate) fn settle(&mut self) {
        while self.state.todo(self.who).last().is_some_and(|op| op.is_local()) {
            if let Some(op) = self.state.todo_mut(self.who).pop() {
                self.run(op);
            }
        }
    }

    /// Begins the call that comes next where a thread stands.
    fn begin(&mut self) {
        match self.who {
            Who::Producer(at) => self.begin_producer(at),
            Who::Consumer => self.begin_consumer(),
            Who::Crowd | Who::Outsider(_) => {}
        }
    }

    fn run(&mut self, op: Op) {
        match op {
            Op::ReadParked(_)
            | Op::ClearParked(_)
            | Op::TakeBell(_)
            | Op::StoreCommitted(_)
            | Op::ReadWaiting(_)
            | Op::ClearWaiting(_)
            | Op::TakeCredit(_)
            | Op::Notify(_) => self.signal(op),
            Op::Spill(_)
            | Op::Push(..)
            | Op::Tell(_)
            | Op::RegisterCredit(_)
            | Op::Look(_)
            | Op::WaitForRoom(_)
            | Op::StoreWait(..)
            | Op::ReadCommitted(_)
            | Op::See(..)
            | Op::CarryOut(..)
            | Op::LeaveOff(..)
            | Op::GiveUp(_)
            | Op::Drop(_) => self.outlet(op),
            Op::Ready(_)
            | Op::ReadyAgain(_)
            | Op::Wanted(_)
            | Op::WantedAgain(_)
            | Op::Flush(_)
            | Op::FlushAgain(_)
            | Op::Write(_)
            | Op::Put(_)
            | Op::Answer(_) => self.producer(op),
            Op::Part(..)
            | Op::Lose(..)
            | Op::SetEnding(..)
            | Op::Sweep
            | Op::DiscardRest(_)
            | Op::SweepBack(_)
            | Op::ConsumerGone
            | Op::Stop(_)
            | Op::SetAborted(_)
            | Op::LeaveRegistrants
            | Op::LastHandle
            | Op::StateEnd
            | Op::Drained(_)
            | Op::IfOpen(_)
            | Op::Limbo(_)
            | Op::GiveBack(_)
            | Op::Take => self.hub(op),
            Op::Hold | Op::Act | Op::Ask(_) => self.deed(op),
            _ => self.consumer(op),
        }
    }
}

//! How the two ends wake each other: `Doorbell` and `Credit` of the link, access by access.

use crate::{Mistake, Op, step::Step};

impl Step<'_> {
    pub(crate) fn signal(&mut self, op: Op) {
        match op {
            Op::ReadParked(at) if self.state.links[at].parked => self.then(&[Op::ClearParked(at)]),
            Op::ClearParked(at) => {
                self.state.links[at].parked = false;
                self.then(&[Op::TakeBell(at)]);
            }
            Op::TakeBell(at) => {
                if let Some(life) = self.state.links[at].bell.take() {
                    self.wake_consumer(life);
                }
            }
            Op::StoreCommitted(at) => self.store_committed(at),
            Op::ReadWaiting(at) => self.read_waiting(at),
            Op::ClearWaiting(at) => {
                self.state.links[at].waiting = false;
                self.then(&[Op::TakeCredit(at)]);
            }
            Op::TakeCredit(at) => {
                let credit = std::mem::replace(&mut self.state.links[at].credit, false);
                self.state.producers[at].notified |= credit;
            }
            Op::Notify(life) => self.wake_consumer(life),
            _ => {}
        }
    }

    /// A waker of an earlier life wakes nobody.
    fn wake_consumer(&mut self, life: u8) {
        let consumer = &mut self.state.consumer;
        consumer.notified |= consumer.life == life;
    }

    fn store_committed(&mut self, at: usize) {
        let link = &mut self.state.links[at];
        link.committed = link.lane.committed();
        self.then(&[Op::ReadWaiting(at)]);
    }

    fn read_waiting(&mut self, at: usize) {
        let link = &self.state.links[at];
        // Only whoever has the lane publishes, and it has taken no other step since.
        let reached = link.wake_at.fits(link.lane.committed());
        if link.waiting && reached && !self.params.errs(Mistake::NoLowMarkTest) {
            self.then(&[Op::ClearWaiting(at)]);
        }
    }
}

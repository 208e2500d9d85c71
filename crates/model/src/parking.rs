//! How the consumer goes to sleep: `Doorbell::park` of the link, access by access.

use crate::{ConsumerAt, Mistake, Op, step::Step};

impl Step<'_> {
    /// The way to sleep: own word first, then a second look at the other's.
    pub(crate) fn park(&mut self, op: Op) {
        match op {
            Op::RegisterBell(at) => {
                self.state.links[at].bell = Some(self.state.consumer.life);
                self.then(&[Op::SetParked(at)]);
            }
            Op::SetParked(at) => {
                self.state.links[at].parked = true;
                let looks = !self.params.errs(Mistake::NoSecondLookAtRing);
                self.then(&[if looks { Op::LookRing(at) } else { Op::Sleep }]);
            }
            Op::LookRing(at) => {
                let found = !self.state.links[at].ring.is_empty();
                self.then(&[if found { Op::Unpark(at) } else { Op::LookAborted(at) }]);
            }
            Op::LookAborted(at) => {
                let found = self.state.links[at].aborted;
                self.then(&[if found { Op::Unpark(at) } else { Op::LookEnding(at) }]);
            }
            Op::LookEnding(at) => {
                let found = self.state.links[at].ending.is_some();
                self.then(&[if found { Op::Unpark(at) } else { Op::Sleep }]);
            }
            Op::Unpark(at) => {
                self.state.links[at].parked = false;
                self.then(&[Op::Poll]);
            }
            Op::Sleep => self.stand_consumer(ConsumerAt::Asleep),
            _ => {}
        }
    }
}

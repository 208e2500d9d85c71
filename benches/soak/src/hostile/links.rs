//! The ends of the links: healthy, slow and hostile.

use std::{cell::Cell, convert::Infallible, future::poll_fn, rc::Rc, task::Poll, time::Duration};

use aqueduct::prelude::*;

/// What all links of a round count together.
#[derive(Clone, Default)]
pub(super) struct Counter(Rc<Cell<u64>>);

impl Counter {
    pub(super) fn get(&self) -> u64 {
        self.0.get()
    }

    fn add(&self, more: u64) {
        self.0.set(self.0.get() + more);
    }
}

/// Either end of a healthy link: as fast as it goes, as much as is wanted.
pub(super) struct Steady(pub(super) Counter);

impl PullProducer for Steady {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        out.extend(0..wanted.items());
        Ok(Next::More)
    }
}

impl Consumer for Steady {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        let mut items = 0;
        while batch.next().is_some() {
            items += 1;
        }
        self.0.add(items);
        Ok(Consumed::Done)
    }
}

/// The consumer of the hostile link: a batch, then a millisecond of work elsewhere, so that its link
/// is full nearly all the time and yet moves.
pub(super) struct Slow;

const WORK: Duration = Duration::from_millis(1);

impl Consumer for Slow {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while batch.next().is_some() {}
        Ok(Consumed::later(async {
            tokio::time::sleep(WORK).await;
            Ok(())
        }))
    }
}

/// Writes on after it is paused, is handed its item back, tries again, and says that it has more.
///
/// As long as it is in its turn, nobody can take the arbiter from it; so it gives up its turn after
/// some tries, as whoever wants to go on existing beside others must.
pub(super) struct ByTrait {
    tries: u32,
    next: u64,
    refused: Counter,
}

impl ByTrait {
    pub(super) const fn new(tries: u32, refused: Counter) -> Self {
        Self { tries, next: 0, refused }
    }
}

impl PushProducer for ByTrait {
    type Item = u64;
    type Error = Infallible;

    fn run(
        &mut self,
        out: &mut Outbox<'_, u64>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let mut refused = 0;
        // Beyond the capacity, all of these come back.
        while refused < self.tries {
            match out.write(self.next) {
                Ok(_) => self.next += 1,
                Err(error) if error.is_full() => refused += 1,
                Err(_) => return Ok(Next::Done),
            }
        }
        self.refused.add(u64::from(refused));
        // Called again at once, if it had its way.
        ctx.waker().wake_by_ref();
        Ok(Next::More)
    }
}

/// The same without a shell that could leave it uncalled: whatever the flow is, it tries, and has
/// itself woken.
pub(super) async fn retry_for_ever(mut outlet: Outlet<u64>, tries: u32, refused: Counter) {
    let mut next = 0;
    poll_fn(|cx| {
        let mut back = 0;
        while back < tries {
            match outlet.write(next) {
                Ok(_) => next += 1,
                Err(error) if error.is_full() => back += 1,
                Err(_) => return Poll::Ready(()),
            }
        }
        refused.add(u64::from(back));
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

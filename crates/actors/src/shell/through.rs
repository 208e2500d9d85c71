//! A producer with a transform fused behind it: one actor, one loop.

use std::collections::VecDeque;

use aqueduct_link::{Reasons, Stopped};
use aqueduct_operators::Transform;

use super::produce::Kind;
use crate::{Ctx, Demand, Failure, Next, Outbox};

/// A kind of producer, and the transform of what it makes.
pub(super) struct Through<K, T: Transform> {
    kind: K,
    transform: T,
    /// What the producer made in this turn.
    made: Vec<T::In>,
    /// What came of it and waits for room: at most what one turn expands to.
    ready: VecDeque<T::Out>,
    done: bool,
}

impl<K, T: Transform> Through<K, T> {
    pub(super) const fn new(kind: K, transform: T) -> Self {
        Self { kind, transform, made: Vec::new(), ready: VecDeque::new(), done: false }
    }

    fn transform_made(&mut self) -> Result<(), T::Error> {
        let ready = &mut self.ready;
        for item in self.made.drain(..) {
            self.transform.apply(item, &mut |out| ready.push_back(out))?;
        }
        if self.done {
            self.transform.finish(&mut |out| ready.push_back(out))?;
        }
        Ok(())
    }

    /// Writes what waits; returns whether there was room for all of it.
    fn write_ready(&mut self, out: &mut Outbox<'_, T::Out>) -> bool {
        out.extend(std::iter::from_fn(|| self.ready.pop_front()));
        self.ready.is_empty() && !out.is_paused()
    }
}

impl<P, K, T> Kind<P> for Through<K, T>
where
    P: 'static,
    K: Kind<P, Item = T::In>,
    T: Transform,
    T::In: 'static,
    T::Out: 'static,
    T::Error: Into<Failure>,
{
    type Item = T::Out;

    fn tell(&mut self, producer: &mut P, reasons: Reasons, ctx: &mut Ctx<'_, P>) {
        self.kind.tell(producer, reasons, ctx);
    }

    fn call(
        &mut self,
        producer: &mut P,
        wanted: Demand,
        out: &mut Outbox<'_, T::Out>,
        ctx: &mut Ctx<'_, P>,
    ) -> Result<Next, Failure> {
        if !self.write_ready(out) {
            return Ok(Next::More);
        }
        if self.done {
            return Ok(Next::Done);
        }
        let mut made = Outbox::buffer(&mut self.made, wanted.items());
        let next = self.kind.call(producer, wanted, &mut made, ctx)?;
        self.done = next == Next::Done;
        self.transform_made().map_err(Into::into)?;
        let written = self.write_ready(out);
        Ok(match next {
            Next::Done if self.ready.is_empty() => Next::Done,
            Next::Wait if written => Next::Wait,
            Next::Done | Next::Wait | Next::More => Next::More,
        })
    }

    fn stopped(&mut self, producer: &mut P, why: Stopped, ctx: &mut Ctx<'_, P>) {
        self.kind.stopped(producer, why, ctx);
    }
}

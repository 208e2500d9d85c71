//! A producer with a transform fused behind it: one actor, one loop.

use aqueduct_link::{Amount, Reasons, Stopped};
use aqueduct_operators::{PORTION, Transform};

use super::{fused::Fused, kind::Kind, noted::Fate};
use crate::{Ctx, Demand, Failure, Next, Outbox};

/// A kind of producer, and the transform of what it makes.
pub(super) struct Through<K, T: Transform> {
    kind: K,
    fused: Fused<T>,
    /// The producer has made its last.
    over: bool,
}

impl<K, T> Through<K, T>
where
    T: Transform,
    T::Error: Into<Failure>,
{
    pub(super) const fn new(kind: K, transform: T) -> Self {
        Self { kind, fused: Fused::new(transform), over: false }
    }

    /// Has the producer make about a portion, so that little waits in front of the transform.
    fn make<P>(
        &mut self,
        producer: &mut P,
        wanted: Demand,
        ctx: &mut Ctx<'_, P>,
    ) -> Result<Next, Failure>
    where
        P: 'static,
        K: Kind<P, Item = T::In>,
    {
        let items = wanted.items().min(PORTION as u64);
        let mut made = Outbox::buffer(self.fused.feed(), items);
        let wanted = Demand::new(Amount::new(items, wanted.bytes()));
        let next = self.kind.call(producer, wanted, &mut made, ctx)?;
        self.over = next == Next::Done;
        Ok(next)
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

    const TRANSFORMS: bool = true;
    const ACKNOWLEDGED: bool = K::ACKNOWLEDGED;

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
        if K::ACKNOWLEDGED {
            self.fused.keep_note();
        }
        self.over |= self.fused.is_done();
        let mut next = Next::More;
        if self.fused.is_idle() && !self.over {
            next = self.make(producer, wanted, ctx)?;
        }
        let written = self.fused.work(out)?;
        self.over |= self.fused.is_done();
        if self.over {
            return Kind::<P>::rest(self, out);
        }
        // Who is paused by this is told so before it waits.
        Ok(if written && !out.is_paused() { next } else { Next::More })
    }

    fn fate(&mut self, written: u64, lost: Option<u64>) -> Fate {
        self.fused.fate(written, lost)
    }

    fn tell_acknowledged(&mut self, producer: &mut P, items: u64, ctx: &mut Ctx<'_, P>) {
        self.kind.tell_acknowledged(producer, items, ctx);
    }

    fn tell_lost(&mut self, producer: &mut P, from: u64, ctx: &mut Ctx<'_, P>) {
        self.kind.tell_lost(producer, from, ctx);
    }

    fn last(&mut self) {
        self.kind.last();
    }

    fn has_rest(&self) -> bool {
        true
    }

    fn rest(&mut self, out: &mut Outbox<'_, T::Out>) -> Result<Next, Failure> {
        let written = self.fused.work(out)? && self.fused.finish(out)?;
        Ok(if written { Next::Done } else { Next::More })
    }

    fn stopped(&mut self, producer: &mut P, why: Stopped, ctx: &mut Ctx<'_, P>) {
        self.kind.stopped(producer, why, ctx);
    }
}

//! Aqueduct: a pull producer and a consumer in shells. A hold on the link is the start signal.

use std::{convert::Infallible, iter::from_fn};

use aqueduct::{
    actors::{Batch, Consumed, Consumer, Ctx, Demand, End, Next, Outbox, PullProducer, Shell},
    link::{Flow, Outlet, Slot, WriteError},
};

use super::{Peer, Shape, Sink, Source, Start};

/// Writes one by one.
pub(crate) struct ByItem;

/// Writes all that is wanted with one call.
pub(crate) struct ByBatch;

/// As [`ByBatch`], and waits until all is acknowledged.
pub(crate) struct Acked;

impl Peer for ByItem {
    type Way<K: Sink> = Outlet<K::Item>;

    fn consume<K: Sink>(shape: Shape<K::Item>, sink: K) -> Result<Self::Way<K>, String> {
        consume(shape, Consuming { sink, by_batch: false })
    }

    fn produce<S, K>(outlet: Self::Way<K>, shape: Shape<S::Item>, source: S) -> Start
    where
        S: Source,
        K: Sink<Item = S::Item>,
    {
        produce(outlet, Writing { source, burst: shape.burst })
    }
}

impl Peer for ByBatch {
    type Way<K: Sink> = Outlet<K::Item>;

    fn consume<K: Sink>(shape: Shape<K::Item>, sink: K) -> Result<Self::Way<K>, String> {
        consume(shape, Consuming { sink, by_batch: true })
    }

    fn produce<S, K>(outlet: Self::Way<K>, _: Shape<S::Item>, source: S) -> Start
    where
        S: Source,
        K: Sink<Item = S::Item>,
    {
        produce(outlet, Extending { source })
    }
}

impl Peer for Acked {
    type Way<K: Sink> = Outlet<K::Item>;

    fn consume<K: Sink>(shape: Shape<K::Item>, sink: K) -> Result<Self::Way<K>, String> {
        consume(shape, Consuming { sink, by_batch: true })
    }

    fn produce<S, K>(outlet: Self::Way<K>, _: Shape<S::Item>, source: S) -> Start
    where
        S: Source,
        K: Sink<Item = S::Item>,
    {
        produce(outlet, Acknowledged { inner: Extending { source }, items: 0 })
    }
}

fn consume<K: Sink>(
    shape: Shape<K::Item>,
    consumer: Consuming<K>,
) -> Result<Outlet<K::Item>, String> {
    let slot = Slot::new("consumer", shape.marks);
    let outlet = slot.register("producer").map_err(|error| error.to_string())?;
    let shell = Shell::consumer("consumer", consumer, &slot);
    drop(shell.map_err(|error| error.to_string())?.start());
    Ok(outlet)
}

fn produce<P: PullProducer>(outlet: Outlet<P::Item>, producer: P) -> Start {
    let not_yet = outlet.hold("the start signal");
    drop(Shell::pull("producer", producer, outlet).start());
    Box::new(|| not_yet.release())
}

struct Writing<S> {
    source: S,
    burst: u64,
}

impl<S: Source> PullProducer for Writing<S> {
    type Item = S::Item;
    type Error = WriteError<S::Item>;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, S::Item>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error> {
        for _ in 0..wanted.items().min(self.burst) {
            let Some(item) = self.source.next() else { return Ok(Next::Done) };
            let flow = out.write(item)?;
            self.source.accepted();
            if flow == Flow::Paused {
                return Ok(Next::More);
            }
        }
        if out.written() < self.burst {
            return Ok(Next::More);
        }
        ctx.waker().wake_by_ref();
        Ok(Next::Wait)
    }
}

struct Extending<S> {
    source: S,
}

impl<S: Source> PullProducer for Extending<S> {
    type Item = S::Item;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, S::Item>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        Ok(self.extend(wanted, out))
    }
}

impl<S: Source> Extending<S> {
    fn extend(&mut self, wanted: Demand, out: &mut Outbox<'_, S::Item>) -> Next {
        let mut next = Next::More;
        let items = from_fn(|| {
            let item = self.source.next();
            if item.is_none() {
                next = Next::Done;
            }
            item
        });
        let wanted = usize::try_from(wanted.items()).unwrap_or(usize::MAX);
        out.extend(items.take(wanted));
        next
    }
}

struct Acknowledged<S> {
    inner: Extending<S>,
    items: u64,
}

impl<S: Source> PullProducer for Acknowledged<S> {
    type Item = S::Item;
    type Error = Infallible;

    const WANTS_ACKNOWLEDGEMENTS: bool = true;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, S::Item>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        Ok(self.inner.extend(wanted, out))
    }

    fn acknowledged(&mut self, items: u64, _: &mut Ctx<'_, Self>) {
        self.items = items;
    }
}

struct Consuming<K> {
    sink: K,
    by_batch: bool,
}

impl<K: Sink> Consumer for Consuming<K> {
    type Item = K::Item;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, K::Item>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        if self.by_batch {
            batch.for_each(|item| self.sink.see(item));
        }
        while let Some(item) = batch.next() {
            self.sink.see(item);
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, _: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        self.sink.over();
        Ok(Consumed::Done)
    }
}

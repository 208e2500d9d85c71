//! Aqueduct: a pull producer and a consumer in shells. A hold on the link is the start signal.

use aqueduct::{
    actors::{Batch, Consumed, Consumer, Ctx, Demand, End, Next, Outbox, PullProducer, Shell},
    link::{Flow, Slot, Watermarks, WriteError},
};

use super::{BOUND, time};
use crate::{
    bed::{Places, build},
    contest::{Failed, Run},
    tally::Counter,
};

/// Writes one by one.
struct ByItem {
    next: u64,
    items: u64,
}

impl PullProducer for ByItem {
    type Item = u64;
    type Error = WriteError<u64>;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error> {
        let end = self.items.min(self.next + wanted.items());
        while self.next < end {
            let flow = out.write(self.next)?;
            self.next += 1;
            if flow == Flow::Paused {
                break;
            }
        }
        Ok(if self.next < self.items { Next::More } else { Next::Done })
    }
}

/// Writes all that is wanted with one call.
struct ByBatch {
    next: u64,
    items: u64,
}

impl PullProducer for ByBatch {
    type Item = u64;
    type Error = WriteError<u64>;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error> {
        let end = self.items.min(self.next + wanted.items());
        self.next += out.extend(self.next..end);
        Ok(if self.next < self.items { Next::More } else { Next::Done })
    }
}

struct Counting(Counter);

impl Consumer for Counting {
    type Item = u64;
    type Error = std::convert::Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Self::Error> {
        while let Some(number) = batch.next() {
            self.0.see(*number);
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, _: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Self::Error> {
        self.0.hand_in();
        Ok(Consumed::Done)
    }
}

pub(super) fn item(places: Places, items: u64) -> Run {
    Box::pin(run(places, items, ByItem { next: 0, items }))
}

pub(super) fn batch(places: Places, items: u64) -> Run {
    Box::pin(run(places, items, ByBatch { next: 0, items }))
}

async fn run<P>(places: Places, items: u64, producer: P) -> Result<Vec<f64>, Failed>
where
    P: PullProducer<Item = u64> + Send,
{
    let marks = Watermarks::items_within(BOUND / 2, BOUND, BOUND);
    let slot = Slot::new("consumer", marks.map_err(|error| error.to_string())?);
    let outlet = slot.register("producer").map_err(|error| error.to_string())?;
    let not_yet = outlet.hold("the start signal");
    let (counter, finished) = Counter::new();
    let consumer = build(&places.consumer, move || {
        Shell::consumer("consumer", Counting(counter), &slot).map(|shell| drop(shell.start()))
    });
    consumer.await?.map_err(|error| error.to_string())?;
    let producer = build(&places.producer, move || {
        drop(Shell::pull("producer", producer, outlet).start());
    });
    producer.await?;
    time(|| not_yet.release(), finished, items).await
}

//! Aqueduct: the typed builder, with the maps behind the producer or behind boundaries.

use std::{
    convert::Infallible,
    future::ready,
    sync::{Arc, OnceLock},
    time::Instant,
};

use aqueduct::{
    actors::{Ctx, Demand, Next, Outbox, PullProducer},
    pipeline::{Folded, Head, Open, Pipeline},
};
use tokio::sync::oneshot;

use super::{marks, mask, multiply, ns_item, rotate, undo};
use crate::{bed::Places, contest::Run, tally::Tally};

/// What the consumer makes of the numbers: their tally, and when it had the last one.
type Seen = (Tally, Option<Instant>);

/// A pipeline, or why there is none.
type Composed = Result<Folded<u64, Seen>, String>;

/// When the first number was made.
type Began = Arc<OnceLock<Instant>>;

pub(super) fn fused_same(places: Places, items: u64) -> Run {
    run(places, items, |items, began| Ok(fold(maps(Pipeline::named("maps"), items, began), items)))
}

pub(super) fn fused_cross(places: Places, items: u64) -> Run {
    run(places, items, |items, began| {
        let maps = maps(Pipeline::named("maps"), items, began);
        Ok(fold(maps.boundary(marks()?).on("odd"), items))
    })
}

fn maps(pipeline: Pipeline, items: u64, began: Began) -> Open<impl Head<Out = u64>> {
    let open = numbers(pipeline, items, began);
    open.map("multiply", multiply).map("mask", mask).map("rotate", rotate)
}

pub(super) fn chain_same(places: Places, items: u64) -> Run {
    run(places, items, |items, began| {
        let marks = marks()?;
        let open = numbers(Pipeline::named("maps"), items, began);
        let open = open.boundary(marks).map("multiply", multiply);
        let open = open.boundary(marks).map("mask", mask);
        let open = open.boundary(marks).map("rotate", rotate);
        Ok(fold(open, items))
    })
}

pub(super) fn chain_cross(places: Places, items: u64) -> Run {
    run(places, items, |items, began| {
        let marks = marks()?;
        let open = numbers(Pipeline::named("maps").on("even"), items, began);
        let open = open.boundary(marks).on("odd").map("multiply", multiply);
        let open = open.boundary(marks).on("even").map("mask", mask);
        let open = open.boundary(marks).on("odd").map("rotate", rotate);
        Ok(fold(open.boundary(marks).on("even"), items))
    })
}

/// The producer.
struct Numbers {
    next: u64,
    end: u64,
    began: Began,
}

impl PullProducer for Numbers {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        if self.next == 0 {
            self.began.get_or_init(Instant::now);
        }
        let end = self.end.min(self.next.saturating_add(wanted.items()));
        self.next += out.extend(self.next..end);
        Ok(if self.next < self.end { Next::More } else { Next::Done })
    }
}

fn numbers(pipeline: Pipeline, end: u64, began: Began) -> Open<impl Head<Out = u64>> {
    pipeline
        .from(move || ready(Ok::<_, Infallible>(Numbers { next: 0, end, began: began.clone() })))
}

fn fold(open: Open<impl Head<Out = u64>>, items: u64) -> Folded<u64, Seen> {
    open.fold("seen", (Tally::new(), None), move |(tally, ended), number| {
        tally.see(undo(number));
        if tally.count() == items {
            *ended = Some(Instant::now());
        }
    })
}

/// Has the producer's arbiter compose the pipeline and run it.
fn run(places: Places, items: u64, compose: fn(u64, Began) -> Composed) -> Run {
    Box::pin(async move {
        let (tell, told) = oneshot::channel();
        let began = Began::default();
        let first = began.clone();
        places.producer.spawn(async move {
            let seen = async { finished(compose(items, first)?).await };
            // Nobody waits for a run that was given up.
            drop(tell.send(seen.await));
        });
        let seen: Result<Seen, String> = told.await.map_err(|_| "the arbiter died".to_owned())?;
        let (tally, ended) = seen?;
        let took = ended.zip(began.get()).map(|(ended, began)| ended.duration_since(*began));
        ns_item(took.unwrap_or_default(), &tally, items)
    })
}

async fn finished(pipeline: Folded<u64, Seen>) -> Result<Seen, String> {
    let marks = marks()?;
    let (seen, _) = pipeline.watermarks(marks).run().await.map_err(|error| error.to_string())?;
    Ok(seen)
}

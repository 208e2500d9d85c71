//! The transforms themselves: in the actors that a pipeline has too, or in a plain loop.

use std::{collections::VecDeque, error::Error};

use aqueduct::{
    link::{ByteCount, Watermarks},
    operators::{Transform, filter, lines, map},
    supervise::Supervisor,
};
use bytes::Bytes;

use super::{
    LONGEST, adopt,
    ending::{Add, ending, telling},
    is_kept, number, run, see,
    tallying::Tallying,
    text::Text,
};
use crate::{bed::Places, contest::Run, tally::Tally};

pub(super) fn actors_item(places: Places, items: u64) -> Run {
    run(places, items, |text| actors(text, numbers(), see))
}

pub(super) fn actors_sum(places: Places, items: u64) -> Run {
    run(places, items, |text| actors(text, numbers().then(Tallying::new()), adopt))
}

pub(super) fn chain_item(places: Places, items: u64) -> Run {
    run(places, items, |text| chain(text, numbers(), see))
}

pub(super) fn chain_sum(places: Places, items: u64) -> Run {
    run(places, items, |text| chain(text, numbers().then(Tallying::new()), adopt))
}

fn numbers() -> impl Transform<In = Bytes, Out = Bytes, Error: Error + Send + Sync + 'static> {
    lines(LONGEST).then(filter(|line: &Bytes| is_kept(line))).then(map(number))
}

/// The actors and the link that the builder makes, with the transform as it is.
async fn actors<T>(text: Text, transform: T, add: impl Add) -> Result<Tally, String>
where
    T: Transform<In = Bytes, Out = Bytes, Error: Error + Send + Sync> + 'static,
{
    let (tell, told) = telling();
    let supervisor = Supervisor::new("numbers");
    let marks = Watermarks::<ByteCount>::default();
    let slot = supervisor.slot("seen", marks).map_err(|error| error.to_string())?;
    let consumer = supervisor.consumer(&slot, ending(add, tell)).start();
    consumer.map_err(|error| error.to_string())?;
    let producer = supervisor.producer_through("text", &slot, text.producer(), transform).start();
    producer.map_err(|error| error.to_string())?;
    supervisor.finished().await.map_err(|error| error.to_string())?;
    told.tally()
}

/// A plain loop, chunk by chunk.
async fn chain<T>(text: Text, mut transform: T, add: impl Add) -> Result<Tally, String>
where
    T: Transform<In = Bytes, Out = Bytes, Error: Error>,
{
    let mut tally = Tally::new();
    let mut emit = |item: Bytes| add(&mut tally, &item);
    let mut chunks = VecDeque::new();
    for chunk in text.chunks() {
        chunks.push_back(chunk.clone());
        while transform.step(&mut chunks, &mut emit).map_err(|error| error.to_string())? {}
    }
    transform.finish(&mut emit).map_err(|error| error.to_string())?;
    Ok(tally)
}

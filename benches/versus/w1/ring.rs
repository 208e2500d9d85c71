//! `rtrb` by itself: two plain threads that spin, without a word about actors, turns or sleep.
//!
//! It is no peer but a reference: how fast two cores hand items over that do nothing else.

use std::{hint, thread, time::Instant};

use rtrb::{Consumer, Producer, RingBuffer, chunks::ChunkError};
use tokio::sync::oneshot;

use super::{BOUND, ns_item};
use crate::{
    bed::Places,
    contest::{Failed, Run},
    tally::Counter,
};

/// Items that are handed over with one call.
const CHUNK: usize = 256;

pub(super) fn item(_: Places, items: u64) -> Run {
    Box::pin(run(items, push, pop))
}

pub(super) fn batch(_: Places, items: u64) -> Run {
    Box::pin(run(items, write, read))
}

async fn run(
    items: u64,
    produce: fn(&mut Producer<u64>, u64),
    consume: fn(&mut Consumer<u64>, &mut Counter, u64),
) -> Result<Vec<f64>, Failed> {
    let (mut producer, mut consumer) = RingBuffer::new(BOUND as usize);
    let (mut counter, finished) = Counter::new();
    let (start, started) = oneshot::channel();
    let reader = thread::spawn(move || {
        consume(&mut consumer, &mut counter, items);
        counter.hand_in();
    });
    let writer = thread::spawn(move || {
        _ = start.send(Instant::now());
        produce(&mut producer, items);
    });
    let began = started.await.map_err(|_| "the producer died".to_owned())?;
    let (ended, tally) = finished.await.map_err(|_| "the consumer died".to_owned())?;
    // Both have handed in: their threads end at once.
    drop((reader.join(), writer.join()));
    ns_item((ended.duration_since(began), tally), items)
}

fn push(ring: &mut Producer<u64>, items: u64) {
    for number in 0..items {
        while ring.push(number).is_err() {
            hint::spin_loop();
        }
    }
}

fn pop(ring: &mut Consumer<u64>, counter: &mut Counter, items: u64) {
    while counter.count() < items {
        match ring.pop() {
            Ok(number) => counter.see(number),
            Err(_) => hint::spin_loop(),
        }
    }
}

fn write(ring: &mut Producer<u64>, items: u64) {
    let mut numbers = 0..items;
    while !numbers.is_empty() {
        let left = usize::try_from(numbers.end - numbers.start).unwrap_or(usize::MAX);
        match ring.write_chunk_uninit(left.min(CHUNK)) {
            Ok(chunk) => _ = chunk.fill_from_iter(&mut numbers),
            Err(_) => hint::spin_loop(),
        }
    }
}

fn read(ring: &mut Consumer<u64>, counter: &mut Counter, items: u64) {
    while counter.count() < items {
        let left = usize::try_from(items - counter.count()).unwrap_or(usize::MAX);
        match ring.read_chunk(left.min(CHUNK)) {
            Ok(chunk) => chunk.into_iter().for_each(|number| counter.see(number)),
            // Less than a whole chunk may be all that is there for a while.
            Err(ChunkError::TooFewSlots(_)) => hint::spin_loop(),
        }
    }
}

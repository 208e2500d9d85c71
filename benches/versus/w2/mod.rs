//! W2: chunks of bytes from one producer to one consumer.
//!
//! The producer copies each chunk out of a block in the cache into a slab, and writes its number into
//! the first eight bytes; the consumer reads every byte.
//! The slab is ours for all, as is the reading: so only the way between the two is compared.
//! (With an allocation for each chunk, the allocator would be measured.)
//!
//! Our link has byte marks, 64 KiB and 256 KiB; the peers have as many places as chunks fit in there.
//! `memcpy` is a reference and no peer: it copies and reads in one loop, and hands nothing over.

mod chunks;

use std::{hint::black_box, time::Instant};

use aqueduct::link::{CHUNK_OVERHEAD, DEFAULT_CHUNKS, Watermarks, kib};

use crate::{
    bed::{Mode, Places, build},
    contest::{Better, Contender, Failed, Measure, NS_ITEM, OURS, Run, Workload},
    oneway::{self, ByItem, Credit, Flume, Kameo, Kanal, Peer, Shape, Sink, Source, Tasks, Tokio},
    tally::Counter,
};
use chunks::{Copying, Reading};

/// Where our link pauses, in bytes.
const HIGH: u64 = kib(256);
/// Where it resumes.
const LOW: u64 = kib(64);

/// No run moves more: large chunks would take long otherwise.
const MOST_BYTES: u64 = 1 << 30;

const GB_S: Measure = Measure { unit: "GB/s", better: Better::More };

/// The workload with chunks of one size; like is compared with like by the name of the size.
macro_rules! chunks_of {
    ($size:expr, $name:expr) => {
        Workload {
            name: "W2",
            measures: &[NS_ITEM, GB_S],
            items: 500_000,
            alone: false,
            modes: &[Mode::Same, Mode::Cross],
            contenders: &[
                Contender { name: OURS, api: $name, run: run::<ByItem, { $size }> },
                Contender { name: "tokio-mpsc", api: $name, run: run::<Tasks<Tokio>, { $size }> },
                Contender { name: "kanal", api: $name, run: run::<Tasks<Kanal>, { $size }> },
                Contender { name: "flume", api: $name, run: run::<Tasks<Flume>, { $size }> },
                Contender { name: "actix-credit", api: $name, run: run::<Credit, { $size }> },
                Contender { name: "kameo", api: $name, run: run::<Kameo, { $size }> },
                Contender { name: "memcpy", api: $name, run: memcpy::<{ $size }> },
            ],
        }
    };
}

pub(crate) const W2_64B: Workload = chunks_of!(64, "64B");
pub(crate) const W2_1KIB: Workload = chunks_of!(1024, "1KiB");
pub(crate) const W2_16KIB: Workload = chunks_of!(16 * 1024, "16KiB");
pub(crate) const W2_64KIB: Workload = chunks_of!(64 * 1024, "64KiB");

fn run<P: Peer, const SIZE: usize>(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let items = within_bytes(items, SIZE);
        let marks = Watermarks::bytes(LOW, HIGH).map_err(|error| error.to_string())?.into();
        let shape = Shape { bound: in_flight(SIZE), marks, burst: u64::MAX };
        let (counter, finished) = Counter::new();
        let (source, sink) = (Copying::<SIZE>::new(items), Reading::<SIZE>::new(counter));
        let (took, tally) = oneway::run::<P, _, _>(&places, shape, source, sink, finished).await?;
        tally.verify(items)?;
        Ok(figures(took.as_secs_f64(), items, SIZE))
    })
}

fn memcpy<const SIZE: usize>(places: Places, items: u64) -> Run {
    Box::pin(async move {
        let items = within_bytes(items, SIZE);
        let (counter, finished) = Counter::new();
        let took = build(&places.consumer, move || {
            let mut source = Copying::<SIZE>::new(items);
            let mut sink = Reading::<SIZE>::new(counter);
            let began = Instant::now();
            while let Some(chunk) = source.next() {
                sink.see(black_box(&chunk));
            }
            sink.over();
            began.elapsed()
        })
        .await?;
        let (_, tally) = finished.await.map_err(|_| "the loop died".to_owned())?;
        tally.verify(items)?;
        Ok::<_, Failed>(figures(took.as_secs_f64(), items, SIZE))
    })
}

/// At most so many items that they are [`MOST_BYTES`].
fn within_bytes(items: u64, size: usize) -> u64 {
    items.min(MOST_BYTES / size as u64)
}

/// How many chunks of this size our link takes before it pauses: the one that crosses the high mark
/// is taken too.
const fn in_flight(size: usize) -> u64 {
    let by_bytes = HIGH / (size as u64 + CHUNK_OVERHEAD);
    let by_number = DEFAULT_CHUNKS / 4 * 3;
    1 + if by_bytes < by_number { by_bytes } else { by_number }
}

/// ns/item, and GB/s.
fn figures(seconds: f64, items: u64, size: usize) -> Vec<f64> {
    let (items, size) = (items as f64, size as f64);
    vec![seconds * 1e9 / items, items * size / seconds / 1e9]
}

//! Rule F11 in whole pipelines, composed in Rust and assembled of parts: what is acknowledged is
//! written, and with few chunks out nothing comes to a standstill.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    convert::Infallible,
    future::{Future, Ready, ready},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use aqueduct_actors::{Batch, Consumed, Consumer, Ctx, Demand, Next, Outbox, PullProducer};
use aqueduct_link::{Watermarks, kib};
use aqueduct_operators::{Batching, Rate, filter, flat_map, lines, map};
use aqueduct_pipeline::{
    Assembled, Pipeline, PipelineError, Report,
    blueprint::{Marks, Unit},
    erased::Part,
};
use bytes::Bytes;
use common::{draft::Draft, run};

const SMALL: Marks = Marks { unit: Unit::Bytes, low: 4096, high: 16_384, capacity: 32_768 };

/// A text in chunks that know nothing of its lines, and what became of it.
#[derive(Clone, Default)]
struct Text {
    chunks: Arc<Vec<Bytes>>,
    acknowledged: Arc<AtomicU64>,
    /// How many bytes have been handled.
    handled: Arc<AtomicU64>,
}

impl Text {
    fn new() -> Self {
        let text: String =
            (0..900_u32).map(|n| format!("{}\n", "line ".repeat(n as usize % 7))).collect();
        let mut rest = Bytes::from(text);
        let sizes = (0_usize..).map(|n| n * 7919 % 50);
        let chunks =
            sizes.map_while(|size| (!rest.is_empty()).then(|| rest.split_to(size.min(rest.len()))));
        Self { chunks: Arc::new(chunks.collect()), ..Self::default() }
    }

    fn source(
        &self,
        most: u64,
    ) -> impl Fn() -> Ready<Result<Source, Infallible>> + Send + Clone + use<> {
        let text = self.clone();
        move || ready(Ok(Source { text: text.clone(), next: 0, most }))
    }

    fn sink(&self) -> impl Fn() -> Ready<Result<Sink, Infallible>> + Send + Clone + use<> {
        let handled = self.handled.clone();
        move || ready(Ok(Sink(handled.clone())))
    }

    fn bytes(&self, chunks: u64) -> u64 {
        let chunks = usize::try_from(chunks).expect("few");
        self.chunks[..chunks].iter().map(|chunk| chunk.len() as u64).sum()
    }
}

/// Gives a chunk when so few are out that are not acknowledged.
struct Source {
    text: Text,
    next: u64,
    most: u64,
}

impl PullProducer for Source {
    type Item = Bytes;
    type Error = Infallible;

    const WANTS_ACKNOWLEDGEMENTS: bool = true;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let all = self.text.chunks.len() as u64;
        let until = all.min(self.text.acknowledged.load(SeqCst) + self.most);
        let at = |at| usize::try_from(at).expect("few");
        let chunks = &self.text.chunks[at(self.next)..at(until)];
        self.next += out.extend(chunks.iter().cloned());
        Ok(match self.next {
            next if next == all => Next::Done,
            next if next == until => Next::Wait,
            _ => Next::More,
        })
    }

    fn acknowledged(&mut self, items: u64, _: &mut Ctx<'_, Self>) {
        let (handled, bytes) = (self.text.handled.load(SeqCst), self.text.bytes(items));
        assert!(handled >= bytes, "{items} chunks of {bytes} bytes, and {handled} are handled");
        self.text.acknowledged.store(items, SeqCst);
    }
}

struct Sink(Arc<AtomicU64>);

impl Consumer for Sink {
    type Item = Bytes;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(item) = batch.next() {
            self.0.fetch_add(item.len() as u64, SeqCst);
        }
        Ok(Consumed::Done)
    }
}

fn in_pieces(line: Bytes) -> Vec<Bytes> {
    line.chunks(3).map(Bytes::copy_from_slice).collect()
}

fn all_is_acknowledged(text: &Text, whole: impl Future<Output = Result<Report, PipelineError>>) {
    let report = run(async {
        tokio::time::timeout(Duration::from_secs(60), whole)
            .await
            .expect("it comes to a standstill")
    });
    report.expect("it runs");
    assert_eq!(text.acknowledged.load(SeqCst), text.chunks.len() as u64);
    assert_eq!(text.handled.load(SeqCst), text.bytes(text.chunks.len() as u64));
}

/// Lines, their pieces, the lines again, and a batch of three lines on another arbiter.
fn typed(text: &Text, most: u64) -> Assembled {
    Pipeline::named("typed")
        .from(text.source(most))
        .then(lines(1000))
        .flat_map("pieces", in_pieces)
        .filter("all", |_| true)
        .boundary(Watermarks::bytes(kib(4), kib(16)).expect("good marks"))
        .on("cpu")
        .then(lines(1000))
        .batch("threes", Batching::of(3))
        .map("joined", |lines: Vec<Bytes>| Bytes::from(lines.concat()))
        .to(text.sink())
        .build()
        .expect("it is whole")
}

/// The same of parts, without the batches, which are not among them.
fn erased(text: &Text, most: u64) -> Assembled {
    Draft::named("erased")
        .producer("in", "text", Part::producer(text.source(most)))
        .transform("lines", "lines", Part::transform(lines(1000)))
        .transform("pieces", "flat-map", Part::transform(flat_map(in_pieces)))
        .transform("again", "lines", Part::transform(lines(1000)))
        .transform("all", "filter", Part::transform(filter(|_: &Bytes| true)))
        .link(SMALL)
        .on("cpu")
        .transform("same", "map", Part::transform(map(|line: Bytes| line)))
        .transform("more", "flat-map", Part::transform(flat_map(in_pieces)))
        .transform("third", "lines", Part::transform(lines(1000)))
        .stage("rate", "rate", Part::stage(Rate::per_second(1_000_000_000).expect("a rate")))
        .consumer("out", "sink", Part::consumer(text.sink()))
        .assemble()
        .expect("it is whole")
}

/// A line may lie in several chunks, and a batch waits for three lines: with fewer chunks out than
/// that, the source waits for what waits for the source.
const FEWEST: u64 = 14;

#[test]
fn f11_a_composed_pipeline_acknowledges_what_is_written_and_never_stands_still() {
    for most in [FEWEST, 100, 1 << 40] {
        let text = Text::new();
        let pipeline = typed(&text, most);
        all_is_acknowledged(&text, pipeline.run());
    }
}

#[test]
fn f11_a_pipeline_of_parts_does_so_too() {
    for most in [FEWEST, 100, 1 << 40] {
        let text = Text::new();
        let pipeline = erased(&text, most);
        all_is_acknowledged(&text, pipeline.run());
    }
}

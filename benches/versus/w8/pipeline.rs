//! Aqueduct: the same pipeline, typed and from a file.

use std::{
    fs,
    future::ready,
    io::{self, Read},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use aqueduct::{
    actors::{Ctx, Demand, Next, Outbox, PullProducer},
    operators::from_json,
    pipeline::{Assembled, PipelineError, Report, erased::assemble},
    prelude::*,
};
use aqueduct_config::{Config, Registry};
use bytes::Bytes;

use super::{BATCH, Job, LONGEST, record::Request};
use crate::contest::Failed;

/// What the plain reader reads at once, in bytes: as the endpoint for files.
const CHUNK: usize = 64 * 1024;

/// The typed builder.
pub(super) fn typed(job: &Job<'_>) -> Result<(), Failed> {
    let Job { from, to, .. } = job.clone();
    let pipeline = Pipeline::named("errors")
        .from(move || File::open(&from))
        .then(lines(LONGEST))
        .then(from_json::<Request>())
        .filter("kept", Request::is_kept)
        .batch("batches", Batching::of(BATCH))
        .try_map("written", |requests| written(&requests))
        .to(move || File::create(&to));
    finished(pipeline.build().map_err(|error| error.to_string())?)
}

/// The same with a plain reader, into a file that has its name at once.
pub(super) fn plain(job: &Job<'_>) -> Result<(), Failed> {
    read_by::<false>(job).map(drop)
}

/// The same, and the reader is told which of its chunks are written, whole.
pub(super) fn acknowledged(job: &Job<'_>) -> Result<(), Failed> {
    let chunks = read_by::<true>(job)?;
    let [read, told] = [&chunks.read, &chunks.told].map(|count| count.load(Relaxed));
    if read == told { Ok(()) } else { Err(format!("{told} of {read} are acknowledged").into()) }
}

fn read_by<const ACKED: bool>(job: &Job<'_>) -> Result<Arc<Chunks>, Failed> {
    let Job { from, to, .. } = job.clone();
    let chunks = Arc::<Chunks>::default();
    let counted = chunks.clone();
    let pipeline = Pipeline::named("errors")
        .from(move || {
            let file = fs::File::open(&from);
            let chunks = counted.clone();
            ready(file.map(|file| Reader::<ACKED> { file, chunks }))
        })
        .then(lines(LONGEST))
        .then(from_json::<Request>())
        .filter("kept", Request::is_kept)
        .batch("batches", Batching::of(BATCH))
        .try_map("written", |requests| written(&requests))
        .to(move || File::append(&to));
    finished(pipeline.build().map_err(|error| error.to_string())?)?;
    Ok(chunks)
}

#[derive(Default)]
struct Chunks {
    read: AtomicU64,
    told: AtomicU64,
}

/// Reads a file that is in memory, as it comes.
struct Reader<const ACKED: bool> {
    file: fs::File,
    chunks: Arc<Chunks>,
}

impl<const ACKED: bool> PullProducer for Reader<ACKED> {
    type Item = Bytes;
    type Error = io::Error;

    const WANTS_ACKNOWLEDGEMENTS: bool = ACKED;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> io::Result<Next> {
        let mut chunk = Vec::with_capacity(CHUNK);
        let read = (&self.file).take(CHUNK as u64).read_to_end(&mut chunk)?;
        if read == 0 {
            return Ok(Next::Done);
        }
        out.extend([Bytes::from(chunk)]);
        self.chunks.read.fetch_add(1, Relaxed);
        Ok(Next::More)
    }

    fn acknowledged(&mut self, items: u64, _: &mut Ctx<'_, Self>) {
        self.chunks.told.store(items, Relaxed);
    }
}

fn written(requests: &[Request]) -> serde_json::Result<Bytes> {
    let mut text = Vec::new();
    for request in requests {
        serde_json::to_writer(&mut text, request)?;
        text.push(b'\n');
    }
    Ok(text.into())
}

/// From a file, where a value has no type; batches are what the last stage writes at once.
pub(super) fn from_toml(job: &Job<'_>) -> Result<(), Failed> {
    let Job { from, to, .. } = job;
    let source = format!(
        "[[pipeline.errors.stage]]
        file = {{ read = {from:?} }}
        [[pipeline.errors.stage]]
        lines = {{}}
        [[pipeline.errors.stage]]
        json = {{}}
        [[pipeline.errors.stage]]
        where = {{ field = \"/level\", equals = \"error\" }}
        [[pipeline.errors.stage]]
        to-json = {{}}
        [[pipeline.errors.stage]]
        file = {{ write = {to:?} }}"
    );
    let file = Config::load(&source, &Registry::standard(), &|_| None);
    let pipelines = file.map_err(|error| error.to_string())?.pipelines;
    let (blueprint, parts) = pipelines.into_iter().next().ok_or("there is no pipeline")?;
    finished(assemble(blueprint, parts).map_err(|error| error.to_string())?)
}

fn finished(pipeline: Assembled) -> Result<(), Failed> {
    let result: Result<Report, PipelineError> = actix::System::new().block_on(pipeline.run());
    result.map(drop).map_err(|error| error.to_string().into())
}

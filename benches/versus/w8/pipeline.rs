//! Aqueduct: the same pipeline, typed and from a file.

use aqueduct::{
    operators::from_json,
    pipeline::{Assembled, PipelineError, Report, erased::assemble},
    prelude::*,
};
use aqueduct_config::{Config, Registry};
use bytes::Bytes;

use super::{BATCH, Job, LONGEST, record::Request};
use crate::contest::Failed;

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

//! `aqueduct run FILE`.

use aqueduct::pipeline::{Assembled, Blueprint, PipelineError, blueprint::Stage, erased::assemble};
use aqueduct_config::{Config, Loaded, Registry};

use crate::{
    args::Run,
    conduct::{self, Plan, Stop},
    failure::Failure,
    screen,
    source::Source,
};

/// Runs the pipelines of the file to their end, and reports.
pub(crate) fn run(run: &Run) -> Result<(), Failure> {
    let source = Source::read(&run.file)?;
    let env = |name: &str| std::env::var(name).ok();
    let loaded = Config::load(&source.text, &Registry::standard(), &env);
    let Loaded { pipelines, secrets, .. } =
        loaded.map_err(|mistakes| source.mistaken(&mistakes))?;
    screen::hide(secrets);
    check_names(run, pipelines.iter().map(|(blueprint, _)| blueprint))?;
    let wanted = pipelines
        .into_iter()
        .filter(|(blueprint, _)| run.only.is_empty() || run.only.contains(&blueprint.name));
    let assembled: Result<Vec<Assembled>, _> =
        wanted.map(|(blueprint, parts)| assemble(blueprint, parts)).collect();
    let assembled = assembled.map_err(|error| Failure::Usage(error.to_string()))?;
    check_stdin(run, &assembled)?;
    let goes_to_stdout = |pipeline: &Assembled| has(pipeline, "stdout").is_some();
    let data_on_stdout = assembled.iter().any(goes_to_stdout);
    conduct::run(Plan {
        pipelines: assembled,
        stop: Stop::Drain(run.drain_within),
        told: run.told,
        data_on_stdout,
        explain: &PipelineError::to_string,
    })
}

/// Whoever asks for a pipeline that is not there is told which ones are.
fn check_names<'a>(
    run: &Run,
    blueprints: impl Iterator<Item = &'a Blueprint>,
) -> Result<(), Failure> {
    let names: Vec<_> = blueprints.map(|blueprint| blueprint.name.as_str()).collect();
    match run.only.iter().find(|wanted| !names.contains(&wanted.as_str())) {
        None => Ok(()),
        Some(wanted) => {
            let known = names.join(", ");
            Err(Failure::Usage(format!("there is no pipeline {wanted}: the file has {known}")))
        }
    }
}

/// What is read as the file is gone for the stages.
fn check_stdin(run: &Run, pipelines: &[Assembled]) -> Result<(), Failure> {
    let reads = pipelines.iter().find_map(|pipeline| has(pipeline, "stdin"));
    match reads {
        Some(stage) if run.file.as_os_str() == "-" => Err(Failure::Usage(format!(
            "the pipelines come from stdin, where the stage {} would read too: give a FILE",
            stage.name
        ))),
        _ => Ok(()),
    }
}

fn has<'a>(pipeline: &'a Assembled, kind: &str) -> Option<&'a Stage> {
    pipeline.blueprint().stages.iter().find(|stage| stage.kind == kind)
}

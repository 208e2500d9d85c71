//! A file of pipelines, checked or loaded.

use aqueduct_pipeline::{Blueprint, erased::Part};

use crate::{Mistakes, Registry, Secrets, file};

/// A file of pipelines.
#[derive(Debug)]
pub enum Config {}

/// A file without mistakes; nothing was looked up for it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Checked {
    /// Its pipelines, in the order of the file.
    pub pipelines: Vec<Blueprint>,
}

/// A file that is ready to run.
#[derive(Debug)]
#[non_exhaustive]
pub struct Loaded {
    /// Its pipelines, in the order of the file, with a part for each stage of each blueprint.
    pub pipelines: Vec<(Blueprint, Vec<Part>)>,
    /// The values that stand elsewhere, to be taken out of what is told.
    pub secrets: Secrets,
}

impl Config {
    /// Checks a file, and looks up nothing: neither variables of the environment nor files.
    ///
    /// # Errors
    /// All mistakes of the file at once.
    pub fn check(source: &str, registry: &Registry) -> Result<Checked, Mistakes> {
        let read = file::read(source, registry, None)?;
        Ok(Checked { pipelines: read.pipelines.into_iter().map(|(plan, _)| plan).collect() })
    }

    /// Checks a file and gets it ready to run, with the values that stand elsewhere.
    ///
    /// `env` looks up a variable of the environment.
    ///
    /// # Errors
    /// All mistakes of the file at once; a value that is not there is one.
    pub fn load(
        source: &str,
        registry: &Registry,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Loaded, Mistakes> {
        let file::Read { pipelines, secrets } = file::read(source, registry, Some(env))?;
        Ok(Loaded { pipelines, secrets })
    }
}

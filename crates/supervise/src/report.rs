//! What a supervisor's children did.

use std::fmt;

use aqueduct_actors::{ActorError, Exit};
use aqueduct_link::{EdgeReport, Name};

/// What became of a child.
#[derive(Clone, Debug)]
pub struct ChildReport {
    /// Its name.
    pub name: Name,
    /// How often it was made anew.
    pub restarts: u32,
    /// How it ended; `None` while it runs.
    pub end: Option<Result<Exit, ActorError>>,
}

/// What a supervisor's children and their links did.
#[derive(Clone, Debug)]
pub struct Report {
    /// The name of the supervisor.
    pub name: Name,
    /// The children, in the order in which they were started.
    pub children: Vec<ChildReport>,
    /// The newest registration of each slot, in the order in which the slots were made.
    pub edges: Vec<EdgeReport>,
}

/// The report in words: a line for each link, then one for each child that was restarted or
/// failed.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}:", self.name)?;
        for edge in &self.edges {
            writeln!(f, "  {edge}")?;
        }
        for child in &self.children {
            if child.restarts > 0 {
                writeln!(f, "  {} was made anew {} times", child.name, child.restarts)?;
            }
            if let Some(Err(error)) = &child.end {
                writeln!(f, "  {error}")?;
            }
        }
        Ok(())
    }
}

/// A child has failed for good.
#[derive(Clone, Debug)]
pub struct SupervisorError {
    /// The child that failed first, and why.
    pub cause: ActorError,
    /// What all children did.
    pub report: Report,
}

impl fmt::Display for SupervisorError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.cause.fmt(f)
    }
}

impl std::error::Error for SupervisorError {}

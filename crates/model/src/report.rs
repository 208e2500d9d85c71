//! What the exploration of a model found, told so that a person can follow it.

use std::{
    fmt,
    time::{Duration, Instant},
};

use stateright::{Checker, Expectation, HasDiscoveries, Model};

use crate::{Action, Graph, SlotModel, State, Trap, explore, tell::tell};

/// What the exploration of a model found.
#[derive(Debug)]
pub struct Report {
    /// Moments, each once.
    pub states: usize,
    /// Moments that were generated, each as often as a step led there.
    pub generated: usize,
    /// The longest of the shortest ways to a moment, in steps.
    pub depth: usize,
    /// How long it took.
    pub took: Duration,
    /// Properties that were looked at.
    pub properties: usize,
    /// What must never happen, and did.
    pub violation: Option<Violated>,
    /// What should happen at some moment, and never did.
    pub unseen: Vec<&'static str>,
    /// The graph, if a clean end can be reached from everywhere; it is not walked if something
    /// worse was found.
    pub graph: Option<Graph>,
}

/// A property that is violated, and the shortest way to where it is.
#[derive(Debug)]
pub struct Violated {
    /// The property.
    pub property: &'static str,
    /// The steps that lead there, as they are told.
    pub path: Vec<String>,
    /// What a witness saw there, if one did.
    pub fault: Option<String>,
}

/// The name of the property that a trap violates.
pub const CLEAN_END: &str = "a clean end can be reached from everywhere";

/// Explores a model: first whether a property is violated anywhere, then, if `whole`, whether a
/// clean end can be reached from everywhere.
#[must_use]
pub fn check(model: SlotModel, whole: bool) -> Report {
    let began = Instant::now();
    let properties = model.properties();
    // One thread walks in the order of depth, so that what it finds first is nearest.
    let checker =
        model.checker().threads(1).finish_when(HasDiscoveries::AnyFailures).spawn_bfs().join();
    let mut seen = checker.discoveries();
    let (mut violated, mut unseen) = (Vec::new(), Vec::new());
    for property in &properties {
        match (&property.expectation, seen.remove(property.name)) {
            (Expectation::Sometimes, None) => unseen.push(property.name),
            (Expectation::Sometimes, Some(_)) | (_, None) => {}
            (_, Some(path)) => violated.push((property.name, path.into_vec())),
        }
    }
    violated.sort_by_key(|(_, path)| path.len());
    let mut violation =
        violated.into_iter().next().map(|(property, path)| Violated::along(property, path));
    let mut graph = None;
    if whole && violation.is_none() {
        match explore(&model) {
            Ok(found) => graph = Some(found),
            Err(trap) => violation = Some(Violated::trap(*trap)),
        }
    }
    Report {
        states: checker.unique_state_count(),
        generated: checker.state_count(),
        depth: checker.max_depth(),
        took: began.elapsed(),
        properties: properties.len() + usize::from(whole),
        violation,
        unseen,
        graph,
    }
}

impl Report {
    /// Returns whether nothing is violated, and everything was seen that should be.
    #[must_use]
    pub fn is_good(&self) -> bool {
        self.violation.is_none() && self.unseen.is_empty()
    }
}

impl Violated {
    fn along(property: &'static str, path: Vec<(State, Option<Action>)>) -> Self {
        let last = path.last().map(|(state, _)| state);
        let fault = last.and_then(|state| state.fault).map(|fault| fault.to_string());
        let steps = path.iter().filter_map(|(state, action)| Some(tell(state, (*action)?)));
        Self { property, path: steps.collect(), fault }
    }

    fn trap(trap: Trap) -> Self {
        let path = trap.path.into_iter().map(|(state, action)| (state, Some(action)));
        Self::along(CLEAN_END, path.chain([(trap.state, None)]).collect())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>9} states {:>9} generated  depth {:>3} {:>6.1} s  {} properties: ",
            self.states,
            self.generated,
            self.depth,
            self.took.as_secs_f64(),
            self.properties
        )?;
        match &self.violation {
            _ if self.is_good() => f.write_str("hold"),
            Some(violation) => write!(f, "violated: {violation}"),
            None => write!(f, "never seen: {}", self.unseen.join(", ")),
        }
    }
}

impl fmt::Display for Violated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, after {} steps", self.property, self.path.len())?;
        for (step, number) in self.path.iter().zip(1..) {
            write!(f, "\n  {number:>3}  {step}")?;
        }
        match &self.fault {
            Some(fault) => write!(f, "\n       {fault}"),
            None => Ok(()),
        }
    }
}

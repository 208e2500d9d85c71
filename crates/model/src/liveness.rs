//! That a clean end can be reached from everywhere.
//!
//! Stateright's `eventually` asks that every path comes to a good moment, and does not follow
//! cycles. What is wanted here is another thing, `AG EF` in the language of temporal logic: wherever
//! the protocol has come to, there is a way to the end, and no mischief of the environment is needed
//! to get there.
//! So the whole graph is walked once, its edges are kept, and from the clean ends they are followed
//! backwards; a moment that is not met on the way is a trap.
//! The first trap in the order of the walk is one of those that are nearest to the beginning.

use std::{
    collections::{HashMap, VecDeque},
    hash::{DefaultHasher, Hash, Hasher},
};

use stateright::Model;

use crate::{Action, SlotModel, State, is_clean_end};

/// What a walk through the whole graph has found.
#[derive(Clone, Copy, Debug)]
pub struct Graph {
    /// Moments, each once.
    pub states: usize,
    /// Steps between them.
    pub steps: usize,
    /// Clean ends among the moments.
    pub ends: usize,
    /// The most signals that waited for a producer at any moment.
    pub signals: usize,
}

/// A moment from which no clean end can be reached.
#[derive(Clone, Debug)]
pub struct Trap {
    /// The steps that lead there, each with the moment before it.
    pub path: Vec<(State, Action)>,
    /// The moment itself.
    pub state: State,
}

/// No moment: the beginning has no parent.
const NONE: u32 = u32::MAX;

#[derive(Default)]
struct Walk {
    /// Fingerprints of the moments that were met, with their numbers.
    seen: HashMap<u64, u32>,
    /// From where each was first met, and by which of the actions there.
    parents: Vec<(u32, u16)>,
    /// Steps that are no mischief: from, to.
    edges: Vec<(u32, u32)>,
    ends: Vec<u32>,
    steps: usize,
    signals: usize,
}

/// Walks the whole graph.
///
/// # Errors
/// The nearest moment from which no clean end can be reached.
pub fn explore(model: &SlotModel) -> Result<Graph, Box<Trap>> {
    let walk = Walk::through(model);
    match walk.first_trap() {
        Some(trap) => Err(Box::new(walk.path_to(model, trap))),
        None => Ok(Graph {
            states: walk.parents.len(),
            steps: walk.steps,
            ends: walk.ends.len(),
            signals: walk.signals,
        }),
    }
}

fn fingerprint(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}

impl Walk {
    fn through(model: &SlotModel) -> Self {
        let mut walk = Self::default();
        let mut waiting = VecDeque::new();
        for state in model.init_states() {
            walk.meet(&state, (NONE, 0));
            waiting.push_back(state);
        }
        let mut actions = Vec::new();
        let mut from = 0;
        while let Some(state) = waiting.pop_front() {
            model.actions(&state, &mut actions);
            for (at, action) in actions.drain(..).enumerate() {
                let Some(next) = model.next_state(&state, action) else { continue };
                walk.steps += 1;
                let (to, is_new) = walk.meet(&next, (from, at as u16));
                if !action.is_mischief() {
                    walk.edges.push((from, to));
                }
                if is_new {
                    waiting.push_back(next);
                }
            }
            from += 1;
        }
        walk
    }

    /// Returns the number of this moment, and whether it was met for the first time.
    fn meet(&mut self, state: &State, parent: (u32, u16)) -> (u32, bool) {
        let number = self.parents.len() as u32;
        let met = *self.seen.entry(fingerprint(state)).or_insert(number);
        if met == number {
            self.parents.push(parent);
            if is_clean_end(state) {
                self.ends.push(number);
            }
            let signals = state.links.iter().zip(&state.producers);
            let most = signals.map(|(link, one)| link.mail.len() + usize::from(one.notified)).max();
            self.signals = self.signals.max(most.unwrap_or(0));
        }
        (met, met == number)
    }

    fn first_trap(&self) -> Option<u32> {
        let mut backwards = self.edges.clone();
        backwards.sort_unstable_by_key(|(_, to)| *to);
        let mut leads = vec![false; self.parents.len()];
        let mut waiting = self.ends.clone();
        while let Some(at) = waiting.pop() {
            if std::mem::replace(&mut leads[at as usize], true) {
                continue;
            }
            let begin = backwards.partition_point(|(_, to)| *to < at);
            let into = backwards[begin..].iter().take_while(|(_, to)| *to == at);
            waiting.extend(into.map(|(from, _)| *from).filter(|from| !leads[*from as usize]));
        }
        leads.iter().position(|leads| !leads).map(|at| at as u32)
    }

    fn path_to(&self, model: &SlotModel, trap: u32) -> Trap {
        let mut choices = Vec::new();
        let mut at = trap;
        while let Some((parent, choice)) = self.parents.get(at as usize).filter(|one| one.0 != NONE)
        {
            choices.push(*choice);
            at = *parent;
        }
        let mut state = State::new(&model.params);
        let mut path = Vec::new();
        let mut actions = Vec::new();
        for choice in choices.into_iter().rev() {
            actions.clear();
            model.actions(&state, &mut actions);
            let Some(action) = actions.get(usize::from(choice)).copied() else { break };
            let Some(next) = model.next_state(&state, action) else { break };
            path.push((std::mem::replace(&mut state, next), action));
        }
        Trap { path, state }
    }
}

//! What the consumers hand in, all of them together.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Instant,
};

use tokio::sync::oneshot;

use crate::{oneway::Sink, tally::Tally};

/// Waits for all consumers.
#[derive(Clone, Debug)]
pub(super) struct All(Arc<State>);

#[derive(Debug)]
struct State {
    /// Consumers that have not seen the end.
    left: AtomicU64,
    /// What the first consumer that was wrong has said.
    wrong: Mutex<Option<String>>,
    done: Mutex<Option<oneshot::Sender<Instant>>>,
}

impl All {
    /// Waits for so many consumers; the clock stops with the last.
    pub(super) fn new(consumers: u64) -> (Self, oneshot::Receiver<Instant>) {
        let (done, finished) = oneshot::channel();
        let (left, wrong) = (AtomicU64::new(consumers), Mutex::default());
        (Self(Arc::new(State { left, wrong, done: Mutex::new(Some(done)) })), finished)
    }

    fn hand_in(&self, verdict: Result<(), String>) {
        if let Err(wrong) = verdict {
            self.0.wrong.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(wrong);
        }
        if self.0.left.fetch_sub(1, SeqCst) > 1 {
            return;
        }
        if let Some(done) = self.0.done.lock().unwrap_or_else(PoisonError::into_inner).take() {
            // Nobody waits for a run that was given up.
            _ = done.send(Instant::now());
        }
    }

    /// Says what was wrong with the first that was wrong.
    pub(super) fn verify(&self) -> Result<(), String> {
        let wrong = self.0.wrong.lock().unwrap_or_else(PoisonError::into_inner).take();
        wrong.map_or(Ok(()), Err)
    }
}

/// One consumer: it counts and checks what comes through its link.
#[derive(Debug)]
pub(super) struct Share {
    tally: Tally,
    items: u64,
    all: All,
}

impl Share {
    /// Returns the consumer of so many items.
    pub(super) const fn new(items: u64, all: All) -> Self {
        Self { tally: Tally::new(), items, all }
    }
}

impl Sink for Share {
    type Item = u64;

    #[inline]
    fn see(&mut self, number: &u64) {
        self.tally.see(*number);
    }

    fn over(&mut self) {
        self.all.hand_in(self.tally.verify(self.items));
    }
}

//! What the side that pings keeps.

use std::time::{Duration, Instant};

use tokio::sync::oneshot;

/// The pings that are left, and how long those before took.
#[derive(Debug)]
pub(super) struct Trips {
    items: u64,
    /// The number of the ping that is on its way.
    number: u64,
    sent: Instant,
    times: Vec<Duration>,
    done: Option<oneshot::Sender<Vec<Duration>>>,
}

impl Trips {
    /// Returns so many trips, which tell their times, sorted, when all are made.
    pub(super) fn new(items: u64, done: oneshot::Sender<Vec<Duration>>) -> Self {
        let times = Vec::with_capacity(usize::try_from(items).unwrap_or(0));
        Self { items, number: 0, sent: Instant::now(), times, done: Some(done) }
    }

    /// A ping is sent: the clock starts. Returns its number.
    #[inline]
    pub(super) fn ping(&mut self) -> u64 {
        self.sent = Instant::now();
        self.number
    }

    /// A pong is here: the clock stops. Returns whether there are more to send.
    ///
    /// A wrong pong is the end of it all, and of the run, which waits for times in vain.
    #[inline]
    pub(super) fn pong(&mut self, number: u64) -> bool {
        self.times.push(self.sent.elapsed());
        if number != self.number {
            self.done = None;
            return false;
        }
        self.number += 1;
        let is_over = self.number == self.items;
        if is_over && let Some(done) = self.done.take() {
            self.times.sort();
            // Nobody waits for a run that was given up.
            drop(done.send(std::mem::take(&mut self.times)));
        }
        !is_over
    }
}

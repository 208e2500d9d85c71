//! A timer that a stage polls.

use std::{future::Future, pin::Pin, task::Context, time::Duration};

use tokio::time::{Instant, Sleep};

/// Wakes the task that polled it when its time has come.
#[derive(Debug, Default)]
pub(super) struct Alarm(Option<Pin<Box<Sleep>>>);

impl Alarm {
    /// Is set to ring after this time, whatever it was set to before; returns whether it rings
    /// already.
    pub(super) fn rings(&mut self, after: Duration, task: &mut Context<'_>) -> bool {
        let at = Instant::now() + after;
        let sleep = self.0.get_or_insert_with(|| Box::pin(tokio::time::sleep_until(at)));
        sleep.as_mut().reset(at);
        sleep.as_mut().poll(task).is_ready()
    }
}

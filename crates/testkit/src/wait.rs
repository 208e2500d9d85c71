//! Waiting for a state, and not for ever.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use crate::Broken;

/// How long a state is waited for.
///
/// What comes at all comes within milliseconds; the rest is for machines that are busy.
pub const DEADLINE: Duration = Duration::from_secs(5);

/// How many turns everybody on this thread gets before "nothing happens" is believed.
pub const QUIET_TURNS: usize = 200;

/// Waits for it up to [`DEADLINE`].
///
/// # Errors
/// [`Broken`] if it does not come.
///
/// # Cancel safety
/// As that of the future.
pub async fn within<F: Future>(what: &str, future: F) -> Result<F::Output, Broken> {
    tokio::time::timeout(DEADLINE, future).await.map_err(|_| too_late(what))
}

fn too_late(what: &str) -> Broken {
    let got = format!("nothing of it in {} s", DEADLINE.as_secs());
    Broken::new(what, got, "whoever waits must have given its waker to what it waits for")
}

/// Waits until this is so; it is looked at whenever others had a turn.
///
/// The deadline is one of the machine's clock, since a test may have stopped that of tokio.
///
/// # Errors
/// [`Broken`] if it does not come to that.
///
/// # Cancel safety
/// Cancel safe.
pub async fn until(what: &str, mut is_so: impl FnMut() -> bool) -> Result<(), Broken> {
    let began = Instant::now();
    while !is_so() {
        if began.elapsed() > DEADLINE {
            return Err(too_late(what));
        }
        tokio::task::yield_now().await;
    }
    Ok(())
}

/// Gives everybody on this thread [`QUIET_TURNS`] turns.
///
/// # Cancel safety
/// Cancel safe.
pub async fn let_others_run() {
    for _ in 0..QUIET_TURNS {
        tokio::task::yield_now().await;
    }
}

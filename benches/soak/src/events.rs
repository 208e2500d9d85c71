//! Error events, of which there must be none: in a release build, a broken protocol is told by one.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use tracing_subscriber::EnvFilter;

static TOLD: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Events kept at most; one is as bad as many.
const MOST: usize = 100;

/// Keeps what is written to it, a line for each event.
struct Keeper;

impl io::Write for Keeper {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut told = TOLD.lock().unwrap_or_else(PoisonError::into_inner);
        if told.len() < MOST {
            told.push(String::from_utf8_lossy(bytes).trim_end().to_owned());
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Keeps error events from now on.
pub(crate) fn keep() {
    let events = tracing_subscriber::fmt().with_env_filter(EnvFilter::new("error"));
    events.with_ansi(false).without_time().with_writer(|| Keeper).init();
}

/// The error events until now.
pub(crate) fn told() -> Vec<String> {
    std::mem::take(&mut *TOLD.lock().unwrap_or_else(PoisonError::into_inner))
}

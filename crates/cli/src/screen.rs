//! stderr, where progress is drawn and messages are told: both through here, so that neither
//! overwrites the other and no secret gets out.

use std::{
    io::{self, Write},
    sync::{LazyLock, OnceLock},
};

use aqueduct_config::Secrets;
use indicatif::MultiProgress;

static LINES: LazyLock<MultiProgress> = LazyLock::new(MultiProgress::new);

static SECRETS: OnceLock<Secrets> = OnceLock::new();

/// The lines of progress; there are none before some are added.
pub(crate) fn lines() -> &'static MultiProgress {
    &LINES
}

/// Hides these values in all that is told from here on; the first call counts.
pub(crate) fn hide(secrets: Secrets) {
    // A run reads one file, so that nothing is set twice.
    let _ = SECRETS.set(secrets);
}

/// Returns the text with `***` for what is hidden.
pub(crate) fn redact(text: &str) -> String {
    SECRETS.get().map_or_else(|| text.to_owned(), |secrets| secrets.redact(text))
}

/// Says it above the lines of progress.
///
/// Who closed stderr wants to hear nothing, and is no reason to fail.
pub(crate) fn say(text: &str) {
    let text = redact(text);
    LINES.suspend(|| {
        let _ = writeln!(io::stderr(), "{}", text.trim_end());
    });
}

/// Where events are written, each in one piece.
#[derive(Debug)]
pub(crate) struct Events;

impl Write for Events {
    fn write(&mut self, event: &[u8]) -> io::Result<usize> {
        say(&String::from_utf8_lossy(event));
        Ok(event.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

//! Panics on purpose.

const PLANTED: &str = "a planted panic";

/// Keeps planted panics out of the output; any other is shown as usual.
pub(crate) fn silence() {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |info| {
        if info.payload().downcast_ref::<&str>() != Some(&PLANTED) {
            usual(info);
        }
    }));
}

/// Panics on purpose.
#[allow(clippy::panic, reason = "it is what is to be survived")]
pub(crate) fn panic() -> ! {
    std::panic::panic_any(PLANTED)
}

//! Time that passes when a test says so.

use std::{cell::Cell, time::Duration};

use aqueduct_link::Clock;

thread_local! {
    static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

/// A clock that a test moves by hand, for the figures of links; each thread has one.
///
/// ```
/// use aqueduct_link::{Slot, SlotOptions, Watermarks, secs};
/// use aqueduct_testkit::ManualClock;
///
/// let options = SlotOptions { clock: ManualClock::clock(), ..SlotOptions::default() };
/// let slot: Slot<u64> = Slot::with_options("slow", Watermarks::items(0, 1)?, options);
/// let mut outlet = slot.register("fast")?;
/// let hold = outlet.hold("the test");
/// let _ = outlet.flow();
/// ManualClock::advance(secs(3));
/// assert_eq!(outlet.gauge().report().paused(), secs(3));
/// # drop(hold);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// Timers of tokio have a clock of their own. Tokio stops and moves it, with its feature `test-util`;
/// while it stands, it jumps to the next timer whenever nobody on the thread has work.
///
/// ```
/// use aqueduct_link::secs;
/// use aqueduct_testkit::ManualClock;
///
/// actix_rt::System::new().block_on(async {
///     tokio::time::pause();
///     let alarm = tokio::time::sleep(secs(3600));
///     ManualClock::advance(secs(3600)); // for the figures of links
///     tokio::time::advance(secs(3600)).await; // for timers
///     alarm.await;
/// });
/// ```
///
/// So [`within`](crate::within) fails at once where it waits for another thread under a clock that
/// stands; [`until`](crate::until) waits by the machine's clock.
#[derive(Clone, Copy, Debug)]
pub struct ManualClock(());

impl ManualClock {
    /// The clock of this thread, for [`SlotOptions`](aqueduct_link::SlotOptions).
    #[must_use]
    pub fn clock() -> Clock {
        Clock::new(|| NOW.get())
    }

    /// Moves this thread's clock forward.
    pub fn advance(by: Duration) {
        NOW.set(NOW.get().saturating_add(by));
    }
}

//! The primitives of synchronisation: the standard ones, or loom's when a model checks the link.

#[cfg(not(loom))]
pub(crate) use std::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering, fence},
};

#[cfg(loom)]
pub(crate) use loom::sync::{
    Arc, Mutex, MutexGuard,
    atomic::{AtomicBool, AtomicU8, AtomicU64, AtomicUsize, Ordering, fence},
};

use std::{sync::PoisonError, task::Waker};

/// The one waker of an end, which anybody may call.
///
/// Under loom it is a lock around a waker, which means the same; loom's own prints at each step.
#[derive(Debug, Default)]
pub(crate) struct WakeCell {
    #[cfg(not(loom))]
    inner: atomic_waker::AtomicWaker,
    #[cfg(loom)]
    inner: Mutex<Option<Waker>>,
}

impl WakeCell {
    pub(crate) fn register(&self, waker: &Waker) {
        #[cfg(not(loom))]
        self.inner.register(waker);
        #[cfg(loom)]
        {
            let old = lock(&self.inner).replace(waker.clone());
            drop(old);
        }
    }

    pub(crate) fn wake(&self) {
        #[cfg(not(loom))]
        self.inner.wake();
        #[cfg(loom)]
        {
            let waker = lock(&self.inner).take();
            if let Some(waker) = waker {
                waker.wake();
            }
        }
    }
}

/// Locks, also behind a panic: what these locks guard is never left half changed.
pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The faults that the loom tests plant, to show that they would be found.
#[cfg(loom)]
pub(crate) mod plant {
    use std::sync::LazyLock;

    use super::Ordering;

    /// The variable of the environment that names the fault.
    pub(crate) const VARIABLE: &str = "AQUEDUCT_PLANT";

    fn is(fault: &str) -> bool {
        static PLANTED: LazyLock<Option<String>> = LazyLock::new(|| std::env::var(VARIABLE).ok());
        PLANTED.as_deref() == Some(fault)
    }

    /// Parking without a second look at what one waits for.
    pub(crate) fn no_second_look() -> bool {
        is("no-second-look")
    }

    /// Waiting for room without a second look.
    pub(crate) fn no_second_look_for_room() -> bool {
        is("no-second-look-for-room")
    }

    /// Publication that publishes nothing else.
    pub(crate) fn release() -> Ordering {
        if is("relaxed-publication") { Ordering::Relaxed } else { Ordering::Release }
    }
}

/// In the product nothing is planted, and the compiler sees that.
#[cfg(not(loom))]
pub(crate) mod plant {
    use super::Ordering;

    pub(crate) const fn no_second_look() -> bool {
        false
    }

    pub(crate) const fn no_second_look_for_room() -> bool {
        false
    }

    pub(crate) const fn release() -> Ordering {
        Ordering::Release
    }
}

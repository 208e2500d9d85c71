//! A waker that counts, and what every promise is checked with.

use std::{
    cell::Cell,
    fmt::Debug,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    task::{Context, Poll, Wake, Waker},
    time::Duration,
};

use aqueduct_link::{
    Clock, End, Inlet, Items, Outlet, Slot, SlotOptions, Stopped, Turn, Unacknowledged, Watermarks,
};

#[derive(Default)]
struct Alarm(AtomicUsize);

impl Wake for Alarm {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, SeqCst);
    }
}

/// Polls one end, and counts how often it is woken.
pub(crate) struct Watch {
    alarm: Arc<Alarm>,
    waker: Waker,
}

impl Watch {
    pub(crate) fn new() -> Self {
        let alarm = Arc::new(Alarm::default());
        let waker = alarm.clone().into();
        Self { alarm, waker }
    }

    /// How often it was woken since this was asked last.
    pub(crate) fn rings(&self) -> usize {
        self.alarm.0.swap(0, SeqCst)
    }

    /// `None` where the consumer waits.
    pub(crate) fn turn<T>(&self, inlet: &mut Inlet<T>) -> Option<Turn> {
        ready(inlet.poll_turn(&mut Context::from_waker(&self.waker)))
    }

    /// `None` where the producer waits.
    pub(crate) fn ready<T>(&self, outlet: &mut Outlet<T>) -> Option<Result<(), Stopped>> {
        ready(outlet.poll_ready(&mut Context::from_waker(&self.waker)))
    }

    /// `None` where the producer waits.
    pub(crate) fn flush<T>(&self, outlet: &mut Outlet<T>) -> Option<Result<(), Stopped>> {
        ready(outlet.poll_flush(&mut Context::from_waker(&self.waker)))
    }

    /// `None` where the producer waits.
    pub(crate) fn acknowledged<T>(
        &self,
        outlet: &mut Outlet<T>,
        items: u64,
    ) -> Option<Result<(), Unacknowledged>> {
        ready(outlet.poll_acknowledged(&mut Context::from_waker(&self.waker), items))
    }
}

thread_local! {
    static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
}

pub(crate) fn pass(seconds: u64) {
    NOW.set(NOW.get() + Duration::from_secs(seconds));
}

/// A link whose clock is moved by hand.
pub(crate) fn timed() -> (Slot<u64>, Outlet<u64>, Inlet<u64>) {
    let options = SlotOptions { clock: Clock::new(|| NOW.get()), ..SlotOptions::default() };
    parts(Slot::with_options("printer", marks(1, 2, 4), options))
}

fn ready<R>(poll: Poll<R>) -> Option<R> {
    match poll {
        Poll::Ready(result) => Some(result),
        Poll::Pending => None,
    }
}

pub(crate) fn marks(low: u64, high: u64, capacity: u64) -> Watermarks<Items> {
    Watermarks::items_within(low, high, capacity).unwrap()
}

/// A slot, its producer and its consumer.
pub(crate) fn link<T>(low: u64, high: u64, capacity: u64) -> (Slot<T>, Outlet<T>, Inlet<T>) {
    parts(Slot::new("printer", marks(low, high, capacity)))
}

pub(crate) fn parts<T>(mut slot: Slot<T>) -> (Slot<T>, Outlet<T>, Inlet<T>) {
    let outlet = slot.register("counter").unwrap();
    let inlet = slot.inlet().unwrap();
    (slot, outlet, inlet)
}

/// Writes them all; the link must have room.
pub(crate) fn fill<T>(outlet: &mut Outlet<T>, items: impl IntoIterator<Item = T>) {
    for item in items {
        let _ = outlet.write(item).unwrap();
    }
}

/// Handles all that is there.
pub(crate) fn drain<T: Clone>(inlet: &mut Inlet<T>) -> Vec<T> {
    let _ = Watch::new().turn(inlet);
    let mut batch = inlet.batch(usize::MAX);
    let mut items = Vec::new();
    while let Some(item) = batch.next() {
        items.push(item.clone());
    }
    inlet.rest();
    items
}

/// Drains, and asks what is left to do: the end, or nothing.
pub(crate) fn last_words<T: Clone + Debug>(inlet: &mut Inlet<T>) -> (Vec<T>, Option<End>) {
    let items = drain(inlet);
    let end = match Watch::new().turn(inlet) {
        Some(Turn::End(end)) => Some(end),
        Some(Turn::Items) => panic!("items behind the last item"),
        None => None,
    };
    (items, end)
}

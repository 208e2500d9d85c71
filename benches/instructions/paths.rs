//! The paths that are counted: what every item of a service goes through.

use std::{
    process::ExitCode,
    task::{Context, Poll, Waker},
    time::Duration,
};

use aqueduct::{
    actors::{Batch, Consumed, Consumer, Ctx, Demand, End, Next, Outbox, PullProducer, Shell},
    link::{Clock, Flow, Slot, SlotOptions, Turn, Watermarks, WriteError, kib},
    prelude::*,
};
use bytes::Bytes;
use tokio::sync::oneshot;

/// The most items between two ends, as in the benchmark `versus`.
const BOUND: u64 = 1024;

/// A hot path.
#[derive(Debug)]
pub(crate) struct Path {
    pub(crate) name: &'static str,
    /// How many items are enough for a steady figure.
    pub(crate) items: u64,
    run: fn(u64) -> Option<u64>,
}

/// Turns of transforms are sized by the time that they take, which is another under callgrind: they
/// have no place here.
pub(crate) const PATHS: &[Path] = &[
    Path { name: "link-item", items: 100_000, run: link_item },
    Path { name: "link-batch", items: 100_000, run: link_batch },
    Path { name: "link-bytes", items: 100_000, run: link_bytes },
    Path { name: "actors-item", items: 100_000, run: actors_item },
    Path { name: "actors-batch", items: 100_000, run: actors_batch },
];

/// Runs one path, as a child that is counted; it fails if an item went astray.
pub(crate) fn run(name: &str, items: u64) -> ExitCode {
    let path = PATHS.iter().find(|path| path.name == name);
    let right = (0..items).fold(0, u64::wrapping_add);
    match path.and_then(|path| (path.run)(items)) {
        Some(sum) if sum == right => ExitCode::SUCCESS,
        other => {
            eprintln!("{name}: the sum of {items} items is {other:?} and not {right}");
            ExitCode::FAILURE
        }
    }
}

/// Both ends in one loop, without actors: items one by one.
fn link_item(items: u64) -> Option<u64> {
    link(items, Watermarks::items_within(BOUND / 2, BOUND, BOUND).ok()?, |n| n, |n| *n, one_by_one)
}

/// The same with one call for all that fits.
fn link_batch(items: u64) -> Option<u64> {
    let marks = Watermarks::items_within(BOUND / 2, BOUND, BOUND).ok()?;
    link(items, marks, |n| n, |n| *n, |outlet, items| outlet.write_all(items).is_ok())
}

/// Chunks of a kilobyte that are weighed.
fn link_bytes(items: u64) -> Option<u64> {
    static BLOCK: [u8; 1024] = [1; 1024];
    let marks = Watermarks::bytes(kib(64), kib(256)).ok()?;
    let mut next = 0;
    let number = move |chunk: &Bytes| {
        next += chunk.len() as u64 / 1024;
        next - 1
    };
    link(items, marks, |_| Bytes::from_static(&BLOCK), number, one_by_one)
}

fn one_by_one<T>(outlet: &mut Outlet<T>, items: &mut dyn Iterator<Item = T>) -> bool {
    loop {
        let Some(item) = items.next() else { return true };
        match outlet.write(item) {
            Ok(Flow::Go) => {}
            Ok(Flow::Paused) => return true,
            Err(_) => return false,
        }
    }
}

fn link<T, U>(
    items: u64,
    marks: Watermarks<U>,
    make: impl Fn(u64) -> T,
    mut number: impl FnMut(&T) -> u64,
    write: impl Fn(&mut Outlet<T>, &mut dyn Iterator<Item = T>) -> bool,
) -> Option<u64>
where
    Watermarks<U>: Into<aqueduct::link::Marks<T>>,
{
    let mut slot = Slot::new("consumer", marks);
    let mut outlet = slot.register("producer").ok()?;
    outlet.set_staging(true);
    let mut inlet = slot.inlet().ok()?;
    let mut task = Context::from_waker(Waker::noop());
    let mut source = (0..items).map(make);
    let (mut sum, mut seen) = (0u64, 0);
    while seen < items {
        if let Poll::Ready(Ok(wanted)) = outlet.poll_wanted(&mut task) {
            let wanted = usize::try_from(wanted.items).ok()?;
            if !write(&mut outlet, &mut source.by_ref().take(wanted)) {
                return None;
            }
        }
        outlet.spill();
        while inlet.poll_turn(&mut task) == Poll::Ready(Turn::Items) {
            let mut batch = inlet.batch(256);
            while let Some(item) = batch.next() {
                sum = sum.wrapping_add(number(item));
                seen += 1;
            }
            inlet.rest();
        }
    }
    Some(sum)
}

struct Counting {
    next: u64,
    items: u64,
    by_batch: bool,
}

impl PullProducer for Counting {
    type Item = u64;
    type Error = WriteError<u64>;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error> {
        let end = self.items.min(self.next + wanted.items());
        if self.by_batch {
            self.next += out.extend(self.next..end);
        } else {
            while self.next < end {
                let flow = out.write(self.next)?;
                self.next += 1;
                if flow == Flow::Paused {
                    break;
                }
            }
        }
        Ok(if self.next < self.items { Next::More } else { Next::Done })
    }
}

struct Summing {
    by_batch: bool,
    sum: u64,
    done: Option<oneshot::Sender<u64>>,
}

impl Consumer for Summing {
    type Item = u64;
    type Error = std::convert::Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Self::Error> {
        if self.by_batch {
            batch.for_each(|number| self.sum = self.sum.wrapping_add(*number));
            return Ok(Consumed::Done);
        }
        while let Some(number) = batch.next() {
            self.sum = self.sum.wrapping_add(*number);
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, _: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Self::Error> {
        if let Some(done) = self.done.take() {
            // Whoever does not wait any more has given the path up.
            let _ = done.send(self.sum);
        }
        Ok(Consumed::Done)
    }
}

fn actors_item(items: u64) -> Option<u64> {
    actors(Counting { next: 0, items, by_batch: false })
}

fn actors_batch(items: u64) -> Option<u64> {
    actors(Counting { next: 0, items, by_batch: true })
}

/// Both ends as actors on one arbiter.
fn actors(producer: Counting) -> Option<u64> {
    actix::System::new().block_on(async move {
        let marks = Watermarks::items_within(BOUND / 2, BOUND, BOUND).ok()?;
        // A turn that takes no time has all the items that one may have.
        let clock = Clock::new(|| Duration::ZERO);
        let options = SlotOptions { clock, ..SlotOptions::default() };
        let slot = Slot::with_options("consumer", marks, options);
        let outlet = slot.register("producer").ok()?;
        let (done, sum) = oneshot::channel();
        let consumer = Summing { by_batch: producer.by_batch, sum: 0, done: Some(done) };
        drop(Shell::consumer("consumer", consumer, &slot).ok()?.start());
        drop(Shell::pull("producer", producer, outlet).start());
        sum.await.ok()
    })
}

//! Chunks of one byte at consumers that take none: what they are charged is what they cost.

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    path::Path,
    rc::Rc,
    task::Waker,
    time::{Duration, Instant},
};

use actix::System;
use aqueduct::{
    actors::Running,
    link::{CHUNK_OVERHEAD, EdgeReport, Marks},
    prelude::*,
};
use aqueduct_soak::{Census, Sum};

use crate::{Broken, args, outcome::Outcome};

/// By how much resident memory may grow, in hundredths of what is charged.
const MOST_GROWTH: u64 = 125;
/// What a chunk of one byte is charged.
const CHARGED: u64 = CHUNK_OVERHEAD + 1;
/// The marks of a link, in bytes; they come before its bound on the number of chunks.
const LOW: u64 = kib(16);
const HIGH: u64 = kib(48);
const CAPACITY: u64 = kib(64);

/// Somebody who waits until he is let go.
#[derive(Clone, Default)]
struct Gate(Rc<(Cell<bool>, RefCell<Vec<Waker>>)>);

impl Gate {
    fn is_open(&self) -> bool {
        self.0.0.get()
    }

    fn wait(&self, waker: &Waker) {
        self.0.1.borrow_mut().push(waker.clone());
    }

    fn open(&self) {
        self.0.0.set(true);
        let waiting = self.0.1.take();
        waiting.into_iter().for_each(Waker::wake);
    }
}

/// The byte that has this number in its link.
const fn byte(link: u64, number: u64) -> u8 {
    (link.wrapping_mul(31).wrapping_add(number.wrapping_mul(0x9e37_79b9)) >> 3) as u8
}

/// Writes chunks of one byte, each an allocation of its own, until it is paused.
struct Drip {
    start: Gate,
    link: u64,
    next: u64,
    chunks: u64,
    pauses: Rc<Cell<u64>>,
}

impl PushProducer for Drip {
    type Item = Bytes;
    type Error = Infallible;

    fn run(
        &mut self,
        out: &mut Outbox<'_, Bytes>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        if !self.start.is_open() {
            self.start.wait(ctx.waker());
            return Ok(Next::Wait);
        }
        let (link, chunks) = (self.link, self.chunks);
        let bytes = (self.next..chunks).map(|at| Bytes::copy_from_slice(&[byte(link, at)]));
        self.next += out.extend(bytes);
        Ok(if self.next < chunks { Next::More } else { Next::Done })
    }

    fn paused(&mut self, _: aqueduct::link::Reasons, _: &mut Ctx<'_, Self>) {
        self.pauses.set(self.pauses.get() + 1);
    }
}

/// Takes nothing until it is let go, then everything.
struct Basin {
    drain: Gate,
    taken: u64,
    sum: Sum,
    /// Where number and sum go at the end.
    filled: Rc<Cell<(u64, Sum)>>,
}

impl Consumer for Basin {
    type Item = Bytes;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        if !self.drain.is_open() {
            self.drain.wait(ctx.waker());
            return Ok(Consumed::Wait);
        }
        while let Some(chunk) = batch.next() {
            self.sum.add(chunk);
            self.taken += 1;
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        if end.is_finished() {
            self.filled.set((self.taken, self.sum));
        }
        Ok(Consumed::Done)
    }
}

/// A link with its two ends.
struct Pair {
    slot: Slot<Bytes>,
    chunks: u64,
    number: u64,
    pauses: Rc<Cell<u64>>,
    filled: Rc<Cell<(u64, Sum)>>,
    basin: Running<Basin>,
    _drip: Running<Drip>,
}

impl Pair {
    fn start(
        number: u64,
        chunks: u64,
        marks: Marks<Bytes>,
        gates: &[Gate; 2],
    ) -> Result<Self, Broken> {
        let [start, drain] = gates.clone();
        let (pauses, filled) = (Rc::default(), Rc::default());
        let slot = Slot::new("basin", marks);
        let outlet = slot.register("drip")?;
        let basin = Basin { drain, taken: 0, sum: Sum::default(), filled: Rc::clone(&filled) };
        let basin = Shell::consumer("basin", basin, &slot)?.start();
        let drip = Drip { start, link: number, next: 0, chunks, pauses: Rc::clone(&pauses) };
        let drip = Shell::push("drip", drip, outlet).start();
        Ok(Self { slot, chunks, number, pauses, filled, basin, _drip: drip })
    }

    fn report(&self) -> Result<EdgeReport, Broken> {
        Ok(self.slot.gauge().ok_or("a link has no figures")?.report())
    }

    /// It waits for room, or has nothing more to write.
    fn stalls(&self) -> Result<bool, Broken> {
        let report = self.report()?;
        Ok(report.paused_now.is_some() || report.written.items == self.chunks)
    }

    /// Number and order of what came.
    fn is_whole(&self) -> bool {
        let mut sum = Sum::default();
        (0..self.chunks).for_each(|at| sum.add(&[byte(self.number, at)]));
        self.filled.get() == (self.chunks, sum)
    }
}

/// The marks of each link, and how many links there are.
fn links(window: u64, one: bool) -> Result<(Marks<Bytes>, u64), Broken> {
    if !one {
        return Ok((Watermarks::bytes_within(LOW, HIGH, CAPACITY)?.into(), window / HIGH));
    }
    // What marks in bytes would be for one link, if they did not bound the number of chunks too.
    let chunks = window / CHARGED;
    Ok((Watermarks::items_within(chunks / 3, chunks, chunks / 3 * 4)?.into(), 1))
}

pub(crate) fn check(args: &args::Tiny, short: bool) -> Result<Outcome, Broken> {
    let chunks = args.chunks.unwrap_or(if short { 2_000_000 } else { 10_000_000 });
    let window = mib(args.window.unwrap_or(if short { 16 } else { 64 }));
    let (marks, links) = links(window, args.one_link)?;
    System::new().block_on(measure(chunks, marks, links.max(1)))
}

async fn measure(chunks: u64, marks: Marks<Bytes>, links: u64) -> Result<Outcome, Broken> {
    let gates = [Gate::default(), Gate::default()];
    let mut pairs = Vec::new();
    for number in 0..links {
        let share = chunks / links + u64::from(number < chunks % links);
        pairs.push(Pair::start(number, share, marks, &gates)?);
    }
    let mut outcome = Outcome::default();
    settle().await;
    let before = Census::take(Path::new(""))?.rss_bytes;
    gates[0].open();
    until_stalled(&pairs).await?;
    let stalled = Census::take(Path::new(""))?.rss_bytes;
    weigh(&pairs, before, stalled, &mut outcome)?;

    let began = Instant::now();
    gates[1].open();
    for pair in &pairs {
        pair.basin.finished().await?;
    }
    let seconds = began.elapsed().as_secs_f64();
    let came: u64 = pairs.iter().map(|pair| pair.filled.get().0).sum();
    let whole = pairs.iter().filter(|pair| pair.is_whole()).count();
    println!(
        "released: {came} of {chunks} chunks came in {seconds:.1} s; number and order are right at {whole} of {links} links"
    );
    outcome.figure("chunks", chunks);
    outcome.figure("links", links);
    outcome.figure("came", came);
    outcome.figure("whole_links", whole);
    outcome.require(came == chunks, || format!("{came} of {chunks} chunks came"));
    outcome.require(whole == pairs.len(), || {
        format!("number or order are wrong at {} links", pairs.len() - whole)
    });
    for pair in &pairs {
        let account = aqueduct_soak::Account { handled: pair.chunks, aborted: false, in_hand: 0 };
        outcome.complain(aqueduct_soak::unbalanced(&pair.report()?, account));
    }
    Ok(outcome)
}

/// Compares what memory has grown by with what is charged.
fn weigh(pairs: &[Pair], before: u64, stalled: u64, outcome: &mut Outcome) -> Result<(), Broken> {
    let (mut held, mut paused) = (0, 0);
    for pair in pairs {
        let report = pair.report()?;
        held += report.written.items - report.committed.items;
        paused += u64::from(pair.pauses.get() > 0);
    }
    let (charged, growth) = (held * CHARGED, stalled.saturating_sub(before));
    let (links, in_mib) = (pairs.len(), |bytes: u64| bytes as f64 / mib(1) as f64);
    println!(
        "stalled: {held} chunks in {links} links, of which {paused} paused their producer; {:.1} MiB charged",
        in_mib(charged)
    );
    println!(
        "RSS {:.1} MiB before and {:.1} MiB then: {:.1} MiB more, {:.2} of what is charged",
        in_mib(before),
        in_mib(stalled),
        in_mib(growth),
        growth as f64 / charged as f64
    );
    outcome.figure("held_chunks", held);
    outcome.figure("charged_bytes", charged);
    outcome.figure("rss_before_bytes", before);
    outcome.figure("rss_stalled_bytes", stalled);
    outcome.require(paused == links as u64, || {
        format!("{paused} of {links} producers were paused: give more chunks, or a smaller window")
    });
    outcome.require(growth * 100 <= charged * MOST_GROWTH, || {
        format!("RSS grew by {growth} bytes for {charged} that are charged")
    });
    Ok(())
}

/// Lets actors that have started run until they wait.
async fn settle() {
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
}

/// How long all producers may take to be paused.
const PATIENCE: Duration = Duration::from_secs(60);

async fn until_stalled(pairs: &[Pair]) -> Result<(), Broken> {
    let began = Instant::now();
    for pair in pairs {
        while !pair.stalls()? {
            if began.elapsed() > PATIENCE {
                return Err("a producer runs on at a consumer that takes nothing".into());
            }
            tokio::task::yield_now().await;
        }
    }
    settle().await;
    Ok(())
}

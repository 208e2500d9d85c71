//! Acknowledgement end to end: a producer may forget an item when the last consumer has handled all
//! that came of it, and not before.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
    },
    task::{Context, Poll},
    time::Duration,
};

use aqueduct_actors::{
    Batch, Consumed, Consumer, Ctx, Demand, Drain, End, Exit, Failure, Next, Outbox, PullProducer,
    Running, Shell, SinkConsumer, Stage, Transforming, Verdict,
};
use aqueduct_link::{Outlet, Slot};
use aqueduct_operators::{Transform, filter, flat_map, map, try_map};
use common::*;
use futures_sink::Sink;

/// What became of the items of a producer.
#[derive(Default)]
struct Ledger {
    /// How many pieces of each item have been handled.
    handled: Mutex<Vec<u64>>,
    /// How many items are acknowledged.
    acknowledged: AtomicU64,
    /// How often it was told.
    told: AtomicU64,
    lost: Mutex<Vec<u64>>,
}

impl Ledger {
    fn handle(&self, item: u64) {
        let mut handled = self.handled.lock().unwrap();
        let at = usize::try_from(item).unwrap();
        let length = handled.len().max(at + 1);
        handled.resize(length, 0);
        handled[at] += 1;
    }

    /// All that comes of the first items has been handled.
    fn check(&self, items: u64, pieces: fn(u64) -> u64) {
        let handled = self.handled.lock().unwrap();
        for item in 0..items {
            let came = handled.get(usize::try_from(item).unwrap()).copied().unwrap_or(0);
            assert!(
                came >= pieces(item),
                "{items} are acknowledged: {item} is handled {came} times"
            );
        }
    }

    fn acknowledged(&self) -> u64 {
        self.acknowledged.load(SeqCst)
    }
}

/// Makes the numbers up to `end`, and has at most so many of them out that are not acknowledged.
struct Careful {
    next: u64,
    end: u64,
    most: u64,
    ledger: Arc<Ledger>,
    /// What comes of an item.
    pieces: fn(u64) -> u64,
}

impl PullProducer for Careful {
    type Item = u64;
    type Error = Infallible;

    const WANTS_ACKNOWLEDGEMENTS: bool = true;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let most = self.ledger.acknowledged() + self.most;
        let until = self.end.min(most).min(self.next + wanted.items());
        self.next += out.extend(self.next..until);
        Ok(match self.next {
            next if next == self.end => Next::Done,
            next if next == most => Next::Wait,
            _ => Next::More,
        })
    }

    fn acknowledged(&mut self, items: u64, _: &mut Ctx<'_, Self>) {
        self.ledger.check(items, self.pieces);
        assert!(self.ledger.acknowledged.swap(items, SeqCst) <= items, "it only grows");
        self.ledger.told.fetch_add(1, SeqCst);
    }

    fn lost(&mut self, from: u64, _: &mut Ctx<'_, Self>) {
        self.ledger.lost.lock().unwrap().push(from);
    }
}

/// Handles what comes.
struct Handle(Arc<Ledger>);

impl Consumer for Handle {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(item) = batch.next() {
            self.0.handle(*item);
        }
        Ok(Consumed::Done)
    }
}

/// Gives three items when it has three, and says what it holds.
#[derive(Default)]
struct Threes(Vec<u64>);

impl Stage for Threes {
    type In = u64;
    type Out = u64;
    type Error = Infallible;

    fn process(
        &mut self,
        batch: &mut Batch<'_, u64>,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        while !out.is_paused()
            && let Some(item) = batch.take()
        {
            self.0.push(item);
            if self.0.len() == 3 {
                for item in self.0.drain(..) {
                    let _ = out.write(item).unwrap();
                }
            }
        }
        Ok(Next::More)
    }

    fn held(&mut self) -> u64 {
        self.0.len() as u64
    }

    fn finish(
        &mut self,
        _: &End,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        out.extend(self.0.drain(..));
        Ok(Next::Done)
    }
}

fn slot(name: &str) -> Slot<u64> {
    Slot::new(name, within_capacity(8, 32, 64))
}

fn careful(end: u64, most: u64, ledger: &Arc<Ledger>, pieces: fn(u64) -> u64) -> Careful {
    Careful { next: 0, end, most, ledger: ledger.clone(), pieces }
}

fn once(_: u64) -> u64 {
    1
}

/// An item in seven is dropped, the others come several times.
fn some(item: u64) -> u64 {
    item % 7
}

fn repeated() -> impl Transform<In = u64, Out = u64, Error: Into<Failure> + 'static> + 'static {
    let repeated =
        flat_map(|item: u64| std::iter::repeat_n(item, usize::try_from(some(item)).unwrap()));
    repeated.then(filter(|_| true)).then(map(|item| item))
}

async fn ends_well<B: 'static>(what: &str, actor: &Running<B>) {
    assert_eq!(within(what, actor.finished()).await.unwrap(), Exit::Done);
}

/// Waits for both ends; everything is acknowledged.
async fn all_is_acknowledged(
    source: &Running<Careful>,
    sink: &Running<Handle>,
    ledger: &Ledger,
    all: u64,
) {
    ends_well("the source", source).await;
    ends_well("the sink", sink).await;
    assert_eq!(ledger.acknowledged(), all);
    assert!(ledger.lost.lock().unwrap().is_empty());
}

#[test]
fn f11_items_are_acknowledged_when_the_sink_has_handled_them_however_few_may_be_out() {
    for most in [1, 3, 10, 40, 1000] {
        system(async {
            let (ledger, to) = (Arc::<Ledger>::default(), slot("sink"));
            let source = careful(5000, most, &ledger, once);
            let source = Shell::pull("source", source, to.register("source").unwrap()).start();
            let sink = Shell::consumer("sink", Handle(ledger.clone()), &to).unwrap().start();
            all_is_acknowledged(&source, &sink, &ledger, 5000).await;
            let told = ledger.told.load(SeqCst);
            println!("at most {most} out: told {told} times of 5000 items");
            assert!(told >= 5000 / 64, "also before the end");
        });
    }
}

#[test]
fn f11_through_a_fused_transform_an_item_is_acknowledged_with_the_last_of_its_pieces() {
    for most in [1, 10, 1000] {
        system(async {
            let (ledger, to) = (Arc::<Ledger>::default(), slot("sink"));
            let (from, outlet) =
                (careful(3000, most, &ledger, some), to.register("source").unwrap());
            let source = Shell::pull_through("source", repeated(), outlet);
            let from = Mutex::new(Some(from));
            let source = source
                .made_by(move || {
                    let from = from.lock().unwrap().take().ok_or("only once");
                    async move { from.map_err(Failure::message) }
                })
                .start();
            let sink = Shell::consumer("sink", Handle(ledger.clone()), &to).unwrap().start();
            all_is_acknowledged(&source, &sink, &ledger, 3000).await;
        });
    }
}

/// The source, three stages and the sink, each on one of two arbiters.
#[test]
fn f11_through_stages_an_item_is_acknowledged_when_the_sink_has_handled_what_came_of_it() {
    for (most, apart) in [(6, false), (6, true), (1000, false), (1000, true)] {
        system(async {
            let ledger = Arc::<Ledger>::default();
            let [one, two, three, four] = ["transform", "threes", "last", "sink"].map(slot);
            let arbiters = [Elsewhere::new(), Elsewhere::new()];
            let source = careful(3000, most, &ledger, some);
            let source = Shell::pull("source", source, one.register("source").unwrap()).start();
            let outlet = two.register("transform").unwrap();
            let transforming = move || {
                let shell: Shell<Transforming<_>> =
                    Shell::transform("transform", repeated(), &one, outlet).unwrap();
                shell.start();
            };
            let outlet = three.register("threes").unwrap();
            let threes = move || {
                Shell::stage("threes", Threes::default(), &two, outlet).unwrap().start();
            };
            let outlet = four.register("last").unwrap();
            let last = move || {
                let shell: Shell<Transforming<_>> =
                    Shell::transform("last", map(|item: u64| item), &three, outlet).unwrap();
                shell.start();
            };
            if apart {
                arbiters[0].call(transforming).await;
                arbiters[1].call(threes).await;
                arbiters[0].call(last).await;
            } else {
                transforming();
                threes();
                last();
            }
            let sink = Shell::consumer("sink", Handle(ledger.clone()), &four).unwrap().start();
            println!("at most {most} out, on {} arbiters", if apart { 3 } else { 1 });
            all_is_acknowledged(&source, &sink, &ledger, 3000).await;
        });
    }
}

/// Dies at every 97th item, before or after it has handled it.
struct Dying {
    ledger: Arc<Ledger>,
    deaths: Arc<AtomicU64>,
    by_value: bool,
}

impl Consumer for Dying {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(item) = if self.by_value { batch.take() } else { batch.next().copied() } {
            let dies = item % 97 == 96 && self.deaths.load(SeqCst) == item / 97;
            if dies && item % 2 == 0 {
                self.ledger.handle(item);
            }
            if dies {
                self.deaths.fetch_add(1, SeqCst);
                panic!("planted");
            }
            self.ledger.handle(item);
        }
        Ok(Consumed::Done)
    }
}

/// A sink that dies again and again, and its source.
async fn with_a_dying_sink(by_value: bool, ledger: &Arc<Ledger>) -> (u64, Slot<u64>) {
    let (to, deaths) = (slot("sink"), Arc::<AtomicU64>::default());
    let source = careful(3000, 1 << 40, ledger, once);
    let source = Shell::pull("source", source, to.register("source").unwrap()).start();
    let parts = (ledger.clone(), deaths.clone());
    let sink = Shell::consumer_made_later("sink", &to).unwrap().made_by(move || {
        let (ledger, deaths) = parts.clone();
        async move { Ok::<_, Failure>(Dying { ledger, deaths, by_value }) }
    });
    let sink = sink.start_under(|_| Verdict::Rebuild(Duration::ZERO));
    ends_well("the source", &source).await;
    ends_well("the sink", &sink).await;
    (deaths.load(SeqCst), to)
}

#[test]
fn f11_a_sink_that_dies_and_is_made_anew_acknowledges_each_item_once_it_is_handled() {
    system(async {
        let ledger = Arc::<Ledger>::default();
        let (deaths, _slot) = with_a_dying_sink(false, &ledger).await;
        assert_eq!((deaths, ledger.acknowledged()), (30, 3000));
        assert!(ledger.lost.lock().unwrap().is_empty());
    });
}

#[test]
fn f11_an_item_that_a_sink_took_and_died_with_is_told_as_lost_and_never_acknowledged() {
    system(async {
        let ledger = Arc::<Ledger>::default();
        let (deaths, slot) = with_a_dying_sink(true, &ledger).await;
        assert_eq!((deaths, ledger.acknowledged()), (30, 96));
        assert_eq!(*ledger.lost.lock().unwrap(), [96], "the first one, once");
        assert_eq!(slot.gauge().unwrap().report().acknowledged, Some(96));
    });
}

#[test]
fn f11_an_item_that_a_fused_transform_died_with_is_told_as_lost() {
    system(async {
        let (ledger, to) = (Arc::<Ledger>::default(), slot("sink"));
        let outlet = to.register("source").unwrap();
        let fails = |item: u64| if item == 100 { Err(Failure::message("no")) } else { Ok(item) };
        let source = Shell::pull_through("source", try_map(fails), outlet);
        let parts = ledger.clone();
        let next = Arc::<AtomicU64>::default();
        let source = source.made_by(move || {
            let next = next.fetch_add(150, SeqCst);
            let source = Careful { next, ..careful(300, 1 << 40, &parts, once) };
            async move { Ok::<_, Failure>(source) }
        });
        let source = source.start_under(|_| Verdict::Rebuild(Duration::ZERO));
        let sink = Shell::consumer("sink", Handle(ledger.clone()), &to).unwrap().start();
        ends_well("the source", &source).await;
        ends_well("the sink", &sink).await;
        assert_eq!(ledger.acknowledged(), 100);
        assert_eq!(*ledger.lost.lock().unwrap(), [100, 100], "once in each life");
    });
}

#[test]
fn f11_an_item_that_a_stage_died_with_is_told_to_the_source_as_lost() {
    system(async {
        let (ledger, one, two) = (Arc::<Ledger>::default(), slot("transform"), slot("sink"));
        let source = careful(300, 1000, &ledger, once);
        let source = Shell::pull("source", source, one.register("source").unwrap()).start();
        let fails = |item: u64| if item == 100 { Err(Failure::message("no")) } else { Ok(item) };
        let outlet = two.register("transform").unwrap();
        let middle = Shell::transform("transform", try_map(fails), &one, outlet).unwrap();
        let middle = middle.start_under(|_| Verdict::Rebuild(Duration::ZERO));
        let sink = Shell::consumer("sink", Handle(ledger.clone()), &two).unwrap().start();
        ends_well("the source", &source).await;
        ends_well("the stage", &middle).await;
        ends_well("the sink", &sink).await;
        assert_eq!(ledger.acknowledged(), 100);
        assert_eq!(*ledger.lost.lock().unwrap(), [100]);
    });
}

#[test]
fn f11_a_drained_source_is_told_all_before_it_ends() {
    system(async {
        let (ledger, to) = (Arc::<Ledger>::default(), slot("sink"));
        let outlet = to.register("source").unwrap();
        let gauge = outlet.gauge();
        let source =
            Shell::pull("source", careful(u64::MAX, 1 << 40, &ledger, once), outlet).start();
        let sink = Shell::consumer("sink", Handle(ledger.clone()), &to).unwrap().start();
        until("a thousand", || ledger.acknowledged() > 1000).await;
        source.address().send(Drain).await.unwrap();
        ends_well("the source", &source).await;
        ends_well("the sink", &sink).await;
        assert_eq!(ledger.acknowledged(), gauge.report().written.items);
    });
}

/// Keeps what it was given until the end, as a file does that has no name yet.
struct Keep {
    ledger: Arc<Ledger>,
    kept: Vec<u64>,
}

impl Consumer for Keep {
    type Item = u64;
    type Error = Infallible;

    const HOLDS: bool = true;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(item) = batch.next() {
            self.kept.push(*item);
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        if !end.is_finished() {
            return Ok(Consumed::Done);
        }
        let (ledger, kept) = (self.ledger.clone(), std::mem::take(&mut self.kept));
        Ok(Consumed::later(async move {
            tokio::task::yield_now().await;
            kept.iter().for_each(|item| ledger.handle(*item));
            Ok(())
        }))
    }
}

fn keep(ledger: &Arc<Ledger>) -> Keep {
    Keep { ledger: ledger.clone(), kept: Vec::new() }
}

#[test]
fn f11_what_a_sink_holds_until_the_end_is_acknowledged_with_that() {
    system(async {
        let (ledger, to) = (Arc::<Ledger>::default(), slot("sink"));
        let source = careful(500, 1000, &ledger, once);
        let source = Shell::pull("source", source, to.register("source").unwrap()).start();
        let sink = Shell::consumer("sink", keep(&ledger), &to).unwrap().start();
        ends_well("the source", &source).await;
        ends_well("the sink", &sink).await;
        assert_eq!((ledger.acknowledged(), ledger.told.load(SeqCst)), (500, 1));
    });
}

#[test]
fn f11_what_a_sink_holds_of_a_stream_that_was_cut_off_is_not_acknowledged() {
    system(async {
        let to = slot("sink");
        let mut outlet: Outlet<u64> = to.register("source").unwrap();
        outlet.want_acknowledgements();
        let ledger = Arc::<Ledger>::default();
        let sink = Shell::consumer("sink", keep(&ledger), &to).unwrap().start();
        for item in 0..20 {
            let _ = outlet.write(item).unwrap();
        }
        within("the commit", outlet.flush()).await.unwrap();
        outlet.abort("enough");
        ends_well("the sink", &sink).await;
        assert_eq!((outlet.acknowledged(), outlet.lost()), (0, Some(0)));
    });
}

/// Takes three items, and no more before it was flushed, which it is when the gate is open.
struct Buffer {
    taken: u64,
    open: Arc<AtomicBool>,
}

impl Sink<u64> for Buffer {
    type Error = Failure;

    fn poll_ready(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        if self.taken < 3 { Poll::Ready(Ok(())) } else { self.as_mut().poll_flush(cx) }
    }

    fn start_send(mut self: Pin<&mut Self>, _: u64) -> Result<(), Failure> {
        self.taken += 1;
        Ok(())
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        if !self.open.load(SeqCst) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        self.taken = 0;
        Poll::Ready(Ok(()))
    }

    fn poll_close(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<(), Failure>> {
        self.poll_flush(cx)
    }
}

#[test]
fn f11_what_a_sink_has_not_flushed_is_not_acknowledged() {
    for items in [2, 5] {
        system(async {
            let (open, to) = (Arc::<AtomicBool>::default(), slot("sink"));
            let sink = SinkConsumer::new(Buffer { taken: 0, open: open.clone() });
            let mut outlet: Outlet<u64> = to.register("source").unwrap();
            outlet.want_acknowledgements();
            let _sink = Shell::consumer("sink", sink, &to).unwrap().start();
            for item in 0..items {
                let _ = outlet.write(item).unwrap();
            }
            let_others_run().await;
            assert_eq!(outlet.acknowledged(), 0, "{items} items are in its buffer");
            open.store(true, SeqCst);
            within("the acknowledgement", outlet.acknowledged_to(items)).await.unwrap();
        });
    }
}

#[test]
fn f11_work_that_goes_on_is_acknowledged_when_it_is_over() {
    system(async {
        let (tally, to) = (Tally::new(), slot("sink"));
        let (go, gone) = tokio::sync::oneshot::channel::<()>();
        let mut gone = Some(gone);
        let sink = consume_by(&tally, move |batch: &mut Batch<'_, u64>, _| {
            assert_eq!(batch.take(), Some(7));
            let gone = gone.take();
            Step::later(async move {
                gone.unwrap().await.unwrap();
                Ok(())
            })
        });
        let mut outlet = to.register("source").unwrap();
        outlet.want_acknowledgements();
        let _sink = Shell::consumer("sink", sink, &to).unwrap().start();
        let _ = outlet.write(7).unwrap();
        within("the commit", outlet.flush()).await.unwrap();
        let_others_run().await;
        assert_eq!(outlet.acknowledged(), 0, "it was taken, and is not handled");
        go.send(()).unwrap();
        within("the acknowledgement", outlet.acknowledged_to(1)).await.unwrap();
    });
}

//! A transform as an actor between two links.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    cell::RefCell,
    io,
    rc::Rc,
    sync::{
        Arc, Once,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use aqueduct_actors::{Batch, Cause, End, Exit, Failure, Running, Shell, Transforming, Verdict};
use aqueduct_link::Slot;
use aqueduct_operators::{Transform, map};
use common::{
    transforms::{AT_ONCE, AtTheEnd, Expand, First, Fussy},
    *,
};

/// A link to a transform and a link from it, of the same marks.
struct Line {
    from: Slot<u64>,
    to: Slot<u64>,
    tally: Arc<Tally>,
}

impl Line {
    fn new() -> Self {
        let slot = |name| Slot::new(name, within_capacity(8, 32, 64));
        Self { from: slot("middle"), to: slot("taker"), tally: Tally::new() }
    }

    fn middle<T>(&self, transform: T) -> Shell<Transforming<T>>
    where
        T: Transform<In = u64, Out = u64, Error = Failure> + 'static,
    {
        let outlet = self.to.register("middle").unwrap();
        Shell::transform("middle", transform, &self.from, outlet).unwrap()
    }

    fn counter(&self, end: u64) -> Running<Count> {
        Shell::pull("counter", Count::to(end), self.from.register("counter").unwrap()).start()
    }

    fn taker(&self) -> Running<Take> {
        Shell::consumer("taker", Take(self.tally.clone()), &self.to).unwrap().start()
    }
}

/// What the transform makes of `end` numbers is all the numbers below `expected`.
fn check<T>(transform: T, end: u64, expected: u64)
where
    T: Transform<In = u64, Out = u64, Error = Failure> + 'static,
{
    system(async {
        let line = Line::new();
        let (taker, middle) = (line.taker(), line.middle(transform).start());
        let counter = line.counter(end);
        let exit = within("the transform", middle.finished()).await.unwrap();
        assert_eq!(exit, Exit::Done);
        within("the consumer", taker.finished()).await.unwrap();
        line.tally.assert_all(expected);
        let counted = within("the producer", counter.finished()).await.unwrap();
        if end == u64::MAX {
            assert_eq!(counted, Exit::Stopped("middle has enough".into()));
        }
    });
}

#[test]
fn a_transform_that_has_enough_stops_its_producer_and_finishes_its_stream() {
    check(First(3), u64::MAX, 3);
    check(First(1_000), u64::MAX, 1_000);
    check(First(0), u64::MAX, 0);
}

#[test]
fn a_transform_that_emits_only_at_the_end_is_finished_once() {
    for items in [0, 1, 10_000] {
        let at_the_end = AtTheEnd::default();
        let finishes = at_the_end.finishes.clone();
        check(at_the_end, items, items);
        assert_eq!(finishes.load(SeqCst), 1);
    }
}

#[test]
fn a_transform_of_an_aborted_stream_is_not_finished() {
    system(async {
        let line = Line::new();
        let (taker, middle) = (line.taker(), line.middle(AtTheEnd::default()).start());
        let mut outlet = line.from.register("test").unwrap();
        outlet.send(7).await.unwrap();
        outlet.abort("cut off");
        within("the transform", middle.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        assert_eq!(line.tally.count(), 0);
        assert!(matches!(line.to.end(), Some(End::Aborted { .. })));
    });
}

#[test]
fn what_an_item_expands_to_is_written_in_order() {
    check(Expand::default(), 300, (0..300).sum());
}

/// The producer stays, and writes nothing more: what an item expands to comes all the same.
#[test]
fn an_item_that_becomes_a_million_is_never_far_ahead_of_its_link() {
    const CAPACITY: u64 = 64;
    const ONE_STEP: u64 = 2 * AT_ONCE;
    system(async {
        let line = Line::new();
        let expand = Expand::default();
        let (emitted, counted) = (expand.emitted.clone(), line.tally.clone());
        let taker = consume_by(&line.tally, move |batch, _| {
            while let Some(item) = batch.next() {
                counted.add(*item);
                let ahead = emitted.load(SeqCst) - item;
                assert!(ahead <= CAPACITY + ONE_STEP, "{ahead} items are ahead");
            }
            Ok(Step::Done)
        });
        let taker = Shell::consumer("taker", taker, &line.to).unwrap().start();
        let middle = line.middle(expand).start();
        let mut outlet = line.from.register("writer").unwrap();
        let _ = outlet.write(1_000_000).unwrap();
        until("the million", || line.tally.count() == 1_000_000).await;
        within("the flush", outlet.close()).await.unwrap();
        within("the transform", middle.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        line.tally.assert_all(1_000_000);
    });
}

#[test]
fn items_of_a_transform_need_not_be_send() {
    system(async {
        let from = Slot::<Rc<u64>>::new("middle", marks(8, 32));
        let to = Slot::<Rc<u64>>::new("taker", marks(8, 32));
        let outlet = to.register("middle").unwrap();
        let twice = map(|number: Rc<u64>| Rc::new(*number * 2));
        let middle = Shell::transform("middle", twice, &from, outlet).unwrap().start();
        let (sum, tally) = (Arc::new(AtomicU64::new(0)), Tally::new());
        let added = sum.clone();
        let taker = consume_by(&tally, move |batch: &mut Batch<'_, Rc<u64>>, _| {
            while let Some(item) = batch.next() {
                added.fetch_add(**item, SeqCst);
            }
            Ok(Step::Done)
        });
        let taker = Shell::consumer("taker", taker, &to).unwrap().start();
        let mut outlet = from.register("writer").unwrap();
        for number in 0..10 {
            outlet.send(Rc::new(number)).await.unwrap();
        }
        outlet.close().await.unwrap();
        within("the transform", middle.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        assert_eq!(sum.load(SeqCst), 90);
    });
}

fn again(_: &Cause) -> Verdict {
    Verdict::Rebuild(Duration::ZERO)
}

thread_local! {
    static TOLD: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// What is told on this thread, which runs one test.
struct Events;

impl Events {
    /// One listener for all threads: one for each would come and go while others tell something.
    fn listen() {
        static ONCE: Once = Once::new();
        ONCE.call_once(|| tracing_subscriber::fmt().with_ansi(false).with_writer(|| Self).init());
    }

    /// How many events say this.
    fn of(words: &str) -> usize {
        TOLD.with_borrow(|told| String::from_utf8_lossy(told).matches(words).count())
    }
}

impl io::Write for Events {
    fn write(&mut self, told: &[u8]) -> io::Result<usize> {
        TOLD.with_borrow_mut(|all| all.extend_from_slice(told));
        Ok(told.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_transform_that_fails_loses_the_item_in_hand_and_tells_its_number() {
    hide_planted_panics();
    system(async {
        let line = Line::new();
        Events::listen();
        let fussy = Fussy { fails: 30, panics: 20, finishes: true };
        let (taker, middle) = (line.taker(), line.middle(fussy).start_under(again));
        let counter = line.counter(60);
        within("the producer", counter.finished()).await.unwrap();
        within("the transform", middle.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        assert_eq!(line.tally.count(), 60 - 4);
        for lost in [19, 29, 39, 59] {
            let told = format!(
                "a consumer died with an item it had taken consumer=middle sequence={lost}"
            );
            assert_eq!(Events::of(&told), 1, "{told}");
        }
        assert_eq!(Events::of("died with"), 4);
    });
}

/// Emits a number for each, and panics in the middle of what it makes of the second item.
struct Breaks(u64);

impl Transform for Breaks {
    type In = u64;
    type Out = u64;
    type Error = Failure;

    fn apply(&mut self, _: u64, emit: &mut impl FnMut(u64)) -> Result<(), Failure> {
        (0..50).for_each(emit);
        self.0 += 1;
        Ok(())
    }

    fn more(&mut self, emit: &mut impl FnMut(u64)) -> Result<bool, Failure> {
        match self.0 {
            2 => {
                self.0 = 3;
                (0..50).for_each(emit);
                Ok(true)
            }
            3 => {
                self.0 = 4;
                panic!("planted in the middle of an item");
            }
            _ => Ok(false),
        }
    }
}

#[test]
fn an_item_that_was_begun_in_a_former_turn_is_told_too() {
    hide_planted_panics();
    system(async {
        let line = Line::new();
        Events::listen();
        let (taker, middle) = (line.taker(), line.middle(Breaks(0)).start_under(again));
        let counter = line.counter(5);
        within("the producer", counter.finished()).await.unwrap();
        within("the transform", middle.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        assert_eq!(line.tally.count(), 5 * 50 + 50);
        let told = "a transform died with an item it had begun consumer=middle sequence=1";
        assert_eq!((Events::of(told), Events::of("died with")), (1, 1));
    });
}

#[test]
fn a_transform_that_is_given_up_tells_both_sides() {
    system(async {
        let line = Line::new();
        let fussy = Fussy { fails: 30, panics: 1_000, finishes: true };
        let (taker, middle) = (line.taker(), line.middle(fussy).start());
        let counter = line.counter(u64::MAX);
        let failed = within("the transform", middle.finished()).await.unwrap_err();
        assert_eq!(failed.to_string(), "middle: number 29 is bad");
        let counted = within("the producer", counter.finished()).await.unwrap();
        assert_eq!(counted, Exit::Stopped("middle: number 29 is bad".into()));
        within("the consumer", taker.finished()).await.unwrap();
        assert_eq!(line.tally.count(), 29);
        assert!(matches!(&line.tally.ends()[..], [End::Aborted { .. }]));
    });
}

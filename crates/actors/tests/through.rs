//! A transform fused behind a producer: bounded, finished once, and ended by either side.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    convert::Infallible,
    future::ready,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering::SeqCst},
    },
    time::Duration,
};

use aqueduct_actors::{
    Cause, Ctx, End, Exit, Failure, Next, Outbox, PushProducer, Running, Shell, Verdict,
};
use aqueduct_link::{Reasons, Slot, Stopped};
use aqueduct_operators::Transform;
use common::{
    transforms::{AT_ONCE, AtTheEnd, Expand, First, Fussy},
    *,
};

/// A push producer that counts, and notes its pauses.
struct Pushing {
    count: Count,
    told: Arc<Mutex<Vec<bool>>>,
}

impl PushProducer for Pushing {
    type Item = u64;
    type Error = Infallible;

    fn run(
        &mut self,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let Count { next, end, .. } = &mut self.count;
        *next += out.extend(*next..*end);
        Ok(if next == end { Next::Done } else { Next::More })
    }

    fn paused(&mut self, _: Reasons, _: &mut Ctx<'_, Self>) {
        self.told.lock().unwrap().push(true);
    }

    fn resumed(&mut self, _: &mut Ctx<'_, Self>) {
        self.told.lock().unwrap().push(false);
    }

    fn stopped(&mut self, why: Stopped, _: &mut Ctx<'_, Self>) {
        self.count.tally.stop(&why.reason);
    }
}

fn pulling<T>(end: u64, transform: T, slot: &Slot<u64>) -> Running<Count>
where
    T: Transform<In = u64, Out = u64, Error = Failure> + 'static,
{
    let outlet = slot.register("counter").unwrap();
    let counter = Shell::<Count>::pull_through("counter", transform, outlet);
    counter.made_by(move || ready(Ok::<_, Failure>(Count::to(end)))).start()
}

fn pushing<T>(end: u64, transform: T, slot: &Slot<u64>) -> Running<Pushing>
where
    T: Transform<In = u64, Out = u64, Error = Failure> + 'static,
{
    let outlet = slot.register("counter").unwrap();
    let counter = Shell::<Pushing>::push_through("counter", transform, outlet);
    let make = move || Pushing { count: Count::to(end), told: Arc::default() };
    counter.made_by(move || ready(Ok::<_, Failure>(make()))).start()
}

/// What the transform makes of `end` numbers is all the numbers below `expected`.
fn check<T>(make: impl Fn() -> T, end: u64, expected: u64)
where
    T: Transform<In = u64, Out = u64, Error = Failure> + 'static,
{
    for pulled in [true, false] {
        let transform = make();
        system(async {
            let tally = Tally::new();
            let slot = Slot::new("taker", marks(8, 32));
            let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
            let exit = if pulled {
                within("the producer", pulling(end, transform, &slot).finished()).await
            } else {
                within("the producer", pushing(end, transform, &slot).finished()).await
            };
            assert_eq!(exit.unwrap(), Exit::Done);
            within("the consumer", taker.finished()).await.unwrap();
            tally.assert_all(expected);
        });
    }
}

#[test]
fn a_transform_that_has_enough_ends_an_endless_producer() {
    check(|| First(3), u64::MAX, 3);
    check(|| First(1_000), u64::MAX, 1_000);
    check(|| First(0), u64::MAX, 0);
}

#[test]
fn a_transform_that_emits_only_at_the_end_is_finished_once() {
    for items in [0, 1, 10_000] {
        let finishes = Arc::new(AtomicU64::new(0));
        check(|| AtTheEnd { finishes: finishes.clone(), ..AtTheEnd::default() }, items, items);
        assert_eq!(finishes.load(SeqCst), 2, "once pulled, once pushed");
    }
}

#[test]
fn what_an_item_expands_to_is_written_in_order() {
    check(Expand::default, 300, (0..300).sum());
}

/// One item becomes a million: beyond what the link holds there is at most what one step emits:
/// the first portion of an item and the next.
#[test]
fn an_item_that_becomes_a_million_is_never_far_ahead_of_its_link() {
    const CAPACITY: u64 = 64;
    const ONE_STEP: u64 = 2 * AT_ONCE;
    system(async {
        let (tally, emitted) = (Tally::new(), Arc::new(AtomicU64::new(0)));
        let slot = Slot::new("taker", within_capacity(8, 32, CAPACITY));
        let outlet = slot.register("one").unwrap();
        let expand = Expand { emitted: emitted.clone(), ..Expand::default() };
        let mut made = false;
        let one = produce_by(&Tally::new(), move |_, out, _| {
            assert!(!std::mem::replace(&mut made, true), "it is not asked after its last");
            let _ = out.write(1_000_000).unwrap();
            Ok(Next::Done)
        });
        let one = Mutex::new(Some(one));
        let one = Shell::pull_through("one", expand, outlet)
            .made_by(move || ready(one.lock().unwrap().take().ok_or(Failure::message("dead"))))
            .start();
        let counted = tally.clone();
        let taker = consume_by(&tally, move |batch, _| {
            while let Some(item) = batch.next() {
                counted.add(*item);
                let ahead = emitted.load(SeqCst) - item;
                assert!(ahead <= CAPACITY + ONE_STEP, "{ahead} items are ahead");
            }
            Ok(Step::Done)
        });
        let taker = Shell::consumer("taker", taker, &slot).unwrap().start();
        within("the producer", one.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(1_000_000);
    });
}

#[test]
fn a_transform_that_fails_ends_its_actor_in_its_own_words() {
    fn check(transform: Fussy, expected: u64, words: &str) {
        system(async {
            let tally = Tally::new();
            let slot = Slot::new("taker", marks(8, 32));
            let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
            let failed = within("the producer", pulling(100, transform, &slot).finished()).await;
            assert_eq!(failed.unwrap_err().to_string(), format!("counter: {words}"));
            within("the consumer", taker.finished()).await.unwrap();
            assert_eq!(tally.count(), expected, "what was emitted before counts");
            let reason = format!("counter: {words}");
            assert!(
                matches!(&tally.ends()[..], [End::Aborted { reason: told, .. }] if **told == *reason)
            );
        });
    }
    hide_planted_panics();
    let fine = Fussy { fails: 1_000, panics: 1_000, finishes: true };
    check(Fussy { fails: 70, ..fine }, 69, "number 69 is bad");
    check(Fussy { finishes: false, ..fine }, 100, "the last number is cut off");
}

/// A producer lives again as often as this, and is then given up.
fn times(mut lives: u32) -> impl FnMut(&Cause) -> Verdict {
    move |_| match lives.checked_sub(1) {
        Some(left) => {
            lives = left;
            Verdict::Rebuild(Duration::ZERO)
        }
        None => Verdict::GiveUp,
    }
}

#[test]
fn what_was_made_behind_an_item_that_failed_comes_in_the_next_life() {
    hide_planted_panics();
    system(async {
        let (tally, next) = (Tally::new(), Arc::new(AtomicU64::new(0)));
        let slot = Slot::new("taker", marks(8, 32));
        let outlet = slot.register("counter").unwrap();
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        let fussy = Fussy { fails: 30, panics: 20, finishes: true };
        let counter = Shell::pull_through("counter", fussy, outlet)
            .made_by(move || {
                // A life goes on behind what the one before made.
                let next = next.clone();
                let count = produce_by(&Tally::new(), move |wanted, out, _| {
                    let first = next.load(SeqCst);
                    let last = (first + wanted.items()).min(60);
                    next.fetch_add(out.extend(first..last), SeqCst);
                    Ok(if last == 60 { Next::Done } else { Next::More })
                });
                ready(Ok::<_, Failure>(count))
            })
            .start_under(times(4));
        within("the producer", counter.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        assert_eq!(tally.count(), 60 - 4, "19, 29, 39 and 59 are lost, and no other");
        assert_eq!(tally.ends(), [End::Finished]);
    });
}

#[test]
fn a_stream_that_cannot_be_finished_is_not_told_finished_in_a_later_life() {
    system(async {
        let tally = Tally::new();
        let slot = Slot::new("taker", marks(8, 32));
        let outlet = slot.register("counter").unwrap();
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        let cut = Fussy { fails: 1_000, panics: 1_000, finishes: false };
        let counter = Shell::<Count>::pull_through("counter", cut, outlet)
            .made_by(|| ready(Ok::<_, Failure>(Count::to(10))))
            .start_under(times(3));
        assert!(within("the producer", counter.finished()).await.is_err());
        within("the consumer", taker.finished()).await.unwrap();
        assert_eq!(tally.count(), 10);
        assert!(matches!(&tally.ends()[..], [End::Aborted { .. }]));
    });
}

#[test]
fn pauses_and_resumes_balance_through_a_transform() {
    system(async {
        let (tally, told) = (Tally::new(), Arc::new(Mutex::new(Vec::new())));
        let slot = Slot::new("taker", marks(1, 4));
        let outlet = slot.register("pushing").unwrap();
        let noted = told.clone();
        let pushing = Shell::<Pushing>::push_through("pushing", Expand::default(), outlet)
            .made_by(move || {
                let count = Count::to(200);
                ready(Ok::<_, Failure>(Pushing { count, told: noted.clone() }))
            })
            .start();
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        within("the producer", pushing.finished()).await.unwrap();
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all((0..200).sum());
        let told = told.lock().unwrap();
        assert!(told.len() > 1_000);
        assert!(told.iter().enumerate().all(|(at, paused)| *paused == (at % 2 == 0)));
    });
}

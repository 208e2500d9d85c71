//! Plain actors that produce: Pause, Resume and Stop reach their handlers, wherever they write.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    pin::Pin,
    sync::{Arc, Mutex},
    task::{self, Poll, Waker},
    time::Duration,
};

use actix::prelude::*;
use aqueduct_actors::{Attach, Exit, Failure, Pause, Resume, Shell, Stop, Write, attach_outlet};
use aqueduct_link::{Flow, Outlet, Reason, Slot};
use common::*;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Told {
    Pause,
    Resume,
    Stop(String),
}

/// Where a producer writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    /// In the handler of a message that it sends to itself.
    Messages,
    /// In a timer, which is polled after the driver.
    Interval,
    /// In a future of its own, which is polled after the driver; it heeds what the write says.
    Future,
    /// The same, but it heeds nothing but Pause, Resume and a full link.
    FutureByPause,
    /// It has not begun.
    Nowhere,
}

/// A plain producer of numbers; at the end it finishes.
struct Source {
    outlet: Outlet<u64>,
    from: From,
    next: u64,
    end: u64,
    paused: bool,
    waker: Option<Waker>,
    told: Arc<Mutex<Vec<Told>>>,
}

struct WriteOn;

impl Message for WriteOn {
    type Result = ();
}

impl Source {
    fn new(outlet: Outlet<u64>, from: From, end: u64) -> (Self, Arc<Mutex<Vec<Told>>>) {
        let told = Arc::default();
        let source = Self {
            outlet,
            from,
            next: 0,
            end,
            paused: false,
            waker: None,
            told: Arc::clone(&told),
        };
        (source, told)
    }

    fn tell(&self, told: Told) {
        self.told.lock().unwrap().push(told);
    }

    fn write_on(&mut self) {
        while self.next < self.end && !self.paused {
            match self.outlet.write(self.next) {
                Ok(flow) => {
                    self.next += 1;
                    if flow == Flow::Paused && self.from != From::FutureByPause {
                        return;
                    }
                }
                Err(_) => return,
            }
        }
        if self.next == self.end {
            self.outlet.finish();
        }
    }
}

impl Actor for Source {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        attach_outlet(ctx, |me: &mut Self| &mut me.outlet);
        match self.from {
            From::Nowhere => {}
            From::Messages => ctx.address().do_send(WriteOn),
            From::Interval => {
                ctx.run_interval(Duration::from_millis(1), |me, _| me.write_on());
            }
            From::Future | From::FutureByPause => {
                ctx.spawn(Writing);
            }
        }
    }
}

/// The future in which a source writes.
struct Writing;

impl ActorFuture<Source> for Writing {
    type Output = ();

    fn poll(
        self: Pin<&mut Self>,
        source: &mut Source,
        _: &mut Context<Source>,
        task: &mut task::Context<'_>,
    ) -> Poll<()> {
        source.waker = Some(task.waker().clone());
        source.write_on();
        Poll::Pending
    }
}

impl Handler<WriteOn> for Source {
    type Result = ();

    fn handle(&mut self, _: WriteOn, _: &mut Context<Self>) {
        self.write_on();
    }
}

impl Handler<Pause> for Source {
    type Result = ();

    fn handle(&mut self, pause: Pause, _: &mut Context<Self>) {
        assert!(!self.paused, "a pause comes before its resume");
        assert!(pause.reasons.is_empty() || pause.reasons.contains(Reason::Full));
        self.paused = true;
        self.tell(Told::Pause);
    }
}

impl Handler<Resume> for Source {
    type Result = ();

    fn handle(&mut self, _: Resume, ctx: &mut Context<Self>) {
        assert!(self.paused, "a resume comes after its pause");
        self.paused = false;
        self.tell(Told::Resume);
        match self.from {
            From::Messages => ctx.address().do_send(WriteOn),
            From::Interval | From::Nowhere => {}
            From::Future | From::FutureByPause => {
                if let Some(waker) = self.waker.take() {
                    waker.wake();
                }
            }
        }
    }
}

impl Handler<Stop> for Source {
    type Result = ();

    fn handle(&mut self, stop: Stop, ctx: &mut Context<Self>) {
        self.tell(Told::Stop(stop.reason.to_string()));
        ctx.stop();
    }
}

const EVERYWHERE: [From; 4] = [From::Messages, From::Interval, From::Future, From::FutureByPause];

async fn all_comes_from(from: From, (low, high): (u64, u64), count: u64, apart: bool) {
    let tally = Tally::new();
    let slot = Slot::new("taker", marks(low, high));
    let outlet = slot.register("source").unwrap();
    let gauge = outlet.gauge();
    let (source, told) = Source::new(outlet, from, count);
    let elsewhere = apart.then(Elsewhere::new);
    let taker = match &elsewhere {
        Some(elsewhere) => {
            let tally = tally.clone();
            let start = move || Shell::consumer("taker", Take(tally), &slot).unwrap().start();
            elsewhere.call(start).await
        }
        None => Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start(),
    };
    let _address = source.start();
    assert_eq!(
        within(&format!("the consumer of {from:?}"), taker.finished()).await.unwrap(),
        Exit::Done
    );
    tally.assert_all(count);
    let told = told.lock().unwrap();
    // A consumer on another arbiter may be so quick that there is nothing to tell.
    assert!(
        (apart || !told.is_empty()) && told.len() as u64 <= 2 * gauge.report().pauses,
        "{from:?}"
    );
    for (at, told) in told.iter().enumerate() {
        let expected = if at % 2 == 0 { Told::Pause } else { Told::Resume };
        assert_eq!(*told, expected, "they alternate: {from:?}");
    }
}

#[test]
fn f3_f7_pauses_and_resumes_balance_wherever_a_producer_writes() {
    for from in EVERYWHERE {
        for marks in [(0, 1), (1, 4), (64, 256)] {
            let count = if from == From::Interval { 500 } else { 10_000 };
            system(all_comes_from(from, marks, count.max(marks.1 * 4), false));
        }
    }
}

#[test]
fn f3_f7_pauses_and_resumes_balance_across_arbiters() {
    for from in EVERYWHERE {
        for marks in [(1, 4), (64, 256)] {
            let count = if from == From::Interval { 500 } else { 10_000 };
            system(all_comes_from(from, marks, count.max(marks.1 * 4), true));
        }
    }
}

async fn pause_is_told(from: From) {
    let slot = Slot::new("nobody", marks(2, 8));
    let outlet = slot.register("source").unwrap();
    let (source, told) = Source::new(outlet, from, 100);
    let _address = source.start();
    until(&format!("the pause of {from:?}"), || !told.lock().unwrap().is_empty()).await;
    let_others_run().await;
    assert_eq!(*told.lock().unwrap(), [Told::Pause], "{from:?}");
}

#[test]
fn f3_a_pause_reaches_its_handler_while_nothing_is_taken() {
    system(pause_is_told(From::Messages));
    system(pause_is_told(From::Interval));
}

#[test]
fn f3_a_pause_of_a_write_behind_the_driver_reaches_its_handler_while_nothing_is_taken() {
    system(pause_is_told(From::Future));
    system(pause_is_told(From::FutureByPause));
}

#[test]
fn f9_a_producer_is_stopped_once_when_its_consumer_goes() {
    for from in EVERYWHERE.into_iter().chain([From::Nowhere]) {
        system(async move {
            let slot = Slot::new("taker", marks(2, 8));
            let outlet = slot.register("source").unwrap();
            let (source, told) = Source::new(outlet, from, u64::MAX);
            let address = source.start();
            let has_paused = || slot.gauge().unwrap().report().pauses > 0;
            until("the source has written", || from == From::Nowhere || has_paused()).await;
            let_others_run().await;
            slot.retire("the consumer retired");
            slot.retire("again");
            until(&format!("the stop of {from:?}"), || !address.connected()).await;
            let_others_run().await;
            let told = told.lock().unwrap();
            let stop = Told::Stop("the consumer retired".to_owned());
            assert_eq!(told.last(), Some(&stop), "{from:?}");
            let stops = told.iter().filter(|told| matches!(told, Told::Stop(_))).count();
            assert_eq!(stops, 1, "{from:?}");
        });
    }
}

/// A plain consumer.
struct Sink(Slot<u64>, Arc<Tally>);

impl Actor for Sink {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.0.attach(ctx);
    }
}

impl Handler<Write<u64>> for Sink {
    type Result = Result<(), Failure>;

    fn handle(&mut self, write: Write<u64>, _: &mut Context<Self>) -> Self::Result {
        write.iter().for_each(|item| self.1.add(*item));
        if let Some(end) = &write.end {
            self.1.end(end);
        }
        Ok(())
    }
}

#[test]
fn f2_plain_actors_are_a_pair() {
    for apart in [false, true] {
        system(async move {
            let (slot, tally) = (Slot::new("sink", marks(16, 64)), Tally::new());
            let outlet = slot.register("source").unwrap();
            let (source, _) = Source::new(outlet, From::Messages, 200_000);
            let sink = Sink(slot, tally.clone());
            let elsewhere = apart.then(Elsewhere::new);
            let _address = match &elsewhere {
                Some(elsewhere) => elsewhere.call(move || sink.start()).await,
                None => sink.start(),
            };
            let _address = source.start();
            until("the end", || !tally.ends().is_empty()).await;
            tally.assert_all(200_000);
        });
    }
}

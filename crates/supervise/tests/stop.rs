//! Stopping in order: the child that was started last first, each in its time.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    future::ready,
    rc::Rc,
    time::Duration,
};

use actix::System;
use aqueduct_actors::{Batch, Cause, Consumed, Consumer, Ctx, Failure};
use aqueduct_link::{Slot, Watermarks};
use aqueduct_supervise::{Restart, Supervisor};
use common::{Endless, Idle, Log, Taker, Told, idle, in_no_time, until, within};
use tokio::time::Instant;

/// A generator of random numbers that is good enough to choose a tree.
struct XorShift(u64);

impl XorShift {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// What a tree is made of.
#[derive(Clone, Debug)]
enum Node {
    Plain(String),
    Taker(String),
    /// A taker, and a producer for it that is started after it.
    Pair(String, String),
    Branch(Vec<Node>),
}

/// A tree with this many children in all, at most three levels deep.
fn grow(random: &mut XorShift, prefix: &str, children: usize, depth: u32) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut left = children;
    while left > 0 {
        let name = format!("{prefix}{}", nodes.len());
        let node = match random.below(4) {
            0 if left > 1 => {
                left -= 2;
                Node::Pair(format!("{name}t"), format!("{name}p"))
            }
            1 if left > 1 && depth < 3 => {
                let inside = 1 + random.below(left as u64 - 1) as usize;
                left -= inside;
                Node::Branch(grow(random, &format!("{name}."), inside, depth + 1))
            }
            2 => {
                left -= 1;
                Node::Taker(name)
            }
            _ => {
                left -= 1;
                Node::Plain(name)
            }
        };
        nodes.push(node);
    }
    nodes
}

/// The names in the order in which they are started, where a branch counts as a whole.
fn names(nodes: &[Node]) -> Vec<String> {
    let each = |node: &Node| match node {
        Node::Plain(name) | Node::Taker(name) => vec![name.clone()],
        Node::Pair(taker, producer) => vec![taker.clone(), producer.clone()],
        Node::Branch(nodes) => names(nodes),
    };
    nodes.iter().flat_map(each).collect()
}

fn slot(supervisor: &Supervisor, name: &str) -> Slot<u64> {
    supervisor.slot(name, Watermarks::items(8, 32).unwrap()).unwrap()
}

fn start_taker(supervisor: &Supervisor, log: &Log, name: &str) -> Slot<u64> {
    let slot = slot(supervisor, name);
    let (called, log) = (name.to_owned(), log.clone());
    let taker = move || ready(Ok::<_, Infallible>(Quiet(Told::new(&*called, &log))));
    supervisor.consumer(&slot, taker).start().unwrap();
    slot
}

/// Takes whatever comes, and does not tell the end.
struct Quiet(#[expect(dead_code, reason = "it tells when it is dropped")] Told);

impl Consumer for Quiet {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while batch.next().is_some() {}
        Ok(Consumed::Done)
    }
}

std::thread_local! {
    /// A handle that could register keeps its taker open until that is stopped.
    static OPEN: RefCell<Vec<Slot<u64>>> = const { RefCell::new(Vec::new()) };
}

fn start(supervisor: &Supervisor, log: &Log, nodes: &[Node]) {
    for (at, node) in nodes.iter().enumerate() {
        match node {
            Node::Plain(name) => {
                supervisor.actor(&**name, idle(name, log)).start().unwrap();
            }
            Node::Taker(name) => {
                let slot = start_taker(supervisor, log, name);
                OPEN.with_borrow_mut(|open| open.push(slot));
            }
            Node::Pair(taker, producer) => {
                let slot = start_taker(supervisor, log, taker);
                let (called, log) = (producer.clone(), log.clone());
                let make =
                    move || ready(Ok::<_, Infallible>(Endless(0, Told::new(&*called, &log))));
                supervisor.producer(producer, &slot, make).start().unwrap();
            }
            Node::Branch(nodes) => {
                let (nodes, log) = (nodes.clone(), log.clone());
                let branch = supervisor.supervisor(format!("branch {at}"), move |branch| {
                    start(&branch, &log, &nodes);
                    ready(Ok::<_, Failure>(()))
                });
                branch.start().unwrap();
            }
        }
    }
}

/// A taker ends by itself when its stream has ended, which may be a moment before its producer has
/// heard that all is delivered: of a pair, the producer is put first.
fn producers_first(mut events: Vec<String>) -> Vec<String> {
    for at in 1..events.len() {
        let producer = events[at - 1].strip_suffix('t').map(|pair| format!("{pair}p"));
        if producer.as_deref() == Some(&*events[at]) {
            events.swap(at - 1, at);
        }
    }
    events
}

#[test]
fn a_hundred_trees_of_ten_children_stop_in_the_reverse_order() {
    let seed = 0x7ee_5eed;
    println!("seed {seed:#x}");
    let mut random = XorShift(seed);
    for tree in 0..100 {
        in_no_time(async {
            let (supervisor, log) = (Supervisor::new("tree"), Log::default());
            let nodes = grow(&mut random, "", 10, 1);
            start(&supervisor, &log, &nodes);
            until("the start", || log.len() == 10).await;
            log.take();
            within("the stop", supervisor.stop()).await.unwrap();
            let mut stopped: Vec<_> = names(&nodes).iter().map(|name| format!("-{name}")).collect();
            stopped.reverse();
            assert_eq!(producers_first(log.take()), stopped, "tree {tree}: {nodes:?}");
            OPEN.take();
        });
    }
}

#[test]
fn what_was_accepted_is_delivered_before_its_consumer_stops() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let slot = slot(&supervisor, "taker");
        let told = log.clone();
        let taker = move || ready(Ok::<_, Infallible>(Taker(Told::new("taker", &told))));
        supervisor.consumer(&slot, taker).start().unwrap();
        let told = log.clone();
        let source = move || ready(Ok::<_, Infallible>(Endless(0, Told::new("source", &told))));
        supervisor.producer("source", &slot, source).start().unwrap();
        let gauge = slot.gauge().unwrap();
        until("the stream", || gauge.report().committed.items > 1_000).await;
        let report = within("the stop", supervisor.stop()).await.unwrap();
        let mut told = log.take();
        // The taker may be gone a moment before its producer has heard that all is delivered.
        told.retain(|event| event != "-source");
        assert_eq!(told, ["+taker", "+source", "taker finished", "-taker"]);
        assert_eq!(report.edges[0].written, report.edges[0].committed);
        assert_eq!(report.edges[0].discarded.items, 0);
    });
}

/// Takes nothing, ever.
struct Stubborn(#[expect(dead_code, reason = "it tells when it is dropped")] Told);

impl Consumer for Stubborn {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        _: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        Ok(Consumed::Wait)
    }
}

#[test]
fn who_does_not_stop_in_its_time_is_ended_and_what_it_left_is_counted() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        supervisor.actor("first", idle("first", &log)).start().unwrap();
        let slot = slot(&supervisor, "stubborn");
        let told = log.clone();
        let stubborn = move || ready(Ok::<_, Infallible>(Stubborn(Told::new("stubborn", &told))));
        let within_2 = Duration::from_secs(2);
        supervisor.consumer(&slot, stubborn).stop_within(within_2).start().unwrap();
        let told = log.clone();
        let source = move || ready(Ok::<_, Infallible>(Endless(0, Told::new("source", &told))));
        let within_3 = Duration::from_secs(3);
        supervisor.producer("source", &slot, source).stop_within(within_3).start().unwrap();
        let gauge = slot.gauge().unwrap();
        until("a full link", || gauge.report().written.items >= 8).await;
        log.take();
        let began = Instant::now();
        let error = within("the stop", supervisor.stop()).await.unwrap_err();
        // The producer cannot deliver; with it gone, the consumer has its end, and takes no notice.
        assert_eq!(log.take(), ["-source", "-stubborn", "-first"]);
        assert_eq!(error.cause.actor, "source".into());
        assert!(matches!(error.cause.cause, Cause::Overdue(time) if time == within_3), "{error}");
        assert!(began.elapsed() < Duration::from_secs(6));
        let edge = &error.report.edges[0];
        assert!(edge.discarded.items > 0, "{edge}");
        assert_eq!(edge.written, edge.committed, "{edge}");
    });
}

#[test]
fn a_handler_that_keeps_its_arbiter_is_not_waited_for() {
    let released = std::sync::Arc::new(std::sync::Barrier::new(2));
    System::new().block_on(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let arbiters = aqueduct_supervise::Arbiters::start(1).unwrap();
        supervisor.actor("first", idle("first", &log)).start().unwrap();
        let stuck = supervisor.actor("stuck", idle("stuck", &log));
        let stuck = stuck.stop_within(Duration::from_millis(20));
        stuck.start_on(&arbiters.get(0)).await.unwrap();
        until("the start", || log.len() == 2).await;
        log.take();
        let barrier = released.clone();
        arbiters.get(0).spawn_fn(move || {
            barrier.wait();
            barrier.wait();
        });
        released.wait();
        let error = within("the stop", supervisor.stop()).await.unwrap_err();
        assert_eq!(error.cause.actor, "stuck".into());
        assert_eq!(log.take(), ["-first"]);
        released.wait();
    });
}

#[test]
fn who_starts_while_its_supervisor_stops_is_stopped_too() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        supervisor.actor("a", idle("a", &log)).start().unwrap();
        within("the stop", supervisor.stop()).await.unwrap();
        let late = supervisor.actor("late", idle("late", &log)).start().unwrap();
        within("its end", late.finished()).await.unwrap();
        within("the stop", supervisor.stop()).await.unwrap();
    });
}

#[test]
fn who_waits_to_be_made_anew_stops_as_well() {
    in_no_time(async {
        let (supervisor, tries) = (Supervisor::new("all"), Rc::new(Cell::new(0)));
        let tried = tries.clone();
        let doomed = supervisor.actor("doomed", move || {
            tried.set(tried.get() + 1);
            ready(Err::<Idle, _>(Failure::message("no luck")))
        });
        let policy = Restart::transient().at_most(9).back_off(Duration::from_secs(1));
        doomed.restart(policy).stop_within(Duration::from_millis(10)).start().unwrap();
        until("some lives", || tries.get() == 3).await;
        within("the stop", supervisor.stop()).await.unwrap_err();
        assert_eq!(tries.get(), 3);
    });
}

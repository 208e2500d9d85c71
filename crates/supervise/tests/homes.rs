//! Children whose arbiter goes away.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{convert::Infallible, future::ready, thread::ThreadId, time::Duration};

use actix::System;
use aqueduct_actors::Cause;
use aqueduct_link::Watermarks;
use aqueduct_supervise::{Arbiters, Restart, Supervisor};
use common::{Endless, Log, Taker, Told, idle, until, within};

fn at_once() -> Restart {
    Restart::transient().back_off(Duration::ZERO)
}

async fn thread_of(arbiters: &Arbiters, which: usize) -> ThreadId {
    let (tell, told) = tokio::sync::oneshot::channel();
    arbiters.get(which).spawn_fn(move || tell.send(std::thread::current().id()).unwrap());
    within("the arbiter", told).await.unwrap()
}

#[test]
fn children_of_an_arbiter_that_goes_away_live_on_on_the_one_that_takes_its_place() {
    System::new().block_on(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let arbiters = Arbiters::start(1).unwrap();
        let slot = supervisor.slot("taker", Watermarks::items(8, 32).unwrap()).unwrap();
        let told = log.clone();
        let taker = move || ready(Ok::<_, Infallible>(Taker(Told::new("taker", &told))));
        let taker = supervisor.consumer(&slot, taker).restart(at_once());
        let taker = taker.start_among(&arbiters).await.unwrap();
        let told = log.clone();
        let source = move || ready(Ok::<_, Infallible>(Endless(0, Told::new("source", &told))));
        let source = supervisor.producer("source", &slot, source).restart(at_once());
        let source = source.start_among(&arbiters).await.unwrap();
        let plain = supervisor.actor("plain", idle("plain", &log)).restart(at_once());
        let plain = plain.start_among(&arbiters).await.unwrap();
        let gauge = slot.gauge().unwrap();
        until("the stream", || gauge.report().committed.items > 1_000).await;

        let before = thread_of(&arbiters, 0).await;
        arbiters.get(0).stop();
        until("all restarts", || {
            [taker.restarts(), source.restarts(), plain.restarts()] == [1, 1, 1]
        })
        .await;
        let far = gauge.report().committed.items + 1_000;
        until("the stream", || gauge.report().committed.items > far).await;
        assert_ne!(thread_of(&arbiters, 0).await, before);
        assert!(taker.address().is_some() && plain.address().is_some());
        let report = within("the stop", supervisor.stop()).await.unwrap();
        assert_eq!(report.edges[0].written, report.edges[0].committed);
        assert_eq!(report.edges[0].discarded.items, 0);
    });
}

#[test]
fn a_child_of_one_arbiter_alone_is_lost_with_it_and_the_others_stop() {
    System::new().block_on(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let arbiters = Arbiters::start(1).unwrap();
        supervisor.actor("other", idle("other", &log)).start().unwrap();
        let slot = supervisor.slot("taker", Watermarks::items(8, 32).unwrap()).unwrap();
        let told = log.clone();
        let taker = move || ready(Ok::<_, Infallible>(Taker(Told::new("taker", &told))));
        let taker = supervisor.consumer(&slot, taker).start_on(&arbiters.get(0)).await.unwrap();
        let mut outlet = slot.register("by hand").unwrap();
        arbiters.get(0).stop();
        let error = within("the end", supervisor.finished()).await.unwrap_err();
        assert_eq!(error.cause.actor, *taker.name());
        assert!(matches!(error.cause.cause, Cause::Vanished), "{error}");
        let stopped = within("the stop of its producer", outlet.ready()).await.unwrap_err();
        assert!(stopped.reason.contains("gone"), "{}", stopped.reason);
        assert_eq!(log.take().last().unwrap(), "-other");
    });
}

#[test]
fn children_outlive_no_arbiters() {
    let supervisor = Supervisor::new("all");
    System::new().block_on(async {
        let log = Log::default();
        let arbiters = Arbiters::start(2).unwrap();
        for name in ["a", "b", "c"] {
            let child = supervisor.actor(name, idle(name, &log)).restart(at_once());
            child.start_among(&arbiters).await.unwrap();
        }
        until("the start", || log.len() == 3).await;
        drop(arbiters);
        let error = within("the end", supervisor.finished()).await.unwrap_err();
        assert!(matches!(error.cause.cause, Cause::Vanished), "{error}");
        assert_eq!(log.len(), 6, "{:?}", log.take());
    });
}

//! Who is made anew when a child fails, how often, and when that is enough.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{future::ready, time::Duration};

use aqueduct_actors::{Cause, Exit, Failure};
use aqueduct_link::Watermarks;
use aqueduct_supervise::{Child, Restart, Supervisor};
use common::{
    Endless, Idle, Leave, Log, PLANTED, Panic, Taker, Told, idle, in_no_time,
    silence_planted_panics, until, within,
};
use tokio::time::Instant;

/// Three plain actors whose failures are handled so; they are all made.
async fn three(supervisor: &Supervisor, log: &Log, restart: Restart) -> [Child<Idle>; 3] {
    silence_planted_panics();
    let child = |name| supervisor.actor(name, idle(name, log)).restart(restart).start().unwrap();
    let children = ["a", "b", "c"].map(child);
    until("the start", || log.len() == 3).await;
    assert_eq!(log.take(), ["+a", "+b", "+c"]);
    children
}

fn send<M>(child: &Child<Idle>, message: M)
where
    M: actix::Message + Send + 'static,
    M::Result: Send,
    Idle: actix::Handler<M>,
{
    child.address().unwrap().do_send(message);
}

#[test]
fn one_for_one_makes_the_failed_one_anew_and_nobody_else() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let children = three(&supervisor, &log, Restart::transient()).await;
        send(&children[1], Panic);
        until("the restart", || log.len() == 2).await;
        assert_eq!(log.take(), ["-b", "+b"]);
        assert_eq!(children.map(|child| child.restarts()), [0, 1, 0]);
    });
}

#[test]
fn rest_for_one_ends_the_later_ones_last_first_and_makes_them_anew_in_order() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let children = three(&supervisor, &log, Restart::transient().rest_for_one()).await;
        send(&children[0], Panic);
        until("the restart", || log.len() == 6).await;
        assert_eq!(log.take(), ["-a", "-c", "-b", "+a", "+b", "+c"]);
        send(&children[1], Panic);
        until("the second restart", || log.len() == 4).await;
        assert_eq!(log.take(), ["-b", "-c", "+b", "+c"]);
    });
}

#[test]
fn one_for_all_takes_everybody_along() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let children = three(&supervisor, &log, Restart::transient().one_for_all()).await;
        send(&children[1], Panic);
        until("the restart", || log.len() == 6).await;
        assert_eq!(log.take(), ["-b", "-c", "-a", "+a", "+b", "+c"]);
        assert_eq!(children.map(|child| child.restarts()), [1, 1, 1]);
    });
}

#[test]
fn a_transient_one_that_ends_well_is_over_and_a_permanent_one_is_not() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let [a, b, _c] = three(&supervisor, &log, Restart::transient()).await;
        send(&a, Leave);
        assert!(matches!(within("the end", a.finished()).await, Ok(Exit::Stopped(_))));
        assert_eq!(log.take(), ["-a"]);
        drop(b);
        let lasting = supervisor.actor("d", idle("d", &log)).restart(Restart::permanent());
        let lasting = lasting.start().unwrap();
        until("the start", || log.len() == 1).await;
        send(&lasting, Leave);
        until("the restart", || log.len() == 3).await;
        assert_eq!(log.take(), ["+d", "-d", "+d"]);
        // It stops when its supervisor does.
        within("the stop", supervisor.stop()).await.unwrap();
        assert!(matches!(lasting.finished().await, Ok(Exit::Stopped(_))));
    });
}

#[test]
fn a_crash_loop_starts_exactly_as_often_as_is_allowed_and_then_stops_the_others() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let [a, ..] = three(&supervisor, &log, Restart::transient()).await;
        let made = log.clone();
        let began = Instant::now();
        let doomed = supervisor.actor("doomed", move || {
            made.add("start");
            ready(Err::<Idle, _>(Failure::message("no luck")))
        });
        let policy = Restart::transient().at_most(7).back_off(Duration::from_millis(100));
        let doomed = doomed.restart(policy).start().unwrap();
        let error = within("the end", supervisor.finished()).await.unwrap_err();
        assert_eq!(error.cause.actor, *doomed.name());
        assert!(matches!(error.cause.cause, Cause::Failed(_)), "{error}");
        // The first start, and seven more; then those who were well, the last one first.
        assert_eq!(log.take(), [vec!["start"; 8], vec!["-c", "-b", "-a"]].concat());
        assert_eq!((doomed.restarts(), a.restarts()), (7, 0));
        // At once, then 100, 200, 400, 800, 1000, 1000 ms, each less up to a half.
        let waited = began.elapsed();
        assert!(waited >= Duration::from_millis(1_750), "{waited:?}");
        assert!(waited <= Duration::from_millis(3_600), "{waited:?}");
    });
}

#[test]
fn however_long_the_waits_short_lives_come_to_an_end() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let made = log.clone();
        let policy = Restart::transient().at_most(40).healthy_after(Duration::from_millis(900));
        // Each wait is longer than a healthy life would be, and does not count as one.
        let policy = policy.back_off(Duration::from_secs(1));
        let doomed = supervisor.actor("doomed", move || {
            made.add("start");
            ready(Err::<Idle, _>(Failure::message("no luck")))
        });
        doomed.restart(policy).start().unwrap();
        supervisor.finished().await.unwrap_err();
        assert_eq!(log.len(), 41);
    });
}

#[test]
fn a_restart_without_a_back_off_waits_for_no_timer() {
    in_no_time(async {
        let supervisor = Supervisor::new("all");
        let slot = supervisor.slot::<u64>("doomed", Watermarks::items(8, 32).unwrap()).unwrap();
        let doomed = supervisor
            .consumer(&slot, || ready(Err::<Taker, _>(Failure::message("no luck"))))
            .restart(Restart::transient().back_off(Duration::ZERO));
        let plain = supervisor
            .actor("plain", || ready(Err::<Idle, _>(Failure::message("no luck"))))
            .restart(Restart::transient().back_off(Duration::ZERO));
        let began = Instant::now();
        let (doomed, plain) = (doomed.start().unwrap(), plain.start().unwrap());
        doomed.finished().await.unwrap_err();
        plain.finished().await.unwrap_err();
        // Nobody had to wait, so that the clock had no reason to move.
        assert_eq!(began.elapsed(), Duration::ZERO);
        assert_eq!((doomed.restarts(), plain.restarts()), (5, 5));
    });
}

#[test]
fn a_healthy_life_ends_the_row() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let policy = Restart::transient().at_most(1).healthy_after(Duration::from_secs(10));
        let [a, ..] = three(&supervisor, &log, policy).await;
        for life in 1..=5 {
            tokio::time::sleep(Duration::from_secs(10)).await;
            send(&a, Panic);
            until("the restart", || log.len() == 2 * life).await;
        }
        // Two failures too close to each other are one too many.
        send(&a, Panic);
        let error = within("the end", supervisor.finished()).await.unwrap_err();
        assert_eq!(error.to_string(), format!("a: panicked: {PLANTED}"));
    });
}

#[test]
fn a_temporary_failure_stops_nobody() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let [a, b, c] = three(&supervisor, &log, Restart::temporary()).await;
        send(&b, Panic);
        b.finished().await.unwrap_err();
        assert_eq!(log.take(), ["-b"]);
        assert!(a.address().is_some() && c.address().is_some());
    });
}

#[test]
fn a_permanent_producer_that_is_done_is_made_anew_and_its_stream_goes_on() {
    in_no_time(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let slot = supervisor.slot("taker", Watermarks::items(8, 32).unwrap()).unwrap();
        let told = log.clone();
        let taker = move || ready(Ok::<_, Failure>(Taker(Told::new("taker", &told))));
        supervisor.consumer(&slot, taker).start().unwrap();
        let source = || {
            let short = futures_util::stream::iter(0..10_u64);
            ready(Ok::<_, Failure>(aqueduct_actors::StreamProducer::new(short)))
        };
        let policy = Restart::permanent().at_most(3).back_off(Duration::ZERO);
        let source = supervisor.producer("source", &slot, source).restart(policy);
        let source = source.start().unwrap();
        let report = within("the end", supervisor.finished()).await.unwrap_err().report;
        assert_eq!(report.edges[0].committed.items, 40, "{report}");
        assert_eq!(source.restarts(), 3);
    });
}

#[test]
fn a_child_that_is_killed_is_made_anew_with_its_link() {
    in_no_time(async {
        silence_planted_panics();
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let slot = supervisor.slot("taker", Watermarks::items(8, 32).unwrap()).unwrap();
        let told = log.clone();
        let taker = move || ready(Ok::<_, Failure>(Taker(Told::new("taker", &told))));
        let policy = Restart::transient().at_most(u32::MAX).back_off(Duration::ZERO);
        let taker = supervisor.consumer(&slot, taker).restart(policy).start().unwrap();
        let told = log.clone();
        let source = move || ready(Ok::<_, Failure>(Endless(0, Told::new("source", &told))));
        let source = supervisor.producer("source", &slot, source).restart(policy).start().unwrap();
        let moved = |items| {
            let gauge = slot.gauge();
            move || gauge.as_ref().is_some_and(|gauge| gauge.report().committed.items >= items)
        };
        let epoch = slot.gauge().unwrap().report().epoch;
        for round in 1..=5 {
            until("the stream", moved(round * 1_000)).await;
            taker.kill();
            until("the taker's restart", || u64::from(taker.restarts()) == round).await;
            source.kill();
            until("the source's restart", || u64::from(source.restarts()) == round).await;
        }
        let report = within("the stop", supervisor.stop()).await.unwrap();
        assert_eq!(report.edges.len(), 1);
        assert_eq!(report.edges[0].epoch, epoch, "the registration survives: {report}");
        assert_eq!(report.edges[0].discarded.items, 0, "{report}");
    });
}

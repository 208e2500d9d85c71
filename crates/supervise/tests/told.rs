//! What a child was told reaches it, in whatever life it is: mail dies with the actor that has not read
//! it, and what is told does not.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    cell::{Cell, RefCell},
    convert::Infallible,
    future::{Future, ready},
    rc::Rc,
    time::Duration,
};

use aqueduct_actors::Failure;
use aqueduct_link::Watermarks;
use aqueduct_supervise::{Child, Restart, Supervisor};
use common::{Endless, Log, Taker, Told, idle, in_no_time, until};
use tokio::time::Instant;

/// Longer than the longest wait between two lives.
const SECOND: Duration = Duration::from_secs(1);

/// Lets ten seconds pass, beside a source that never rests, until this is over.
async fn soon<F>(what: &str, future: F) -> F::Output
where
    F: Future + 'static,
    F::Output: 'static,
{
    let task = actix_rt::spawn(future);
    for _ in 0..1_000 {
        if task.is_finished() {
            return task.await.unwrap();
        }
        tokio::time::advance(SECOND / 100).await;
    }
    panic!("{what} hangs")
}

/// Tells it to a supervisor whose source was killed and waits for its third life, and may be killed once
/// more before it reads that; the taker is told a good end in little time.
fn check(is_killed_again: bool, tell: impl AsyncFn(Supervisor) + 'static) {
    in_no_time(async move {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let slot = supervisor.slot("taker", Watermarks::items(8, 32).unwrap()).unwrap();
        let of_taker = log.clone();
        let taker = move || ready(Ok::<_, Failure>(Taker(Told::new("taker", &of_taker))));
        supervisor.consumer(&slot, taker).start().unwrap();
        let (lives, quiet) = (Rc::new(Cell::new(0)), Log::default());
        let made = lives.clone();
        let endless = supervisor.producer("endless", &slot, move || {
            made.set(made.get() + 1);
            ready(Ok::<_, Infallible>(Endless(0, Told::new("endless", &quiet))))
        });
        // The second life comes at once, and the third after a wait.
        let endless = endless.restart(Restart::transient().back_off(SECOND)).start().unwrap();
        let flows = || slot.gauge().is_some_and(|gauge| gauge.report().committed.items > 100);
        until("the first life", flows).await;
        endless.kill();
        until("the second life", || lives.get() == 2).await;
        endless.kill();
        until("the wait for the third", || endless.restarts() == 2).await;
        let (told, began) = (supervisor.clone(), Instant::now());
        let telling = actix_rt::spawn(async move { tell(told).await });
        tokio::task::yield_now().await;
        if is_killed_again {
            endless.kill();
        }
        soon("who tells it", telling).await.unwrap();
        let all = supervisor.clone();
        soon("the end", async move { all.finished().await.unwrap() }).await;
        let edge = &supervisor.report().edges[0];
        assert_eq!((edge.written, edge.discarded.items), (edge.committed, 0), "{edge}");
        assert_eq!(log.take(), ["+taker", "taker finished", "-taker"]);
        assert!(began.elapsed() <= 3 * SECOND, "{:?}", began.elapsed());
    });
}

#[test]
fn who_began_and_is_drained_between_two_lives_ends_his_stream_well() {
    check(false, async |supervisor| supervisor.drain());
}

#[test]
fn who_is_told_to_drain_and_killed_before_he_reads_it_is_drained_in_his_next_life() {
    check(true, async |supervisor| supervisor.drain());
}

#[test]
fn who_is_told_to_stop_and_killed_before_he_reads_it_stops_in_his_time() {
    check(true, async |supervisor| drop(supervisor.stop().await.unwrap()));
}

#[test]
fn a_branch_that_fails_after_it_was_told_to_drain_is_drained_when_it_is_made_anew() {
    in_no_time(async {
        let (all, log) = (Supervisor::new("all"), Log::default());
        let (lives, first) = (Rc::new(Cell::new(0)), Rc::new(RefCell::new(None)));
        let (made, kept) = (lives.clone(), first.clone());
        let told = log.clone();
        let branch = all.supervisor("branch", move |branch: Supervisor| {
            made.set(made.get() + 1);
            let slot = branch.slot("taker", Watermarks::items(8, 32).unwrap()).unwrap();
            let log = told.clone();
            let taker = move || ready(Ok::<_, Failure>(Taker(Told::new("taker", &log))));
            branch.consumer(&slot, taker).start().unwrap();
            let log = told.clone();
            let endless =
                move || ready(Ok::<_, Infallible>(Endless(0, Told::new("endless", &log))));
            branch.producer("endless", &slot, endless).start().unwrap();
            if made.get() == 1 {
                // It keeps the branch from ending well.
                let lasts = branch.actor("lasts", idle("lasts", &told));
                let lasts = lasts.restart(Restart::transient().at_most(0)).start().unwrap();
                kept.borrow_mut().replace(lasts);
            }
            ready(Ok::<_, Failure>(()))
        });
        branch.restart(Restart::transient()).start().unwrap();
        until("the first life", || log.len() == 3).await;
        all.drain();
        until("the end of the stream", || log.take().contains(&"taker finished".to_owned())).await;
        first.borrow().iter().for_each(Child::kill);
        soon("the end", async move { all.finished().await.unwrap() }).await;
        assert_eq!(lives.get(), 2);
    });
}

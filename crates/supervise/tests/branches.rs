//! Supervisors that are children of another one.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{future::ready, time::Duration};

use aqueduct_actors::{Exit, Failure};
use aqueduct_supervise::{Branch, Restart, Supervisor};
use common::{Log, PLANTED, Panic, idle, in_no_time, silence_planted_panics, until, within};

/// A branch with a child that is made anew once at most.
fn branch(all: &Supervisor, log: &Log, restart: Restart) -> Branch {
    silence_planted_panics();
    let log = log.clone();
    let branch = all.supervisor("branch", move |branch: Supervisor| {
        let once = Restart::transient().at_most(1).back_off(Duration::ZERO);
        branch.actor("a", idle("a", &log)).start().unwrap();
        let child = branch.actor("b", idle("b", &log)).restart(once).start().unwrap();
        log.add(format!("{} lives", child.name()));
        actix_rt::spawn(async move {
            // It fails for good as soon as it was made anew.
            while child.restarts() < 2 && child.address().is_some() {
                child.address().unwrap().do_send(Panic);
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        ready(Ok::<_, Failure>(()))
    });
    branch.restart(restart).start().unwrap()
}

#[test]
fn a_failure_that_is_final_goes_up_and_the_branch_is_made_anew_as_a_whole() {
    in_no_time(async {
        let (all, log) = (Supervisor::new("all"), Log::default());
        all.actor("other", idle("other", &log)).start().unwrap();
        let twice = Restart::transient().at_most(1);
        let branch = branch(&all, &log, twice);
        let error = within("the end", all.finished()).await.unwrap_err();
        assert_eq!(error.to_string(), format!("branch: b: panicked: {PLANTED}"));
        branch.finished().await.unwrap_err();
        let life = ["b lives", "+a", "+b", "-b", "+b", "-b", "-a"];
        let lives = [&["+other"][..], &life, &life, &["-other"]].concat();
        let mut told = log.take();
        // Who of the first three is polled first is not promised.
        told[..3].sort_by_key(|event| event != "+other");
        assert_eq!(told, lives);
    });
}

#[test]
fn a_branch_that_cannot_start_is_tried_again_and_given_up() {
    in_no_time(async {
        let (all, log) = (Supervisor::new("all"), Log::default());
        let told = log.clone();
        let doomed = all.supervisor("doomed", move |branch: Supervisor| {
            branch.actor("a", idle("a", &told)).start().unwrap();
            async {
                tokio::time::sleep(Duration::from_millis(1)).await;
                Err(Failure::message("no luck"))
            }
        });
        doomed.restart(Restart::transient().at_most(2)).start().unwrap();
        let error = within("the end", all.finished()).await.unwrap_err();
        assert_eq!(error.to_string(), "doomed: no luck");
        assert_eq!(log.take(), ["+a", "-a"].repeat(3));
    });
}

#[test]
fn a_branch_whose_children_have_ended_has_ended() {
    in_no_time(async {
        let all = Supervisor::new("all");
        let branch = all.supervisor("empty", |_| ready(Ok::<_, Failure>(())));
        let branch = branch.start().unwrap();
        assert_eq!(within("the end", branch.finished()).await.unwrap(), Exit::Done);
        within("the end", all.finished()).await.unwrap();
    });
}

#[test]
fn a_branch_is_halted_with_the_others() {
    in_no_time(async {
        let (all, log) = (Supervisor::new("all"), Log::default());
        silence_planted_panics();
        let together = Restart::transient().one_for_all();
        let first = all.actor("first", idle("first", &log)).restart(together).start().unwrap();
        let told = log.clone();
        let branch = all.supervisor("branch", move |branch: Supervisor| {
            branch.actor("a", idle("a", &told)).start().unwrap();
            branch.actor("b", idle("b", &told)).start().unwrap();
            ready(Ok::<_, Failure>(()))
        });
        let branch = branch.start().unwrap();
        until("the start", || log.len() == 3).await;
        log.take();
        let old = branch.supervisor().unwrap();
        first.address().unwrap().do_send(Panic);
        until("the restart", || log.len() == 6).await;
        assert_eq!(log.take(), ["-first", "-b", "-a", "+first", "+a", "+b"]);
        assert!(old.report().children.iter().all(|child| child.end.is_some()));
        within("the stop", all.stop()).await.unwrap();
        assert_eq!(log.take(), ["-b", "-a", "-first"]);
    });
}

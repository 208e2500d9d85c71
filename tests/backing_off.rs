//! A child that fails for ever costs next to nothing while it waits for its next life.
//!
//! Alone in its process, whose time on the processors is measured.

#![cfg(target_os = "linux")]
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it measured"
)]

use std::{
    cell::Cell,
    fs,
    future::ready,
    rc::Rc,
    time::{Duration, Instant},
};

use aqueduct::prelude::{Batch, Consumed, Consumer, Ctx, Failure, Restart, Supervisor, Watermarks};

struct Never;

impl Consumer for Never {
    type Item = u64;
    type Error = Failure;

    fn consume(
        &mut self,
        _: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Failure> {
        Ok(Consumed::Done)
    }
}

/// What this process has used of its processors; a tick is 10 ms.
fn used() -> Duration {
    let stat = fs::read_to_string("/proc/self/stat").expect("a Linux process");
    let (_, after_name) = stat.rsplit_once(") ").expect("a name in parentheses");
    let field =
        |at: usize| after_name.split(' ').nth(at).and_then(|ticks| ticks.parse::<u64>().ok());
    let ticks: u64 = [11, 12].into_iter().filter_map(field).sum();
    Duration::from_millis(10 * ticks)
}

#[test]
fn a_crash_loop_uses_less_than_a_twentieth_of_a_processor() {
    actix::System::new().block_on(async {
        let supervisor = Supervisor::new("all");
        let slot = supervisor
            .slot("doomed", Watermarks::items(4, 8).expect("good marks"))
            .expect("the name is free");
        let starts = Rc::new(Cell::new(0));
        let counted = starts.clone();
        let doomed = supervisor.consumer(&slot, move || {
            counted.set(counted.get() + 1);
            ready(Err::<Never, _>(Failure::message("no luck")))
        });
        // Twelve starts take about 4 s: 10, 20, 40 … 640 ms, then a second each.
        let policy = Restart::transient().at_most(11);
        let (before, began) = (used(), Instant::now());
        doomed.restart(policy).start().expect("it starts");
        supervisor.finished().await.expect_err("it fails for good");
        let (used, took) = (used() - before, began.elapsed());
        let share = used.as_secs_f64() / took.as_secs_f64();
        println!("{} starts in {took:.1?}: {used:?} used, {:.1} %", starts.get(), 100.0 * share);
        assert_eq!(starts.get(), 12);
        assert!(share < 0.05, "{used:?} of {took:?}");
    });
}

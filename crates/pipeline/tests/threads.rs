//! A pipeline leaves no thread behind. It is a program of its own, so that nobody else has threads.

#![cfg(target_os = "linux")]
#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{fs, time::Duration};

use aqueduct_link::Watermarks;
use aqueduct_pipeline::Pipeline;
use common::{numbers, run};

fn threads() -> usize {
    fs::read_dir("/proc/self/task").expect("it is there").count()
}

/// The last thread goes just after it has told the end.
async fn until_there_are(number: usize) {
    let so = async {
        while threads() > number {
            tokio::task::yield_now().await;
        }
    };
    let left = format!("of {number} threads more are left");
    tokio::time::timeout(Duration::from_secs(20), so).await.expect(&left);
}

async fn on_two_arbiters() {
    let marks = || Watermarks::items(16, 64).expect("good marks");
    let pipeline = Pipeline::named("two")
        .from(numbers(1000))
        .boundary(marks())
        .on("first")
        .map("pass", |n| n)
        .boundary(marks())
        .on("second")
        .fold("count", 0, |count, _| *count += 1);
    let (count, _) = pipeline.run().await.expect("it runs");
    assert_eq!(count, 1000);
}

#[test]
fn arbiters_that_are_brought_are_gone_when_the_pipeline_has_ended() {
    let plain = tokio::runtime::Builder::new_current_thread().enable_time().build();
    plain.expect("a runtime").block_on(async {
        let before = threads();
        for _ in 0..3 {
            on_two_arbiters().await;
            until_there_are(before).await;
        }
    });
    run(async {
        let before = threads();
        on_two_arbiters().await;
        until_there_are(before).await;
    });
}

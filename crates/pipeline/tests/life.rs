//! Pipelines are started, looked at, drained, aborted and let go.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    convert::Infallible,
    fs,
    future::{Future, poll_fn, ready},
    sync::{Arc, Mutex},
    task::Poll,
    time::Duration,
};

use aqueduct_actors::{Ctx, Next, Outbox, PushProducer};
use aqueduct_endpoints::File;
use aqueduct_link::{Items, Reasons, Watermarks};
use aqueduct_pipeline::{Pipeline, blueprint::Unit};
use common::{collector, ends::then_silence, numbers, run, texts};

fn marks(low: u64, high: u64) -> Watermarks<Items> {
    Watermarks::items(low, high).expect("good marks")
}

/// Lets others go on until this is so.
async fn until(mut is_so: impl FnMut() -> bool) {
    let so = async {
        while !is_so() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), so).await.expect("it comes to be");
}

#[test]
fn a_pipeline_that_is_aborted_before_anything_ran_does_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    for arbiter in ["", "other"] {
        let pipeline = Pipeline::named("never");
        let pipeline = if arbiter.is_empty() { pipeline } else { pipeline.on(arbiter) };
        let target = File::create(folder.path().join("never"));
        let failed = run(async {
            let running =
                pipeline.from(texts(u64::MAX)).to(target).build().expect("it is whole").start();
            running.abort("never mind");
            running.abort("the first reason counts");
            running.finished().await
        })
        .expect_err("it was aborted");
        assert!(failed.to_string().starts_with("stopped before its end: "), "{failed}");
        assert!(failed.stage.is_none(), "no stage has failed");
    }
    assert!(fs::read_dir(folder.path()).expect("it is there").next().is_none());
}

#[test]
fn a_drained_pipeline_ends_well_however_often_and_early_it_is_told() {
    let (items, collected) = collector();
    run(async {
        let pipeline = Pipeline::named("twice").from(numbers(u64::MAX)).to(items);
        let running = pipeline.build().expect("it is whole").start();
        running.drain();
        running.drain();
        let report = running.finished().await.expect("it drains");
        running.drain();
        running.abort("too late");
        assert_eq!(running.finished().await.expect("it has drained"), report);
    });
    let collected = collected.lock().expect("no panic");
    assert!(collected.iter().copied().eq(0..collected.len() as u64));
}

#[test]
fn a_silent_pipeline_is_drained_and_its_file_gets_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("whole");
    run(async {
        let pipeline = Pipeline::named("silent")
            .from(then_silence(3))
            .map("text", |n| bytes::Bytes::from(n.to_string()))
            .to(File::create(&path));
        let running = pipeline.build().expect("it is whole").start();
        until(|| running.report().edges.iter().any(|edge| edge.items == 3)).await;
        assert!(!path.exists(), "it is not finished");
        running.drain();
        running.finished().await.expect("it drains");
    });
    assert_eq!(fs::read(&path).expect("it is there"), b"321");
}

#[test]
fn a_pipeline_whose_handles_are_dropped_runs_on() {
    let (items, collected) = collector();
    run(async {
        let pipeline = Pipeline::named("alone").from(numbers(5000)).to(items);
        let running = pipeline.build().expect("it is whole").start();
        drop(running.clone());
        drop(running);
        until(|| collected.lock().expect("no panic").len() == 5000).await;
    });
}

#[test]
fn a_pipeline_in_plain_tokio_whose_handles_are_dropped_runs_on() {
    let (items, collected) = collector();
    let plain = tokio::runtime::Builder::new_current_thread().enable_time().build();
    plain.expect("a runtime").block_on(async {
        let pipeline = Pipeline::named("alone").from(numbers(5000)).to(items);
        drop(pipeline.build().expect("it is whole").start());
        until(|| collected.lock().expect("no panic").len() == 5000).await;
    });
}

#[test]
fn a_pipeline_whose_future_is_dropped_runs_on() {
    let (items, collected) = collector();
    run(async {
        let pipeline = Pipeline::named("alone").from(numbers(5000)).to(items);
        let mut outcome = Box::pin(pipeline.run());
        let polled = poll_fn(|cx| Poll::Ready(outcome.as_mut().poll(cx))).await;
        assert!(polled.is_pending(), "it takes longer than nothing");
        drop(outcome);
        until(|| collected.lock().expect("no panic").len() == 5000).await;
    });
}

#[test]
fn a_pipeline_on_an_arbiter_that_has_stopped_says_so() {
    let failed = run(async {
        let arbiter = actix_rt::Arbiter::new();
        let (tell, told) = tokio::sync::oneshot::channel();
        arbiter.spawn_fn(move || {
            actix_rt::Arbiter::current().stop();
            let (items, _) = collector();
            let pipeline = Pipeline::named("late").from(numbers(10)).to(items);
            let _ = tell.send(pipeline.build().expect("it is whole").start());
        });
        let running = told.await.expect("it is started");
        arbiter.join().expect("it stops");
        running.finished().await
    })
    .expect_err("nothing runs there");
    assert!(failed.to_string().contains("arbiter"), "{failed}");
    assert_eq!(failed.stage, None);
}

#[test]
fn a_pipeline_on_a_thread_whose_system_has_ended_says_so() {
    run(async {});
    let (items, _) = collector();
    let pipeline = Pipeline::named("late").from(numbers(10)).to(items);
    let plain = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let failed = plain.block_on(pipeline.run()).expect_err("its arbiter is gone");
    let told = "late cannot start, because its arbiter has stopped: choose one that runs";
    assert_eq!(failed.to_string(), told);
}

#[test]
fn several_pipelines_run_at_once_each_on_arbiters_of_its_own() {
    run(async {
        let pipelines = (0..4).map(|which| {
            let (items, collected) = collector();
            let pipeline = Pipeline::named(format!("pipeline-{which}"))
                .from(numbers(10_000))
                .boundary(marks(16, 64))
                .on("same name")
                .map("tell", move |n| n * 4 + which)
                .to(items);
            (which, pipeline.build().expect("it is whole").start(), collected)
        });
        for (which, running, collected) in pipelines.collect::<Vec<_>>() {
            running.finished().await.expect("it runs");
            let collected = collected.lock().expect("no panic");
            assert!(collected.iter().copied().eq((0..10_000).map(|n| n * 4 + which)));
        }
    });
}

#[test]
fn the_marks_of_the_last_link_are_those_of_watermarks() {
    let (items, _) = collector();
    let pipeline = Pipeline::named("marks")
        .from(numbers(10_000))
        .map("pass", |n| n)
        .to(items)
        .watermarks(Watermarks::items_within(3, 5, 7).expect("good marks"))
        .build()
        .expect("it is whole");
    let marks = pipeline.blueprint().edges[1].link.expect("there is a link before a consumer");
    assert_eq!((marks.unit, marks.low, marks.high, marks.capacity), (Unit::Items, 3, 5, 7));
    assert_eq!(pipeline.blueprint().edges[0].link, None, "a map is fused");
    let report = run(pipeline.run()).expect("it runs");
    assert!((5..=7).contains(&report.edges[0].high_water_items), "{report}");
}

/// Runs by itself, and writes down when it is paused and resumed.
struct Sensor {
    next: u64,
    end: u64,
    told: Arc<Mutex<Vec<&'static str>>>,
}

impl PushProducer for Sensor {
    type Item = u64;
    type Error = Infallible;

    fn run(
        &mut self,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        self.next += out.extend(self.next..self.end);
        Ok(if self.next == self.end { Next::Done } else { Next::More })
    }

    fn paused(&mut self, _: Reasons, _: &mut Ctx<'_, Self>) {
        self.told.lock().expect("no panic").push("paused");
    }

    fn resumed(&mut self, _: &mut Ctx<'_, Self>) {
        self.told.lock().expect("no panic").push("resumed");
    }
}

#[test]
fn a_producer_that_runs_by_itself_is_paused_and_resumed_in_turn_and_loses_nothing() {
    for fused in [false, true] {
        let told = Arc::<Mutex<Vec<_>>>::default();
        let kept = told.clone();
        let sensor =
            move || ready(Ok::<_, Infallible>(Sensor { next: 0, end: 3000, told: kept.clone() }));
        let (items, collected) = collector();
        let open = Pipeline::named("push").from_push(sensor);
        let report = run(async {
            if fused {
                open.flat_map("twice", |n| [n, n]).to(items).watermarks(marks(4, 16)).run().await
            } else {
                open.to(items).watermarks(marks(4, 16)).run().await
            }
        })
        .expect("it runs");
        let times = if fused { 2 } else { 1 };
        let expected = (0..3000).flat_map(|n| std::iter::repeat_n(n, times));
        assert!(collected.lock().expect("no panic").iter().copied().eq(expected));
        let told = told.lock().expect("no panic");
        assert!(told.len() > 10, "{report}");
        let in_turn = ["paused", "resumed"].into_iter().cycle();
        assert!(told.iter().copied().eq(in_turn.take(told.len())), "{told:?}");
        assert_eq!(report.stages[0].given, Some(3000));
        assert!(report.edges[0].pauses > 0, "{report}");
    }
}

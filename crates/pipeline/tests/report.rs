//! What a report says is true: its figures add up, and it can be read by people and by programs.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{future::ready, time::Duration};

use aqueduct_link::{Items, Watermarks};
use aqueduct_operators::{lines, take};
use aqueduct_pipeline::{Pipeline, PipelineError, Report};
use aqueduct_supervise::Restart;
use common::{
    collector,
    ends::{FailingSink, How, then_silence},
    made, numbers, run,
};
use serde_json::Value;

fn small() -> Watermarks<Items> {
    Watermarks::items(8, 32).expect("good marks")
}

/// What must be true of every report.
fn check(report: &Report) {
    for stage in &report.stages {
        let next = report.edges.iter().find(|edge| edge.from == stage.name);
        let before = report.edges.iter().find(|edge| edge.to == stage.name);
        assert_eq!(stage.taken.is_none(), stage.name == "in", "{report}");
        assert_eq!(stage.given.is_none(), stage.name == "out", "{report}");
        assert_eq!(stage.busy_seconds.is_some(), stage.name.starts_with("step"), "{report}");
        if let (Some(edge), "out") = (before, &*stage.name) {
            assert_eq!(stage.taken, Some(edge.items), "{report}");
        }
        assert!(next.is_none() || before.is_some() || stage.name == "in", "{report}");
    }
    for edge in &report.edges {
        let parts: f64 = edge.paused.iter().map(|part| part.seconds).sum();
        assert!((parts - edge.paused_seconds).abs() < 1e-6, "{report}");
        assert!(edge.paused.iter().all(|part| part.seconds > 0.0), "{report}");
        assert!(edge.waited_seconds <= report.seconds, "{report}");
        assert!(edge.paused_seconds <= report.seconds, "{report}");
        assert!(edge.high_water_items <= edge.items + edge.undelivered_items, "{report}");
        assert_eq!(edge.bytes.is_some(), edge.high_water_bytes.is_some(), "{report}");
    }
    let again = report.stages.iter().filter(|stage| stage.restarts > 0).count();
    let blame = usize::from(report.limited_by.is_some());
    assert_eq!(report.to_string().lines().count(), 1 + report.edges.len() + again + blame);
    let json = report.to_json().expect("it is data");
    assert_eq!(json.lines().count(), 1);
    let back: Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(back["edges"].as_array().map(Vec::len), Some(report.edges.len()));
}

fn counts(report: &Report) -> Vec<(&str, Option<u64>, Option<u64>)> {
    report.stages.iter().map(|stage| (&*stage.name, stage.taken, stage.given)).collect()
}

#[test]
fn each_stage_takes_what_the_one_before_gives() {
    let pipeline = Pipeline::named("chain")
        .from(numbers(1000))
        .named("in")
        .flat_map("step twice", |n| [n, n])
        .filter("step thirds", |n| n % 3 == 0)
        .boundary(small())
        .on("other")
        .map("step behind", |n| n)
        .then(take(600))
        .named("step take")
        .through(|| {
            ready(Ok::<_, PipelineError>(aqueduct_pipeline::stages::Batches::new(
                aqueduct_operators::Batching::of(10),
                None,
            )))
        })
        .named("stage")
        .fold("out", 0, |sum, batch| *sum += batch.len())
        .watermarks(small());
    let (sum, report) = run(pipeline.run()).expect("it runs");
    assert_eq!(sum, 600);
    check(&report);
    let expected = [
        ("step take", Some(600), Some(600)),
        ("stage", Some(600), Some(60)),
        ("out", Some(60), None),
    ];
    assert_eq!(counts(&report)[4..], expected);
    // A `take` ends what is before it somewhere: each has taken what the one before gave until then.
    let [input, twice, thirds, ..] = &*report.stages else { panic!("there are six stages") };
    assert_eq!(input.given, twice.taken);
    assert_eq!(twice.given, thirds.taken);
    assert_eq!(twice.given, twice.taken.map(|taken| taken * 2));
}

#[test]
fn what_was_written_was_handled_or_is_told_as_not_delivered() {
    let whole = run(Pipeline::named("whole")
        .from(numbers(1000))
        .named("in")
        .fold("out", 0, |sum, n| *sum += n)
        .watermarks(small())
        .run());
    let (_, whole) = whole.expect("it runs");
    let sink = FailingSink::new(&[500], How::Error);
    let failed = run(Pipeline::named("failed")
        .from(numbers(1000))
        .named("in")
        .to(sink.factory())
        .named("out")
        .watermarks(small())
        .run());
    let failed = failed.expect_err("it fails").report.expect("it was started");
    for (report, lost) in [(&whole, false), (&*failed, true)] {
        check(report);
        let edge = &report.edges[0];
        assert_eq!(report.stages[0].given, Some(edge.items + edge.undelivered_items), "{report}");
        assert_eq!(edge.undelivered_items > 0, lost, "{report}");
        assert_eq!(report.to_string().contains("not delivered"), lost, "{report}");
    }
}

#[test]
fn bytes_are_told_where_bytes_are_counted_without_the_overhead() {
    let (items, _) = collector();
    let pipeline = Pipeline::named("bytes")
        .from(made(10, |_| bytes::Bytes::from_static(b"four\nfour\n")))
        .named("in")
        .then(lines(100))
        .named("step")
        .to(items)
        .named("out");
    let report = run(pipeline.run()).expect("it runs");
    check(&report);
    assert_eq!((report.edges[0].items, report.edges[0].bytes), (20, Some(100)));
    assert!(report.to_string().contains("in → out: 20 items, 100 B; held"), "{report}");
}

#[test]
fn the_report_of_a_running_pipeline_is_of_this_moment_and_that_of_an_ended_one_stays() {
    run(async {
        let (items, _) = collector();
        let pipeline = Pipeline::named("silent")
            .from(then_silence(5))
            .named("in")
            .map("step", |n| n)
            .to(items)
            .named("out");
        let running = pipeline.build().expect("it is whole").start();
        let delivered = async {
            while running.report().edges.iter().all(|edge| edge.items < 5) {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), delivered).await.expect("five are given");
        let now = running.report();
        check(&now);
        let five = Some(5);
        let expected = [("in", None, five), ("step", five, five), ("out", five, None)];
        assert_eq!(counts(&now), expected, "also the few that were not timed");
        running.drain();
        let last = running.finished().await.expect("it drains");
        check(&last);
        assert!(last.seconds > now.seconds);
        assert_eq!(running.report(), last);
        assert_eq!(running.report(), last);
    });
}

#[test]
fn a_pipeline_that_never_moved_says_so() {
    let pipeline = Pipeline::named("still").from(numbers(0)).named("in");
    let (_, report) = run(pipeline.fold("out", 0, |sum, n| *sum += n).run()).expect("it runs");
    check(&report);
    assert!(report.is_empty());
    assert_eq!(report.limited_by, None);
    let words = report.to_string();
    assert!(words.starts_with("still, "), "{words}");
    assert!(words.ends_with("in → out: 0 items; held at most 0 items; never paused"), "{words}");
    assert!(Report::default().is_empty());
}

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().map(|map| map.keys().map(String::as_str).collect()).unwrap_or_default()
}

#[test]
fn the_report_as_json_has_the_keys_that_programs_rely_on() {
    let sink = FailingSink::new(&[5], How::Error);
    let pipeline = Pipeline::named("json")
        .from(numbers(1000))
        .named("in")
        .flat_map("step", |n| [2 * n, 2 * n + 1])
        .to(sink.factory())
        .named("out")
        .watermarks(small())
        .restart(Restart::transient());
    let report = run(pipeline.run()).expect("it goes on");
    check(&report);
    let json: Value = serde_json::from_str(&report.to_json().expect("it is data")).expect("JSON");
    assert_eq!(keys(&json), ["edges", "limited_by", "pipeline", "seconds", "stages"]);
    let stage = ["busy_seconds", "given", "kind", "name", "restarts", "taken"];
    assert_eq!(keys(&json["stages"][0]), stage);
    let edge = [
        "bytes",
        "fell_back",
        "from",
        "high_water_bytes",
        "high_water_items",
        "items",
        "path",
        "paused",
        "paused_now",
        "paused_seconds",
        "pauses",
        "redelivered_items",
        "to",
        "undelivered_bytes",
        "undelivered_items",
        "waited_seconds",
        "waits",
    ];
    assert_eq!(keys(&json["edges"][0]), edge);
    assert_eq!(keys(&json["edges"][0]["paused"][0]), ["reason", "seconds"]);
    assert_eq!(keys(&json["limited_by"]), ["because", "share", "stage"]);
    assert_eq!(json["edges"][0]["redelivered_items"], 1);
    assert_eq!(json["stages"][2]["restarts"], 1);
    assert_eq!(json["edges"][0]["paused_now"], Value::Null);
}

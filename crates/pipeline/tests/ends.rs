//! Whatever fails, it is told with its stage, its link and its item, and nothing half done is taken
//! for done.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{convert::Infallible, fs, future::pending, path::Path, sync::atomic::Ordering::Relaxed};

use aqueduct_endpoints::{File, FileConsumer, FileProducer, Tcp};
use aqueduct_link::Watermarks;
use aqueduct_operators::lines;
use aqueduct_pipeline::{Pipeline, PipelineError, Report};
use aqueduct_supervise::Restart;
use common::{
    collector,
    ends::{FailingSink, How, failing_source},
    made, numbers, run, texts,
};

fn small() -> Watermarks<aqueduct_link::Items> {
    Watermarks::items(8, 32).expect("good marks")
}

fn check(
    outcome: Result<Report, PipelineError>,
    stage: &str,
    edge: &str,
    sequence: u64,
    text: &str,
) -> PipelineError {
    let failed = outcome.expect_err("it fails");
    assert_eq!(failed.stage.as_deref(), Some(stage), "{failed}");
    assert_eq!(failed.edge.as_deref(), Some(edge), "{failed}");
    assert_eq!(failed.sequence, Some(sequence), "{failed}");
    assert!(failed.to_string().contains(text), "{failed}");
    assert!(failed.report.is_some(), "something was started");
    failed
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).expect("it is there").next().is_none()
}

#[test]
fn a_missing_file_is_told_with_its_remedy_and_no_copy_of_it_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let copy = Pipeline::named("copy")
        .from(File::open(folder.path().join("missing")))
        .named("in")
        .to(File::create(folder.path().join("copy")))
        .named("out");
    check(run(copy.run()), "in", "in → out", 0, "check the path, or create the file first");
    assert!(is_empty(folder.path()));
}

#[test]
fn a_folder_that_is_missing_is_told_with_its_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    for arbiter in ["", "other"] {
        let open = Pipeline::named("copy").from(texts(u64::MAX)).named("in");
        let open = open.boundary(small());
        let open = if arbiter.is_empty() { open } else { open.on(arbiter) };
        let copy = open.to(File::create(folder.path().join("not/there"))).named("out");
        check(run(copy.run()), "out", "in → out", 0, "create its directory first");
    }
    assert!(is_empty(folder.path()));
}

#[test]
fn a_refused_connection_is_told_with_its_remedy() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("it is bound").to_string();
    drop(listener);
    let upload = Pipeline::named("up").from(texts(10)).to(Tcp::connect(address.clone()));
    check(run(upload.run()), "tcp", "Numbers → tcp", 0, "check the port");
    let (items, _) = collector();
    let download = Pipeline::named("down").from(Tcp::connect(address)).to(items);
    check(run(download.run()), "tcp", "tcp → Collector", 0, "check the port");
}

#[test]
fn a_file_whose_producer_fails_half_way_does_not_get_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let target = folder.path().join("half");
    let cut = Pipeline::named("cut")
        .from(failing_source(100, How::Error))
        .map("text", |n| bytes::Bytes::from(format!("{n}\n")))
        .to(File::create(target))
        .named("out");
    let edge = "FailingSource → out";
    check(run(cut.run()), "FailingSource", edge, 100, "FailingSource: planted");
    assert!(is_empty(folder.path()));
}

#[test]
fn a_line_that_is_too_long_names_its_transform_and_its_chunk() {
    let long = Pipeline::named("long")
        .from(made(100, |n| bytes::Bytes::from(if n < 42 { "ab\n" } else { "abcdefghijk\n" })))
        .then(lines(10))
        .fold("count", 0, |count, _| *count += 1);
    let outcome = run(long.run()).map(|(_, report)| report);
    check(outcome, "lines", "Numbers → count", 42, "longer than 10 bytes");
}

#[test]
fn a_source_that_cannot_be_made_ends_a_sink_that_is_still_being_made_and_the_other_way_round() {
    let nothing = Pipeline::named("nothing")
        .from(File::open("/not/there"))
        .named("in")
        .to(pending::<Result<FileConsumer, Infallible>>)
        .named("out");
    check(run(nothing.run()), "in", "in → out", 0, "check the path");
    let nothing = Pipeline::named("nothing")
        .from(pending::<Result<FileProducer, Infallible>>)
        .named("in")
        .boundary(small())
        .on("other")
        .to(File::create("/not/there"))
        .named("out");
    check(run(nothing.run()), "out", "in → out", 0, "create its directory");
}

#[test]
fn a_consumer_that_fails_is_told_with_the_number_of_its_item_and_the_rest_is_counted() {
    for (at, how) in [(0, How::Error), (77, How::Error), (77, How::Panic)] {
        for boundary in [false, true] {
            let sink = FailingSink::new(&[at], how);
            let open = Pipeline::named("sink").from(numbers(1000)).named("in");
            let outcome = if boundary {
                run(open.boundary(small()).on("other").to(sink.factory()).named("out").run())
            } else {
                run(open.to(sink.factory()).named("out").watermarks(small()).run())
            };
            let failed = check(outcome, "out", "in → out", at, "planted");
            let report = failed.report.expect("it was started");
            assert_eq!(report.edges[0].items, at, "{report}");
            assert!(report.edges[0].undelivered_items > 0, "{report}");
            assert_eq!(sink.seen.lock().expect("no panic").len() as u64, at + 1);
        }
    }
}

#[test]
fn a_panic_of_a_producer_is_told_and_what_it_gave_is_delivered() {
    let (items, collected) = collector();
    let source = failing_source(50, How::Panic);
    let fails = Pipeline::named("source").from(source).map("pass", |n| n).to(items);
    let edge = "FailingSource → Collector";
    check(run(fails.run()), "FailingSource", edge, 50, "panicked: planted");
    assert!(collected.lock().expect("no panic").iter().copied().eq(0..50));
}

#[test]
fn a_panic_of_a_fold_is_told() {
    let fold = Pipeline::named("fold").from(numbers(100)).fold("sum", 0, |sum, n| {
        assert_ne!(n, 42, "planted");
        *sum += n;
    });
    // A fold takes its items out of the link: the one in its hands counts as handled.
    let outcome = run(fold.run()).map(|(_, report)| report);
    check(outcome, "sum", "Numbers → sum", 43, "planted");
}

#[test]
fn a_panic_of_a_transform_behind_a_boundary_is_told_by_its_name_and_item() {
    for arbiter in ["", "other"] {
        let (items, collected) = collector();
        let open = Pipeline::named("behind").from(numbers(1000)).boundary(small());
        let open = if arbiter.is_empty() { open } else { open.on(arbiter) };
        let fails = open
            .map("before", |n| n)
            .filter("even", |n| n % 2 == 0)
            .map("brittle", |n| if n == 84 { panic!("planted") } else { n })
            .map("behind it", |n| n)
            .to(items);
        check(run(fails.run()), "brittle", "Numbers → before", 42, "planted");
        assert!(collected.lock().expect("no panic").iter().copied().eq((0..84).step_by(2)));
    }
}

#[test]
fn a_panic_is_not_blamed_on_a_transform_that_had_panicked_and_gone_on_since() {
    let mut first = true;
    let fails = Pipeline::named("twice")
        .from(numbers(1000))
        .boundary(small())
        .map("at 50", |n| if n == 50 { panic!("the second") } else { n })
        .map("at 10", move |n| {
            if n == 10 && std::mem::take(&mut first) {
                panic!("the first");
            }
            n
        })
        .fold("sum", 0, |sum, n| *sum += n)
        .restart(Restart::transient().at_most(1));
    let outcome = run(fails.run()).map(|(_, report)| report);
    check(outcome, "at 50", "Numbers → at 50", 50, "the second");
}

#[test]
fn a_consumer_that_panics_twice_is_made_anew_and_nothing_is_lost() {
    for how in [How::Panic, How::Error] {
        let sink = FailingSink::new(&[10, 500], how);
        let pipeline = Pipeline::named("anew")
            .from(numbers(1000))
            .map("pass", |n| n)
            .boundary(small())
            .on("other")
            .to(sink.factory())
            .named("out")
            .restart(Restart::transient());
        let report = run(pipeline.run()).expect("it goes on");
        let mut expected: Vec<_> = (0..1000).map(|n| (n, false)).collect();
        expected.insert(501, (500, true));
        expected.insert(11, (10, true));
        assert_eq!(*sink.seen.lock().expect("no panic"), expected);
        assert_eq!(sink.lives.load(Relaxed), 3);
        let edge = &report.edges[0];
        assert_eq!((edge.items, edge.redelivered_items, edge.undelivered_items), (1000, 2, 0));
        assert_eq!(report.stages.last().map(|out| out.restarts), Some(2));
        let words = report.to_string();
        assert!(words.contains("2 items delivered again"), "{words}");
        assert!(words.contains("out was made anew 2 times"), "{words}");
    }
}

#[test]
fn the_failure_after_the_last_restart_ends_the_pipeline() {
    let sink = FailingSink::new(&[1, 2, 3], How::Error);
    let pipeline = Pipeline::named("limit")
        .from(numbers(1000))
        .to(sink.factory())
        .named("out")
        .restart(Restart::transient().at_most(2));
    check(run(pipeline.run()), "out", "Numbers → out", 3, "planted");
}

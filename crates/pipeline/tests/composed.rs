//! Pipelines that are composed in Rust do what their stages say, in one actor or in many.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    io,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use aqueduct_link::Watermarks;
use aqueduct_operators::{Batching, Rate, lines, take};
use aqueduct_pipeline::{Pipeline, blueprint::Role};
use bytes::Bytes;
use common::{collector, ends::then_silence, numbers, run};

#[test]
fn transforms_run_in_order_in_the_actor_of_the_producer() {
    let (sum, report) = run(Pipeline::named("sum")
        .from(numbers(1000))
        .filter("even", |n| n % 2 == 0)
        .map("double", |n| n * 2)
        .fold("sum", 0, |sum, n| *sum += n)
        .run())
    .expect("it runs");
    assert_eq!(sum, (0..1000).filter(|n| n % 2 == 0).map(|n| n * 2).sum::<u64>());
    let counts: Vec<_> = report.stages.iter().map(|s| (&*s.name, s.taken, s.given)).collect();
    assert_eq!(
        counts,
        [
            ("Numbers", None, Some(1000)),
            ("even", Some(1000), Some(500)),
            ("double", Some(500), Some(500)),
            ("sum", Some(500), None)
        ]
    );
    assert_eq!(report.edges.len(), 1, "there is one link, and so two actors");
}

#[test]
fn behind_a_boundary_is_another_actor_on_another_arbiter_if_it_says_so() {
    let thread = || std::thread::current().id();
    let (before, behind) = (Arc::default(), Arc::default());
    let note = |at: &Arc<std::sync::Mutex<Option<_>>>| {
        let at = Arc::clone(at);
        move |_: &u64| *at.lock().expect("no panic") = Some(thread())
    };
    let (items, collected) = collector();
    let report = run(Pipeline::named("two")
        .from(numbers(10_000))
        .tap("before", note(&before))
        .boundary(Watermarks::items(16, 64).expect("good marks"))
        .on("other")
        .tap("behind", note(&behind))
        .to(items)
        .run())
    .expect("it runs");
    assert!(collected.lock().expect("no panic").iter().copied().eq(0..10_000));
    assert_ne!(*before.lock().expect("no panic"), *behind.lock().expect("no panic"));
    assert!(report.edges[0].high_water_items <= 128, "{report}");
    assert_eq!(report.edges.len(), 2);
}

#[test]
fn items_need_neither_be_send_nor_clone_on_one_arbiter() {
    struct Precious(Rc<u64>);
    let (sum, _) = run(Pipeline::named("precious")
        .from(numbers(100))
        .map("wrap", |n| Precious(Rc::new(n)))
        .boundary(Watermarks::items(2, 8).expect("good marks"))
        .map("unwrap", |precious| *precious.0)
        .fold("sum", 0, |sum, n| *sum += n)
        .run())
    .expect("it runs");
    assert_eq!(sum, 4950);
}

#[test]
fn a_pipeline_runs_inside_plain_tokio_with_arbiters_that_it_brings() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let (count, _) = runtime
        .block_on(Pipeline::named("plain").from(numbers(10)).fold("n", 0, |n, _| *n += 1).run())
        .expect("it runs");
    assert_eq!(count, 10);
}

#[test]
fn a_flat_map_and_a_take_end_an_endless_producer() {
    let (items, collected) = collector();
    run(Pipeline::named("few")
        .from(numbers(u64::MAX))
        .flat_map("twice", |n| [n, n])
        .then(take(5))
        .to(items)
        .run())
    .expect("it runs");
    assert_eq!(*collected.lock().expect("no panic"), [0, 0, 1, 1, 2]);
}

#[test]
fn batches_are_full_or_due() {
    let batches = Batching::of(4);
    let (items, collected) = collector();
    let full = Pipeline::named("full").from(numbers(10)).batch("by-4", batches).to(items);
    run(full.run()).expect("it runs");
    let sizes: Vec<_> = collected.lock().expect("no panic").iter().map(Vec::len).collect();
    assert_eq!(sizes, [4, 4, 2]);

    // Five items come, and the sixth never: they are given when their time has come.
    let (items, collected) = collector();
    let quick = Batching::of(1000).or_after(Duration::from_millis(5));
    run(async {
        let running = Pipeline::named("due")
            .from(then_silence(5))
            .batch("soon", quick)
            .to(items)
            .build()
            .expect("it is whole")
            .start();
        while collected.lock().expect("no panic").is_empty() {
            tokio::task::yield_now().await;
        }
        running.drain();
        running.finished().await.expect("it drains");
    });
    assert_eq!(*collected.lock().expect("no panic"), [vec![5, 4, 3, 2, 1]]);
}

#[test]
fn a_rate_limit_waits_and_loses_nothing() {
    let rate = Rate::per(10, Duration::from_millis(10)).expect("a rate");
    let began = std::time::Instant::now();
    let (count, report) = run(Pipeline::named("slow")
        .from(numbers(50))
        .rate_limit("gently", rate)
        .fold("count", 0, |count, _| *count += 1)
        .run())
    .expect("it runs");
    assert_eq!(count, 50);
    assert!(began.elapsed() >= Duration::from_millis(40), "{report}");
}

#[test]
fn an_error_names_the_transform_the_link_and_the_item() {
    let failed = run(Pipeline::named("strict")
        .from(numbers(100))
        .map("fine", |n| n)
        .try_map("strict", |n| if n < 42 { Ok(n) } else { Err(io::Error::other("too large")) })
        .fold("sum", 0, |sum, n| *sum += n)
        .run())
    .expect_err("it fails");
    assert_eq!(failed.stage.as_deref(), Some("strict"));
    assert_eq!(failed.sequence, Some(42));
    assert_eq!(failed.edge.as_deref(), Some("Numbers → sum"));
    assert!(failed.source.error().is::<io::Error>());
    assert_eq!(failed.to_string(), "strict: too large (at its item 42, in Numbers → sum)");
}

#[test]
fn a_panic_names_the_transform_that_panicked() {
    let failed = run(Pipeline::named("panics")
        .from(numbers(100))
        .map("fine", |n| n)
        .map("brittle", |n| if n < 42 { n } else { panic!("what now") })
        .map("never reached", |n| n)
        .fold("sum", 0, |sum, n| *sum += n)
        .run())
    .expect_err("it fails");
    assert_eq!(failed.stage.as_deref(), Some("brittle"), "{failed}");
    assert!(failed.to_string().contains("what now"), "{failed}");
}

#[test]
fn a_name_that_is_taken_is_told_before_anything_starts() {
    let started = Arc::new(AtomicU64::new(0));
    let counted = started.clone();
    let mistake = Pipeline::named("twins")
        .from(move || {
            counted.fetch_add(1, Relaxed);
            numbers(1)()
        })
        .map("twin", |n| n)
        .map("twin", |n| n)
        .fold("sum", 0, |sum, n| *sum += n);
    let failed = run(mistake.run()).expect_err("there are two of one name");
    assert!(failed.to_string().contains("two stages are named twin"), "{failed}");
    assert_eq!(started.load(Relaxed), 0);
}

#[test]
fn what_was_not_named_is_told_apart_by_a_number() {
    let (items, _) = collector::<Bytes>();
    let pipeline = Pipeline::named("cut")
        .from(|| aqueduct_endpoints::File::open("in"))
        .then(lines(10))
        .then(lines(10))
        .to(items)
        .build()
        .expect("it is whole");
    let blueprint = pipeline.blueprint();
    let names: Vec<_> = blueprint.stages.iter().map(|stage| &*stage.name).collect();
    assert_eq!(names, ["FileProducer", "lines", "lines-2", "Collector"]);
    assert_eq!(blueprint.stages[1].role, Role::Transform);
    let link = blueprint.edges[2].link.expect("there is a link before a consumer");
    assert_eq!(link.to_string(), "64 KiB … 256 KiB, at most 512 KiB");
}

#[test]
fn a_drained_pipeline_delivers_what_was_given() {
    let (items, collected) = collector();
    let report = run(async {
        let running = Pipeline::named("endless")
            .from(numbers(u64::MAX))
            .boundary(Watermarks::items(16, 64).expect("good marks"))
            .map("pass", |n| n)
            .to(items)
            .build()
            .expect("it is whole")
            .start();
        while running.report().stages.iter().any(|stage| stage.taken == Some(0)) {
            tokio::task::yield_now().await;
        }
        running.drain();
        running.finished().await
    })
    .expect("it drains");
    let collected = collected.lock().expect("no panic");
    assert!(collected.iter().copied().eq(0..collected.len() as u64));
    assert_eq!(report.stages[0].given, Some(collected.len() as u64));
    assert_eq!(report.edges.iter().map(|edge| edge.undelivered_items).sum::<u64>(), 0);
}

#[test]
fn an_aborted_pipeline_ends_and_counts_what_was_not_delivered() {
    let (items, collected) = collector();
    let outcome = run(async {
        let running = Pipeline::named("endless")
            .from(numbers(u64::MAX))
            .boundary(Watermarks::items(16, 64).expect("good marks"))
            .map("pass", |n| n)
            .to(items)
            .build()
            .expect("it is whole")
            .start();
        while running.report().is_empty() {
            tokio::task::yield_now().await;
        }
        running.abort("enough");
        let failed = running.finished().await.expect_err("it was not finished");
        (failed, running.report())
    });
    let (failed, later) = outcome;
    assert_eq!(failed.to_string(), "stopped before its end: enough");
    let report = failed.report.expect("something moved");
    let last = report.edges.last().expect("a link");
    assert_eq!(last.items, collected.lock().expect("no panic").len() as u64);
    assert_eq!(report.edges, later.edges, "an ended pipeline does nothing more");
}

//! Transforms that are known only at run time, in one actor or several, do what they would do item by
//! item.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{convert::Infallible, io};

use aqueduct_operators::{Transform, filter, flat_map, gunzip, gzip, map, skip, take, try_map};
use aqueduct_pipeline::{
    PipelineError, Report,
    blueprint::{Marks, Unit},
    erased::{Json, Part},
};
use bytes::Bytes;
use common::{Collected, collector, draft::Draft, run, texts};

const SMALL: Marks = Marks { unit: Unit::Bytes, low: 4096, high: 16_384, capacity: 32_768 };

fn number(n: u64) -> Bytes {
    n.to_string().into()
}

/// Sends the first so many numbers, as texts, through these transforms, with links before some.
fn through(end: u64, steps: Vec<(bool, Part)>) -> (Result<Report, PipelineError>, Vec<Bytes>) {
    let (items, collected) = collector::<Bytes>();
    let mut draft = Draft::named("steps").producer("in", "numbers", Part::producer(texts(end)));
    for (at, (link, part)) in steps.into_iter().enumerate() {
        draft = if link { draft.link(SMALL) } else { draft };
        draft = draft.transform(&format!("step-{at}"), "step", part);
    }
    let pipeline = draft.consumer("out", "collector", Part::consumer(items));
    let ended = run(pipeline.assemble().expect("it is whole").run());
    (ended, take_all(&collected))
}

fn take_all(collected: &Collected<Bytes>) -> Vec<Bytes> {
    std::mem::take(&mut *collected.lock().expect("no panic"))
}

fn numbered(range: std::ops::Range<u64>) -> Vec<Bytes> {
    range.map(number).collect()
}

/// Fails with the item of this number.
fn brittle(at: u64) -> Part {
    let limit = number(at);
    Part::transform(try_map(move |item: Bytes| {
        if item == limit { Err(io::Error::other("too large")) } else { Ok(item) }
    }))
}

fn first(n: u64) -> Part {
    Part::transform(take::<Bytes>(n))
}

fn plain() -> Part {
    Part::transform(map(|item: Bytes| item))
}

#[test]
fn a_take_ends_an_endless_producer_wherever_it_stands() {
    for links in [[false; 3], [true, false, false], [false, true, false], [false, false, true]] {
        for (place, n) in [(0, 1000), (1, 1000), (2, 1000), (1, 0), (0, 1)] {
            let mut parts = vec![plain(), plain()];
            parts.insert(place, first(n));
            let steps = links.into_iter().zip(parts).collect();
            let (ended, items) = through(u64::MAX, steps);
            ended.expect("it ends");
            assert_eq!(items, numbered(0..n), "links {links:?}, place {place}");
        }
    }
}

#[test]
fn what_was_given_before_an_error_is_delivered_and_the_error_told() {
    for link in [false, true] {
        let steps = vec![(false, plain()), (link, brittle(100)), (false, plain())];
        let (ended, items) = through(1000, steps);
        let failed = ended.expect_err("it fails");
        assert_eq!(failed.stage.as_deref(), Some("step-1"));
        assert_eq!(failed.sequence, Some(100));
        assert_eq!(failed.source.to_string(), "too large");
        assert_eq!(items, numbered(0..100), "{failed}");
    }
}

#[test]
fn an_error_behind_the_last_item_that_is_wanted_does_not_count() {
    let (ended, items) = through(1000, vec![(false, brittle(10)), (false, first(10))]);
    ended.expect("the item that fails is not wanted");
    assert_eq!(items, numbered(0..10));
    // A compressed stream that is cut off fails when it is finished, if that is wanted at all.
    let cut = || {
        Part::transform(
            gzip(6).expect("a level").then(map(|packed: Bytes| packed.slice(..packed.len() - 8))),
        )
    };
    let unpack = || Part::transform(gunzip());
    let spread = || {
        Part::transform(flat_map(|unpacked: Bytes| {
            (0..unpacked.len()).map(move |at| unpacked.slice(at..=at))
        }))
    };
    let steps = vec![(false, cut()), (false, unpack()), (false, spread()), (false, first(3))];
    let (ended, items) = through(5, steps);
    ended.expect("what is cut off is not wanted");
    assert_eq!(items, numbered(0..3));
    let (ended, _) = through(5, vec![(false, cut()), (false, unpack())]);
    assert_eq!(ended.expect_err("it is cut off").stage.as_deref(), Some("step-1"));
}

#[test]
fn the_error_with_the_earlier_item_is_told() {
    let (ended, items) = through(1000, vec![(false, brittle(30)), (false, brittle(20))]);
    assert_eq!(ended.expect_err("both fail").stage.as_deref(), Some("step-1"));
    assert_eq!(items, numbered(0..20));
}

/// Wants one item, and gives much for it, a portion at a time.
struct Verbose(u64);

impl Transform for Verbose {
    type In = Bytes;
    type Out = Bytes;
    type Error = Infallible;

    fn apply(&mut self, _: Bytes, emit: &mut impl FnMut(Bytes)) -> Result<(), Infallible> {
        self.0 = 1;
        emit(number(0));
        Ok(())
    }

    fn more(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<bool, Infallible> {
        let more = (1..500).contains(&self.0);
        if more {
            emit(number(self.0));
            self.0 += 1;
        }
        Ok(more)
    }

    fn finish(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<(), Infallible> {
        emit(number(self.0));
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.0 > 0
    }
}

#[test]
fn a_transform_that_wants_no_more_gives_all_of_what_it_took() {
    for (before, behind) in [(false, false), (true, false), (false, true)] {
        let verbose = Part::transform(Verbose(0));
        let steps = vec![(false, plain()), (before, verbose), (behind, plain())];
        let (ended, items) = through(u64::MAX, steps);
        ended.expect("it ends");
        assert_eq!(items, numbered(0..501), "links {before}, {behind}");
    }
}

#[test]
fn many_transforms_of_which_each_gives_none_or_many_keep_the_order() {
    let thrice = || Part::transform(flat_map(|item: Bytes| vec![item; 3]));
    let steps = vec![
        (false, thrice()),
        (false, thrice()),
        (false, Part::transform(skip::<Bytes>(9))),
        (false, thrice()),
        (false, Part::transform(filter(|item: &Bytes| *item != number(7)))),
    ];
    let (ended, items) = through(100, steps);
    ended.expect("it runs");
    let kept = (1..100).filter(|n| *n != 7);
    let expected: Vec<_> = kept.flat_map(|n| vec![number(n); 27]).collect();
    assert_eq!(items, expected);
}

fn json(text: Bytes) -> Json {
    serde_json::Value::String(String::from_utf8_lossy(&text).into_owned()).into()
}

fn told(json: Json) -> Bytes {
    json.text().to_owned().into()
}

#[test]
fn json_goes_between_parts_like_bytes() {
    let steps = vec![(false, Part::transform(map(json))), (true, Part::transform(map(told)))];
    let (ended, items) = through(3, steps);
    ended.expect("it runs");
    assert_eq!(items, ["\"0\"", "\"1\"", "\"2\""]);
}

#[test]
fn items_that_do_not_meet_end_the_pipeline_and_the_stage_that_takes_them_is_named() {
    let mistaken = "it takes JSON, and is given other items: \
                    put a transform before it that gives JSON";
    for link in [false, true] {
        let steps = vec![(false, plain()), (link, Part::transform(map(told)))];
        let failed = through(3, steps).0.expect_err("they do not meet");
        assert_eq!(failed.stage.as_deref(), Some("step-1"));
        assert_eq!(failed.source.to_string(), mistaken);
        assert_eq!(failed.sequence, Some(0));
    }
    let (items, _) = collector::<Bytes>();
    let to_the_consumer = Draft::named("steps")
        .producer("in", "numbers", Part::producer(texts(3)))
        .transform("parse", "json", Part::transform(map(json)))
        .consumer("out", "collector", Part::consumer(items));
    let to_the_consumer = to_the_consumer.assemble().expect("types are not in a blueprint");
    let failed = run(to_the_consumer.run()).expect_err("they do not meet");
    assert_eq!(failed.stage.as_deref(), Some("out"));
    assert!(failed.source.to_string().starts_with("it takes bytes"), "{failed}");
}

#[test]
fn a_stage_list_may_stand_in_any_order_and_the_report_is_in_the_order_of_the_data() {
    let (items, collected) = collector::<Bytes>();
    let mut draft = Draft::named("mixed")
        .producer("in", "numbers", Part::producer(texts(100)))
        .link(SMALL)
        .transform("mid", "map", plain())
        .consumer("out", "collector", Part::consumer(items));
    draft.blueprint.stages.reverse();
    draft.parts.reverse();
    let report = run(draft.assemble().expect("it is whole").run()).expect("it runs");
    assert_eq!(take_all(&collected), numbered(0..100));
    let ways: Vec<_> = report.edges.iter().map(|edge| (&*edge.from, &*edge.to)).collect();
    assert_eq!(ways, [("in", "mid"), ("mid", "out")]);
}

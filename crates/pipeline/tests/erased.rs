//! A pipeline that is assembled of parts does what the same pipeline does that is composed in Rust.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{fs, path::Path, time::Duration};

use aqueduct_endpoints::File;
use aqueduct_link::{Watermarks, kib};
use aqueduct_operators::{Rate, Transform, count, filter, gunzip, gzip, lines, map, take};
use aqueduct_pipeline::{
    Assembled, Pipeline, Report,
    blueprint::{Marks, Unit},
    erased::Part,
    picture,
};
use bytes::Bytes;
use common::{draft::Draft, run};

const LONGEST: usize = 1 << 16;
const SMALL: Marks = Marks { unit: Unit::Bytes, low: 4096, high: 16_384, capacity: 32_768 };

fn read(path: &Path) -> Part {
    Part::producer(File::open(path))
}

fn write(path: &Path) -> Part {
    Part::consumer(File::create(path))
}

fn shout(line: Bytes) -> Bytes {
    line.to_ascii_uppercase().into()
}

fn number(n: u64) -> Bytes {
    n.to_string().into()
}

/// Makes both pipelines of the same input; they are drawn alike, and make the same output.
fn check(
    input: &[u8],
    typed: fn(&Path, &Path) -> Assembled,
    erased: fn(&Path, &Path) -> Draft,
    expected: &[u8],
) {
    let folder = tempfile::tempdir().expect("a folder");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("in"), input).expect("room");
    let typed = typed(&at("in"), &at("typed"));
    let erased = erased(&at("in"), &at("erased")).assemble().expect("it is whole");
    assert_eq!(typed.blueprint(), erased.blueprint());
    let draw = |pipeline: &Assembled| picture::mermaid(&[pipeline.blueprint()]);
    assert_eq!(draw(&typed), draw(&erased));
    let counts = |report: &Report| -> Vec<_> {
        report.stages.iter().map(|s| (s.name.clone(), s.taken, s.given)).collect()
    };
    let typed = run(typed.run()).expect("it runs typed");
    let erased = run(erased.run()).expect("it runs erased");
    assert!(fs::read(at("typed")).expect("it is there") == expected, "typed, {typed}");
    assert!(fs::read(at("erased")).expect("it is there") == expected, "erased, {erased}");
    // Where all is wanted, all is counted alike; a `take` stops the one or the other sooner.
    if !typed.stages.iter().any(|stage| stage.kind == "take") {
        let without_ends = |report| counts(report).split_off(1);
        assert_eq!(without_ends(&typed), without_ends(&erased));
    }
}

#[test]
fn lines_through_a_filter_and_over_a_boundary_to_another_arbiter_are_the_same() {
    let line = |n: u32| format!("{} item {n}\n", if n.is_multiple_of(3) { "must" } else { "may" });
    let input: String = (0..9000).map(line).collect();
    let kept = (0..9000).filter(|n| n % 3 == 0).take(2000).map(line);
    let expected: String = kept.map(|line| line.to_uppercase()).collect();
    check(
        input.as_bytes(),
        |from, to| {
            Pipeline::named("must")
                .from(File::open(from))
                .named("in")
                .then(lines(LONGEST))
                .filter("must", |line| line.starts_with(b"must"))
                .boundary(Watermarks::bytes(kib(4), kib(16)).expect("good marks"))
                .on("cpu")
                .then(take(2000))
                .map("shout", shout)
                .to(File::create(to))
                .named("out")
                .build()
                .expect("it is whole")
        },
        |from, to| {
            Draft::named("must")
                .producer("in", "file", read(from))
                .transform("lines", "lines", Part::transform(lines(LONGEST)))
                .transform(
                    "must",
                    "filter",
                    Part::transform(filter(|line: &Bytes| line.starts_with(b"must"))),
                )
                .link(SMALL)
                .on("cpu")
                .transform("take", "take", Part::transform(take::<Bytes>(2000)))
                .transform("shout", "map", Part::transform(map(shout)))
                .consumer("out", "file", write(to))
        },
        expected.as_bytes(),
    );
}

#[test]
fn transforms_finish_in_their_order_each_with_what_the_one_before_left() {
    // The end of the compressed stream and the last line are both given at the finish only.
    let input = "a\nlast line without an end".repeat(3);
    let expected = input.to_uppercase();
    check(
        input.as_bytes(),
        |from, to| {
            Pipeline::named("there and back")
                .from(File::open(from))
                .then(gzip(6).expect("a level"))
                .then(gunzip())
                .then(lines(LONGEST))
                .map("shout", shout)
                .to(File::create(to))
                .named("out")
                .build()
                .expect("it is whole")
        },
        |from, to| {
            Draft::named("there and back")
                .producer("file", "file", read(from))
                .transform("gzip", "gzip", Part::transform(gzip(6).expect("a level")))
                .transform("gunzip", "gunzip", Part::transform(gunzip()))
                .transform("lines", "lines", Part::transform(lines(LONGEST)))
                .transform("shout", "map", Part::transform(map(shout)))
                .consumer("out", "file", write(to))
        },
        expected.as_bytes(),
    );
}

#[test]
fn a_chunk_that_expands_to_a_thousand_times_its_size_is_counted_whole() {
    let mut squeezed = Vec::new();
    let mut packer = gzip(6).expect("a level");
    let mut keep = |chunk: Bytes| squeezed.extend_from_slice(&chunk);
    let zeros = Bytes::from([&[b'0'; 1023][..], b"\n"].concat());
    for _ in 0..8192 {
        packer.apply(zeros.clone(), &mut keep).expect("it packs");
    }
    packer.finish(&mut keep).expect("it packs");
    check(
        &squeezed,
        |from, to| {
            Pipeline::named("count")
                .from(File::open(from))
                .then(gunzip())
                .then(lines(LONGEST))
                .then(count().then(map(number)))
                .to(File::create(to))
                .named("out")
                .build()
                .expect("it is whole")
        },
        |from, to| {
            let counted = Part::transform(count::<Bytes>().then(map(number)));
            Draft::named("count")
                .producer("file", "file", read(from))
                .transform("gunzip", "gunzip", Part::transform(gunzip()))
                .transform("lines", "lines", Part::transform(lines(LONGEST)))
                .transform("transform", "transform", counted)
                .consumer("out", "file", write(to))
        },
        b"8192",
    );
}

#[test]
fn a_rate_limit_between_links_passes_all_on() {
    const PACE: Duration = Duration::from_millis(1);
    let input: String = (0..40).map(|n| format!("{n}\n")).collect();
    check(
        input.as_bytes(),
        |from, to| {
            Pipeline::named("gently")
                .from(File::open(from))
                .then(lines(LONGEST))
                .rate_limit("limit", Rate::per(10, PACE).expect("a rate"))
                .to(File::create(to))
                .named("out")
                .build()
                .expect("it is whole")
        },
        |from, to| {
            Draft::named("gently")
                .producer("file", "file", read(from))
                .transform("lines", "lines", Part::transform(lines(LONGEST)))
                .stage("limit", "rate-limit", Part::stage(Rate::per(10, PACE).expect("a rate")))
                .consumer("out", "file", write(to))
        },
        input.as_bytes(),
    );
}

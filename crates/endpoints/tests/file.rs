//! The promises of the file endpoints.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails; one that is skipped says so"
)]

mod common;

use std::{fs, future::Future, os::unix::fs::PermissionsExt, pin::Pin, task::Poll};

use aqueduct_actors::{Exit, Shell};
use aqueduct_endpoints::File;
use aqueduct_link::{CHUNK_OVERHEAD, Slot, Watermarks, kib};
use bytes::Bytes;
use tempfile::tempdir;

use common::{
    Basin, Source, held, in_system, marks, names_in, pour, run, run_within, until, until_stuck,
    water,
};

fn check_copy(bytes: usize, chunk: usize) {
    let directory = tempdir().unwrap();
    let (old, new) = (directory.path().join("old"), directory.path().join("new"));
    fs::write(&old, water(bytes)).unwrap();
    let ended = in_system(async {
        let reader = File::open(&old).chunk(chunk).await.unwrap();
        assert_eq!(reader.size(), Some(bytes as u64));
        run(reader, File::create(&new).await.unwrap()).await
    });
    let report = ended.well();
    assert_eq!(fs::read(&new).unwrap(), water(bytes));
    assert_eq!(names_in(directory.path()), ["new", "old"]);
    let chunks = bytes.div_ceil(chunk) as u64;
    assert_eq!(report.written.items, chunks);
    assert_eq!(report.written.bytes, bytes as u64 + chunks * CHUNK_OVERHEAD);
}

#[test]
fn files_of_every_size_are_copied_whole_and_each_chunk_is_counted() {
    let chunk = 64 * 1024;
    for bytes in [0, 1, chunk - 1, chunk, chunk + 1, 3 * 1024 * 1024] {
        check_copy(bytes, chunk);
    }
    check_copy(100_000, 1000);
    check_copy(300, 1);
}

#[test]
fn chunks_fit_a_small_link() {
    let directory = tempdir().unwrap();
    let (old, new) = (directory.path().join("old"), directory.path().join("new"));
    fs::write(&old, water(100_000)).unwrap();
    let report = in_system(async {
        let marks = Watermarks::bytes_within(256, 2048, 2048).unwrap();
        let reader = File::open(&old).await.unwrap();
        run_within(marks, reader, File::create(&new).await.unwrap()).await.well()
    });
    assert_eq!(fs::read(&new).unwrap(), water(100_000));
    assert!(report.peak.bytes <= 2048, "{:?}", report.peak);
}

#[test]
fn the_final_name_appears_with_the_end_and_not_before() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("new");
    fs::write(&path, "what was there").unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
    in_system(async {
        let slot = Slot::new("file", marks());
        let mut outlet = slot.register("test").unwrap();
        let file = File::create(&path).await.unwrap();
        let file = Shell::consumer("file", file, &slot).unwrap().start();
        pour(&mut outlet, Bytes::from_static(b"all"));
        outlet.flush().await.unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"what was there");
        let names = names_in(directory.path());
        assert!(names.len() == 2 && names[0].starts_with(".aqueduct-"), "{names:?}");
        outlet.finish();
        assert_eq!(file.finished().await.unwrap(), Exit::Done);
    });
    assert_eq!(fs::read(&path).unwrap(), b"all");
    assert_eq!(names_in(directory.path()), ["new"]);
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
}

#[test]
fn a_stream_that_broke_off_leaves_no_file_and_the_old_one_as_it_was() {
    let directory = tempdir().unwrap();
    let (path, old) = (directory.path().join("new"), directory.path().join("old"));
    fs::write(&old, "old").unwrap();
    for target in [&path, &old] {
        in_system(async {
            let slot = Slot::new("file", marks());
            let mut outlet = slot.register("test").unwrap();
            let file = File::create(target).await.unwrap();
            let file = Shell::consumer("file", file, &slot).unwrap().start();
            pour(&mut outlet, Bytes::from_static(b"half"));
            outlet.flush().await.unwrap();
            outlet.fail("the test wants it so");
            assert_eq!(file.finished().await.unwrap(), Exit::Done);
        });
        assert_eq!(names_in(directory.path()), ["old"]);
        assert_eq!(fs::read(&old).unwrap(), b"old");
    }
}

#[test]
fn a_writer_that_is_dropped_leaves_no_file() {
    let directory = tempdir().unwrap();
    in_system(async {
        let file = File::create(directory.path().join("new")).await.unwrap();
        assert_eq!(names_in(directory.path()).len(), 1);
        drop(file);
    });
    assert!(names_in(directory.path()).is_empty());
}

#[test]
fn a_symbolic_link_stays_and_its_file_is_replaced() {
    let directory = tempdir().unwrap();
    let (link, file) = (directory.path().join("link"), directory.path().join("file"));
    fs::write(&file, "old").unwrap();
    std::os::unix::fs::symlink("file", &link).unwrap();
    in_system(async {
        run(Source::of(b"new"), File::create(&link).await.unwrap()).await.well();
    });
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::read(&file).unwrap(), b"new");
}

#[test]
fn appending_goes_on_behind_what_is_there_and_stays_after_an_abort() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("log");
    in_system(async {
        for part in [&b"one "[..], b"two "] {
            run(Source::of(part), File::append(&path).await.unwrap()).await.well();
        }
        let slot = Slot::new("file", marks());
        let mut outlet = slot.register("test").unwrap();
        let file = File::append(&path).await.unwrap();
        assert_eq!(file.offset(), 8);
        let file = Shell::consumer("file", file, &slot).unwrap().start();
        pour(&mut outlet, Bytes::from_static(b"three"));
        outlet.flush().await.unwrap();
        outlet.abort("the test wants it so");
        file.finished().await.unwrap();
    });
    assert_eq!(fs::read(&path).unwrap(), b"one two three");
}

#[test]
fn reading_begins_where_it_is_told_to() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, water(200_000)).unwrap();
    for offset in [0, 1, 65_536, 199_999, 200_000, 300_000] {
        let basin = Basin::default();
        in_system(async {
            let file = File::open(&path).from_offset(offset).await.unwrap();
            run(file, basin.clone()).await.well();
        });
        let rest = water(200_000).split_off((offset as usize).min(200_000));
        assert_eq!(basin.bytes(), rest, "from {offset}");
    }
}

#[test]
fn an_item_of_no_bytes_is_committed_as_well() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("file");
    in_system(async {
        let slot = Slot::new("file", marks());
        let mut outlet = slot.register("test").unwrap();
        let file = Shell::consumer("file", File::create(&path).await.unwrap(), &slot).unwrap();
        let file = file.start();
        for chunk in ["", "a", "", "", "b", ""] {
            pour(&mut outlet, Bytes::from_static(chunk.as_bytes()));
        }
        outlet.close().await.unwrap();
        file.finished().await.unwrap();
    });
    assert_eq!(fs::read(&path).unwrap(), b"ab");
}

#[test]
fn a_reader_whose_consumer_does_not_take_is_paused_and_holds_no_more_than_the_capacity() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("file");
    fs::write(&path, water(3 * 1024 * 1024)).unwrap();
    in_system(async {
        let slot = Slot::new("slow", marks());
        let outlet = slot.register("file").unwrap();
        let gauge = outlet.gauge();
        let reader = Shell::pull("file", File::open(&path).await.unwrap(), outlet).start();
        let written = until_stuck(&gauge).await;
        assert!((kib(256)..kib(512)).contains(&written), "{written}");
        let basin = Basin::default();
        let taker = Shell::consumer("slow", basin.clone(), &slot).unwrap().start();
        until(|| {
            held(&gauge);
            basin.end().is_some()
        })
        .await;
        reader.finished().await.unwrap();
        taker.finished().await.unwrap();
        assert_eq!(basin.bytes(), water(3 * 1024 * 1024));
    });
}

#[test]
fn a_clone_of_a_builder_begins_anew_with_the_same_options() {
    let directory = tempdir().unwrap();
    let (old, new) = (directory.path().join("old"), directory.path().join("new"));
    fs::write(&old, water(1_000)).unwrap();
    in_system(async {
        let (open, append) = (File::open(&old).from_offset(900).chunk(10), File::append(&new));
        for _ in 0..3 {
            let (reader, writer) = (open.clone().await.unwrap(), append.clone().await.unwrap());
            assert_eq!(run(reader, writer).await.well().written.items, 10);
        }
        let mut begun = open;
        let _ = std::future::poll_fn(|task| Poll::Ready(Pin::new(&mut begun).poll(task))).await;
        assert_eq!(begun.clone().await.unwrap().offset(), 900, "also of one that has begun");
    });
    assert_eq!(fs::read(&new).unwrap(), water(1_000)[900..].repeat(3));
}

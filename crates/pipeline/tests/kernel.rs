//! Where a pipeline leaves bytes in the kernel, and what it tells of it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod common;

use std::{fs, path::Path};

use aqueduct_endpoints::File;
use aqueduct_link::{Watermarks, kib};
use aqueduct_pipeline::{
    Blueprint, LinkReport, Pipeline, Report,
    blueprint::{Edge, Role, Stage},
    erased::{Part, assemble},
};
use aqueduct_supervise::Restart;

use common::run as in_system;

const BYTES: usize = 1_000_000;

/// Runs what is made of two paths; the file has arrived, and the one link is looked at.
fn check(make: impl AsyncFnOnce(&Path, &Path) -> Report, path: &str) -> LinkReport {
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    let water: Vec<u8> = (0..BYTES).map(|at| (at % 251) as u8).collect();
    fs::write(&old, &water).unwrap();
    let report = in_system(async { make(&old, &new).await });
    assert!(fs::read(&new).unwrap() == water);
    let edge = report.edges.last().unwrap().clone();
    assert_eq!((edge.path.as_str(), edge.bytes), (path, Some(BYTES as u64)), "{report}");
    assert_eq!(edge.undelivered_items, 0);
    assert_eq!(report.to_string().contains("kernel"), path != "user", "{report}");
    assert!(report.to_json().unwrap().contains(&format!("\"path\":\"{path}\"")));
    edge
}

#[test]
fn bytes_between_two_files_stay_in_the_kernel_and_are_counted_alike() {
    let with = |old: &Path, new: &Path| {
        Pipeline::named("copy").from(File::open(old)).to(File::create(new))
    };
    let kernel =
        check(async |old, new| with(old, new).run().await.unwrap(), "kernel: copy_file_range");
    let user = check(async |old, new| with(old, new).user_space().run().await.unwrap(), "user");
    assert_eq!(kernel.items, user.items);
    assert!(kernel.high_water_bytes.unwrap() <= kib(512));
    let restarted = async |old: &Path, new: &Path| {
        with(old, new).restart(Restart::transient()).run().await.unwrap()
    };
    check(restarted, "user");
}

#[test]
fn what_lies_between_keeps_bytes_in_the_process() {
    check(
        async |old, new| {
            let all = Pipeline::named("copy").from(File::open(old)).filter("all", |_| true);
            all.to(File::create(new)).run().await.unwrap()
        },
        "user",
    );
    check(
        async |old, new| {
            let (old, new) = (old.to_owned(), new.to_owned());
            let from = Pipeline::named("copy").from(move || File::open(&old));
            from.to(File::create(new)).run().await.unwrap()
        },
        "user",
    );
    let boundary = |old: &Path| {
        let marks = Watermarks::bytes(kib(16), kib(64)).unwrap();
        Pipeline::named("copy").from(File::open(old)).boundary(marks)
    };
    check(
        async |old, new| boundary(old).to(File::create(new)).run().await.unwrap(),
        "kernel: copy_file_range",
    );
    check(
        async |old, new| boundary(old).on("other").to(File::create(new)).run().await.unwrap(),
        "user",
    );
}

#[test]
fn parts_that_are_known_at_run_time_take_the_same_way() {
    for (kernel, path) in [(true, "kernel: copy_file_range"), (false, "user")] {
        check(
            async |old, new| {
                let stage = |name: &str, role| Stage {
                    name: name.into(),
                    kind: "file".into(),
                    role,
                    arbiter: None,
                };
                let blueprint = Blueprint {
                    name: "copy".into(),
                    stages: vec![stage("old", Role::Producer), stage("new", Role::Consumer)],
                    edges: vec![Edge { from: "old".into(), to: "new".into(), link: None }],
                    restart: None,
                };
                let from = Part::producer(File::open(old));
                let from = if kernel { from } else { from.in_user_space() };
                let parts = vec![from, Part::consumer(File::create(new))];
                assemble(blueprint, parts).unwrap().run().await.unwrap()
            },
            path,
        );
    }
}

#[test]
fn a_way_that_could_not_be_taken_is_told_with_its_cause() {
    let append = async |old: &Path, new: &Path| {
        let closed = Pipeline::named("log").from(File::open(old)).to(File::append(new));
        closed.run().await.unwrap()
    };
    let folder = tempfile::tempdir().unwrap();
    let (old, new) = (folder.path().join("old"), folder.path().join("new"));
    fs::write(&old, "water").unwrap();
    let report = in_system(async { append(&old, &new).await });
    assert_eq!(report.edges[0].path, "user");
    assert!(report.edges[0].fell_back.as_ref().unwrap().starts_with("sendfile: "));
    assert!(report.to_string().contains("; user (not sendfile: "), "{report}");
}

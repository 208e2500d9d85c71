//! What the file endpoints refuse, and what they say then.

#![allow(
    clippy::unwrap_used,
    clippy::print_stderr,
    reason = "a test that cannot go on fails; one that is skipped says so"
)]

mod common;

use std::{
    fs,
    io::{ErrorKind, Read},
    os::unix::fs::PermissionsExt,
    path::Path,
    process::Command,
};

use aqueduct_actors::{Exit, Shell};
use aqueduct_endpoints::{Action, EndpointError, File};
use aqueduct_link::{AfterLoss, Slot, SlotOptions};
use bytes::Bytes;
use tempfile::tempdir;

use common::{Basin, Source, check_error, in_system, marks, names_in, pour, run, until, water};

fn refused<T: std::fmt::Debug>(
    path: &Path,
    result: Result<T, EndpointError>,
    action: Action,
    kind: ErrorKind,
    remedy: &str,
) {
    let error = result.unwrap_err();
    assert_eq!((error.action(), error.kind()), (action, kind), "{error}");
    assert_eq!(error.endpoint(), format!("file {}", path.display()));
    let text = error.to_string();
    assert!(text.contains(remedy) && text.contains(&path.display().to_string()), "{text}");
    assert!(!text.contains("at byte"), "{text}");
}

#[test]
fn a_directory_is_refused() {
    let directory = tempdir().unwrap();
    let path = directory.path();
    in_system(async {
        let kind = ErrorKind::IsADirectory;
        refused(path, File::open(path).await, Action::Open, kind, "name a file");
        refused(path, File::create(path).await, Action::Create, kind, "name a file");
        refused(path, File::append(path).await, Action::Create, kind, "name a file");
        assert!(names_in(path).is_empty());
    });
}

#[test]
fn a_missing_file_or_directory_is_told_with_its_path() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("missing").join("file");
    in_system(async {
        let kind = ErrorKind::NotFound;
        refused(&path, File::open(&path).await, Action::Open, kind, "check the path");
        refused(&path, File::create(&path).await, Action::Create, kind, "create its directory");
    });
}

#[test]
fn a_directory_that_may_not_be_written_to_is_told() {
    let directory = tempdir().unwrap();
    let closed = directory.path().join("closed");
    fs::create_dir(&closed).unwrap();
    fs::set_permissions(&closed, fs::Permissions::from_mode(0o555)).unwrap();
    if fs::write(closed.join("probe"), "").is_ok() {
        eprintln!("skipped: this user may write everywhere");
        return;
    }
    let path = closed.join("new");
    in_system(async {
        let kind = ErrorKind::PermissionDenied;
        refused(&path, File::create(&path).await, Action::Create, kind, "check that this user");
    });
}

#[test]
fn a_file_in_place_of_a_directory_is_told() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("file");
    fs::write(&file, "").unwrap();
    let path = file.join("new");
    in_system(async {
        let kind = ErrorKind::NotADirectory;
        refused(&path, File::create(&path).await, Action::Create, kind, "is a file");
        refused(&path, File::open(&path).await, Action::Open, kind, "is a file");
    });
}

#[test]
fn a_device_is_refused_unless_it_is_allowed() {
    let path = Path::new("/dev/null");
    in_system(async {
        let kind = ErrorKind::Unsupported;
        refused(path, File::open(path).await, Action::Open, kind, "allow_special");
        refused(path, File::create(path).await, Action::Create, kind, "allow_special");
        let reader = File::open(path).allow_special().await.unwrap();
        assert_eq!(reader.size(), None);
        let writer = File::create(path).allow_special().await.unwrap();
        run(reader, writer).await.well();
    });
}

#[test]
fn a_full_device_is_an_error_and_nothing_was_committed() {
    in_system(async {
        let writer = File::create("/dev/full").allow_special().await.unwrap();
        let ended = run(Source::of(&water(100_000)), writer).await;
        assert_eq!(ended.report.committed, ended.report.discarded);
        assert!(ended.producer.is_ok(), "its producer was stopped: {:?}", ended.producer);
        check_error(ended.consumer, |error| {
            assert_eq!((error.action(), error.kind()), (Action::Write, ErrorKind::StorageFull));
            assert_eq!(error.offset(), 0);
            assert_eq!(
                error.to_string(),
                "cannot write to file /dev/full: No space left on device (os error 28); \
                 free some space on the device, or write to another"
            );
        });
    });
}

fn fifo(directory: &Path) -> Option<std::path::PathBuf> {
    let path = directory.join("fifo");
    let made = Command::new("mkfifo").arg(&path).status();
    if made.is_ok_and(|status| status.success()) {
        return Some(path);
    }
    eprintln!("skipped: there is no mkfifo (on Debian: apt-get install coreutils)");
    assert!(std::env::var_os("AQUEDUCT_TEST_ALL").is_none(), "nothing may be skipped");
    None
}

#[test]
fn a_fifo_carries_all_where_it_is_allowed() {
    let directory = tempdir().unwrap();
    let Some(path) = fifo(directory.path()) else { return };
    let basin = Basin::default();
    in_system(async {
        let kind = ErrorKind::Unsupported;
        refused(&path, File::open(&path).await, Action::Open, kind, "allow_special");
        let sending = actix_rt::spawn({
            let path = path.clone();
            async move {
                let writer = File::create(&path).allow_special().await.unwrap();
                run(Source::of(&water(1_000_000)), writer).await.well();
            }
        });
        let reader = File::open(&path).allow_special().await.unwrap();
        run(reader, basin.clone()).await.well();
        sending.await.unwrap();
    });
    assert_eq!(basin.bytes(), water(1_000_000));
    assert_eq!(names_in(directory.path()), ["fifo"]);
}

#[test]
fn a_failed_write_tells_the_byte() {
    let directory = tempdir().unwrap();
    let Some(path) = fifo(directory.path()) else { return };
    in_system(async {
        let slot = Slot::new("fifo", marks());
        let mut outlet = slot.register("test").unwrap();
        let reader = std::thread::spawn({
            let path = path.clone();
            move || fs::File::open(path).unwrap()
        });
        let writer = File::create(&path).allow_special().await.unwrap();
        let writer = Shell::consumer("fifo", writer, &slot).unwrap().start();
        pour(&mut outlet, Bytes::from(water(1000)));
        outlet.flush().await.unwrap();
        drop(reader.join().unwrap());
        // A child that another test makes at this moment may hold the other end a little longer.
        while outlet.write(Bytes::from(water(1000))).is_ok() && outlet.flush().await.is_ok() {}
        check_error(writer.finished().await, |error| {
            assert!(error.is_broken_pipe());
            assert!(error.offset() >= 1000 && error.offset().is_multiple_of(1000), "{error}");
            let place = format!(" at byte {}: ", error.offset());
            assert!(error.to_string().contains(&place), "{error}");
        });
    });
}

#[test]
fn a_read_that_never_ends_holds_up_no_shutdown() {
    let directory = tempdir().unwrap();
    let Some(path) = fifo(directory.path()) else { return };
    let writer = std::thread::spawn({
        let path = path.clone();
        move || fs::OpenOptions::new().write(true).open(path).unwrap()
    });
    let _writer = in_system(async {
        let mut slot = Slot::new("test", marks());
        let outlet = slot.register("fifo").unwrap();
        let reader = File::open(&path).allow_special().await.unwrap();
        let reader = Shell::pull("fifo", reader, outlet).start();
        let inlet = slot.inlet().unwrap();
        inlet.stop("the test has enough");
        assert!(matches!(reader.finished().await.unwrap(), Exit::Stopped(_)));
        writer.join().unwrap()
    });
}

#[test]
fn a_stream_after_an_aborted_one_is_written_whole() {
    let directory = tempdir().unwrap();
    let Some(path) = fifo(directory.path()) else { return };
    in_system(async {
        let opening = std::thread::spawn({
            let path = path.clone();
            move || fs::File::open(path).unwrap()
        });
        let options = SlotOptions { after_loss: AfterLoss::Reopen, ..SlotOptions::default() };
        let slot = Slot::with_options("fifo", marks(), options);
        let handle = slot.clone();
        let mut outlet = handle.register("first").unwrap();
        let writer = File::create(&path).allow_special().await.unwrap();
        let writer = Shell::consumer("fifo", writer, &slot).unwrap().start();
        let mut reader = opening.join().unwrap();
        // More than a pipe holds: the write is in flight until somebody reads all.
        pour(&mut outlet, Bytes::from(vec![0; 200_000]));
        let beginning = std::thread::spawn(move || {
            reader.read_exact(&mut [1]).unwrap();
            reader
        });
        until(|| beginning.is_finished()).await;
        let mut reader = beginning.join().unwrap();
        outlet.abort("the test wants another");
        let mut second = handle.register("second").unwrap();
        pour(&mut second, Bytes::from(water(1000)));
        second.finish();
        let reading = std::thread::spawn(move || {
            let mut read = Vec::new();
            reader.read_to_end(&mut read).unwrap();
            read
        });
        assert_eq!(writer.finished().await.unwrap(), Exit::Done);
        let read = reading.join().unwrap();
        assert_eq!(read.len(), 199_999 + 1000);
        assert!(read[199_999..] == water(1000));
    });
}

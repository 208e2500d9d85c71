//! How streams break off, with their bytes in the process and in the kernel.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{
    fs,
    io::{ErrorKind, Read, Write},
    net::TcpStream,
};

use aqueduct_actors::{Exit, Shell};
use aqueduct_endpoints::{Action, File};
use aqueduct_link::Slot;
use tempfile::tempdir;

use common::{check_error, in_system, marks, names_in, run, until, until_stuck, water, with_peer};

fn reset(peer: TcpStream) {
    peer.set_nonblocking(true).unwrap();
    tokio::net::TcpStream::from_std(peer).unwrap().set_zero_linger().unwrap();
}

#[test]
fn a_reset_comes_behind_all_that_was_received_and_leaves_no_file() {
    for kernel in [false, true] {
        let directory = tempdir().unwrap();
        let path = directory.path().join("new");
        in_system(async {
            let (connection, mut peer) = with_peer().await;
            let from = connection.into_producer().unwrap();
            let to = File::create(&path).await.unwrap();
            let size = || {
                let name = names_in(directory.path()).pop()?;
                Some(fs::metadata(directory.path().join(name)).ok()?.len())
            };
            let running = if kernel {
                actix_rt::spawn(run(from.into_spans(), to.into_spans()))
            } else {
                actix_rt::spawn(run(from, to))
            };
            peer.write_all(&water(1000)).unwrap();
            until(|| size() == Some(1000)).await;
            reset(peer);
            let ended = running.await.unwrap();
            check_error(ended.producer, |error| {
                assert_eq!(error.action(), Action::Read);
                assert_eq!((error.kind(), error.offset()), (ErrorKind::ConnectionReset, 1000));
                let text = error.to_string();
                assert!(text.starts_with("cannot read from tcp 127.0.0.1:"), "{text}");
            });
        });
        assert!(names_in(directory.path()).is_empty());
    }
}

#[test]
fn a_peer_that_resets_ends_its_writer_with_an_error_and_the_source_is_stopped() {
    for kernel in [false, true] {
        let directory = tempdir().unwrap();
        let path = directory.path().join("old");
        fs::write(&path, water(32 * 1024 * 1024)).unwrap();
        in_system(async {
            let (connection, peer) = with_peer().await;
            let (from, to) =
                (File::open(&path).await.unwrap(), connection.into_consumer().unwrap());
            macro_rules! check {
                ($from:expr, $to:expr) => {{
                    let slot = Slot::new("peer", marks());
                    let outlet = slot.register("file").unwrap();
                    let gauge = outlet.gauge();
                    let to = Shell::consumer("peer", $to, &slot).unwrap().start();
                    let from = Shell::pull("file", $from, outlet).start();
                    until_stuck(&gauge).await;
                    reset(peer);
                    check_error(to.finished().await, |error| {
                        assert_eq!(error.action(), Action::Write);
                        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
                        assert!(error.offset() > 0, "{error}");
                    });
                    assert!(matches!(from.finished().await.unwrap(), Exit::Stopped(_)));
                    assert!(gauge.report().discarded.items > 0, "what was left is counted");
                }};
            }
            if kernel {
                check!(from.into_spans(), to.into_spans());
            } else {
                check!(from, to);
            }
        });
    }
}

#[test]
fn a_file_that_becomes_shorter_ends_the_stream_and_never_hangs() {
    for kernel in [false, true] {
        let directory = tempdir().unwrap();
        let path = directory.path().join("old");
        fs::write(&path, water(32 * 1024 * 1024)).unwrap();
        in_system(async {
            let (connection, mut peer) = with_peer().await;
            let from = File::open(&path).await.unwrap();
            let to = connection.into_consumer().unwrap();
            let running = if kernel {
                actix_rt::spawn(run(from.into_spans(), to.into_spans()))
            } else {
                actix_rt::spawn(run(from, to))
            };
            tokio::task::yield_now().await;
            fs::File::options().write(true).open(&path).unwrap().set_len(1000).unwrap();
            let reading = std::thread::spawn(move || {
                let mut read = Vec::new();
                peer.read_to_end(&mut read).map(|_| read.len()).map_err(|error| error.kind())
            });
            let ended = running.await.unwrap();
            // The connection goes with its actor, on this thread.
            until(|| reading.is_finished()).await;
            let read = reading.join().unwrap();
            if kernel {
                // What was promised is missing, so that the peer must not take it for all.
                check_error(ended.consumer, |error| {
                    assert_eq!(
                        (error.action(), error.kind()),
                        (Action::Read, ErrorKind::UnexpectedEof)
                    );
                    let text = error.to_string();
                    assert!(
                        text.contains("cannot read from file ") && text.contains("shorter"),
                        "{text}"
                    );
                });
                assert_eq!(read, Err(ErrorKind::ConnectionReset));
            } else {
                ended.well();
                assert!(read.unwrap() < 32 * 1024 * 1024);
            }
        });
    }
}

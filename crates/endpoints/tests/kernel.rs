//! What is promised of two endpoints, with their bytes in the process and in the kernel.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    thread::JoinHandle,
};

use aqueduct_actors::Shell;
use aqueduct_endpoints::{File, SpanConsumer, Way};
use aqueduct_link::{CHUNK_OVERHEAD, Slot, Watermarks};
use tempfile::tempdir;

use common::{
    Ended, held, in_system, marks, names_in, run, run_within, until, until_stuck, water, with_peer,
};

/// Runs two endpoints on the path that is asked for.
macro_rules! flow {
    ($kernel:expr, $from:expr, $to:expr) => {
        flow!($kernel, marks(), $from, $to)
    };
    ($kernel:expr, $marks:expr, $from:expr, $to:expr) => {
        if $kernel {
            let to = $to.into_spans();
            let route = to.route();
            (run_within($marks, $from.into_spans(), to).await, route.way())
        } else {
            (run_within($marks, $from, $to).await, Way::User)
        }
    };
}

fn either(way: Way) -> [(bool, Way); 2] {
    [(false, Way::User), (true, way)]
}

fn read_all(mut peer: TcpStream) -> JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut read = Vec::new();
        peer.read_to_end(&mut read).unwrap();
        read
    })
}

fn write_all(mut peer: TcpStream, bytes: Vec<u8>, at_once: usize) -> JoinHandle<()> {
    std::thread::spawn(move || {
        peer.set_nodelay(true).unwrap();
        bytes.chunks(at_once).for_each(|chunk| peer.write_all(chunk).unwrap());
    })
}

fn check_file_to_file(bytes: usize, chunk: usize) {
    for (kernel, way) in either(Way::CopyFileRange) {
        let directory = tempdir().unwrap();
        let (old, new) = (directory.path().join("old"), directory.path().join("new"));
        fs::write(&old, water(bytes)).unwrap();
        let (ended, taken) = in_system(async {
            let reader = File::open(&old).chunk(chunk).await.unwrap();
            flow!(kernel, reader, File::create(&new).await.unwrap())
        });
        let report = ended.well();
        assert!(fs::read(&new).unwrap() == water(bytes));
        assert_eq!(names_in(directory.path()), ["new", "old"]);
        assert_eq!(taken, if bytes == 0 { Way::User } else { way });
        let chunks = bytes.div_ceil(chunk) as u64;
        assert_eq!(report.written.items, chunks);
        assert_eq!(report.written.bytes, bytes as u64 + chunks * CHUNK_OVERHEAD);
    }
}

#[test]
fn files_of_every_size_are_copied_whole_and_counted_alike() {
    let chunk = 64 * 1024;
    for bytes in [0, 1, chunk - 1, chunk, chunk + 1, 3 * 1024 * 1024] {
        check_file_to_file(bytes, chunk);
    }
    check_file_to_file(100_000, 1000);
    check_file_to_file(300, 1);
}

#[test]
fn a_small_link_holds_no_more_than_it_may() {
    for (kernel, way) in either(Way::CopyFileRange) {
        let directory = tempdir().unwrap();
        let (old, new) = (directory.path().join("old"), directory.path().join("new"));
        fs::write(&old, water(100_000)).unwrap();
        let (ended, taken) = in_system(async {
            let marks = Watermarks::bytes_within(256, 2048, 2048).unwrap();
            let reader = File::open(&old).await.unwrap();
            flow!(kernel, marks, reader, File::create(&new).await.unwrap())
        });
        assert!(ended.well().peak.bytes <= 2048);
        assert_eq!(taken, way);
        assert_eq!(fs::read(&new).unwrap(), water(100_000));
    }
}

#[test]
fn a_file_is_read_from_its_offset_and_sent_whole() {
    for (kernel, way) in either(Way::Sendfile) {
        for (bytes, offset) in [(1, 0), (65_537, 1), (3_000_000, 2_000_000), (20_000_000, 5)] {
            let directory = tempdir().unwrap();
            let path = directory.path().join("file");
            fs::write(&path, water(bytes)).unwrap();
            in_system(async {
                let (connection, peer) = with_peer().await;
                let reading = read_all(peer);
                let reader = File::open(&path).from_offset(offset).await.unwrap();
                let (ended, taken) = flow!(kernel, reader, connection.into_consumer().unwrap());
                ended.well();
                assert_eq!(taken, way);
                assert!(reading.join().unwrap() == water(bytes)[offset as usize..]);
            });
        }
    }
}

/// Relays from one peer to another; the first writes so many bytes at once.
fn check_relay(bytes: usize, at_once: usize) {
    for (kernel, way) in either(Way::Splice) {
        in_system(async {
            let ((from, source), (to, target)) = (with_peer().await, with_peer().await);
            let writing = write_all(source, water(bytes), at_once);
            let reading = read_all(target);
            let (from, to) = (from.into_producer().unwrap(), to.into_consumer().unwrap());
            let (ended, taken) = flow!(kernel, from, to);
            let report = ended.well();
            writing.join().unwrap();
            assert!(reading.join().unwrap() == water(bytes));
            assert_eq!(report.written.bytes, bytes as u64 + 64 * report.written.items);
            assert_eq!(taken, if bytes == 0 { Way::User } else { way });
        });
    }
}

#[test]
fn a_relay_loses_nothing_however_the_bytes_come() {
    check_relay(0, 1);
    check_relay(1, 1);
    check_relay(20_000, 1);
    check_relay(30_000_000, 1_000_000);
}

#[test]
fn a_relay_of_very_many_small_packets_fills_a_pipe_by_its_slots_and_loses_nothing() {
    check_relay(2_000_000, 20);
}

#[test]
fn a_connection_is_kept_in_a_file() {
    for (kernel, way) in either(Way::Splice) {
        for (bytes, at_once) in [(1, 1), (10_000, 3), (10_000_000, 100_000)] {
            let directory = tempdir().unwrap();
            let path = directory.path().join("file");
            in_system(async {
                let (from, source) = with_peer().await;
                let writing = write_all(source, water(bytes), at_once);
                let from = from.into_producer().unwrap();
                let (ended, taken) = flow!(kernel, from, File::create(&path).await.unwrap());
                ended.well();
                writing.join().unwrap();
                assert_eq!(taken, way);
            });
            assert!(fs::read(&path).unwrap() == water(bytes));
        }
    }
}

#[test]
fn a_peer_that_does_not_read_pauses_the_producer_and_gets_all_when_it_does() {
    const BYTES: usize = 32 * 1024 * 1024;
    for kernel in [false, true] {
        let directory = tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, water(BYTES)).unwrap();
        in_system(async {
            let (connection, peer) = with_peer().await;
            let reader = File::open(&path).await.unwrap();
            let to = connection.into_consumer().unwrap();
            macro_rules! check {
                ($from:expr, $to:expr) => {{
                    let slot = Slot::new("peer", marks());
                    let outlet = slot.register("file").unwrap();
                    let gauge = outlet.gauge();
                    let to = Shell::consumer("peer", $to, &slot).unwrap().start();
                    let from = Shell::pull("file", $from, outlet).start();
                    assert!(until_stuck(&gauge).await < BYTES as u64 / 2);
                    let reading = read_all(peer);
                    until(|| {
                        held(&gauge);
                        gauge.report().committed.bytes >= BYTES as u64
                    })
                    .await;
                    from.finished().await.unwrap();
                    to.finished().await.unwrap();
                    assert!(reading.join().unwrap() == water(BYTES));
                }};
            }
            if kernel {
                check!(reader.into_spans(), to.into_spans());
            } else {
                check!(reader, to);
            }
        });
    }
}

/// A peer with a receive buffer as small as the system has, which makes every write a partial one.
async fn with_narrow_peer() -> (aqueduct_endpoints::TcpConnection, TcpStream) {
    let listening = aqueduct_endpoints::Tcp::listen(common::LOCAL).await.unwrap();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(1).unwrap();
    let peer = socket.connect(listening.local_addr()).await.unwrap().into_std().unwrap();
    peer.set_nonblocking(false).unwrap();
    (listening.accept().await.unwrap(), peer)
}

#[test]
fn a_narrow_window_cuts_every_write_and_nothing_is_lost() {
    for (kernel, way) in either(Way::Splice) {
        in_system(async {
            let ((from, source), (to, target)) = (with_peer().await, with_narrow_peer().await);
            let writing = write_all(source, water(3_000_000), 100_000);
            let reading = read_all(target);
            let (from, to) = (from.into_producer().unwrap(), to.into_consumer().unwrap());
            let (ended, taken) = flow!(kernel, from, to);
            ended.well();
            writing.join().unwrap();
            assert!(reading.join().unwrap() == water(3_000_000));
            assert_eq!(taken, way);
        });
    }
}

#[test]
fn what_a_file_grows_by_while_it_is_read_is_read_too() {
    for kernel in [false, true] {
        let directory = tempdir().unwrap();
        let (old, new) = (directory.path().join("old"), directory.path().join("new"));
        fs::write(&old, water(1000)).unwrap();
        in_system(async {
            let reader = File::open(&old).await.unwrap();
            fs::write(&old, water(300_000)).unwrap();
            flow!(kernel, reader, File::create(&new).await.unwrap()).0.well();
        });
        assert!(fs::read(&new).unwrap() == water(300_000));
    }
}

#[test]
fn a_file_that_does_not_tell_its_length_is_read_to_its_end() {
    for kernel in [false, true] {
        let directory = tempdir().unwrap();
        let new = directory.path().join("new");
        in_system(async {
            let reader = File::open("/proc/self/limits").await.unwrap();
            flow!(kernel, reader, File::create(&new).await.unwrap()).0.well();
        });
        assert_eq!(fs::read(&new).unwrap(), fs::read("/proc/self/limits").unwrap());
    }
}

#[test]
fn a_file_that_is_appended_to_is_written_by_another_way_which_is_told() {
    let directory = tempdir().unwrap();
    let (old, new) = (directory.path().join("old"), directory.path().join("new"));
    fs::write(&old, water(1_000_000)).unwrap();
    fs::write(&new, "before").unwrap();
    in_system(async {
        let to = File::append(&new).await.unwrap().into_spans();
        let route = to.route();
        run(File::open(&old).await.unwrap().into_spans(), to).await.well();
        assert_eq!(route.way(), Way::User);
        let cause = route.cause().unwrap();
        assert!(cause.starts_with("sendfile: "), "{cause}");
    });
    assert!(fs::read(&new).unwrap() == [b"before".to_vec(), water(1_000_000)].concat());
}

#[test]
fn a_connection_is_appended_to_a_file_by_another_way() {
    let directory = tempdir().unwrap();
    let path = directory.path().join("log");
    in_system(async {
        let (from, source) = with_peer().await;
        let writing = write_all(source, water(3_000_000), 10_000);
        let to = File::append(&path).await.unwrap().into_spans();
        let route = to.route();
        run(from.into_producer().unwrap().into_spans(), to).await.well();
        writing.join().unwrap();
        assert_eq!(route.way(), Way::User);
        assert!(route.cause().unwrap().starts_with("splice: "));
    });
    assert!(fs::read(&path).unwrap() == water(3_000_000));
}

#[test]
fn bytes_that_are_sent_as_urgent_do_not_cut_the_stream() {
    in_system(async {
        use rustix::net::{SendFlags, send};
        let ((from, mut source), (to, target)) = (with_peer().await, with_peer().await);
        let reading = read_all(target);
        source.write_all(b"one ").unwrap();
        send(&source, b"!", SendFlags::OOB).unwrap();
        source.write_all(b" two").unwrap();
        drop(source);
        let (from, to) = (from.into_producer().unwrap(), to.into_consumer().unwrap());
        run(from.into_spans(), to.into_spans()).await.well();
        assert_eq!(String::from_utf8(reading.join().unwrap()).unwrap(), "one ! two");
    });
}

fn is_send<T: Send>() {}

#[test]
fn endpoints_of_spans_can_be_sent_to_another_arbiter() {
    is_send::<aqueduct_endpoints::SpanProducer>();
    is_send::<SpanConsumer>();
    is_send::<Ended>();
}

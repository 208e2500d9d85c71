//! How TCP connections end, and what goes wrong with them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{
    io::{ErrorKind, Read, Write},
    net::TcpStream,
    time::Duration,
};

use aqueduct_actors::{End, Exit, Shell};
use aqueduct_endpoints::{Action, Tcp};
use aqueduct_link::{AfterLoss, Slot, SlotOptions};
use bytes::Bytes;

use common::{
    Basin, LOCAL, Source, check_error, in_system, marks, pour, run, until, until_stuck, water,
    with_peer,
};

fn reset(peer: TcpStream) {
    peer.set_nonblocking(true).unwrap();
    tokio::net::TcpStream::from_std(peer).unwrap().set_zero_linger().unwrap();
}

#[test]
fn a_reset_is_an_error_with_its_byte_and_not_an_end() {
    in_system(async {
        let (connection, mut peer) = with_peer().await;
        let basin = Basin::default();
        let peer = async {
            peer.write_all(&water(1000)).unwrap();
            until(|| basin.bytes().len() == 1000).await;
            reset(peer);
        };
        let run = actix_rt::spawn(run(connection.into_producer().unwrap(), basin.clone()));
        peer.await;
        let ended = run.await.unwrap();
        check_error(ended.producer, |error| {
            assert_eq!(error.action(), Action::Read);
            assert_eq!((error.kind(), error.offset()), (ErrorKind::ConnectionReset, 1000));
            let text = error.to_string();
            assert!(text.starts_with("cannot read from tcp 127.0.0.1:"), "{text}");
            assert!(text.contains(" at byte 1000: ") && text.contains("not all"), "{text}");
        });
        assert!(matches!(basin.end(), Some(End::Aborted { .. })));
    });
}

#[test]
fn a_peer_that_resets_ends_its_writer_with_an_error_and_the_source_is_stopped() {
    in_system(async {
        let (connection, peer) = with_peer().await;
        let to = connection.into_consumer().unwrap();
        let slot = Slot::new("peer", marks());
        let outlet = slot.register("source").unwrap();
        let gauge = outlet.gauge();
        let to = Shell::consumer("peer", to, &slot).unwrap().start();
        let source = Source::of(&water(64 * 1024 * 1024));
        let from = Shell::pull("source", source, outlet).start();
        until_stuck(&gauge).await;
        reset(peer);
        check_error(to.finished().await, |error| {
            assert_eq!(error.action(), Action::Write);
            assert!(error.offset() > 0, "{error}");
        });
        assert!(matches!(from.finished().await.unwrap(), Exit::Stopped(_)));
        let report = gauge.report();
        assert!(report.discarded.items > 0, "what was left is counted");
    });
}

/// What a peer reads, until an end or an error.
fn read_all(mut peer: TcpStream) -> (usize, Option<ErrorKind>) {
    let mut read = Vec::new();
    let end = peer.read_to_end(&mut read).err().map(|error| error.kind());
    (read.len(), end)
}

#[test]
fn a_finished_stream_ends_and_a_broken_one_is_reset() {
    in_system(async {
        let check = async |finish: bool| {
            let (connection, peer) = with_peer().await;
            let slot = Slot::new("peer", marks());
            let mut outlet = slot.register("test").unwrap();
            let to = connection.into_consumer().unwrap();
            let to = Shell::consumer("peer", to, &slot).unwrap().start();
            pour(&mut outlet, Bytes::from(water(1000)));
            outlet.flush().await.unwrap();
            if finish {
                outlet.finish();
            } else {
                outlet.fail("the test wants it so");
            }
            to.finished().await.unwrap();
            read_all(peer)
        };
        assert_eq!(check(true).await, (1000, None));
        assert_eq!(check(false).await.1, Some(ErrorKind::ConnectionReset));
    });
}

#[test]
fn a_writer_that_is_dropped_resets() {
    in_system(async {
        let (connection, peer) = with_peer().await;
        drop(connection.into_consumer().unwrap());
        assert_eq!(read_all(peer).1, Some(ErrorKind::ConnectionReset));
    });
}

/// The other side of the next test: it is killed while it sends.
#[test]
fn child_is_killed_while_it_sends() {
    let Ok(address) = std::env::var("AQUEDUCT_TEST_SENDS_TO") else { return };
    in_system(async {
        let to = Tcp::connect(address).consumer().await.unwrap();
        let slot = Slot::new("peer", marks());
        let mut outlet = slot.register("test").unwrap();
        let _to = Shell::consumer("peer", to, &slot).unwrap().start();
        pour(&mut outlet, Bytes::from(water(1000)));
        outlet.flush().await.unwrap();
        std::future::pending::<()>().await;
    });
}

#[test]
fn a_killed_sender_is_told_from_one_that_has_finished() {
    in_system(async {
        let listening = Tcp::listen(LOCAL).await.unwrap();
        let mut child = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child_is_killed_while_it_sends"])
            .env("AQUEDUCT_TEST_SENDS_TO", listening.local_addr().to_string())
            .spawn()
            .unwrap();
        let from = listening.accept().await.unwrap().into_producer().unwrap();
        let basin = Basin::default();
        let run = actix_rt::spawn(run(from, basin.clone()));
        until(|| basin.bytes().len() == 1000).await;
        child.kill().unwrap();
        child.wait().unwrap();
        check_error(run.await.unwrap().producer, |error| {
            assert_eq!((error.kind(), error.offset()), (ErrorKind::ConnectionReset, 1000));
        });
    });
}

#[test]
fn a_connection_that_is_refused_names_the_address() {
    in_system(async {
        let listening = Tcp::listen(LOCAL).await.unwrap();
        let address = listening.local_addr().to_string();
        drop(listening);
        let error = Tcp::connect(address.clone()).await.unwrap_err();
        let expected = format!(
            "cannot connect to tcp {address}: Connection refused (os error 111); \
             check the port, and that the peer listens before it is connected to"
        );
        assert_eq!(error.to_string(), expected);
    });
}

#[test]
fn a_port_in_use_and_an_address_of_another_machine_are_told() {
    in_system(async {
        let listening = Tcp::listen(LOCAL).await.unwrap();
        let check = async |address: String, kind, remedy: &str| {
            let error = Tcp::listen(address).await.unwrap_err();
            assert_eq!((error.action(), error.kind()), (Action::Listen, kind), "{error}");
            assert!(error.remedy().contains(remedy), "{error}");
        };
        check(listening.local_addr().to_string(), ErrorKind::AddrInUse, "another port").await;
        check("192.0.2.1:0".into(), ErrorKind::AddrNotAvailable, "0.0.0.0").await;
        check("127.0.0.1".into(), ErrorKind::InvalidInput, "host:port").await;
    });
}

#[test]
fn patience_ends() {
    in_system(async {
        let socket = tokio::net::TcpSocket::new_v4().unwrap();
        socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
        let deaf = socket.listen(1).unwrap();
        let address = deaf.local_addr().unwrap().to_string();
        let mut queued = Vec::new();
        let error = loop {
            match Tcp::connect(address.clone()).within(Duration::from_millis(20)).await {
                Ok(connection) => queued.push(connection),
                Err(error) => break error,
            }
        };
        assert_eq!((error.action(), error.kind()), (Action::Connect, ErrorKind::TimedOut));
        assert!(error.to_string().contains("no answer within 20ms"), "{error}");
        assert!(queued.len() < 10, "the queue is short");
    });
}

#[test]
fn a_stream_after_an_aborted_one_arrives_whole() {
    in_system(async {
        let (connection, mut peer) = with_peer().await;
        let options = SlotOptions { after_loss: AfterLoss::Reopen, ..SlotOptions::default() };
        let slot = Slot::with_options("peer", marks(), options);
        let handle = slot.clone();
        let mut outlet = handle.register("first").unwrap();
        let gauge = outlet.gauge();
        let to = connection.into_consumer().unwrap();
        let to = Shell::consumer("peer", to, &slot).unwrap().start();
        // Until the kernel takes no more, and has most likely taken a chunk in part.
        let flood = Bytes::from(vec![0; 100_000]);
        let mut looks = 0;
        while looks < 1000 {
            looks = if outlet.write(flood.clone()).is_ok() { 0 } else { looks + 1 };
            tokio::task::yield_now().await;
        }
        outlet.abort("the test wants another");
        let mut second = handle.register("second").unwrap();
        // What was aborted and is not discarded yet takes room from the second.
        second.send(Bytes::from(water(1000))).await.unwrap();
        second.finish();
        let reading = std::thread::spawn(move || {
            let mut read = Vec::new();
            peer.read_to_end(&mut read).unwrap();
            read
        });
        assert_eq!(to.finished().await.unwrap(), Exit::Done);
        let mut read = reading.join().unwrap();
        assert!(read.split_off(read.len() - 1000) == water(1000));
        assert!(read.iter().all(|byte| *byte == 0));
        assert!(gauge.report().discarded.items > 0);
    });
}

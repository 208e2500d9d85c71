//! The promises of the TCP endpoints.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod common;

use std::{
    io::{Read, Write},
    time::Duration,
};

use actix_rt::Arbiter;
use aqueduct_actors::{End, Shell};
use aqueduct_endpoints::{File, Tcp, TcpConnection, TcpListening};
use aqueduct_link::Slot;
use tempfile::tempdir;
use tokio::sync::oneshot;

use common::{
    Basin, LOCAL, Source, held, in_system, marks, run, until, until_stuck, water, with_peer,
};

#[test]
fn a_file_hops_over_two_arbiters_and_arrives_whole() {
    for bytes in [0, 1, 65_535, 65_536, 65_537, 3 * 1024 * 1024] {
        let directory = tempdir().unwrap();
        let (old, new) = (directory.path().join("old"), directory.path().join("new"));
        std::fs::write(&old, water(bytes)).unwrap();
        in_system(async {
            let listening = Tcp::listen(LOCAL).await.unwrap();
            let address = listening.local_addr().to_string();
            let arbiter = Arbiter::new();
            let (done, received) = oneshot::channel();
            let target = new.clone();
            arbiter.spawn(async move {
                let from = listening.accept().await.unwrap().into_producer().unwrap();
                let ended = run(from, File::create(target).await.unwrap()).await;
                done.send(ended.well()).unwrap();
            });
            let to = Tcp::connect(address).consumer().await.unwrap();
            run(File::open(&old).await.unwrap(), to).await.well();
            received.await.unwrap();
            arbiter.stop();
        });
        assert_eq!(std::fs::read(&new).unwrap(), water(bytes));
    }
}

#[test]
fn an_echo_comes_back_whole_through_both_halves() {
    let basin = Basin::default();
    in_system(async {
        let listening = Tcp::listen(LOCAL).await.unwrap();
        let address = listening.local_addr().to_string();
        let echo = actix_rt::spawn(async move {
            let (from, to) = listening.accept().await.unwrap().split().unwrap();
            run(from, to).await.well();
        });
        let (from, to) = Tcp::connect(address).await.unwrap().split().unwrap();
        let sending = actix_rt::spawn(run(Source::of(&water(2_000_000)), to));
        run(from, basin.clone()).await.well();
        sending.await.unwrap().well();
        echo.await.unwrap();
    });
    assert_eq!(basin.bytes(), water(2_000_000));
}

#[test]
fn an_endpoint_made_on_one_arbiter_works_on_another() {
    in_system(async {
        let (connection, mut peer) = with_peer().await;
        let to = connection.into_consumer().unwrap();
        let arbiter = Arbiter::new();
        let (done, sent) = oneshot::channel();
        arbiter.spawn(async move {
            done.send(run(Source::of(b"water"), to).await.well()).unwrap();
        });
        sent.await.unwrap();
        arbiter.stop();
        let mut read = Vec::new();
        peer.read_to_end(&mut read).unwrap();
        assert_eq!(read, b"water");
    });
}

#[test]
fn a_peer_that_does_not_read_pauses_the_producer_and_gets_all_when_it_does() {
    const BYTES: usize = 64 * 1024 * 1024;
    in_system(async {
        let (connection, mut peer) = with_peer().await;
        let slot = Slot::new("peer", marks());
        let outlet = slot.register("source").unwrap();
        let gauge = outlet.gauge();
        let to = connection.into_consumer().unwrap();
        let to = Shell::consumer("peer", to, &slot).unwrap().start();
        let from = Shell::pull("source", Source::of(&water(BYTES)), outlet).start();
        let written = until_stuck(&gauge).await;
        assert!(written < BYTES as u64 / 2, "{written}");
        let reading = std::thread::spawn(move || {
            let mut read = Vec::new();
            peer.read_to_end(&mut read).unwrap();
            read
        });
        until(|| {
            held(&gauge);
            gauge.report().committed.bytes >= BYTES as u64
        })
        .await;
        from.finished().await.unwrap();
        to.finished().await.unwrap();
        assert!(reading.join().unwrap() == water(BYTES));
    });
}

#[test]
fn a_consumer_that_does_not_take_pauses_the_peer() {
    const BYTES: usize = 32 * 1024 * 1024;
    in_system(async {
        let (connection, mut peer) = with_peer().await;
        let writing = std::thread::spawn(move || peer.write_all(&water(BYTES)).unwrap());
        let slot = Slot::new("slow", marks());
        let outlet = slot.register("peer").unwrap();
        let gauge = outlet.gauge();
        let from = Shell::pull("peer", connection.into_producer().unwrap(), outlet).start();
        until_stuck(&gauge).await;
        assert!(!writing.is_finished(), "the kernel holds less than that");
        let basin = Basin::default();
        let taker = Shell::consumer("slow", basin.clone(), &slot).unwrap().start();
        from.finished().await.unwrap();
        taker.finished().await.unwrap();
        writing.join().unwrap();
        assert!(basin.bytes() == water(BYTES));
        assert_eq!(basin.end(), Some(End::Finished));
    });
}

#[test]
fn endpoints_can_be_sent_to_another_arbiter() {
    fn is_send<T: Send>() {}
    is_send::<TcpListening>();
    is_send::<TcpConnection>();
    is_send::<aqueduct_endpoints::TcpProducer>();
    is_send::<aqueduct_endpoints::TcpConsumer>();
    is_send::<aqueduct_endpoints::FileProducer>();
    is_send::<aqueduct_endpoints::FileConsumer>();
    is_send::<aqueduct_endpoints::StdinProducer>();
    is_send::<aqueduct_endpoints::StdoutConsumer>();
    is_send::<aqueduct_endpoints::ConnectTcp>();
    is_send::<aqueduct_endpoints::OpenFile>();
    is_send::<aqueduct_endpoints::CreateFile>();
}

#[test]
fn a_clone_of_a_builder_connects_once_more() {
    in_system(async {
        let listening = Tcp::listen(LOCAL).await.unwrap();
        let connect = Tcp::connect(listening.local_addr().to_string());
        for bytes in [1, 100_000] {
            let sending = connect.clone();
            let sent = actix_rt::spawn(async move {
                run(Source::of(&water(bytes)), sending.consumer().await.unwrap()).await.well();
            });
            let basin = Basin::default();
            let from = listening.accept().await.unwrap().into_producer().unwrap();
            run(from, basin.clone()).await.well();
            sent.await.unwrap();
            assert_eq!(basin.bytes(), water(bytes));
        }
    });
}

#[test]
fn accepting_takes_one_peer_and_tells_where_it_can_connect() {
    let basin = Basin::default();
    in_system(async {
        let (tell, told) = std::sync::mpsc::channel();
        let accepting = Tcp::accept(LOCAL).listening(move |address| tell.send(address).unwrap());
        let receiving = actix_rt::spawn({
            let basin = basin.clone();
            async move { run(accepting.producer().await.unwrap(), basin).await.well() }
        });
        let mut address = None;
        until(|| {
            address = told.try_recv().ok();
            address.is_some()
        })
        .await;
        let to = Tcp::connect(address.unwrap().to_string()).consumer().await.unwrap();
        run(Source::of(&water(100_000)), to).await.well();
        receiving.await.unwrap();
    });
    assert_eq!(basin.bytes(), water(100_000));
}

#[test]
fn a_connection_waits_for_who_listens_later_if_it_is_told_to() {
    in_system(async {
        let address = Tcp::listen(LOCAL).await.unwrap().local_addr();
        let refused = Tcp::connect(address.to_string()).await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
        let patient = Tcp::connect(address.to_string()).retrying(Duration::from_secs(20));
        let connecting = actix_rt::spawn(patient.clone());
        actix_rt::task::yield_now().await;
        let listening = Tcp::listen(address.to_string()).await.unwrap();
        let accepted = listening.accept().await.unwrap();
        let connected = connecting.await.unwrap().unwrap();
        assert_eq!(accepted.peer_addr(), connected.local_addr());

        drop(listening);
        let brief = patient.retrying(Duration::from_millis(30));
        let refused = brief.await.unwrap_err();
        assert_eq!(refused.kind(), std::io::ErrorKind::ConnectionRefused);
    });
}

//! Pauses and resumes over registrations and layers.

use std::time::{Duration, Instant};

use aqueduct::{
    operators::{Rate, map},
    pipeline::stages::RateLimited,
    prelude::{Bytes, End, Flow, Next, Outbox, Shell, Slot, Stage, WriteError},
};

use crate::support::{
    Basin, Careless, Chunks, GoBy, Leave, Log, in_chunks, let_others_run, marks, read_slowly,
    system, until, water, with_peer,
};

/// Pauses and resumes alternate, beginning with a pause.
fn assert_in_turn(log: &Log) {
    let told = log.lines().into_iter().filter(|line| *line != "left");
    for (at, line) in told.enumerate() {
        assert_eq!(line, if at % 2 == 0 { "pause" } else { "resume" }, "{:?}", log.lines());
    }
    assert!(log.has("pause"));
}

#[test]
fn two_streams_one_after_the_other_over_one_slow_connection_arrive_whole() {
    async fn check(size: usize) {
        let (connection, peer) = with_peer().await;
        let slot = Slot::new("connection", marks(65_536, 4 * 65_536));
        let consumer = connection.into_consumer().unwrap();
        let consumer = Shell::consumer("connection", consumer, &slot).unwrap().start();
        let body = water(size);
        let (first, second) = (Log::default(), Log::default());
        let outlet = slot.register("first").unwrap();
        Careless::start(outlet, in_chunks("head one,", &body), Leave::Unregister, &first);
        until(|| first.has("pause")).await;
        let reading = actix_rt::spawn(read_slowly(peer));
        until(|| first.has("left")).await;
        let outlet = slot.register("second").unwrap();
        Careless::start(outlet, in_chunks("head two,", &body), Leave::Finish, &second);
        let read = reading.await.unwrap();
        assert!(read == [b"head one,", &body[..], b"head two,", &body].concat(), "{size}");
        consumer.finished().await.unwrap();
        assert_in_turn(&first);
        assert_in_turn(&second);
    }
    system(async {
        for size in (1..=5).map(|n| n * 65_536).chain([100_000, 200_000, 300_000, 8_000_000]) {
            check(size).await;
        }
    });
}

#[test]
fn a_producer_that_is_paused_while_a_layer_is_put_between_is_resumed_once() {
    system(async {
        let (basin, log) = (Basin::closed(), Log::default());
        // Chunks of 60 bytes are charged 124: the third one is above the high mark.
        let wire = Slot::new("wire", marks(300, 1000));
        let consumer = Shell::consumer("wire", basin.clone(), &wire).unwrap().start();
        let chunks = (0..11).map(|n| Bytes::from(vec![n; 60]));
        let outlet = wire.register("plain").unwrap();
        let producer = Careless::start(outlet, chunks, Leave::Finish, &log);
        until(|| log.has("pause")).await;

        let place = wire.clone();
        let put_between = move || {
            let layer = Slot::new("layer", marks(300, 1000));
            let seal = map(|chunk: Bytes| chunk.iter().map(|byte| byte | 0x80).collect::<Bytes>());
            let below = place.register("layer").unwrap();
            Shell::transform("layer", seal, &layer, below).unwrap().start();
            layer.register("plain").unwrap()
        };
        producer.send(GoBy(Box::new(put_between))).await.unwrap();
        let_others_run().await;
        assert_eq!(log.lines(), ["pause", "another way", "pause"], "it waits, as those below do");
        let below = wire.gauge().unwrap();
        assert_eq!((below.report().written.items, below.report().pauses), (1, 1));

        basin.open_tap();
        consumer.finished().await.unwrap();
        assert_eq!(log.lines(), ["pause", "another way", "pause", "resume", "left"]);
        let sealed = |n: u8| if n < 5 { n } else { n | 0x80 };
        let expected: Vec<u8> = (0..11).flat_map(|n| [sealed(n); 60]).collect();
        assert!(basin.bytes() == expected);
    });
}

#[test]
fn a_producer_is_not_resumed_for_the_pause_of_its_predecessor() {
    system(async {
        let (basin, first) = (Basin::closed(), Log::default());
        let slot = Slot::new("basin", marks(100, 1000));
        let consumer = Shell::consumer("basin", basin.clone(), &slot).unwrap().start();
        let outlet = slot.register("first").unwrap();
        let chunks = [water(80), water(80)];
        Careless::start(outlet, chunks, Leave::Unregister, &first);
        until(|| first.has("left") && first.has("pause")).await;

        let mut second = slot.register("second").unwrap();
        assert_eq!(second.flow(), Flow::Go, "it starts running, full as the slot may be");
        basin.open_tap();
        until(|| basin.bytes().len() == 160).await;
        let_others_run().await;
        assert_eq!((second.flow(), second.edges()), (Flow::Go, 0), "nothing was told");
        assert_eq!(first.lines(), ["left", "pause"], "nor is who has left resumed");
        second.close().await.unwrap();
        consumer.finished().await.unwrap();
    });
}

/// Passes chunks on as they are.
struct Passing;

impl Stage for Passing {
    type In = Bytes;
    type Out = Bytes;
    type Error = std::convert::Infallible;

    fn process(
        &mut self,
        batch: &mut aqueduct::prelude::Batch<'_, Bytes>,
        out: &mut Outbox<'_, Bytes>,
        _: &mut aqueduct::prelude::Ctx<'_, Self>,
    ) -> Result<Next, Self::Error> {
        while !out.is_paused() {
            let Some(chunk) = batch.take() else { break };
            out.extend([chunk]);
        }
        Ok(Next::More)
    }
}

#[test]
fn a_stage_holds_bytes_while_it_is_paused_and_passes_them_on_at_once() {
    system(async {
        let basin = Basin::open();
        let below = Slot::new("basin", marks(1000, 2000));
        let above = Slot::new("stage", marks(1000, 2000));
        let consumer = Shell::consumer("basin", basin.clone(), &below).unwrap().start();
        let outlet = below.register("stage").unwrap();
        Shell::stage("stage", Passing, &above, outlet).unwrap().start();
        let hold = below.hold("the consumer is busy");
        let mut outlet = above.register("test").unwrap();
        for chunk in [&b"\xff\x00"[..], b"\x80", b"\xc3\x28"] {
            assert_eq!(outlet.write(Bytes::from_static(chunk)).unwrap(), Flow::Go);
        }
        let_others_run().await;
        assert_eq!((basin.turns(), outlet.held().items), (0, 3));
        drop(hold);
        outlet.close().await.unwrap();
        consumer.finished().await.unwrap();
        assert_eq!(basin.bytes(), b"\xff\x00\x80\xc3\x28");
        assert_eq!((basin.turns(), basin.ending()), (1, Some(End::Finished)));
    });
}

#[test]
fn a_pull_producer_may_register_on_a_full_link() {
    system(async {
        let (basin, log) = (Basin::closed(), Log::default());
        let slot = Slot::new("basin", marks(100, 200));
        let consumer = Shell::consumer("basin", basin.clone(), &slot).unwrap().start();
        let mut first = slot.register("first").unwrap();
        assert_eq!(first.write(water(100)).unwrap(), Flow::Paused);
        assert!(matches!(first.write(water(100)), Err(WriteError::Full(_))));
        first.unregister();

        let chunks = (0..20).map(|_| water(50));
        let outlet = slot.register("second").unwrap();
        let second = Chunks { chunks, log: log.clone() };
        let second = Shell::pull("second", second, outlet).start();
        let_others_run().await;
        assert_eq!(log.lines(), [""; 0], "nothing is wanted of it");
        basin.open_tap();
        second.finished().await.unwrap();
        consumer.finished().await.unwrap();
        assert_eq!(basin.bytes().len(), 100 + 20 * 50);
        assert_eq!(log.count("stop"), 0);
    });
}

#[test]
fn a_rate_holds_for_producers_that_come_later() {
    system(async {
        let basin = Basin::open();
        let below = Slot::new("basin", marks(10_000, 20_000));
        let above = Slot::new("throttle", marks(10_000, 20_000));
        let consumer = Shell::consumer("basin", basin.clone(), &below).unwrap().start();
        let (began, step) = (Instant::now(), Duration::from_millis(5));
        let rate = RateLimited::new(Rate::per(1, step).unwrap());
        let outlet = below.register("throttle").unwrap();
        Shell::stage("throttle", rate, &above, outlet).unwrap().start();
        for round in 1..=3 {
            let mut outlet = above.register("one of three").unwrap();
            for _ in 0..10 {
                assert_eq!(outlet.write(water(1)).unwrap(), Flow::Go);
            }
            outlet.flush().await.unwrap();
            outlet.unregister();
            // The first one may pass at once, and each of the others a step after the one before.
            assert!(began.elapsed() >= step * (10 * round - 1), "after {round}");
            let_others_run().await;
            assert_eq!(above.producer(), None);
        }
        above.close();
        consumer.finished().await.unwrap();
        assert_eq!(basin.bytes().len(), 30);
    });
}

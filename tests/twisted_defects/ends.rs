//! Ends, and the bytes before them.

use aqueduct::{
    actors::{Exit, Unregister},
    operators::{Delimiter, Framing, Transform, chunked, frame, gunzip, gzip, lines, unframe},
    prelude::{Batch, Bytes, Ctx, End, Flow, Next, Outbox, Outlet, Shell, Slot, Stage, WriteError},
};
use aqueduct_testkit::TestConsumer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::{
    Basin, Careless, Chunks, Leave, Log, let_others_run, marks, system, until, water, with_peer,
};

/// Keeps all it is given until the end, and writes it then.
#[derive(Default)]
struct Keeping(Vec<Bytes>);

impl Stage for Keeping {
    type In = Bytes;
    type Out = Bytes;
    type Error = std::convert::Infallible;

    fn process(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        _: &mut Outbox<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error> {
        self.0.extend(std::iter::from_fn(|| batch.take()));
        Ok(Next::More)
    }

    fn finish(
        &mut self,
        _: &End,
        out: &mut Outbox<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Self::Error> {
        let mut written = 0;
        out.extend(self.0.iter().cloned().inspect(|_| written += 1));
        self.0.drain(..written);
        Ok(if self.0.is_empty() { Next::Done } else { Next::More })
    }
}

fn opened(gzip: Vec<u8>) -> Vec<u8> {
    let (mut open, mut all) = (gunzip(), Vec::new());
    let mut emit = |chunk: Bytes| all.extend_from_slice(&chunk);
    open.apply(gzip.into(), &mut emit).unwrap();
    while open.more(&mut emit).unwrap() {}
    open.finish(&mut emit).unwrap();
    all
}

async fn read_all(mut peer: tokio::net::TcpStream) -> Vec<u8> {
    let mut all = Vec::new();
    peer.read_to_end(&mut all).await.unwrap();
    all
}

#[test]
fn what_was_accepted_before_the_end_arrives_through_every_layer() {
    async fn check(turn_between: bool, leave: fn(&mut Outlet<Bytes>)) {
        let (connection, peer) = with_peer().await;
        let slot = |name: &str| Slot::new(name, marks(1000, 2000));
        let (wire, kept, packed, cut) = (slot("wire"), slot("kept"), slot("packed"), slot("cut"));
        let consumer = connection.into_consumer().unwrap();
        let consumer = Shell::consumer("wire", consumer, &wire).unwrap().start();
        let outlet = wire.register("kept").unwrap();
        Shell::stage("kept", Keeping::default(), &kept, outlet).unwrap().start();
        let outlet = kept.register("packed").unwrap();
        Shell::transform("packed", gzip(6).unwrap(), &packed, outlet).unwrap().start();
        let outlet = packed.register("cut").unwrap();
        Shell::transform("cut", lines(1000), &cut, outlet).unwrap().start();

        let mut outlet = cut.register("test").unwrap();
        assert_eq!(outlet.write(Bytes::from_static(b"first ")).unwrap(), Flow::Go);
        cut.close();
        let_others_run().await;
        assert_eq!(outlet.write(Bytes::from_static(b"last")).unwrap(), Flow::Go);
        if turn_between {
            let_others_run().await;
        }
        leave(&mut outlet);
        assert_eq!(opened(read_all(peer).await), b"first last");
        assert_eq!(consumer.finished().await.unwrap(), Exit::Done);
    }
    system(async {
        for turn_between in [false, true] {
            check(turn_between, Outlet::unregister).await;
            check(turn_between, Outlet::finish).await;
        }
    });
}

#[test]
fn unregistering_in_the_final_state_does_nothing() {
    async fn check(end: impl AsyncFnOnce(&Slot<Bytes>, &mut Outlet<Bytes>)) {
        let (connection, _peer) = with_peer().await;
        let slot = Slot::new("connection", marks(1000, 2000));
        let consumer = connection.into_consumer().unwrap();
        let consumer = Shell::consumer("connection", consumer, &slot).unwrap().start();
        let address = consumer.address();
        let mut outlet = slot.register("test").unwrap();
        assert_eq!(outlet.write(water(10)).unwrap(), Flow::Go);
        end(&slot, &mut outlet).await;
        let _ = consumer.finished().await;
        let before = (slot.gauge().unwrap().report().written, slot.end());
        for _ in 0..2 {
            outlet.unregister();
            slot.unregister();
            let _ = address.send(Unregister).await;
        }
        assert_eq!((slot.gauge().unwrap().report().written, slot.end()), before);
        assert!(slot.is_closed() && slot.producer().is_none());
        assert!(matches!(outlet.write(water(1)), Err(WriteError::Closed(_))));
        assert!(slot.register("late").unwrap().stopped().is_some());
    }
    system(async {
        check(async |_, outlet| outlet.abort("fire")).await;
        check(async |slot, outlet| {
            outlet.abort("fire");
            slot.retire("gone");
        })
        .await;
        check(async |slot, _| slot.abort("fire")).await;
        check(async |_, outlet| outlet.close().await.unwrap()).await;
    });
}

#[test]
fn a_half_close_follows_the_producer_that_unregisters_after_it() {
    system(async {
        let (connection, mut peer) = with_peer().await;
        let (reading, writing) = connection.split().unwrap();
        let (answers, questions) = (Slot::new("answers", marks(1000, 2000)), {
            Slot::new("questions", marks(1000, 2000))
        });
        let basin = Basin::open();
        let from = Shell::pull("peer", reading, answers.register("peer").unwrap()).start();
        Shell::consumer("answers", basin.clone(), &answers).unwrap().start();
        let to = Shell::consumer("questions", writing, &questions).unwrap().start();

        let mut outlet = questions.register("test").unwrap();
        assert_eq!(outlet.write(Bytes::from_static(b"why")).unwrap(), Flow::Go);
        questions.close();
        let mut word = [0; 3];
        peer.read_exact(&mut word).await.unwrap();
        assert_eq!(&word, b"why");
        assert_eq!(outlet.write(Bytes::from_static(b"?")).unwrap(), Flow::Go);
        outlet.unregister();
        assert_eq!(to.finished().await.unwrap(), Exit::Done);
        let mut rest = Vec::new();
        peer.read_to_end(&mut rest).await.unwrap();
        assert_eq!(rest, b"?");

        peer.write_all(b"because").await.unwrap();
        drop(peer);
        from.finished().await.unwrap();
        until(|| basin.ending().is_some()).await;
        assert_eq!((basin.bytes(), basin.ending()), (b"because".into(), Some(End::Finished)));
    });
}

/// A slot whose consumer takes what comes while the tap is open.
fn basin(tap: &Basin) -> Slot<Bytes> {
    let slot = Slot::new("basin", marks(100, 1000));
    Shell::consumer("basin", tap.clone(), &slot).unwrap().start();
    slot
}

async fn all_came(tap: &Basin, bytes: usize) {
    until(|| tap.ending().is_some()).await;
    assert_eq!((tap.bytes().len(), tap.ending()), (bytes, Some(End::Finished)));
}

#[test]
fn a_close_waits_for_every_kind_of_producer() {
    system(async {
        // A pull producer: it is asked as before.
        let (tap, log) = (Basin::closed(), Log::default());
        let slot = basin(&tap);
        let chunks = Chunks { chunks: (0..50).map(|_| water(60)), log: log.clone() };
        let pull = Shell::pull("pull", chunks, slot.register("pull").unwrap()).start();
        until(|| log.has("called")).await;
        slot.close();
        tap.open_tap();
        assert_eq!(pull.finished().await.unwrap(), Exit::Done);
        all_came(&tap, 50 * 60).await;
        assert_eq!(log.count("stop"), 0);

        // A push producer that runs, and has nothing to say at the moment.
        let tap = Basin::open();
        let slot = basin(&tap);
        let mut push = slot.register("push").unwrap();
        assert_eq!(push.write(water(10)).unwrap(), Flow::Go);
        slot.close();
        push.flush().await.unwrap();
        let_others_run().await;
        assert_eq!((tap.ending(), push.stopped()), (None, None));
        assert_eq!(push.write(water(10)).unwrap(), Flow::Go);
        push.unregister();
        all_came(&tap, 20).await;

        // A push producer that is paused: it is resumed.
        let (tap, log) = (Basin::closed(), Log::default());
        let slot = basin(&tap);
        let chunks = (0..50).map(|_| water(60));
        let outlet = slot.register("paused").unwrap();
        Careless::start(outlet, chunks, Leave::Unregister, &log);
        until(|| log.has("pause")).await;
        slot.close();
        tap.open_tap();
        all_came(&tap, 50 * 60).await;
        assert!(log.has("resume") && !log.has("stop"));
    });
}

#[test]
fn the_end_does_not_overtake_what_a_stage_holds() {
    system(async {
        let tap = Basin::closed();
        let below = basin(&tap);
        let above = Slot::new("stage", marks(1000, 2000));
        let outlet = below.register("stage").unwrap();
        Shell::stage("stage", Keeping::default(), &above, outlet).unwrap().start();
        let mut outlet = above.register("test").unwrap();
        for _ in 0..5 {
            assert_eq!(outlet.write(water(60)).unwrap(), Flow::Go);
        }
        outlet.finish();
        let_others_run().await;
        assert_eq!((tap.bytes().len(), tap.ending()), (0, None));
        tap.open_tap();
        all_came(&tap, 5 * 60).await;
    });
}

#[test]
fn an_empty_write_does_not_end_a_chunked_body() {
    system(async {
        let (connection, peer) = with_peer().await;
        let wire = Slot::new("wire", marks(1000, 2000));
        let body = Slot::new("body", marks(1000, 2000));
        let consumer = connection.into_consumer().unwrap();
        Shell::consumer("wire", consumer, &wire).unwrap().start();
        let outlet = wire.register("body").unwrap();
        Shell::transform("body", chunked(), &body, outlet).unwrap().start();
        let mut outlet = body.register("test").unwrap();
        for chunk in ["", "a", "", "bc", ""] {
            assert_eq!(outlet.write(Bytes::from(chunk)).unwrap(), Flow::Go);
        }
        outlet.finish();
        assert_eq!(read_all(peer).await, b"1\r\na\r\n2\r\nbc\r\n0\r\n\r\n");
    });
}

#[test]
fn an_empty_message_between_two_actors_is_not_lost() {
    system(async {
        let framing = || Framing::Delimiter(Delimiter::from(b'\n'));
        let text = Slot::new("text", marks(1000, 2000));
        let messages = Slot::new("messages", marks(1000, 2000));
        let framed = Slot::new("framed", marks(1000, 2000));
        let outlet = messages.register("unframe").unwrap();
        Shell::transform("unframe", unframe(framing(), 64), &text, outlet).unwrap().start();
        let outlet = framed.register("frame").unwrap();
        Shell::transform("frame", frame(framing()), &messages, outlet).unwrap().start();
        let mut outlet = text.register("test").unwrap();
        let _ = outlet.write(Bytes::from("one\n\ntwo\n")).unwrap();
        outlet.finish();
        let mut consumer = TestConsumer::of(framed).unwrap();
        let (chunks, end) = consumer.expect_end().await.unwrap();
        assert_eq!((chunks.concat(), end), (b"one\n\ntwo\n".to_vec(), End::Finished));
    });
}

#[test]
fn the_end_of_a_connection_that_is_not_read_is_told_when_it_is_read_again() {
    system(async {
        let (connection, mut peer) = with_peer().await;
        let tap = Basin::closed();
        let slot = basin(&tap);
        let outlet = slot.register("peer").unwrap();
        let gauge = outlet.gauge();
        let reader = connection.into_producer().unwrap();
        let reader = Shell::pull("peer", reader, outlet).start();
        peer.write_all(&water(8000)).await.unwrap();
        drop(peer);
        until(|| gauge.report().written.items > 0).await;
        let_others_run().await;
        let written = gauge.report().written.bytes;
        assert!(written < 1000 && tap.ending().is_none(), "{written}");
        tap.open_tap();
        assert_eq!(reader.finished().await.unwrap(), Exit::Done);
        all_came(&tap, 8000).await;
    });
}

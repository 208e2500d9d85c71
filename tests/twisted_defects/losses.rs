//! Consumers that go away while a producer is registered.

use std::{convert::Infallible, iter::repeat_with};

use aqueduct::{
    actors::{Cause, Exit},
    link::Stopped,
    prelude::{Bytes, Consumer, Ctx, Demand, End, File, Next, Outbox, PullProducer, Shell, Slot},
};

use crate::support::{
    Basin, Careless, Chunks, Leave, Log, let_others_run, log_failure, marks, system, until, water,
    with_peer,
};

/// How a producer writes.
#[derive(Clone, Copy)]
enum Kind {
    Pull,
    Push,
    Plain,
}

const KINDS: [Kind; 3] = [Kind::Pull, Kind::Push, Kind::Plain];

/// Has a producer write without end to a consumer that fails when `fails` is done.
async fn fails<C, E>(kind: Kind, consumer: C, fails: impl AsyncFnOnce(&Log))
where
    C: Consumer<Item = Bytes, Error = E>,
{
    let log = Log::default();
    let slot = Slot::new("consumer", marks(65_536, 4 * 65_536));
    let consumer = Shell::consumer("consumer", consumer, &slot).unwrap().start();
    log_failure(consumer, &log);
    let outlet = slot.register("producer").unwrap();
    let gauge = outlet.gauge();
    let chunk = water(65_536);
    let chunks = Chunks { chunks: repeat_with(move || chunk.clone()), log: log.clone() };
    match kind {
        Kind::Pull => drop(Shell::pull("producer", chunks, outlet).start()),
        Kind::Push => drop(Shell::push("producer", chunks, outlet).start()),
        Kind::Plain => {
            let chunks = chunks.chunks.take(1000);
            drop(Careless::start(outlet, chunks, Leave::Finish, &log));
        }
    }
    fails(&log).await;
    until(|| log.has("failed") && log.has("stop")).await;
    let calls = log.count("called");
    let_others_run().await;
    let mut lines = log.lines();
    lines.retain(|line| matches!(*line, "stop" | "failed"));
    assert_eq!(lines, ["stop", "failed"], "once, and before the failure is told");
    assert_eq!(log.count("called"), calls, "it is called no more");
    let report = gauge.report();
    assert_eq!(report.written, report.committed, "what became of all is known");
}

#[test]
fn a_reset_connection_stops_its_producer_once_before_it_is_told() {
    system(async {
        for kind in KINDS {
            let (connection, peer) = with_peer().await;
            let consumer = connection.into_consumer().unwrap();
            fails(kind, consumer, async |log| {
                until(|| log.has("called") || log.has("pause")).await;
                peer.set_zero_linger().unwrap();
                drop(peer);
            })
            .await;
        }
    });
}

#[test]
fn a_full_disk_stops_its_producer_once_before_it_is_told() {
    system(async {
        for kind in KINDS {
            let consumer = File::create("/dev/full").allow_special().await.unwrap();
            fails(kind, consumer, async |_| {}).await;
        }
    });
}

#[test]
fn a_consumer_that_leaves_its_producer_stops_it_once() {
    async fn check(leave: fn(&Slot<Bytes>)) -> Option<End> {
        let (tap, log) = (Basin::open(), Log::default());
        let slot = Slot::new("basin", marks(1000, 2000));
        Shell::consumer("basin", tap.clone(), &slot).unwrap().start();
        let outlet = slot.register("producer").unwrap();
        let gauge = outlet.gauge();
        let chunk = water(100);
        let chunks = Chunks { chunks: repeat_with(move || chunk.clone()), log: log.clone() };
        let producer = Shell::pull("producer", chunks, outlet).start();
        until(|| log.has("called")).await;
        leave(&slot);
        assert!(matches!(producer.finished().await.unwrap(), Exit::Stopped(_)));
        let calls = log.count("called");
        let_others_run().await;
        assert_eq!((log.count("stop"), log.count("called")), (1, calls));
        let report = gauge.report();
        assert_eq!(report.committed, report.written);
        let handled = report.written.items - report.discarded.items;
        assert_eq!(tap.bytes().len() as u64, handled * 100);
        tap.ending()
    }
    system(async {
        let end = check(Slot::unregister).await;
        assert_eq!(end, None, "it waits for the next producer");
        check(|slot| slot.retire("it closes its channel")).await;
        let end = check(|slot| slot.abort("it closes its channel")).await;
        assert!(matches!(end, Some(End::Aborted { .. })));
    });
}

/// Writes without end, and panics when it is told to stop.
struct BadLoser(Bytes);

impl PullProducer for BadLoser {
    type Item = Bytes;
    type Error = Infallible;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        out.extend([self.0.clone()]);
        Ok(Next::More)
    }

    fn stopped(&mut self, _: Stopped, _: &mut Ctx<'_, Self>) {
        panic!("it cannot lose");
    }
}

#[test]
fn a_producer_that_panics_when_it_is_stopped_holds_up_nobody() {
    system(async {
        let slot = Slot::new("disk", marks(65_536, 4 * 65_536));
        let disk = File::create("/dev/full").allow_special().await.unwrap();
        let disk = Shell::consumer("disk", disk, &slot).unwrap().start();
        let outlet = slot.register("bad loser").unwrap();
        let gauge = outlet.gauge();
        let producer = Shell::pull("bad loser", BadLoser(water(1000)), outlet).start();
        let lost = disk.finished().await.unwrap_err();
        assert!(matches!(lost.cause, Cause::Failed(_)), "its consumer tells its own failure");
        let ended = producer.finished().await.unwrap_err();
        assert!(matches!(ended.cause, Cause::Panicked(words) if &*words == "it cannot lose"));
        assert!(slot.is_closed() && slot.producer().is_none());
        let report = gauge.report();
        assert!(report.written.items > 0 && report.written == report.committed);
    });
}

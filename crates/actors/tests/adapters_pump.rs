//! Pumps into the mailbox of one actor: one batch a pump, never more, and nothing lost.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "this is how a test fails, and what it has to show"
)]

mod common;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use actix::prelude::*;
use aqueduct_actors::{End, Exit, Failure, Shell, Write, pump};
use aqueduct_link::{Amount, Slot};
use common::*;

const PUMPS: u64 = 64;
const EACH: u64 = 2_000;
const BATCH: u64 = 64;

/// What is in the hands of the flooded actor, in its mailbox or in its futures.
#[derive(Default)]
struct Flood {
    writes: AtomicU64,
    items: AtomicU64,
    most_writes: AtomicU64,
    most_items: AtomicU64,
    largest: AtomicU64,
    handled: AtomicU64,
    ends: AtomicU64,
    sum: AtomicU64,
}

struct Flooded(Arc<Flood>);

impl Actor for Flooded {
    type Context = Context<Self>;
}

impl Handler<Write<u64>> for Flooded {
    type Result = ResponseActFuture<Self, Result<(), Failure>>;

    fn handle(&mut self, write: Write<u64>, _: &mut Context<Self>) -> Self::Result {
        let (flood, items) = (self.0.clone(), write.len() as u64);
        flood.largest.fetch_max(items, SeqCst);
        let writes = flood.writes.fetch_add(1, SeqCst) + 1;
        flood.most_writes.fetch_max(writes, SeqCst);
        let all = flood.items.fetch_add(items, SeqCst) + items;
        flood.most_items.fetch_max(all, SeqCst);
        // It answers when others had many turns.
        let later = async {
            for _ in 0..20 {
                tokio::task::yield_now().await;
            }
        };
        Box::pin(later.into_actor(self).map(move |(), me, _| {
            let flood = &me.0;
            flood.sum.fetch_add(write.iter().sum(), SeqCst);
            flood.handled.fetch_add(items, SeqCst);
            flood.ends.fetch_add(u64::from(write.end.is_some()), SeqCst);
            flood.items.fetch_sub(items, SeqCst);
            flood.writes.fetch_sub(1, SeqCst);
            Ok(())
        }))
    }
}

async fn floods(apart: bool) {
    let flood = Arc::new(Flood::default());
    let elsewhere = apart.then(Elsewhere::new);
    let start = {
        let flood = flood.clone();
        move || Flooded(flood).start()
    };
    let address = match &elsewhere {
        Some(elsewhere) => elsewhere.call(start).await,
        None => start(),
    };
    let (mut counters, mut pumps, mut gauges) = (Vec::new(), Vec::new(), Vec::new());
    for number in 0..PUMPS {
        let mut slot = Slot::new(format!("pump {number}"), marks(256, 1024));
        let outlet = slot.register("counter").unwrap();
        gauges.push(outlet.gauge());
        let inlet = slot.inlet().unwrap();
        pumps.push(actix_rt::spawn(pump(inlet, address.clone().recipient())));
        counters.push(Shell::pull("counter", Count::to(EACH), outlet).start());
    }
    for counter in counters {
        assert_eq!(within("a producer", counter.finished()).await.unwrap(), Exit::Done);
    }
    for pump in pumps {
        assert_eq!(within("a pump", pump).await.unwrap().unwrap(), End::Finished);
    }
    println!(
        "apart: {apart}: {PUMPS} pumps of {EACH} items each into one actor: {} handled, at most {} \
         batches and {} items outstanding, the largest batch {}",
        flood.handled.load(SeqCst),
        flood.most_writes.load(SeqCst),
        flood.most_items.load(SeqCst),
        flood.largest.load(SeqCst),
    );
    assert_eq!(flood.handled.load(SeqCst), PUMPS * EACH);
    assert_eq!(flood.sum.load(SeqCst), PUMPS * (EACH * (EACH - 1) / 2));
    assert_eq!(flood.ends.load(SeqCst), PUMPS);
    assert_eq!(flood.writes.load(SeqCst), 0);
    assert_eq!(flood.largest.load(SeqCst), BATCH);
    assert!(flood.most_writes.load(SeqCst) <= PUMPS, "one batch a pump");
    assert!(flood.most_items.load(SeqCst) <= PUMPS * BATCH);
    for gauge in gauges {
        assert_eq!(gauge.report().committed.items, EACH);
        assert!(gauge.report().peak.items <= 1024);
    }
}

#[test]
fn f1_64_pumps_have_one_batch_each_in_the_hands_of_one_actor() {
    system(floods(false));
    system(floods(true));
}

/// An actor that dies with its third write in hand.
struct Dying(u64);

impl Actor for Dying {
    type Context = Context<Self>;
}

impl Handler<Write<u64>> for Dying {
    type Result = Result<(), Failure>;

    fn handle(&mut self, write: Write<u64>, _: &mut Context<Self>) -> Self::Result {
        self.0 += 1;
        match self.0 {
            3 if write.redelivered() == 0 => panic!("{PLANTED} in a recipient"),
            _ => Ok(()),
        }
    }
}

#[test]
fn f9_a_recipient_that_is_gone_stops_the_producer_and_counts_the_rest() {
    hide_planted_panics();
    system(async {
        let tally = Tally::new();
        let mut slot = Slot::new("pump", marks(500, 1000));
        let outlet = slot.register("counter").unwrap();
        let gauge = outlet.gauge();
        let recipient = Dying(0).start().recipient();
        let pump = actix_rt::spawn(pump(slot.inlet().unwrap(), recipient));
        let count = Count { next: 0, end: u64::MAX, tally: tally.clone() };
        let counter = Shell::pull("counter", count, outlet).start();
        let failure = within("the pump", pump).await.unwrap().unwrap_err();
        assert_eq!(failure.to_string(), "Mailbox has closed");
        let exit = within("the producer", counter.finished()).await.unwrap();
        assert_eq!(exit, Exit::Stopped("Mailbox has closed".into()));
        assert_eq!(tally.stops(), ["Mailbox has closed"]);
        let report = gauge.report();
        assert_eq!(report.written, report.committed);
        assert_eq!(report.discarded, Amount::items(report.written.items - 128), "two were handled");
    });
}

#[test]
fn f2_what_a_dead_recipient_had_comes_again_to_the_next_one() {
    hide_planted_panics();
    system(async {
        let flood = Arc::new(Flood::default());
        let slot = Slot::new("pump", marks(500, 1000));
        slot.keep();
        let mut outlet = slot.register("writer").unwrap();
        outlet.write_all(0..300).unwrap();
        let mut handle = slot.clone();
        let first = pump(handle.inlet().unwrap(), Dying(0).start().recipient());
        within("the first pump", first).await.unwrap_err();
        let mut handle = slot.clone();
        let second = pump(handle.inlet().unwrap(), Flooded(flood.clone()).start().recipient());
        let second = actix_rt::spawn(second);
        within("the flush", outlet.close()).await.unwrap();
        assert_eq!(within("the second pump", second).await.unwrap().unwrap(), End::Finished);
        assert_eq!(flood.handled.load(SeqCst), 300 - 128);
        assert_eq!(outlet.gauge().report().redelivered, 64);
    });
}

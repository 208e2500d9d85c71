//! How long a plain actor at a link lives: for as long as anything can come to it.

#![allow(clippy::unwrap_used, reason = "this is how a test fails")]

mod common;

use std::sync::Arc;

use actix::prelude::*;
use aqueduct_actors::{Attach, End, Exit, Failure, Shell, Write};
use aqueduct_link::Slot;
use common::*;

/// A plain consumer that tells when it ends, and nothing else.
struct Told(Slot<u64>, Arc<Tally>, #[allow(dead_code, reason = "it counts")] Arc<()>);

impl Actor for Told {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.0.attach(ctx);
    }
}

impl Handler<Write<u64>> for Told {
    type Result = Result<(), Failure>;

    fn handle(&mut self, write: Write<u64>, _: &mut Context<Self>) -> Self::Result {
        write.iter().for_each(|item| self.1.add(*item));
        if let Some(end) = &write.end {
            self.1.end(end);
        }
        Ok(())
    }
}

#[test]
fn f9_a_plain_consumer_without_addresses_lives_for_as_long_as_somebody_may_register() {
    system(async {
        let (alive, tally) = (Arc::new(()), Tally::new());
        let slot = Slot::new("taker", marks(4, 16));
        let registrant = slot.clone();
        drop(Told(slot, tally.clone(), alive.clone()).start());
        for producer in 0..3 {
            // Nobody has its address, and nobody is registered: it waits for who may come.
            let_others_run().await;
            assert_eq!(Arc::strong_count(&alive), 2);
            let mut outlet = registrant.register(format!("producer {producer}")).unwrap();
            let _ = outlet.write(producer).unwrap();
            until("the item", || tally.count() == producer + 1).await;
            outlet.unregister();
        }
        assert_eq!(tally.ends(), []);
        drop(registrant);
        until("its end", || Arc::strong_count(&alive) == 1).await;
        assert_eq!(tally.ends(), [End::Abandoned]);
    });
}

#[test]
fn f9_a_plain_consumer_lives_for_as_long_as_its_producer_is_registered() {
    system(async {
        let (alive, tally) = (Arc::new(()), Tally::new());
        let slot = Slot::new("taker", marks(4, 16));
        let mut outlet = slot.register("writer").unwrap();
        drop(Told(slot, tally.clone(), alive.clone()).start());
        let_others_run().await;
        assert_eq!(Arc::strong_count(&alive), 2, "no address, no slot, but a producer");
        let _ = outlet.write(0).unwrap();
        within("the flush", outlet.close()).await.unwrap();
        until("its end", || Arc::strong_count(&alive) == 1).await;
        tally.assert_all(1);
    });
}

#[test]
fn f9_a_plain_consumer_with_addresses_lives_on_after_its_link() {
    system(async {
        let (alive, tally) = (Arc::new(()), Tally::new());
        let slot = Slot::new("taker", marks(4, 16));
        let mut outlet = slot.register("writer").unwrap();
        let address = Told(slot, tally.clone(), alive.clone()).start();
        let _ = outlet.write(0).unwrap();
        within("the flush", outlet.close()).await.unwrap();
        until("the end", || !tally.ends().is_empty()).await;
        let_others_run().await;
        assert!(address.connected());
        drop(address);
        until("its end", || Arc::strong_count(&alive) == 1).await;
    });
}

#[test]
fn f9_a_shell_ends_with_its_work_and_its_addresses_do_not_keep_it() {
    system(async {
        let tally = Tally::new();
        let slot = Slot::new("taker", marks(4, 16));
        let mut outlet = slot.register("writer").unwrap();
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        let address = taker.address().clone();
        let_others_run().await;
        assert!(address.connected(), "it lives while somebody is registered");
        within("the flush", outlet.close()).await.unwrap();
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        assert!(!address.connected());
        tally.assert_all(0);
    });
}

#[test]
fn f9_a_shell_without_a_producer_waits_for_whoever_has_a_handle_of_its_slot() {
    system(async {
        let tally = Tally::new();
        let slot = Slot::new("taker", marks(4, 16));
        let registrant = slot.clone();
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        let_others_run().await;
        assert!(taker.address().connected());
        drop((slot, registrant));
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        assert_eq!(tally.ends(), [End::Abandoned]);
    });
}

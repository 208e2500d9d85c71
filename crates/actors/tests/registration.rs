//! Registration: by message, and again after leaving.

#![allow(clippy::unwrap_used, clippy::panic, reason = "this is how a test fails")]

mod common;

use std::{
    rc::Rc,
    sync::{Arc, Mutex},
};

use actix::prelude::*;
use aqueduct_actors::{End, Exit, Pause, Register, Resume, Shell, Stop, Unregister, attach_outlet};
use aqueduct_link::{Flow, Outlet, Slot};
use common::*;

#[test]
fn f4_a_registration_by_message_answers_with_an_outlet_or_names_both_producers() {
    system(async {
        let tally = Tally::new();
        let slot = Slot::new("taker", marks(2, 8));
        let _registrant = slot.clone();
        let taker = Shell::consumer("taker", Take(tally.clone()), &slot).unwrap().start();
        let address = taker.address();
        let mut first = address.send(Register::<u64>::new("first")).await.unwrap().unwrap();
        let refused = address.send(Register::<u64>::new("second")).await.unwrap().unwrap_err();
        assert_eq!(
            refused.to_string(),
            "Cannot register producer second, because producer first was never unregistered.",
        );
        assert_eq!(&*refused.consumer, "taker");
        first.write_all(0..3).unwrap();
        within("the flush", first.close()).await.unwrap();
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        tally.assert_all(3);
    });
}

#[test]
fn f4_f8_unregistering_by_message_frees_the_place_and_keeps_what_was_accepted() {
    system(async {
        let (tally, gate) = (Tally::new(), Gate::new());
        let slot = Slot::new("taker", marks(2, 20));
        let _registrant = slot.clone();
        let mut first = slot.register("first").unwrap();
        let waits = {
            let (tally, gate) = (tally.clone(), gate.clone());
            consume_by(&tally.clone(), move |batch, _| {
                let (lease, tally, gate) = (batch.lease().unwrap(), tally.clone(), gate.clone());
                Step::later(async move {
                    gate.passed().await;
                    lease.iter().for_each(|item| tally.add(*item));
                    Ok(())
                })
            })
        };
        let taker = Shell::consumer("taker", waits, &slot).unwrap().start();
        let address = taker.address();
        first.write_all(0..10).unwrap();
        address.send(Unregister).await.unwrap();
        address.send(Unregister).await.unwrap();
        let stopped = within("the stop", first.ready()).await.unwrap_err();
        assert_eq!(&*stopped.reason, "unregistered by its consumer");
        assert_eq!(first.write(99).unwrap_err().into_item(), 99, "it is handed back");
        let mut second = address.send(Register::<u64>::new("second")).await.unwrap().unwrap();
        second.write_all(10..20).unwrap();
        let_others_run().await;
        assert_eq!(tally.count(), 0);
        gate.open();
        within("the flush", second.close()).await.unwrap();
        assert_eq!(within("the consumer", taker.finished()).await.unwrap(), Exit::Done);
        tally.assert_all(20);
        assert_eq!(tally.ends(), [End::Finished]);
    });
}

#[derive(Debug, PartialEq, Eq)]
enum Told {
    Pause,
    Resume,
}

/// A plain producer of items that cannot cross a thread, which registers again after each finish.
struct OfRcs {
    slot: Slot<Rc<u64>>,
    outlet: Outlet<Rc<u64>>,
    next: u64,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Actor for OfRcs {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        attach_outlet(ctx, |me: &mut Self| &mut me.outlet);
        self.write_on();
    }
}

impl OfRcs {
    fn write_on(&mut self) {
        while self.next < 100 {
            if self.outlet.write(Rc::new(self.next)).unwrap() == Flow::Paused {
                self.next += 1;
                return;
            }
            self.next += 1;
        }
        if self.next == 100 {
            // Leaves, and comes back: the driver goes on with the new outlet.
            self.outlet.unregister();
            self.outlet = self.slot.register("source again").unwrap();
            self.next += 1;
        }
        while self.next <= 200 {
            let paused = self.outlet.write(Rc::new(self.next - 1)).unwrap() == Flow::Paused;
            self.next += 1;
            if paused {
                return;
            }
        }
        self.outlet.finish();
    }
}

impl Handler<Pause> for OfRcs {
    type Result = ();

    fn handle(&mut self, _: Pause, _: &mut Context<Self>) {
        self.told.lock().unwrap().push(Told::Pause);
    }
}

impl Handler<Resume> for OfRcs {
    type Result = ();

    fn handle(&mut self, _: Resume, _: &mut Context<Self>) {
        self.told.lock().unwrap().push(Told::Resume);
        self.write_on();
    }
}

impl Handler<Stop> for OfRcs {
    type Result = ();

    fn handle(&mut self, stop: Stop, _: &mut Context<Self>) {
        panic!("stopped: {}", stop.reason);
    }
}

#[test]
fn f3_f8_a_driver_follows_its_actor_to_the_next_registration() {
    system(async {
        let tally = Tally::new();
        let slot = Slot::new("taker", marks(1, 4));
        let outlet = slot.register("source").unwrap();
        let told = Arc::default();
        let source = OfRcs { slot: slot.clone(), outlet, next: 0, told: Arc::clone(&told) };
        let consume = {
            let tally = tally.clone();
            consume_by(&tally.clone(), move |batch, _| {
                while let Some(item) = batch.next() {
                    let item: &Rc<u64> = item;
                    tally.add(**item);
                }
                Ok(Step::Done)
            })
        };
        let taker = Shell::consumer("taker", consume, &slot).unwrap().start();
        let _address = source.start();
        within("the consumer", taker.finished()).await.unwrap();
        tally.assert_all(200);
        let told = told.lock().unwrap();
        assert_eq!(
            told.iter().filter(|told| **told == Told::Pause).count(),
            told.len().div_ceil(2)
        );
    });
}

//! A handler that keeps its arbiter is reported by name.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::{
    sync::{Arc, Barrier, Mutex},
    time::Duration,
};

use actix::{Actor, Context, Handler, Message, System};
use aqueduct_supervise::{Arbiters, Stall, Supervisor, Watchdog};
use common::{Log, idle, until};

const PATIENCE: Duration = Duration::from_millis(40);

/// Waits as threads do, until the test lets it go.
struct Blocks(Arc<Barrier>, Option<actix::Addr<Self>>);

struct Now;

impl Message for Now {
    type Result = ();
}

impl Actor for Blocks {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        use actix::AsyncContext;
        self.1 = Some(ctx.address());
    }
}

impl Handler<Now> for Blocks {
    type Result = ();

    fn handle(&mut self, _: Now, _: &mut Context<Self>) {
        self.0.wait();
    }
}

/// A watchdog, and what it tells.
fn watchdog() -> (Watchdog, Arc<Mutex<Vec<Stall>>>) {
    let told = Arc::<Mutex<Vec<Stall>>>::default();
    let tells = told.clone();
    let tell = move |stall: &Stall| tells.lock().unwrap().push(stall.clone());
    (Watchdog::telling(PATIENCE, tell).unwrap(), told)
}

#[test]
fn a_child_that_keeps_its_arbiter_is_reported_by_name_and_again_when_it_lets_go() {
    let released = Arc::new(Barrier::new(2));
    System::new().block_on(async {
        let (supervisor, log) = (Supervisor::new("all"), Log::default());
        let arbiters = Arbiters::start(2).unwrap();
        let (watchdog, told) = watchdog();
        watchdog.watch("busy", &arbiters.get(0));
        watchdog.watch("calm", &arbiters.get(1));
        supervisor.actor("calm one", idle("calm", &log)).start_on(&arbiters.get(1)).await.unwrap();
        let barrier = released.clone();
        let blocks = supervisor.actor("blocks", move || {
            std::future::ready(Ok::<_, std::convert::Infallible>(Blocks(barrier.clone(), None)))
        });
        let blocks = blocks.start_on(&arbiters.get(0)).await.unwrap();
        until("its start", || blocks.address().is_some_and(|address| address.connected())).await;
        blocks.address().unwrap().do_send(Now);
        until("the report", || !told.lock().unwrap().is_empty()).await;
        released.wait();
        until("the end", || told.lock().unwrap().len() >= 2).await;
        let told = told.lock().unwrap();
        // A machine that stands still may make others look late, too.
        let busy: Vec<_> = told.iter().filter(|stall| &*stall.arbiter == "busy").collect();
        assert_eq!(busy[0].child, Some("blocks".into()), "{}", busy[0]);
        assert!(busy[0].lasts >= PATIENCE && !busy[0].is_over);
        assert!(busy[1].is_over && busy[1].child == busy[0].child, "{}", busy[1]);
    });
}

#[test]
fn what_is_no_child_is_reported_without_a_name_and_a_dead_arbiter_is_forgotten() {
    let released = Arc::new(Barrier::new(2));
    System::new().block_on(async {
        let arbiters = Arbiters::start(1).unwrap();
        let (watchdog, told) = watchdog();
        watchdog.watch("busy", &arbiters.get(0));
        let barrier = released.clone();
        arbiters.get(0).spawn_fn(move || {
            barrier.wait();
        });
        until("the report", || !told.lock().unwrap().is_empty()).await;
        released.wait();
        assert_eq!(told.lock().unwrap()[0].child, None);
        drop(arbiters);
        until("that it is forgotten", || format!("{watchdog:?}").contains("watched: 0")).await;
    });
}

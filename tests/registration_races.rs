//! Eight actors on several arbiters race to register: one wins, seven are told who did.

#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test fails by panicking, and prints what it counted"
)]

use actix::prelude::*;
use aqueduct::{
    link::{Outlet, RuntimeError},
    prelude::{Arbiters, Slot, Supervisor, Watermarks},
};
use tokio::sync::oneshot;

const ROUNDS: usize = 10_000;
const RACERS: usize = 8;
const ARBITERS: usize = 4;

/// An actor that registers when it is told to.
struct Racer(String);

impl Actor for Racer {
    type Context = Context<Self>;
}

#[derive(Message)]
#[rtype(result = "Result<Outlet<u64>, RuntimeError>")]
struct Run(Slot<u64>);

impl Handler<Run> for Racer {
    type Result = Result<Outlet<u64>, RuntimeError>;

    fn handle(&mut self, run: Run, _: &mut Context<Self>) -> Self::Result {
        run.0.register(self.0.as_str())
    }
}

async fn racers(arbiters: &Arbiters) -> Vec<Addr<Racer>> {
    let mut all = Vec::new();
    for racer in 0..RACERS {
        let (tell, told) = oneshot::channel();
        arbiters.get(racer).spawn_fn(move || {
            let _ = tell.send(Racer(format!("racer {racer}")).start());
        });
        all.push(told.await.expect("the arbiter runs"));
    }
    all
}

/// Checks one round; returns the name of the winner.
fn check(round: usize, results: &[Result<Outlet<u64>, RuntimeError>]) -> String {
    let winners: Vec<usize> = (0..RACERS).filter(|racer| results[*racer].is_ok()).collect();
    assert_eq!(winners.len(), 1, "round {round} has one winner");
    let winner = format!("racer {}", winners[0]);
    for (racer, result) in results.iter().enumerate() {
        let Err(error) = result else { continue };
        assert_eq!(*error.producer, *format!("racer {racer}"));
        assert_eq!(*error.incumbent, *winner);
        assert_eq!(*error.consumer, *format!("consumer {round}"));
        assert_eq!(
            error.to_string(),
            format!(
                "Cannot register producer racer {racer}, \
                 because producer {winner} was never unregistered."
            )
        );
    }
    winner
}

#[test]
fn f4_of_eight_racing_producers_exactly_one_registers() {
    System::new().block_on(async {
        let arbiters = Arbiters::start(ARBITERS).expect("threads");
        let racers = racers(&arbiters).await;
        let supervisor = Supervisor::new("races");
        let mut wins = [0; RACERS];
        for round in 0..ROUNDS {
            let marks = Watermarks::items_within(0, 1, 1).expect("good marks");
            let slot: Slot<u64> =
                supervisor.slot(format!("consumer {round}"), marks).expect("free");
            let sent: Vec<_> = racers.iter().map(|racer| racer.send(Run(slot.clone()))).collect();
            let mut results = Vec::new();
            for answer in sent {
                results.push(answer.await.expect("the racer runs"));
            }
            let winner = check(round, &results);
            assert_eq!(slot.producer().as_deref(), Some(winner.as_str()));
            wins[results.iter().position(Result::is_ok).expect("a winner")] += 1;
        }
        println!("{ROUNDS} rounds of {RACERS} on {ARBITERS} arbiters, wins: {wins:?}");
    });
}

#[test]
fn f8_whoever_comes_after_the_winner_has_left_registers_under_the_next_epoch() {
    let slot: Slot<u64> = Slot::new("consumer", Watermarks::items(0, 1).expect("good marks"));
    for epoch in 1..=1000 {
        let mut outlet = slot.register("again").expect("the place is free");
        assert_eq!(outlet.gauge().report().epoch.number(), epoch);
        outlet.unregister();
    }
}

//! A consumer that is killed again and again in the middle of a stream.

mod tally;

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use actix::System;
use aqueduct::prelude::*;
use aqueduct_soak::Random;
use clap::ValueEnum;
use serde_json::json;

use crate::{Broken, args, outcome::Outcome, planted};
use tally::Tally;

/// A way of killing a consumer with an item in hand.
///
/// Another kind is another variant: [`strike`](Self::strike) says what it does, and at which
/// [`Moment`] of an item's life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kill {
    /// It panics when it is given the item, before it has done anything with it
    BeforeEffect,
    /// It panics when it has done its work, before the item is committed
    AfterEffect,
    /// It panics when it is given the item, and its factory panics when it should be made anew
    InFactory,
}

/// When a consumer can be killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Moment {
    /// It was given an item.
    Given,
    /// The item's effect is there.
    Effected,
    /// A new value is asked for.
    Made,
}

impl Kill {
    const ALL: [Self; 3] = [Self::BeforeEffect, Self::AfterEffect, Self::InFactory];

    /// Kills, if this is a moment of this kind of kill; the last of its moments ends the kill.
    fn strike(self, moment: Moment, storm: &mut Storm) -> bool {
        let (strikes, last) = match (self, moment) {
            (Self::BeforeEffect, Moment::Given)
            | (Self::AfterEffect, Moment::Effected)
            | (Self::InFactory, Moment::Made) => (true, true),
            (Self::InFactory, Moment::Given) => (!std::mem::replace(&mut storm.begun, true), false),
            _ => (false, false),
        };
        if last {
            storm.planted.pop_front();
            storm.begun = false;
            storm.tally.killed(self);
        }
        strikes
    }
}

/// What is to come, and what came.
struct Storm {
    /// The items at which the consumer is killed.
    planted: VecDeque<(u64, Kill)>,
    /// The next kill has had its first moment, and not its last.
    begun: bool,
    tally: Tally,
}

/// The state that all lives of the consumer share.
#[derive(Clone)]
struct Shared(Arc<Mutex<Storm>>);

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Storm> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Kills whoever calls, if that is planted for this item and moment; in the factory, where no
    /// item is at hand, for the item that comes next.
    fn reach(&self, moment: Moment, item: Option<u64>) {
        let mut storm = self.lock();
        let Some(&(at, kill)) = storm.planted.front() else { return };
        let is_here = item.map_or(storm.begun, |item| item == at);
        if is_here && kill.strike(moment, &mut storm) {
            drop(storm);
            planted::panic();
        }
    }
}

/// A consumer by trait that notes each item.
struct Victim(Shared);

impl Victim {
    fn make(shared: Shared) -> Self {
        shared.reach(Moment::Made, None);
        shared.lock().tally.live();
        Self(shared)
    }
}

impl Consumer for Victim {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(item) = batch.next().copied() {
            self.0.lock().tally.given(item, batch.redelivered());
            self.0.reach(Moment::Given, Some(item));
            self.0.lock().tally.effect(item);
            self.0.reach(Moment::Effected, Some(item));
        }
        Ok(Consumed::Done)
    }

    fn end(&mut self, end: &End, _: &mut Ctx<'_, Self>) -> Result<Consumed<Self>, Infallible> {
        self.0.lock().tally.ends.push(end.clone());
        Ok(Consumed::Done)
    }
}

/// Counts up to a number.
struct Numbers {
    next: u64,
    to: u64,
}

impl PullProducer for Numbers {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let to = self.to.min(self.next.saturating_add(wanted.items()));
        self.next += out.extend(self.next..to);
        Ok(if self.next < self.to { Next::More } else { Next::Done })
    }
}

/// Items between two kills: sometimes the very next one, often one of the same batch, and enough
/// that both ends are in full flow.
const GAP: std::ops::RangeInclusive<u64> = 1..=2_000;

fn plan(kills: u64, kinds: &[Kill], random: &mut Random) -> VecDeque<(u64, Kill)> {
    let mut at = 0;
    let mut plan = VecDeque::new();
    for _ in 0..kills {
        at += if random.one_in(8) { 1 } else { random.within(GAP) };
        let kind = random.within(0..=kinds.len() as u64 - 1) as usize;
        plan.push_back((at, kinds[kind]));
    }
    plan
}

/// Runs the storm, and checks that nothing is lost and little comes again.
pub(crate) fn check(args: &args::Storm, short: bool) -> Result<Outcome, Broken> {
    let kills = args.kills.unwrap_or(if short { 100 } else { 1_000 });
    let seed = args.seed.tell();
    let kinds = if args.only.is_empty() { &Kill::ALL[..] } else { &args.only };
    let planted = plan(kills, kinds, &mut Random::new(seed));
    let items = planted.back().map_or(0, |(at, _)| at + *GAP.end());
    let shared = Shared(Arc::new(Mutex::new(Storm { planted, begun: false, tally: Tally::new() })));
    let began = Instant::now();
    let report = System::new().block_on(stream(items, shared.clone()))?;
    let seconds = began.elapsed().as_secs_f64();

    let storm = shared.lock();
    let mut outcome = Outcome::default();
    storm.tally.judge(items, kills, &mut outcome);
    outcome.require(storm.planted.is_empty(), || {
        format!("{} kills were never reached", storm.planted.len())
    });
    let restarts = report.children.first().map_or(0, |child| child.restarts);
    let edge = report.edges.first().ok_or("the link has no report")?;
    println!("{edge}");
    println!("{restarts} restarts, {seconds:.1} s, {:.0} items/s", items as f64 / seconds);
    let expected = storm.tally.expected_restarts();
    outcome.require(u64::from(restarts) == expected, || {
        format!("{restarts} restarts for kills that want {expected}")
    });
    let handled = aqueduct_soak::Account { handled: items, aborted: false, in_hand: 0 };
    outcome.complain(aqueduct_soak::unbalanced(edge, handled));
    outcome.figure("seed", format!("{seed:#x}"));
    outcome.figure("restarts", restarts);
    outcome.figure("seconds", seconds);
    outcome.figure("edge", json!({"redelivered": edge.redelivered, "pauses": edge.pauses}));
    Ok(outcome)
}

/// The stream: its consumer on this thread, its producer on another.
async fn stream(items: u64, shared: Shared) -> Result<aqueduct::supervise::Report, Broken> {
    let arbiters = Arbiters::start(1)?;
    let supervisor = Supervisor::new("storm");
    let slot = supervisor.slot("victim", Watermarks::items(256, 768)?)?;
    let factory = move || {
        let shared = shared.clone();
        async move { Ok::<_, Infallible>(Victim::make(shared)) }
    };
    let always = Restart::transient().at_most(u32::MAX).back_off(Duration::ZERO);
    supervisor.consumer(&slot, factory).restart(always).start()?;
    supervisor
        .producer("numbers", &slot, move || async move {
            Ok::<_, Infallible>(Numbers { next: 0, to: items })
        })
        .start_on(&arbiters.get(0))
        .await?;
    Ok(supervisor.finished().await?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kills_are_planted_in_order_each_at_an_item_of_its_own() {
        let seed = 0x5eed;
        println!("seed {seed:#x}");
        let plan = plan(500, &Kill::ALL, &mut Random::new(seed));
        let at: Vec<u64> = plan.iter().map(|(at, _)| *at).collect();
        assert!(at.is_sorted_by(|one, next| one < next));
        assert!(Kill::ALL.iter().all(|kind| plan.iter().any(|(_, kill)| kill == kind)));
    }
}

//! The report names the stage that limits the pipeline.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::{
    convert::Infallible,
    future::{Future, ready},
    pin::Pin,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aqueduct_actors::{Batch, Consumed, Consumer, Ctx, Demand, Next, Outbox, PullProducer};
use aqueduct_link::Watermarks;
use aqueduct_operators::{Rate, map};
use aqueduct_pipeline::{
    Because, Pipeline, Report,
    blueprint::{Marks, Unit},
    erased::Part,
};
use bytes::Bytes;
use common::{collector, dawdle, draft::Draft, made, numbers, run, texts};

/// Enough items for 2 ms each to tell, at 8 to 32 in a link.
const ITEMS: u64 = 150;

const SMALL: Marks = Marks { unit: Unit::Items, low: 8, high: 32, capacity: 64 };

fn small() -> Watermarks<aqueduct_link::Items> {
    Watermarks::items(8, 32).expect("good marks")
}

/// So many reports of one kind, right or wrong, decide.
const MAJORITY: usize = 3;

/// Runs it until most reports name this stage.
///
/// Time is measured, and a machine that stands still for half a second makes whoever waits just then
/// look guilty: so the tests go one by one, and the majority counts.
fn check(run: impl Fn() -> Report, stage: &str, because: Because) {
    static ONE_BY_ONE: Mutex<()> = Mutex::new(());
    let _alone = ONE_BY_ONE.lock().unwrap_or_else(PoisonError::into_inner);
    let (mut right, mut wrong) = (0, Vec::new());
    while right < MAJORITY {
        let report = run();
        if tells(&report, stage, because) {
            right += 1;
        } else {
            wrong.push(report.to_string());
            let told = wrong.join("\n");
            assert!(wrong.len() < MAJORITY, "not {stage}, {because:?}, but:\n{told}");
        }
    }
}

fn tells(report: &Report, stage: &str, because: Because) -> bool {
    let blame = report.limited_by.as_ref().expect("something moved");
    assert!(blame.share <= 1.0, "{report}");
    (&*blame.stage, blame.because) == (stage, because) && blame.share > 0.5
}

fn slowly<T>(item: T) -> T {
    dawdle();
    item
}

/// Takes its time over each item, and holds its arbiter up meanwhile.
fn slow_sum(sum: &mut u64, n: u64) {
    dawdle();
    *sum += n;
}

fn sum(sum: &mut u64, n: u64) {
    *sum += n;
}

#[test]
fn a_slow_sink_on_the_same_arbiter() {
    let told = || {
        let pipeline = Pipeline::named("sink").from(numbers(ITEMS)).fold("sum", 0, slow_sum);
        run(pipeline.watermarks(small()).run()).expect("it runs").1
    };
    check(told, "sum", Because::ItemsWaitedForIt);
}

#[test]
fn a_slow_sink_behind_a_boundary_and_a_map() {
    let told = || {
        let pipeline = Pipeline::named("sink")
            .from(numbers(ITEMS))
            .map("double", |n| n * 2)
            .boundary(small())
            .on("other")
            .map("half", |n| n / 2)
            .fold("sum", 0, slow_sum);
        run(pipeline.watermarks(small()).run()).expect("it runs").1
    };
    check(told, "sum", Because::ItemsWaitedForIt);
}

/// Takes one item at a time, and is done with it later.
struct Later;

impl Consumer for Later {
    type Item = u64;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, u64>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        batch.next();
        Ok(Consumed::later(async {
            tokio::time::sleep(Duration::from_millis(2)).await;
            Ok(())
        }))
    }
}

#[test]
fn a_slow_sink_that_answers_with_futures() {
    let told = || {
        let pipeline = Pipeline::named("later")
            .from(numbers(ITEMS))
            .map("double", |n| n * 2)
            .to(|| ready(Ok::<_, Infallible>(Later)))
            .watermarks(small());
        run(pipeline.run()).expect("it runs")
    };
    check(told, "Later", Because::ItemsWaitedForIt);
}

#[test]
fn a_slow_sink_with_fewer_items_than_its_link_holds() {
    let told = || {
        let pipeline = Pipeline::named("few").from(numbers(20)).fold("sum", 0, slow_sum);
        run(pipeline.run()).expect("it runs").1
    };
    check(told, "sum", Because::ItemsWaitedForIt);
}

#[test]
fn a_slow_map_in_the_actor_of_the_source() {
    let told = || {
        let pipeline = Pipeline::named("map")
            .from(numbers(ITEMS))
            .map("quick", |n| n)
            .map("slow", slowly)
            .map("quick too", |n| n)
            .fold("sum", 0, sum);
        run(pipeline.run()).expect("it runs").1
    };
    check(told, "slow", Because::ItTookMostOfItsActorsTime);
}

#[test]
fn a_slow_map_behind_a_boundary_that_it_does_not_begin() {
    for arbiter in ["", "other"] {
        let told = || {
            let open = Pipeline::named("map").from(numbers(ITEMS)).boundary(small());
            let open = if arbiter.is_empty() { open } else { open.on(arbiter) };
            let pipeline = open.map("quick", |n| n).map("slow", slowly).fold("sum", 0, sum);
            run(pipeline.run()).expect("it runs").1
        };
        check(told, "slow", Because::ItTookMostOfItsActorsTime);
    }
}

#[test]
fn a_slow_map_in_the_middle_of_three_actors() {
    let told = || {
        let pipeline = Pipeline::named("middle")
            .from(numbers(ITEMS))
            .map("quick", |n| n)
            .boundary(small())
            .on("second")
            .map("slow", slowly)
            .boundary(small())
            .on("third")
            .map("quick too", |n| n)
            .fold("sum", 0, sum);
        run(pipeline.run()).expect("it runs").1
    };
    check(told, "slow", Because::ItTookMostOfItsActorsTime);
}

#[test]
fn a_slow_source_that_computes() {
    let told = || {
        let pipeline = Pipeline::named("source")
            .from(made(ITEMS, slowly))
            .map("quick", |n| n)
            .boundary(small())
            .map("quick too", |n| n)
            .fold("sum", 0, sum);
        run(pipeline.run()).expect("it runs").1
    };
    check(told, "Numbers", Because::EverybodyBehindItWaited);
}

/// Waits for each of its items.
struct Ticking {
    left: u64,
    sleep: Option<Pin<Box<tokio::time::Sleep>>>,
}

impl PullProducer for Ticking {
    type Item = u64;
    type Error = Infallible;

    fn produce(
        &mut self,
        _: Demand,
        out: &mut Outbox<'_, u64>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let nap = || Box::pin(tokio::time::sleep(Duration::from_millis(2)));
        while self.left > 0 {
            if self.sleep.get_or_insert_with(nap).as_mut().poll(&mut ctx.task()).is_pending() {
                return Ok(Next::Wait);
            }
            self.sleep = None;
            self.left -= out.extend([self.left]);
        }
        Ok(Next::Done)
    }
}

#[test]
fn a_slow_source_that_waits() {
    let ticking = || ready(Ok::<_, Infallible>(Ticking { left: ITEMS, sleep: None }));
    for fused in [false, true] {
        let told = || {
            let open = Pipeline::named("source").from(ticking);
            let pipeline = match fused {
                false => open.fold("sum", 0, sum),
                true => open.map("quick", |n| n).fold("sum", 0, sum),
            };
            run(pipeline.run()).expect("it runs").1
        };
        check(told, "Ticking", Because::EverybodyBehindItWaited);
    }
}

#[test]
fn a_rate_limit_though_the_sink_has_a_good_deal_to_do() {
    let rate = Rate::per(2, Duration::from_millis(20)).expect("a rate").burst(2).expect("a burst");
    let told = || {
        let pipeline = Pipeline::named("rate")
            .from(numbers(60))
            .map("quick", |n| n)
            .rate_limit("limit", rate)
            .fold("sum", 0, slow_sum);
        run(pipeline.run()).expect("it runs").1
    };
    check(told, "limit", Because::ItemsWaitedForIt);
}

/// A pipeline of parts: `in`, a map, a boundary to another arbiter, a map, `out`.
fn erased(
    source: fn(u64) -> Bytes,
    [first, second]: [fn(Bytes) -> Bytes; 2],
    rate: Option<Rate>,
) -> Report {
    let (items, _) = collector::<Bytes>();
    let mut draft = Draft::named("erased")
        .producer("in", "numbers", Part::producer(made(ITEMS, source)))
        .transform("first", "map", Part::transform(map(first)))
        .link(SMALL)
        .on("other")
        .transform("second", "map", Part::transform(map(second)));
    if let Some(rate) = rate {
        draft = draft.link(SMALL).stage("limit", "rate-limit", Part::stage(rate));
    }
    let pipeline = draft.link(SMALL).consumer("out", "collector", Part::consumer(items));
    run(pipeline.assemble().expect("it is whole").run()).expect("it runs")
}

#[test]
fn a_pipeline_of_parts_is_blamed_alike() {
    let number: fn(u64) -> Bytes = |n| n.to_string().into();
    let slow_number: fn(u64) -> Bytes = |n| slowly(n).to_string().into();
    let quick: fn(Bytes) -> Bytes = |item| item;
    let step = Because::ItTookMostOfItsActorsTime;
    check(|| erased(slow_number, [quick, quick], None), "in", Because::EverybodyBehindItWaited);
    check(|| erased(number, [slowly, quick], None), "first", step);
    check(|| erased(number, [quick, slowly], None), "second", step);
    let rate = Rate::per_second(500).expect("a rate").burst(2).expect("a burst");
    check(|| erased(number, [quick, quick], Some(rate)), "limit", Because::ItemsWaitedForIt);
}

/// Keeps nothing, and takes its time.
struct Slow;

impl Consumer for Slow {
    type Item = Bytes;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while batch.next().is_some() {
            dawdle();
        }
        Ok(Consumed::Done)
    }
}

#[test]
fn a_slow_sink_that_is_a_part() {
    let told = || {
        let pipeline = Draft::named("erased")
            .producer("in", "numbers", Part::producer(texts(ITEMS)))
            .link(SMALL)
            .consumer("out", "slow", Part::consumer(|| ready(Ok::<_, Infallible>(Slow))));
        run(pipeline.assemble().expect("it is whole").run()).expect("it runs")
    };
    check(told, "out", Because::ItemsWaitedForIt);
}

#[test]
fn where_nothing_is_slow_somebody_is_named_all_the_same_and_where_nothing_moved_nobody() {
    let (_, report) =
        run(Pipeline::named("quick").from(numbers(100_000)).fold("sum", 0, sum).run())
            .expect("it runs");
    assert!(report.limited_by.is_some(), "{report}");
    let (_, report) =
        run(Pipeline::named("empty").from(numbers(0)).fold("sum", 0, sum).run()).expect("it runs");
    assert_eq!(report.limited_by, None, "{report}");
}

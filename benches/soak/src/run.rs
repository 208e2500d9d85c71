//! Streams of all kinds for a long time, under a load that changes.

mod bytes;
mod items;
mod parcel;
mod stream;
mod world;

use std::{
    future::Future,
    path::Path,
    pin::Pin,
    sync::Arc,
    time::{Duration, Instant},
};

use actix::System;
use aqueduct::prelude::*;
use aqueduct_soak::{Census, Random, Trend};
use serde_json::json;

use crate::{Broken, args, outcome::Outcome, scratch::Scratch};
use items::Form;
use world::World;

/// Arbiters beside the one of the main thread.
const ARBITERS: usize = 2;
/// Between two looks at memory.
const LOOK: Duration = Duration::from_millis(200);
/// What is not measured of memory at the beginning is a quarter of the time, but no less and no more
/// than this, and never more than half of it.
const WARM_UP: [Duration; 2] = [Duration::from_secs(15), Duration::from_secs(60)];
/// Parts of the measured time, of each of which the least memory counts.
const PARTS: u32 = 20;
/// How long streams may take to end when the time is over, and what they had to go back.
const PATIENCE: Duration = Duration::from_secs(60);

/// A kind of streams.
#[derive(Clone, Copy, Debug)]
enum Kind {
    ByTrait,
    ByHandler,
    Tcp,
    Files,
}

impl Kind {
    const ALL: [Self; 4] = [Self::ByTrait, Self::ByHandler, Self::Tcp, Self::Files];
}

pub(crate) fn check(args: &args::Run, short: bool) -> Result<Outcome, Broken> {
    let time = args.time.unwrap_or(Duration::from_secs(if short { 10 } else { 60 }));
    let seed = args.seed.tell();
    let folder = Scratch::new()?;
    let base = base(folder.path())?;
    let mut outcome = Outcome::default();
    let memory = System::new().block_on(async {
        let arbiters = Arbiters::start(ARBITERS)?;
        let handles = (0..ARBITERS).map(|which| arbiters.get(which).clone()).collect();
        let world = Arc::new(World::new(time, folder.path(), handles));
        let memory = live(&world, args, Random::new(seed)).await?;
        world.judge(&mut outcome);
        Ok::<_, Broken>(memory)
    })?;
    let now = settled(folder.path(), &base)?;
    outcome.compare(&base, &now);
    // Shorter, if it was interrupted.
    let time = memory.last().map_or(time, |(at, _)| *at);
    let warm_up = (time / 4).clamp(WARM_UP[0], WARM_UP[1]).min(time / 2);
    let measured: Vec<_> = memory.into_iter().filter(|(at, _)| *at >= warm_up).collect();
    outcome.judge(Trend::through_least(&measured, PARTS), Trend::most_rise);
    outcome.figure("seed", format!("{seed:#x}"));
    outcome.figure("seconds", time.as_secs_f64());
    outcome.figure(
        "rss",
        measured.iter().map(|(at, rss)| json!([at.as_secs_f64(), rss])).collect::<Vec<_>>(),
    );
    Ok(outcome)
}

/// Runs all streams until their time is over and they have ended; returns what memory was when.
async fn live(
    world: &Arc<World>,
    args: &args::Run,
    mut random: Random,
) -> Result<Vec<(Duration, u64)>, Broken> {
    let mut streams = Vec::new();
    for number in 0..args.streams {
        for kind in Kind::ALL {
            streams.push(actix_rt::spawn(repeat(world.clone(), kind, number, random.fork())));
        }
    }
    let load = actix_rt::spawn(world::change_load(world.clone(), random.fork()));
    let interrupted = actix_rt::spawn(end_when_interrupted(world.clone()));
    let memory = look_on(world, args.every, &mut streams).await;
    load.abort();
    interrupted.abort();
    memory
}

/// After Ctrl-C the time is over: streams end, and what they did is judged.
async fn end_when_interrupted(world: Arc<World>) {
    if tokio::signal::ctrl_c().await.is_ok() {
        world.end();
    }
}

type Streams = Vec<actix_rt::task::JoinHandle<()>>;

/// Looks at memory and tells progress until all streams have ended.
async fn look_on(
    world: &Arc<World>,
    every: Duration,
    streams: &mut Streams,
) -> Result<Vec<(Duration, u64)>, Broken> {
    let (mut memory, mut told, mut items) = (Vec::new(), Instant::now(), 0);
    loop {
        streams.retain(|stream| !stream.is_finished());
        if streams.is_empty() {
            return Ok(memory);
        }
        tokio::time::sleep(LOOK).await;
        let at = world.elapsed();
        if !world.is_over() {
            memory.push((at, Census::take(Path::new(""))?.rss_bytes));
        } else if world.overdue() > PATIENCE {
            return Err(format!("{} streams hang: {}", streams.len(), world.running()).into());
        }
        if told.elapsed() >= every {
            let census = Census::take(&world.folder)?;
            let rate = (world.items() - items) as f64 / told.elapsed().as_secs_f64();
            println!("{:>6.1} s: {census}, {rate:.0} items/s, {world}", at.as_secs_f64());
            (told, items) = (Instant::now(), world.items());
        }
    }
}

/// Has one stream after the other until the time is over.
async fn repeat(world: Arc<World>, kind: Kind, number: u16, mut random: Random) {
    let name = format!("{kind:?} {number}").to_lowercase();
    while !world.is_over() {
        let (world, random) = (world.clone(), random.fork());
        let stream: Pin<Box<dyn Future<Output = Result<(), Broken>>>> = match kind {
            Kind::ByTrait => Box::pin(items::stream(world.clone(), Form::Trait, random)),
            Kind::ByHandler => Box::pin(items::stream(world.clone(), Form::Handler, random)),
            Kind::Tcp => Box::pin(bytes::over_tcp(world.clone(), random)),
            Kind::Files => Box::pin(bytes::through_file(world.clone(), name.clone(), random)),
        };
        let running = world.run(&name);
        if let Err(error) = stream.await {
            world.complain([format!("{name}: {error}")]);
        }
        drop(running);
    }
}

/// Counts what there is before anything was started but an empty system: what tokio makes once for
/// the process, as a pair of sockets for signals, stays.
pub(crate) fn base(folder: &Path) -> Result<Census, Broken> {
    System::new().block_on(async {});
    Ok(Census::take(folder)?)
}

/// Waits until nothing is left that was not there at the base, or for as long as patience lasts;
/// returns what there is then.
pub(crate) fn settled(folder: &Path, base: &Census) -> Result<Census, Broken> {
    let began = Instant::now();
    loop {
        let now = Census::take(folder)?;
        if now.left_since(base).is_empty() || began.elapsed() > PATIENCE / 4 {
            return Ok(now);
        }
        // Threads of a pool end when they have had nothing to do for a while.
        std::thread::sleep(LOOK / 4);
    }
}

//! Streams of bytes out of the process and back: over TCP, and through a file.

use std::{
    convert::Infallible,
    fs,
    sync::{Arc, Mutex},
    task::Poll,
};

use aqueduct::{link::Gauge, prelude::*};
use aqueduct_soak::{Account, Random, Sum, unbalanced};

use super::{
    parcel::{Fate, Pace, Taken},
    stream::{ALWAYS, Weather, start},
    world::{Count, World, lock},
};
use crate::Broken;

/// The bytes of one stream at most.
const BYTES: u64 = 4 << 20;
/// The longest chunk.
const CHUNK: u64 = 64 << 10;

/// How many bytes there were, and the sum over them, however they were cut.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Tally {
    bytes: u64,
    chunks: u64,
    sum: Sum,
}

impl Tally {
    fn add(&mut self, chunk: &[u8]) {
        self.bytes += chunk.len() as u64;
        self.chunks += 1;
        self.sum.add(chunk);
    }

    fn is_same(&self, other: &Self) -> bool {
        (self.bytes, self.sum) == (other.bytes, other.sum)
    }
}

/// Makes chunks of random length and content.
struct Chunks {
    left: u64,
    /// A chunk that was made and not taken.
    kept: Option<Bytes>,
    random: Random,
    pace: Pace,
    world: Arc<World>,
    made: Arc<Mutex<Tally>>,
}

impl Chunks {
    fn chunk(&mut self, most: u64) -> Bytes {
        let longest = if self.random.one_in(3) { 64 } else { CHUNK };
        let length = self.random.within(1..=longest).min(self.left).min(most.max(1));
        let words = length.div_ceil(8);
        let mut chunk: Vec<u8> =
            (0..words).flat_map(|_| self.random.number().to_le_bytes()).collect();
        chunk.truncate(usize::try_from(length).unwrap_or(0));
        self.left -= length;
        chunk.into()
    }
}

impl PullProducer for Chunks {
    type Item = Bytes;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, Bytes>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let Poll::Ready(_) = self.pace.poll(&mut ctx.task()) else { return Ok(Next::Wait) };
        if self.world.is_over() {
            self.left = self.left.min(1);
        }
        if self.kept.is_none() {
            let chunk = self.chunk(wanted.bytes());
            lock(&self.made).add(&chunk);
            self.kept = Some(chunk);
        }
        // A hold may have come since it was asked: then nothing is taken.
        out.extend(std::iter::from_fn(|| self.kept.take()));
        // Chunks are some dozen times as heavy as items.
        self.pace.made(64);
        let is_done = self.left == 0 && self.kept.is_none();
        Ok(if is_done { Next::Done } else { Next::More })
    }
}

/// Adds up what comes, and dies now and then.
struct Meter {
    taken: Arc<Mutex<(Taken, Tally)>>,
}

impl Consumer for Meter {
    type Item = Bytes;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(chunk) = batch.next().cloned() {
            let (sequence, marked) = (batch.sequence(), batch.redelivered());
            let mut shared = lock(&self.taken);
            let fate = shared.0.fate();
            let (taken, tally) = &mut *shared;
            if fate == Fate::Good || chunk.len() % 2 == 0 {
                taken.chunk(sequence, tally.chunks, marked);
                if sequence >= tally.chunks {
                    tally.add(&chunk);
                }
            }
            drop(shared);
            fate.meet();
        }
        Ok(Consumed::Done)
    }
}

/// What a stream of bytes has on its way.
struct Way {
    supervisor: Supervisor,
    weather: Weather,
    world: Arc<World>,
    random: Random,
}

impl Way {
    fn new(world: Arc<World>, random: Random) -> Self {
        Self { supervisor: Supervisor::new("bytes"), weather: Weather::calm(), world, random }
    }

    /// A slot whose producers are paused now and then.
    fn slot(&mut self, name: &str) -> Result<Slot<Bytes>, Broken> {
        let low = self.random.within(0..=kib(64));
        let marks = Watermarks::bytes(low, low + self.random.within(kib(1)..=kib(256)))?;
        let slot = self.supervisor.slot(name, marks)?;
        self.weather.holds(&self.world, &slot, self.random.fork());
        Ok(slot)
    }

    async fn produce(&mut self, slot: &Slot<Bytes>) -> Result<Arc<Mutex<Tally>>, Broken> {
        let made = Arc::new(Mutex::new(Tally::default()));
        let bytes = self.random.within(1..=BYTES);
        let parts = Mutex::new(Some((self.random.fork(), self.world.clone(), made.clone())));
        let factory = move || {
            let parts = lock(&parts).take();
            async move {
                let (random, world, made) = parts.ok_or_else(|| Failure::message("made twice"))?;
                let pace = Pace::new(world.clone());
                Ok::<_, Failure>(Chunks { left: bytes, kept: None, random, pace, world, made })
            }
        };
        start!(self.supervisor.producer("chunks", slot, factory), &self.world, &mut self.random);
        Ok(made)
    }

    async fn consume(&mut self, slot: &Slot<Bytes>) -> Result<Arc<Mutex<(Taken, Tally)>>, Broken> {
        let taken = Taken::new(self.world.clone(), self.random.fork()).rather_often();
        let taken = Arc::new(Mutex::new((taken, Tally::default())));
        let shared = taken.clone();
        let factory = move || {
            let taken = shared.clone();
            async move { Ok::<_, Infallible>(Meter { taken }) }
        };
        let spec = self.supervisor.consumer(slot, factory).restart(ALWAYS);
        start!(spec, &self.world, &mut self.random);
        Ok(taken)
    }

    /// Compares the figures of a link with what its consumer handled, where that is known.
    fn balance(&self, gauge: &Gauge, handled: Option<u64>, aborted: bool) {
        let report = gauge.report();
        let delivered = report.committed.items.saturating_sub(report.discarded.items);
        let handled = handled.unwrap_or(delivered);
        let world = &self.world;
        world.complain(unbalanced(&report, Account { handled, aborted, in_hand: 0 }));
        world.count(Count::Registrations, 1);
        world.count(Count::Discarded, report.discarded.items);
    }

    /// Compares what was made with what came.
    fn compare(&self, what: &str, made: &Tally, taken: &(Taken, Tally)) {
        let (taken, came) = taken;
        self.world.complain(taken.wrong.iter().map(|wrong| format!("{what}: {wrong}")));
        self.world.count(Count::Bytes, came.bytes);
        self.world.count(Count::Items, came.chunks);
        if !came.is_same(made) {
            self.world.complain([format!("{what}: {made:?} was made, and {came:?} came")]);
        }
    }
}

/// Chunks over a TCP connection to a consumer that checks them.
pub(super) async fn over_tcp(world: Arc<World>, random: Random) -> Result<(), Broken> {
    let mut way = Way::new(world, random);
    let (near, far) = (way.slot("TCP client")?, way.slot("meter")?);
    let listening = Tcp::listen("127.0.0.1:0").await?;
    let address = listening.local_addr().to_string();
    let taken = way.consume(&far).await?;
    let accept = move || {
        let listening = listening.clone();
        async move { listening.accept().await?.into_producer() }
    };
    let server = way.supervisor.producer("TCP server", &far, accept).restart(Restart::temporary());
    start!(server, &way.world, &mut way.random);
    let connect = move || Tcp::connect(&address).consumer();
    let client = way.supervisor.consumer(&near, connect).restart(Restart::temporary());
    start!(client, &way.world, &mut way.random);
    let made = way.produce(&near).await?;
    let gauges = [gauge(&near)?, gauge(&far)?];
    way.supervisor.finished().await?;
    let (made, taken) = (lock(&made), lock(&taken));
    way.balance(&gauges[0], Some(made.chunks), false);
    way.balance(&gauges[1], Some(taken.1.chunks), false);
    way.compare("tcp", &made, &taken);
    Ok(())
}

/// Chunks into a file, and out of it to a consumer that checks them.
pub(super) async fn through_file(
    world: Arc<World>,
    name: String,
    random: Random,
) -> Result<(), Broken> {
    let path = world.folder.join(name);
    let mut way = Way::new(world.clone(), random);
    let slot = way.slot("file")?;
    let target = path.clone();
    let create = move || File::create(&target);
    let file = way.supervisor.consumer(&slot, create).restart(Restart::temporary());
    start!(file, &way.world, &mut way.random);
    let made = way.produce(&slot).await?;
    if way.random.one_in(6) {
        let random = way.random.fork();
        way.weather.abort(&world, &slot, random);
    }
    let written = gauge(&slot)?;
    way.supervisor.finished().await?;
    let aborted = way.weather.aborted();
    way.balance(&written, None, aborted);
    if !path.exists() {
        if !aborted {
            world.complain([format!("file: {} is not there", path.display())]);
        }
        return Ok(());
    }

    let mut back = Way::new(world, way.random.fork());
    let slot = back.slot("meter")?;
    let taken = back.consume(&slot).await?;
    let source = path.clone();
    let open = move || File::open(&source);
    let file = back.supervisor.producer("file", &slot, open).restart(Restart::temporary());
    start!(file, &back.world, &mut back.random);
    let read = gauge(&slot)?;
    back.supervisor.finished().await?;
    back.balance(&read, Some(lock(&taken).1.chunks), false);
    back.compare("file", &lock(&made), &lock(&taken));
    Ok(fs::remove_file(path)?)
}

fn gauge(slot: &Slot<Bytes>) -> Result<Gauge, Broken> {
    slot.gauge().ok_or_else(|| "a slot without figures".into())
}

//! Streams of parcels inside the process: by trait and by handler, from producers that come and go.

use std::{
    convert::Infallible,
    future::poll_fn,
    sync::{Arc, Mutex},
    task::Poll,
};

use actix::{Actor, Context, Handler};
use aqueduct::{link::Gauge, prelude::*};
use aqueduct_soak::{Account, Random, unbalanced};

use super::{
    parcel::{Maker, Pace, Parcel, Taken, Tally},
    stream::{ALWAYS, Weather, start},
    world::{Count, World, lock},
};
use crate::Broken;

/// What the consumer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Trait,
    Handler,
}

impl Form {
    /// Items that may be handled and not committed when an abort comes.
    const fn in_hand(self) -> u64 {
        match self {
            Self::Trait => 1,
            Self::Handler => 64,
        }
    }
}

/// The items of one producer at most.
const ITEMS: u64 = 50_000;

type Shared = Arc<Mutex<Taken>>;

struct ByTrait(Shared);

impl Consumer for ByTrait {
    type Item = Parcel;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, Parcel>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        while let Some(parcel) = batch.next().cloned() {
            let marked = batch.redelivered();
            let fate = lock(&self.0).take(&parcel, marked);
            fate.meet();
        }
        Ok(Consumed::Done)
    }
}

struct ByHandler {
    slot: Slot<Parcel>,
    taken: Shared,
}

impl Actor for ByHandler {
    type Context = Context<Self>;

    fn started(&mut self, ctx: &mut Context<Self>) {
        self.slot.attach(ctx);
    }
}

impl Handler<Write<Parcel>> for ByHandler {
    type Result = Result<(), Failure>;

    fn handle(&mut self, write: Write<Parcel>, _: &mut Context<Self>) -> Self::Result {
        let redelivered = write.redelivered();
        for (at, parcel) in write.iter().enumerate() {
            let fate = lock(&self.taken).take(parcel, at < redelivered);
            fate.meet();
        }
        Ok(())
    }
}

/// The last producer of a stream, by trait.
struct Making {
    maker: Maker,
    pace: Pace,
    world: Arc<World>,
    /// What it has made, for whoever compares.
    made: Arc<Mutex<Tally>>,
}

impl PullProducer for Making {
    type Item = Parcel;
    type Error = Infallible;

    fn produce(
        &mut self,
        wanted: Demand,
        out: &mut Outbox<'_, Parcel>,
        ctx: &mut Ctx<'_, Self>,
    ) -> Result<Next, Infallible> {
        let Poll::Ready(allowed) = self.pace.poll(&mut ctx.task()) else { return Ok(Next::Wait) };
        if self.world.is_over() {
            self.maker.hurry();
        }
        let most = usize::try_from(allowed.min(wanted.items())).unwrap_or(usize::MAX);
        let written = out.extend(self.maker.by_ref().take(most));
        self.pace.made(written);
        *lock(&self.made) = self.maker.made;
        Ok(if self.maker.is_done() { Next::Done } else { Next::More })
    }
}

/// A registration, and what was made for it.
struct Registered {
    gauge: Gauge,
    made: Tally,
}

/// A producer that has no actor: writes, and leaves its place to the next.
async fn come_and_go(
    world: &Arc<World>,
    slot: &Slot<Parcel>,
    mut maker: Maker,
) -> Result<Registered, Broken> {
    let mut outlet = slot.register("a guest")?;
    let mut pace = Pace::new(world.clone());
    while let Some(parcel) = maker.next() {
        poll_fn(|cx| pace.poll(cx)).await;
        outlet.send(parcel).await.map_err(|refused| refused.to_string())?;
        pace.made(1);
        if world.is_over() {
            maker.hurry();
        }
    }
    let gauge = outlet.gauge();
    outlet.unregister();
    Ok(Registered { gauge, made: maker.made })
}

/// One stream from its first producer to its end.
pub(super) async fn stream(
    world: Arc<World>,
    form: Form,
    mut random: Random,
) -> Result<(), Broken> {
    let supervisor = Supervisor::new("items");
    let low = random.within(0..=64);
    let slot = supervisor.slot("taker", Watermarks::items(low, low + random.within(1..=512))?)?;
    let taken: Shared = Arc::new(Mutex::new(Taken::new(world.clone(), random.fork())));
    consume(&world, &supervisor, &slot, form, &taken, &mut random).await?;
    let mut weather = Weather::calm();
    weather.holds(&world, &slot, random.fork());

    let guests = random.within(0..=3) as usize;
    let mut registered = Vec::new();
    for number in 0..guests {
        let maker = Maker::new(number, random.within(1..=ITEMS), random.fork());
        registered.push(come_and_go(&world, &slot, maker).await?);
    }
    let maker = Maker::new(guests, random.within(1..=ITEMS), random.fork());
    let made = Arc::new(Mutex::new(Tally::default()));
    produce(&world, &supervisor, &slot, maker, &made, &mut random).await?;
    if random.one_in(6) {
        weather.abort(&world, &slot, random.fork());
    }
    let gauge = slot.gauge().ok_or("a slot without figures")?;
    supervisor.finished().await?;
    registered.push(Registered { gauge, made: *lock(&made) });
    compare(&world, &registered, &lock(&taken), form, weather.aborted());
    Ok(())
}

async fn consume(
    world: &Arc<World>,
    supervisor: &Supervisor,
    slot: &Slot<Parcel>,
    form: Form,
    taken: &Shared,
    random: &mut Random,
) -> Result<(), Broken> {
    let taken = taken.clone();
    if form == Form::Trait {
        let factory = move || {
            let taken = taken.clone();
            async move { Ok::<_, Infallible>(ByTrait(taken)) }
        };
        start!(supervisor.consumer(slot, factory).restart(ALWAYS), world, random);
        return Ok(());
    }
    let place = slot.observer();
    let factory = move || {
        let (slot, taken) = (place.observer(), taken.clone());
        async move { Ok::<_, Infallible>(ByHandler { slot, taken }) }
    };
    let spec = supervisor.actor("taker", factory).consuming(slot).restart(ALWAYS);
    start!(spec, world, random);
    Ok(())
}

async fn produce(
    world: &Arc<World>,
    supervisor: &Supervisor,
    slot: &Slot<Parcel>,
    maker: Maker,
    made: &Arc<Mutex<Tally>>,
    random: &mut Random,
) -> Result<(), Broken> {
    let making = Mutex::new(Some((maker, world.clone(), made.clone())));
    let factory = move || {
        let making = lock(&making).take();
        async move {
            let (maker, world, made) = making.ok_or_else(|| Failure::message("made twice"))?;
            Ok::<_, Failure>(Making { maker, pace: Pace::new(world.clone()), world, made })
        }
    };
    start!(supervisor.producer("the last", slot, factory), world, random);
    Ok(())
}

/// Compares what was made with what came, and the figures with both.
fn compare(world: &World, registered: &[Registered], taken: &Taken, form: Form, aborted: bool) {
    world.complain(taken.wrong.iter().map(|wrong| format!("{form:?}: {wrong}")));
    for (number, one) in registered.iter().enumerate() {
        world.count(Count::Registrations, 1);
        let (report, came) = (one.gauge.report(), taken.of(number));
        // An abort drops what is not delivered, of whichever producer it is.
        let account = Account { handled: came.items, aborted, in_hand: form.in_hand() };
        world.complain(unbalanced(&report, account));
        world.count(Count::Discarded, report.discarded.items);
        let is_cut_off = aborted && came.items < one.made.items;
        if !is_cut_off && came != one.made {
            world.complain([format!("{form:?}: {:?} was made, and {came:?} came", one.made)]);
        }
    }
}

//! What every stream has: restarts without end, random pauses, sometimes an abort.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use actix_rt::{ArbiterHandle, task::JoinHandle};
use aqueduct::prelude::*;
use aqueduct_soak::Random;

use super::world::{Count, World};

/// A child that is made anew however often it fails.
pub(super) const ALWAYS: Restart = Restart::transient()
    .at_most(u32::MAX)
    .healthy_after(Duration::from_secs(1))
    .back_off(Duration::ZERO);

/// One of the arbiters, or none for the one of this thread.
pub(super) fn somewhere(world: &World, random: &mut Random) -> Option<ArbiterHandle> {
    let which = random.within(0..=world.arbiters.len() as u64) as usize;
    world.arbiters.get(which).cloned()
}

/// Starts a child on one of the arbiters, or on the one of this thread.
macro_rules! start {
    ($spec:expr, $world:expr, $random:expr) => {
        match $crate::run::stream::somewhere($world, $random) {
            Some(arbiter) => $spec.start_on(&arbiter).await?,
            None => $spec.start()?,
        }
    };
}
pub(super) use start;

/// Things that happen to a stream from outside, until this is dropped.
pub(super) struct Weather {
    tasks: Vec<JoinHandle<()>>,
    aborted: Arc<AtomicBool>,
}

impl Weather {
    /// Returns no weather.
    pub(super) fn calm() -> Self {
        Self { tasks: Vec::new(), aborted: Arc::default() }
    }

    /// Holds the slot's producers now and then, for a while.
    pub(super) fn holds<T: 'static>(&mut self, world: &Arc<World>, slot: &Slot<T>, random: Random) {
        self.tasks.push(actix_rt::spawn(hold(world.clone(), slot.observer(), random)));
    }

    /// Aborts the stream in a while.
    pub(super) fn abort<T: 'static>(
        &mut self,
        world: &Arc<World>,
        slot: &Slot<T>,
        mut random: Random,
    ) {
        let (world, slot, aborted) = (world.clone(), slot.observer(), self.aborted.clone());
        self.tasks.push(actix_rt::spawn(async move {
            nap(&mut random, 50).await;
            aborted.store(true, SeqCst);
            world.count(Count::Aborts, 1);
            slot.abort("a planted abort");
        }));
    }

    /// Returns whether the stream was aborted.
    pub(super) fn aborted(&self) -> bool {
        self.aborted.load(SeqCst)
    }
}

impl Drop for Weather {
    fn drop(&mut self) {
        self.tasks.iter().for_each(JoinHandle::abort);
    }
}

async fn hold<T>(world: Arc<World>, slot: Slot<T>, mut random: Random) {
    loop {
        nap(&mut random, 100).await;
        let hold = slot.hold("a random pause");
        world.count(Count::Holds, 1);
        nap(&mut random, 10).await;
        drop(hold);
    }
}

/// Sleeps for up to so many milliseconds.
async fn nap(random: &mut Random, most_millis: u64) {
    tokio::time::sleep(Duration::from_micros(random.within(0..=most_millis * 1_000))).await;
}

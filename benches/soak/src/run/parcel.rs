//! Items that know their place in the stream: who makes them, and who checks them.

use std::{
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use aqueduct_soak::{Random, Sum};
use bytes::Bytes;
use tokio::time::{Sleep, sleep};

use super::world::{Count, World};
use crate::planted;

/// An item that knows its place.
#[derive(Clone)]
pub(super) struct Parcel {
    /// Which producer of the slot made it.
    registration: usize,
    sequence: u64,
    body: Bytes,
}

/// The longest body, in bytes.
const BODY: u64 = 512;

/// How many parcels there were, and the sum over them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) items: u64,
    pub(super) sum: Sum,
}

impl Tally {
    fn add(&mut self, parcel: &Parcel) {
        self.items += 1;
        self.sum.add_number(parcel.sequence);
        self.sum.add(&parcel.body);
    }
}

/// Makes the parcels of one registration.
pub(super) struct Maker {
    registration: usize,
    pub(super) made: Tally,
    to: u64,
    random: Random,
}

impl Maker {
    pub(super) const fn new(registration: usize, to: u64, random: Random) -> Self {
        Self { registration, made: Tally { items: 0, sum: Sum::new() }, to, random }
    }

    pub(super) const fn is_done(&self) -> bool {
        self.made.items >= self.to
    }

    /// The next parcel is the last.
    pub(super) fn hurry(&mut self) {
        self.to = self.to.min(self.made.items + 1);
    }
}

impl Iterator for Maker {
    type Item = Parcel;

    fn next(&mut self) -> Option<Parcel> {
        if self.is_done() {
            return None;
        }
        let length = self.random.within(0..=BODY);
        let body = (0..length).map(|_| self.random.number() as u8).collect();
        let parcel = Parcel { registration: self.registration, sequence: self.made.items, body };
        self.made.add(&parcel);
        Some(parcel)
    }
}

/// Lets a producer work as hard as the load says.
pub(super) struct Pace {
    world: Arc<World>,
    left: u64,
    sleep: Option<Pin<Box<Sleep>>>,
}

impl Pace {
    pub(super) const fn new(world: Arc<World>) -> Self {
        Self { world, left: 0, sleep: None }
    }

    /// Answers how many items may be made now; at least one.
    pub(super) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<u64> {
        if let Some(sleep) = &mut self.sleep {
            std::task::ready!(sleep.as_mut().poll(cx));
            self.sleep = None;
        }
        if self.left == 0 {
            self.left = self.world.load().burst;
        }
        Poll::Ready(self.left)
    }

    /// So many were made.
    pub(super) fn made(&mut self, items: u64) {
        self.left = self.left.saturating_sub(items);
        let wait = self.world.load().wait;
        if self.left == 0 && !wait.is_zero() {
            self.sleep = Some(Box::pin(sleep(wait)));
        }
    }
}

/// What all lives of a consumer have taken, of all its producers.
pub(super) struct Taken {
    world: Arc<World>,
    random: Random,
    /// A panic in so many items.
    panic_in: u64,
    registrations: Vec<Tally>,
    pub(super) wrong: Vec<String>,
}

/// What a consumer does about an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Good,
    /// It dies now.
    Panic,
}

impl Fate {
    /// Dies, if that is its fate; no lock may be held.
    pub(super) fn meet(self) {
        if self == Self::Panic {
            planted::panic();
        }
    }
}

impl Taken {
    pub(super) fn new(world: Arc<World>, mut random: Random) -> Self {
        let panic_in = if random.one_in(4) { 0 } else { random.within(500..=20_000) };
        Self { world, random, panic_in, registrations: Vec::new(), wrong: Vec::new() }
    }

    /// Takes a parcel, and says whether its consumer dies of it.
    pub(super) fn take(&mut self, parcel: &Parcel, marked: bool) -> Fate {
        let fate = self.fate();
        if fate == Fate::Panic && self.random.one_in(2) {
            return fate;
        }
        while self.registrations.len() <= parcel.registration {
            self.registrations.push(Tally::default());
        }
        let is_last = self.registrations.len() == parcel.registration + 1;
        let tally = &mut self.registrations[parcel.registration];
        if parcel.sequence < tally.items {
            self.world.count(Count::Redelivered, 1);
            if !marked {
                self.wrong.push(format!("item {} came again and is not marked", parcel.sequence));
            }
        } else {
            if parcel.sequence > tally.items || !is_last {
                let (came, wanted) = (parcel.sequence, tally.items);
                self.wrong.push(format!("item {came} came where {wanted} was to come"));
            }
            tally.add(parcel);
            self.world.count(Count::Items, 1);
        }
        fate
    }

    /// Now and then a panic.
    pub(super) fn fate(&mut self) -> Fate {
        if self.random.one_in(self.panic_in) {
            self.world.count(Count::Panics, 1);
            return Fate::Panic;
        }
        Fate::Good
    }

    /// Dies more often, for chunks, of which there are fewer than items.
    pub(super) const fn rather_often(mut self) -> Self {
        self.panic_in /= 100;
        self
    }

    /// Takes the chunk of this number, where `next` is to come.
    pub(super) fn chunk(&mut self, number: u64, next: u64, marked: bool) {
        if number < next {
            self.world.count(Count::Redelivered, 1);
            if !marked {
                self.wrong.push(format!("chunk {number} came again and is not marked"));
            }
        } else if number > next {
            self.wrong.push(format!("chunk {number} came where {next} was to come"));
        }
    }

    /// What came of a registration.
    pub(super) fn of(&self, registration: usize) -> Tally {
        self.registrations.get(registration).copied().unwrap_or_default()
    }
}

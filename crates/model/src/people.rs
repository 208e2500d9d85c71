//! Those who meet at a slot, and where each of them stands.

use aqueduct_flow::{HoldId, Limits, outlet::Control, outlet::Outlet};

use crate::Op;

/// How the stream ended for the consumer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum End {
    /// All is written, and delivered.
    Finished,
    /// The producer gave up or died.
    Aborted,
    /// Nobody is left who could register.
    Abandoned,
}

/// A producer and its outlet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Producer {
    /// Its half of the link.
    pub core: Outlet,
    /// The wishes that it saw last.
    pub control: Control,
    /// Items accepted and not yet in the ring.
    pub staged: u64,
    /// Where it stands between two calls.
    pub stage: ProducerAt,
    /// What it has still to do of the call that it is in, the next thing last.
    pub todo: Vec<Op>,
    /// Its task is to be polled.
    pub notified: bool,
    /// Witness: it was told Pause, and not Resume since.
    pub paused: bool,
    /// Witness: how its stream ended.
    pub terminal: Option<Terminal>,
}

/// Where a producer stands between two calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProducerAt {
    /// It is about to wait until it may write.
    Ready,
    /// It is about to write, or to end where all is written.
    Write,
    /// It waits until it may write.
    Asleep,
    /// It is about to wait until all is committed.
    Flush,
    /// It waits until all is committed.
    AsleepInFlush,
    /// Its outlet is gone.
    Over,
}

/// How the stream ended for a producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Terminal {
    /// All is written and committed.
    Done,
    /// It gave up.
    Aborted,
    /// The consumer wants no more.
    Stopped,
}

/// The consumer and its inlet.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Consumer {
    /// The number of its life: what wakes an earlier one wakes nobody.
    pub life: u8,
    /// Where it stands between two calls.
    pub stage: ConsumerAt,
    /// What it has still to do of the call that it is in, the next thing last.
    pub todo: Vec<Op>,
    /// Its task is to be polled.
    pub notified: bool,
    /// The registration that it reads.
    pub lane: Option<usize>,
    /// How the stream ended, as far as its inlet knows.
    pub end: Option<End>,
    /// How many items this turn may still have.
    pub left: u8,
    /// Witness: the item that its handler works on.
    pub hand: Option<(usize, u64)>,
    /// Witness: the end that it was told.
    pub told: Option<End>,
    /// What it saw of the ring too early, where it looks in the wrong order.
    pub glimpse: Option<bool>,
}

/// Where a consumer stands between two calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ConsumerAt {
    /// It is about to poll.
    Poll,
    /// It was told that there are items.
    Turn,
    /// Its handler works on an item.
    Hand,
    /// It waits.
    Asleep,
    /// It was told the end.
    Told,
    /// It died, and may live again.
    Dead,
    /// It is gone for good.
    Gone,
}

/// Somebody with a handle of the slot.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outsider {
    /// Where it stands.
    pub stage: OutsiderAt,
    /// What it has still to do, the next thing last.
    pub todo: Vec<Op>,
}

/// Where somebody from outside stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutsiderAt {
    /// It has done nothing.
    Before,
    /// It holds the flow.
    Holds(HoldId),
    /// It has done its deed.
    After,
}

impl Producer {
    pub(crate) fn new(limits: Limits) -> Self {
        Self {
            core: Outlet::new(limits),
            control: Control::FREE,
            staged: 0,
            stage: ProducerAt::Ready,
            todo: Vec::new(),
            notified: false,
            paused: false,
            terminal: None,
        }
    }
}

impl Consumer {
    /// The consumer in its first life, about to poll.
    pub(crate) const fn new() -> Self {
        Self {
            life: 1,
            stage: ConsumerAt::Poll,
            todo: Vec::new(),
            notified: false,
            lane: None,
            end: None,
            left: 0,
            hand: None,
            told: None,
            glimpse: None,
        }
    }
}

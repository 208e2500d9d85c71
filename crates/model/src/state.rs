//! One moment of a slot and of all who meet there.
//!
//! The machines of `aqueduct_flow` are in here as they are; all else is what lies between them: the
//! words that two threads share, where each thread stands, and what a witness remembers of it.

use std::collections::VecDeque;

use aqueduct_flow::{Holds, Violation, slot::Slot};

use crate::{Consumer, End, Link, Op, Outsider, OutsiderAt, Params, Producer, Rule};

/// One moment.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct State {
    /// The registrations, the oldest first.
    pub links: Vec<Link>,
    /// Their producers, at the same places.
    pub producers: Vec<Producer>,
    /// The one consumer.
    pub consumer: Consumer,
    /// What the slot's mutex guards.
    pub hub: Hub,
    /// Who holds the flow.
    pub table: Table,
    /// Handles of producers that have not registered.
    pub newcomers: u8,
    /// What the newcomer that goes away without registering has still to do.
    pub crowd: Vec<Op>,
    /// Those who act from outside.
    pub outsiders: Vec<Outsider>,
    /// What mischief is left.
    pub left: Budget,
    /// The first thing that a witness saw go wrong.
    pub fault: Option<Fault>,
}

/// What a witness saw go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Fault {
    /// The rule that is broken.
    pub rule: Rule,
    /// How.
    pub what: &'static str,
    /// What the core answered, if it was the core that saw it.
    pub violation: Option<Violation>,
}

/// What the slot's mutex guards; `State` of the link's hub.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Hub {
    /// The slot's own machine.
    pub slot: Slot,
    /// The rings that are not drained, the oldest first.
    pub lanes: VecDeque<usize>,
    /// The registration that the consumer reads, or read last.
    pub reading: Option<usize>,
    /// Rings that nobody reads, whose producers may still write.
    pub limbo: Vec<usize>,
    /// The newest registration.
    pub current: Option<usize>,
    /// The slot waits for its consumer's next life.
    pub kept: bool,
    /// The consumer is gone for good.
    pub gone: bool,
    /// How the stream ended, once that is known.
    pub end: Option<End>,
    /// The life of a consumer that waits for a producer.
    pub waker: Option<u8>,
    /// What the next producer is asked for.
    pub asked: u64,
    /// Handles that may still register.
    pub registrants: u8,
}

/// Who holds the flow, on both sides; `Table` of the link's holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Table {
    /// On the consumer's side.
    pub consumer: Holds,
    /// On the producer's side.
    pub producer: Holds,
    /// The registration that feels them.
    pub current: Option<usize>,
}

/// What mischief is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Budget {
    /// Deaths of producers.
    pub losses: u8,
    /// Aborts by producers.
    pub aborts: u8,
    /// Deaths of the consumer.
    pub deaths: u8,
    /// Stops by the consumer.
    pub stops: u8,
    /// Items put back.
    pub put_backs: u8,
}

impl State {
    /// The first moment: the consumer is about to poll, and nobody has registered.
    #[must_use]
    pub fn new(params: &Params) -> Self {
        let hub = Hub {
            slot: Slot::new(params.after_loss),
            lanes: VecDeque::new(),
            reading: None,
            limbo: Vec::new(),
            current: None,
            kept: params.keep,
            gone: false,
            end: None,
            waker: None,
            asked: 0,
            registrants: params.newcomers,
        };
        let outsider = Outsider { stage: OutsiderAt::Before, todo: Vec::new() };
        Self {
            links: Vec::new(),
            producers: Vec::new(),
            consumer: Consumer::new(),
            hub,
            table: Table::default(),
            newcomers: params.newcomers,
            crowd: Vec::new(),
            outsiders: vec![outsider; params.outsiders.len()],
            left: Budget {
                losses: params.losses,
                aborts: params.aborts,
                deaths: params.deaths,
                stops: params.stops,
                put_backs: params.put_backs,
            },
            fault: None,
        }
    }

    /// Notes what went wrong; the first fault stays.
    pub(crate) fn fault(&mut self, rule: Rule, what: &'static str) {
        self.fault.get_or_insert(Fault { rule, what, violation: None });
    }

    /// Notes that a machine was asked for what the protocol forbids.
    pub(crate) fn violation(&mut self, what: &'static str, violation: Violation) {
        self.fault.get_or_insert(Fault { rule: Rule::Core, what, violation: Some(violation) });
    }
}

//! A slot beside one that remembers who came and who left.

use aqueduct_flow::slot::{AfterLoss, Epoch, Input, Phase, Slot};
use proptest::prelude::*;

use crate::{Answer, config, said, say};

/// Something that happens to the slot; a number says how many registrations ago its sender came.
#[derive(Clone, Debug)]
enum Op {
    Register,
    Unregister(usize),
    Finish(usize),
    Drained(usize),
    Lost(usize),
    Close,
    ConsumerGone,
    Abort,
}

fn op() -> impl Strategy<Value = Op> {
    let age = || prop_oneof![3 => Just(0_usize), 1 => 1..4_usize];
    prop_oneof![
        30 => Just(Op::Register),
        20 => age().prop_map(Op::Unregister),
        3 => age().prop_map(Op::Finish),
        10 => age().prop_map(Op::Drained),
        15 => age().prop_map(Op::Lost),
        1 => Just(Op::Close),
        1 => Just(Op::ConsumerGone),
        1 => Just(Op::Abort),
    ]
}

/// One who registered.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Producer {
    Writing,
    Finished,
    Gone,
}

#[derive(Debug)]
struct Naive {
    reopens: bool,
    /// All who ever registered, in order.
    producers: Vec<Producer>,
    closing: bool,
    closed: bool,
}

impl Naive {
    fn phase(&self) -> Phase {
        match self.producers.last() {
            _ if self.closed => Phase::Closed,
            Some(Producer::Writing) => Phase::Open,
            Some(Producer::Finished) => Phase::Finishing,
            Some(Producer::Gone) | None => Phase::Idle,
        }
    }

    /// The sender, if it is the newest and still there.
    fn current(&mut self, age: usize) -> Option<&mut Producer> {
        self.producers.last_mut().filter(|producer| age == 0 && **producer != Producer::Gone)
    }

    fn leave(&mut self, age: usize, close: bool) -> Answer {
        match self.current(age) {
            Some(producer @ Producer::Writing) => *producer = Producer::Gone,
            _ => return say(&[]),
        }
        self.closed = close;
        say(if close { &["Release", "EndOfStream"] } else { &["Release"] })
    }

    fn step(&mut self, op: &Op) -> Answer {
        match op {
            Op::Register => match self.phase() {
                Phase::Closed => say(&["StopNewcomer"]),
                Phase::Open | Phase::Finishing => say(&["Refuse"]),
                Phase::Idle => {
                    self.producers.push(Producer::Writing);
                    say(&["Open"])
                }
            },
            Op::Unregister(age) => self.leave(*age, self.closing),
            Op::Lost(age) => self.leave(*age, self.closing || !self.reopens),
            Op::Finish(age) => match self.current(*age) {
                Some(producer @ Producer::Writing) => {
                    *producer = Producer::Finished;
                    say(&["Release"])
                }
                _ => say(&[]),
            },
            Op::Drained(age) => match self.current(*age) {
                Some(producer @ Producer::Finished) => {
                    *producer = Producer::Gone;
                    self.closed = true;
                    say(&["EndOfStream"])
                }
                _ => say(&[]),
            },
            Op::Close => {
                let idle = self.phase() == Phase::Idle;
                self.closing = true;
                self.closed |= idle;
                say(if idle { &["EndOfStream"] } else { &[] })
            }
            Op::Abort if self.closed => say(&[]),
            Op::Abort => {
                let registered = self.current(0).is_some();
                self.step(&Op::ConsumerGone).ok();
                say(if registered { &["StopProducer", "EndOfStream"] } else { &["EndOfStream"] })
            }
            Op::ConsumerGone => {
                self.closed = true;
                match self.current(0) {
                    Some(producer) => {
                        *producer = Producer::Gone;
                        say(&["StopProducer"])
                    }
                    None => say(&[]),
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn slot_does_what_a_naive_slot_does(
        reopens: bool,
        ops in prop::collection::vec(op(), 0..200),
    ) {
        let mut slot = Slot::new(if reopens { AfterLoss::Reopen } else { AfterLoss::Close });
        let mut naive = Naive { reopens, producers: vec![], closing: false, closed: false };
        // What was told, and the epochs that were opened.
        let (mut told, mut epochs) = (Vec::new(), vec![Epoch::default()]);
        for op in &ops {
            let before = slot.clone();
            let of = |age: &usize| epochs[epochs.len().saturating_sub(age + 1)];
            let (input, stale) = match op {
                Op::Register => (Input::Register, false),
                Op::Unregister(age) => (Input::Unregister(of(age)), *age > 0),
                Op::Finish(age) => (Input::Finish(of(age)), *age > 0),
                Op::Drained(age) => (Input::Drained(of(age)), *age > 0),
                Op::Lost(age) => (Input::Lost(of(age)), *age > 0),
                Op::Close => (Input::Close, false),
                Op::ConsumerGone => (Input::ConsumerGone, false),
                Op::Abort => (Input::Abort, false),
            };
            // Before the second registration there is no older epoch than the one of nobody.
            let stale = stale && epochs.len() > 1;
            let answer = said(slot.on(input));
            prop_assert_eq!(&answer, &naive.step(op), "{:?} in {:?}", op, before);
            prop_assert_eq!(slot.phase(), naive.phase());
            prop_assert_eq!(slot.epoch().number(), naive.producers.len() as u64);
            if slot.epoch() != before.epoch() {
                epochs.push(slot.epoch());
            }
            let answer = answer.unwrap();
            //= F4, F8: a refusal and a word from an older epoch change nothing.
            if stale || answer.iter().any(|name| name == "Refuse" || name == "StopNewcomer") {
                prop_assert_eq!(&before, &slot);
            }
            told.extend(answer);

            let count = |name| told.iter().filter(|told| *told == name).count();
            //= F4: never a second registration before the first is over.
            let open = count("Open") - count("Release");
            prop_assert!(open <= 1);
            //= F5, F9: each of the ends is told once.
            prop_assert!(count("EndOfStream") <= 1 && count("StopProducer") <= 1);
            prop_assert!(slot.phase() != Phase::Open || open == 1);
        }
    }
}

//! An outlet and an inlet wired to each other, with a delay in what the producer hears.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use aqueduct_flow::{
    Amount, HoldEdge, HoldId, Holds, Limits, Reason, Violation,
    inlet::{self, Inlet},
    outlet::{self, Control, Outlet, Phase},
};
use proptest::prelude::*;

use crate::{
    Answer, config, front,
    naive::Naive,
    ops::{Op, limits, op},
    said,
};

fn sum(weights: impl IntoIterator<Item = u64>) -> Amount {
    weights
        .into_iter()
        .fold(Amount::ZERO, |sum, weight| Amount::new(sum.items + 1, sum.bytes + weight))
}

/// The real ends, the naive link, and what lies outside of both.
struct World {
    outlet: Outlet,
    inlet: Inlet,
    naive: Naive,
    /// Totals that were published and are not heard of yet.
    wire: VecDeque<Amount>,
    /// Those of the consumer's side, then those of the producer's.
    holds: [Holds; 2],
    names: [BTreeSet<&'static str>; 2],
    ids: BTreeMap<(usize, &'static str), HoldId>,
    stop: bool,
    asked: Option<u64>,
    paused: bool,
    /// The terminal signals, each at most once.
    terminal: Vec<String>,
}

impl World {
    fn new(limits: Limits, quantum: Option<Amount>, pull: bool) -> Self {
        Self {
            outlet: Outlet::new(limits),
            inlet: quantum.map_or(Inlet::new(&limits), Inlet::with_quantum),
            naive: Naive::new(limits, quantum.unwrap_or(limits.quantum())),
            wire: VecDeque::new(),
            holds: Default::default(),
            names: Default::default(),
            ids: BTreeMap::new(),
            stop: false,
            asked: pull.then_some(0),
            paused: false,
            terminal: vec![],
        }
    }

    fn control(&self) -> Control {
        let [peer, user] = self.holds.each_ref().map(Holds::is_held);
        Control {
            peer,
            user,
            stop: self.stop,
            asked: self.asked.unwrap_or(u64::MAX),
            ..Control::FREE
        }
    }

    /// What the producer knows to be committed.
    fn heard(&self) -> Amount {
        self.outlet.written().checked_sub(self.outlet.held()).unwrap()
    }

    /// Takes the step on both sides, and compares.
    fn step(&mut self, op: &Op) {
        let before = (self.outlet.clone(), self.inlet.clone());
        let Some((real, naive)) = self.take(op) else {
            return;
        };
        assert_eq!(real, naive, "{op:?} after {before:?}");
        if real.is_err() {
            assert_eq!(before, (self.outlet.clone(), self.inlet.clone()), "{op:?}");
        }
        for name in real.unwrap_or_default() {
            self.note(&name);
        }
        self.compare();
        self.check_rules();
    }

    /// What the machines answer, and what they should; `None` if it cannot happen here.
    fn take(&mut self, op: &Op) -> Option<(Answer, Answer)> {
        use inlet::Input as In;
        use outlet::Input as Out;

        let naive = &mut self.naive;
        let waiting = naive.ring.len() - naive.in_hand;
        Some(match op {
            Op::Write(items) => {
                let amount = sum(items.iter().copied());
                assert_eq!(self.outlet.would_pass_high(amount), naive.passes_high(items));
                (said(self.outlet.on(Out::Write(amount))), naive.write(items))
            }
            Op::Hear(count) => {
                let count = (count + 1).min(self.wire.len());
                let total = self.wire.drain(..count).next_back()?;
                (said(self.outlet.on(Out::Committed(total))), naive.hear(count))
            }
            Op::HearOfThePast => {
                let past = self.heard().checked_sub(Amount::items(1))?;
                (said(self.outlet.on(Out::Committed(past))), Err(Violation::TotalWentBack))
            }
            Op::HearOfTheFuture => {
                let future = self.outlet.written().checked_add(Amount::items(1))?;
                (said(self.outlet.on(Out::Committed(future))), Err(Violation::CommittedTooMuch))
            }
            Op::Look => {
                let control = self.control();
                let Control { peer, user, stop, .. } = control;
                let naive = self.naive.look(peer, user, stop, self.asked);
                (said(self.outlet.on(Out::Control(control))), naive)
            }
            Op::LookAtThePast => {
                let asked = naive.asked?.checked_sub(1)?;
                let past = Control { asked, ..self.control() };
                let naive = self.naive.look(past.peer, past.user, past.stop, Some(asked));
                (said(self.outlet.on(Out::Control(past))), naive)
            }
            Op::Finish => (said(self.outlet.on(Out::Finish)), naive.finish()),
            Op::Abort => (said(self.outlet.on(Out::Abort)), naive.abort()),
            Op::Lend(count) => {
                let count = waiting.min(*count);
                let items = front(naive.ring.iter().skip(naive.in_hand).copied(), count);
                (said(self.inlet.on(In::Lend(sum(items)))), naive.lend(count))
            }
            Op::Commit(count) => {
                let count = naive.in_hand.min(*count);
                let items = front(naive.ring.iter().copied(), count);
                (said(self.inlet.on(In::Commit(sum(items)))), naive.commit(count))
            }
            Op::CommitTooMuch => {
                let too_much = Amount::items(naive.in_hand as u64 + 1);
                let count = naive.in_hand + 1;
                (said(self.inlet.on(In::Commit(too_much))), naive.commit(count))
            }
            Op::PutBack => (said(self.inlet.on(In::PutBack)), naive.put_back()),
            Op::Die => (said(self.inlet.on(In::Return)), naive.die()),
            Op::Rest => (said(self.inlet.on(In::Rest)), naive.rest()),
            //= F2: only an abort, or a death with items in hand, gives anything up.
            Op::Discard(_) if naive.phase != Phase::Aborted && naive.in_hand == 0 => return None,
            Op::Discard(count) => {
                let most = if naive.phase == Phase::Aborted { waiting } else { 0 } + naive.in_hand;
                let items = front(naive.ring.iter().copied(), most.min(*count));
                let count = items.len();
                (said(self.inlet.on(In::Discard(sum(items)))), naive.discard(count))
            }
            // The end is behind the last item.
            Op::ReadEnd if naive.phase == Phase::Open || !naive.ring.is_empty() => return None,
            Op::ReadEnd => (said(self.inlet.on(In::End)), naive.read_end()),
            Op::Hold(side, name) => {
                if self.names[*side].insert(name) {
                    let (id, edge) = self.holds[*side].take(*name).unwrap();
                    assert_eq!(edge == HoldEdge::Held, self.names[*side].len() == 1);
                    self.ids.insert((*side, name), id);
                }
                return None;
            }
            Op::Release(side, name) => {
                let id = *self.ids.get(&(*side, *name))?;
                let released = self.holds[*side].release(id);
                let free = |edge| if edge { HoldEdge::Free } else { HoldEdge::None };
                let held = self.names[*side].remove(name);
                let left = self.names[*side].is_empty();
                assert_eq!(
                    released,
                    if held { Ok(free(left)) } else { Err(Violation::NoSuchHold) }
                );
                return None;
            }
            Op::Ask(more) => {
                self.asked = self.asked.map(|asked| asked + more);
                return None;
            }
            Op::Stop => {
                self.stop = true;
                return None;
            }
        })
    }

    /// Notes a signal, in whose order some of the rules are.
    fn note(&mut self, name: &str) {
        //= F5: nothing after the terminal signal; a closed link may only refuse.
        let ended = self.terminal.iter().any(|name| name != "Tell");
        match name {
            "Publish" => self.wire.push_back(self.inlet.committed()),
            "RefuseClosed" => assert_ne!(self.naive.phase, Phase::Open),
            "Accept" | "RefuseFull" => assert!(!ended, "{name} after the end"),
            "Pause" | "Resume" => {
                assert!(!ended, "{name} after the end");
                //= F3: Pause and Resume alternate, beginning with Pause.
                assert_eq!(self.paused, name == "Resume", "{name} twice");
                self.paused = !self.paused;
            }
            "Stop" | "Done" => {
                assert!(!ended, "{name} after the end");
                //= F6: a finish is done when all is committed, and not before.
                assert!(name == "Stop" || self.naive.ring.is_empty());
                self.terminal.push(name.to_owned());
            }
            _ => {
                assert!(!self.terminal.contains(&name.to_owned()), "{name} twice");
                self.terminal.push(name.to_owned());
            }
        }
    }

    /// Both sides show the same.
    fn compare(&self) {
        let (outlet, inlet, naive) = (&self.outlet, &self.inlet, &self.naive);
        let why = outlet.reasons().iter().map(|reason| match reason {
            Reason::Full => "full",
            Reason::Peer => "peer",
            Reason::User => "user",
        });
        assert_eq!(why.collect::<BTreeSet<_>>(), naive.why);
        assert_eq!(outlet.phase(), naive.phase);
        assert_eq!(outlet.written(), sum(naive.written.iter().copied()));
        assert_eq!(outlet.held(), sum(naive.believed.iter().copied()));
        assert_eq!(outlet.wanted(), naive.wanted());
        assert_eq!(inlet.committed(), sum(naive.gone.iter().copied()));
        assert_eq!(inlet.discarded(), sum(naive.given_up.iter().copied()));
        assert_eq!(inlet.in_hand(), sum(front(naive.ring.iter().copied(), naive.in_hand)));
        assert_eq!(inlet.next_sequence(), (naive.gone.len() + naive.in_hand) as u64);
        assert_eq!(inlet.is_redelivered(inlet.next_sequence()), naive.next_came_before());
        for (holds, names) in self.holds.iter().zip(&self.names) {
            assert_eq!(&holds.names().collect::<BTreeSet<_>>(), names);
        }
    }

    fn check_rules(&self) {
        let (outlet, naive) = (&self.outlet, &self.naive);
        let held = sum(naive.ring.iter().copied());
        //= F1: within the capacity, but for one heavy item that is alone.
        for held in [held, outlet.held()] {
            assert!(held.fits(naive.limits.capacity()) || held.items == 1, "{held} held");
        }
        //= F2: written = committed + held, and what was given up is among the committed.
        assert_eq!(Some(outlet.written()), self.inlet.committed().checked_add(held));
        assert!(self.inlet.discarded().fits(self.inlet.committed()));
        //= F3: the producer was told what is.
        if outlet.phase() == Phase::Open {
            assert_eq!(self.paused, !outlet.reasons().is_empty());
        } else {
            assert!(outlet.reasons().is_empty());
        }
        self.check_no_lost_wake_up();
    }

    /// Lets the news arrive that are on their way, on a copy.
    //= F7
    fn check_no_lost_wake_up(&self) {
        let (mut outlet, mut inlet) = (self.outlet.clone(), self.inlet.clone());
        let _ = inlet.on(inlet::Input::Rest).unwrap();
        let total = inlet.committed();
        let _ = outlet.on(outlet::Input::Control(self.control())).unwrap();
        let _ = outlet.on(outlet::Input::Committed(total)).unwrap();
        if outlet.phase() != Phase::Open {
            return;
        }
        // Whoever waits for the total that releases the link waits for the right one.
        let full = outlet.reasons().contains(Reason::Full);
        assert!(!full || !outlet.release_total().fits(total), "it is full and should not be");
        let held = self.holds.iter().any(Holds::is_held);
        assert!(held || full || outlet.reasons().is_empty(), "nobody holds it");
        let _ = outlet.on(outlet::Input::Committed(outlet.written())).unwrap();
        assert!(held || outlet.reasons().is_empty(), "it is empty and nobody holds it");
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn outlet_and_inlet_do_what_a_naive_link_does(
        limits in limits(),
        quantum in prop::option::of((1..4_u64, 1..30_u64)),
        pull: bool,
        ops in prop::collection::vec(op(), 50..200),
    ) {
        let quantum = quantum.map(|(items, bytes)| Amount::new(items, bytes));
        let mut world = World::new(limits, quantum, pull);
        for op in &ops {
            world.step(op);
        }
    }
}

//! Every state against every input, as text: a change of the protocol is a diff of these tables.
//! A state is named by the steps that lead to it; `=` stands for the state of before,
//! `= to be seen` for one that differs only in what it does not show.
//! Accept changes with `INSTA_UPDATE=always cargo test -p aqueduct-flow --test matrix`.

#![allow(clippy::unwrap_used, reason = "this is how a test fails")]

use std::fmt::{Debug, Write as _};

use aqueduct_flow::{Amount, Effects, Limits, Listed, Reason, Violation, inlet, outlet, slot};
use inlet::Inlet;
use outlet::{Control, Outlet};
use slot::{AfterLoss, Epoch, Slot};

/// A machine as the tables show it.
trait Machine: Clone + PartialEq {
    type Input: Copy;
    type Effect: Listed;

    fn step(&mut self, input: Self::Input) -> Result<Effects<Self::Effect>, Violation>;

    /// All that can be told of it from outside.
    fn describe(&self) -> String;

    /// Goes where these inputs lead, refusals included.
    fn after(mut self, inputs: &[Self::Input]) -> Self {
        for input in inputs {
            let _ = self.step(*input).unwrap();
        }
        self
    }
}

/// One line for each input in each state; `inputs` may depend on the state.
fn matrix<M: Machine>(
    states: &[(&str, M)],
    inputs: impl Fn(&M) -> Vec<(&'static str, M::Input)>,
) -> String {
    let mut text = String::new();
    for (name, state) in states {
        let _ = writeln!(text, "{name}: {}", state.describe());
    }
    for (name, state) in states {
        let _ = writeln!(text);
        for (label, input) in inputs(state) {
            let mut next = state.clone();
            let answer = match next.step(input) {
                Ok(effects) => list(effects.iter()),
                Err(violation) => format!("Violation({violation:?})"),
            };
            let mut after = next.describe();
            if next == *state {
                "=".clone_into(&mut after);
            } else if after == state.describe() {
                "= to be seen".clone_into(&mut after);
            }
            let _ = writeln!(text, "{name:<19} | {label:<21} | {answer:<27} | {after}");
        }
    }
    text
}

fn list<E: Debug>(effects: impl Iterator<Item = E>) -> String {
    let names: Vec<_> = effects.map(|effect| format!("{effect:?}")).collect();
    if names.is_empty() { "-".to_owned() } else { names.join(" ") }
}

/// Items and bytes, short.
fn short(amount: Amount) -> String {
    let part = |n: u64| {
        if n == u64::MAX { "max".to_owned() } else { n.to_string() }
    };
    format!("{}/{}", part(amount.items), part(amount.bytes))
}

impl Machine for Outlet {
    type Input = outlet::Input;
    type Effect = outlet::Effect;

    fn step(&mut self, input: outlet::Input) -> Result<Effects<outlet::Effect>, Violation> {
        self.on(input)
    }

    fn describe(&self) -> String {
        let mut text = format!(
            "{:?}, {} written, {} held",
            self.phase(),
            short(self.written()),
            short(self.held())
        );
        for reason in self.reasons().iter() {
            text += match reason {
                Reason::Full => ", full",
                Reason::Peer => ", peer",
                Reason::User => ", user",
            };
        }
        if self.reasons().contains(Reason::Full) {
            let _ = write!(text, " until {}", short(self.release_total()));
        }
        if !self.wanted().is_zero() {
            let _ = write!(text, ", {} wanted", short(self.wanted()));
        }
        text
    }
}

#[test]
fn outlet() {
    use outlet::Input::{Abort, Committed, Control as Wish, Finish, Write};

    const PEER: Control = Control { peer: true, ..Control::FREE };
    const USER: Control = Control { user: true, ..Control::FREE };
    const STOP: Control = Control { stop: true, ..Control::FREE };
    const ASK: Control = Control { asked: 3, ..Control::FREE };

    let limits = Limits::new(Amount::new(1, 10), Amount::new(2, 20), Amount::new(4, 40)).unwrap();
    let at = |steps: &[outlet::Input]| Outlet::new(limits).after(steps);
    let item = Write(Amount::one(5));
    let heavy = Write(Amount::one(50));
    let most = Write(Amount::one(u64::MAX));

    let states = [
        ("new", at(&[])),
        ("at high", at(&[item, item])),
        ("above high", at(&[item, item, item])),
        ("above low, full", at(&[item, item, item, Committed(Amount::new(1, 5))])),
        ("at capacity", at(&[item, item, item, item])),
        ("overweight", at(&[heavy])),
        ("refused below high", at(&[item, heavy])),
        ("held by peer", at(&[Wish(PEER)])),
        ("held by user, full", at(&[item, item, item, Wish(USER)])),
        ("asked for 3", at(&[item, Wish(ASK)])),
        ("bytes used up", at(&[most, Committed(Amount::one(u64::MAX))])),
        ("finishing", at(&[item, item, item, Finish])),
        ("done", at(&[Finish])),
        ("aborted", at(&[item, Abort])),
        ("stopped", at(&[item, Wish(STOP)])),
    ];
    let table = matrix(&states, |outlet| {
        let (written, held) = (outlet.written(), outlet.held());
        let committed = written.saturating_sub(held);
        let one_more = committed.checked_add(Amount::new(1, 5)).unwrap_or(written);
        vec![
            ("write nothing", Write(Amount::ZERO)),
            ("write 1/5", item),
            ("write 2/30", Write(Amount::new(2, 30))),
            ("write 1/50", heavy),
            ("write 5/5", Write(Amount::new(5, 5))),
            ("committed: as before", Committed(committed)),
            ("committed: 1/5 more", Committed(one_more)),
            ("committed: but 1/10", Committed(written.saturating_sub(Amount::new(1, 10)))),
            ("committed: all", Committed(written)),
            ("committed: 1 too many", Committed(Amount { items: written.items + 1, ..written })),
            ("committed: 0/0", Committed(Amount::ZERO)),
            ("control: free", Wish(Control::FREE)),
            ("control: peer", Wish(PEER)),
            ("control: user", Wish(USER)),
            ("control: peer, user", Wish(Control { peer: true, ..USER })),
            ("control: stop", Wish(STOP)),
            ("control: asked 2", Wish(Control { asked: 2, ..ASK })),
            ("control: asked 3", Wish(ASK)),
            ("finish", Finish),
            ("abort", Abort),
        ]
    });
    insta::assert_snapshot!(table);
}

impl Machine for Inlet {
    type Input = inlet::Input;
    type Effect = inlet::Effect;

    fn step(&mut self, input: inlet::Input) -> Result<Effects<inlet::Effect>, Violation> {
        self.on(input)
    }

    fn describe(&self) -> String {
        let answers = |input| self.clone().on(input).is_ok_and(|effects| !effects.is_empty());
        let flags = [
            (answers(inlet::Input::Rest), ", unpublished"),
            (self.is_redelivered(self.next_sequence()), ", next comes again"),
            (!answers(inlet::Input::End), ", ended"),
        ];
        let flags = flags.iter().filter_map(|(holds, text)| holds.then_some(*text));
        format!(
            "{} committed, {} discarded, {} in hand{}",
            short(self.committed()),
            short(self.discarded()),
            short(self.in_hand()),
            flags.collect::<String>(),
        )
    }
}

#[test]
fn inlet() {
    use inlet::Input::{Commit, Discard, End, Lend, PutBack, Rest, Return};

    let one = Amount::one(5);
    let most = Amount::new(1, u64::MAX);
    let lend = Lend(Amount::new(3, 15));
    let at = |steps: &[inlet::Input]| Inlet::with_quantum(Amount::new(2, 20)).after(steps);

    let states = [
        ("new", at(&[])),
        ("3 in hand", at(&[lend])),
        ("1 of 3 committed", at(&[lend, Commit(one)])),
        ("put back", at(&[lend, Commit(one), PutBack])),
        ("returned", at(&[lend, Commit(one), Return])),
        ("returned, lent", at(&[lend, Return, Lend(one)])),
        ("1 discarded of 3", at(&[lend, Discard(one)])),
        ("bytes used up", at(&[Lend(most), Commit(most)])),
        ("ended", at(&[End])),
        ("ended, 3 in hand", at(&[lend, End])),
        ("ended, returned", at(&[lend, End, Return])),
    ];
    let table = matrix(&states, |_| {
        vec![
            ("lend 1/5", Lend(one)),
            ("lend 1/max", Lend(most)),
            ("commit nothing", Commit(Amount::ZERO)),
            ("commit 1/5", Commit(one)),
            ("commit 1/6", Commit(Amount::one(6))),
            ("commit 2/10", Commit(Amount::new(2, 10))),
            ("commit 4/15", Commit(Amount::new(4, 15))),
            ("commit 1/max", Commit(most)),
            ("put back", PutBack),
            ("return", Return),
            ("rest", Rest),
            ("discard 1/5", Discard(one)),
            ("discard 1/max", Discard(most)),
            ("end", End),
        ]
    });
    insta::assert_snapshot!(table);
}

impl Machine for Slot {
    type Input = slot::Input;
    type Effect = slot::Effect;

    fn step(&mut self, input: slot::Input) -> Result<Effects<slot::Effect>, Violation> {
        self.on(input)
    }

    fn describe(&self) -> String {
        let left = self.clone().on(slot::Input::Unregister(self.epoch()));
        let closing = left.is_ok_and(|effects| effects.contains(slot::Effect::EndOfStream));
        let closing = if closing { ", closing" } else { "" };
        format!("{:?} {}{closing}", self.phase(), self.epoch())
    }
}

/// The first epochs of any slot, from 0 on.
fn epochs() -> Vec<Epoch> {
    let mut slot = Slot::new(AfterLoss::Close);
    let mut epochs = vec![slot.epoch()];
    for _ in 0..2 {
        slot = slot.after(&[slot::Input::Register]);
        epochs.push(slot.epoch());
        slot = slot.after(&[slot::Input::Unregister(epochs[epochs.len() - 1])]);
    }
    epochs
}

fn slot_matrix(after_loss: AfterLoss) -> String {
    use slot::Input::{Abort, Close, ConsumerGone, Drained, Finish, Lost, Register, Unregister};

    let epochs = epochs();
    let first = epochs[1];
    let at = |steps: &[slot::Input]| Slot::new(after_loss).after(steps);
    let states = [
        ("idle, new", at(&[])),
        ("open", at(&[Register])),
        ("open, closing", at(&[Register, Close])),
        ("finishing", at(&[Register, Finish(first)])),
        ("idle again", at(&[Register, Unregister(first)])),
        ("open again", at(&[Register, Unregister(first), Register])),
        ("closed, drained", at(&[Register, Finish(first), Drained(first)])),
        ("closed, gone", at(&[Register, ConsumerGone])),
    ];
    matrix(&states, |slot| {
        let own = slot.epoch();
        let mut inputs = vec![
            ("register", Register),
            ("unregister", Unregister(own)),
            ("finish", Finish(own)),
            ("drained", Drained(own)),
            ("lost", Lost(own)),
            ("close", Close),
            ("consumer gone", ConsumerGone),
            ("abort", Abort),
        ];
        if let Some(old) = own.number().checked_sub(1) {
            let old = epochs[usize::try_from(old).unwrap()];
            inputs.extend([
                ("unregister, stale", Unregister(old)),
                ("finish, stale", Finish(old)),
                ("drained, stale", Drained(old)),
                ("lost, stale", Lost(old)),
            ]);
        }
        inputs
    })
}

#[test]
fn slot_that_closes_after_a_loss() {
    insta::assert_snapshot!(slot_matrix(AfterLoss::Close));
}

#[test]
fn slot_that_reopens_after_a_loss() {
    insta::assert_snapshot!(slot_matrix(AfterLoss::Reopen));
}

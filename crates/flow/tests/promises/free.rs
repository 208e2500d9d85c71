//! What is free may pass unasked: in every state that a few steps lead to, many steps and one are
//! the same, and whatever is more than free is for the machine to decide.

use std::{collections::HashSet, hash::Hash};

use aqueduct_flow::{
    Amount, Effects, Listed, Violation,
    inlet::{self, Inlet},
    outlet::{self, Control, Effect::Accept, Outlet},
};

use crate::{
    Machine, items,
    outlet::{BOTH, STOP, USER, small, weighed},
};

const STEPS: usize = 4;

/// Everything that is reached from this machine within a few of these inputs.
fn reached<M: Machine + Eq + Hash>(start: M, inputs: &[M::Input]) -> HashSet<M> {
    let mut all = HashSet::from([start.clone()]);
    let mut newest = vec![start];
    for _ in 0..STEPS {
        let step = |from: &M, input: &M::Input| {
            let mut next = from.clone();
            next.step(*input).ok().map(|_| next)
        };
        let next = newest.iter().flat_map(|m| inputs.iter().filter_map(move |i| step(m, i)));
        newest = next.collect::<Vec<_>>();
        newest.retain(|machine| all.insert(machine.clone()));
    }
    all
}

/// All amounts of up to so many items and bytes.
fn amounts(most: Amount) -> impl Iterator<Item = Amount> {
    (0..=most.items.min(5))
        .flat_map(move |items| (0..=most.bytes.min(25)).map(move |bytes| Amount::new(items, bytes)))
}

fn add(one: Amount, other: Amount) -> Amount {
    one.checked_add(other).unwrap()
}

/// Takes each of these steps, all with this effect and no other.
fn takes<M: Machine, const N: usize>(
    machine: &M,
    steps: [M::Input; N],
    effect: Effects<M::Effect>,
) -> M
where
    M::Effect: Listed + PartialEq,
{
    let mut machine = machine.clone();
    for step in steps {
        assert!(machine.step(step) == Ok(effect), "{step:?} on {machine:?}");
    }
    machine
}

#[test]
fn writes_below_the_high_mark_are_one_write() {
    use outlet::Input::{Abort, Committed, Control as Wish, Finish, Write};
    let behind = |behind| Control { behind, ..Control::FREE };
    let behind = [items(1), items(3), Amount::new(1, 12), Amount::new(1, 22)].map(behind);
    let wishes = [Control::FREE, USER, BOTH, STOP].into_iter().chain(behind).map(Wish);
    let words = [Finish, Abort, Write(items(1)), Write(items(4)), Write(Amount::new(1, 7))];
    let totals = [0, 1, 2, 3, 4].map(|n| Committed(Amount::new(n, n * 7)));
    let inputs: Vec<_> = wishes.chain(words).chain(totals).collect();
    let mut seen = 0;
    for machine in [small(), weighed()] {
        for outlet in reached(machine.0, &inputs) {
            for first in amounts(outlet.free()).filter(|first| first.items > 0) {
                for second in amounts(outlet.free().saturating_sub(first)) {
                    let both = takes(&outlet, [Write(add(first, second))], Effects::of(Accept));
                    let each = [Write(first), Write(second)];
                    let one_by_one = takes(&outlet, each, Effects::of(Accept));
                    assert_eq!(both, one_by_one, "{first} and {second}, {outlet:?}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 1_000, "{seen}");
}

#[test]
fn what_is_more_than_free_reaches_the_high_mark() {
    for outlet in [small().0, weighed().0] {
        let free = outlet.free();
        for more in [add(free.min(items(9)), items(1)), Amount::new(1, free.bytes + 1)] {
            let mut outlet = outlet.clone();
            if !more.fits(free) {
                assert_ne!(outlet.on(outlet::Input::Write(more)), Ok(Effects::of(Accept)));
            }
        }
    }
}

#[test]
fn commits_within_a_quantum_are_one_commit() {
    use inlet::Input::{Commit, Discard, End, Lend, PutBack, Rest, Return};
    let amounts_of = [items(1), items(2), Amount::new(1, 9)];
    let changes = amounts_of.into_iter().flat_map(|a| [Lend(a), Commit(a), Discard(a)]);
    let inputs: Vec<_> = [PutBack, Return, Rest, End].into_iter().chain(changes).collect();
    let mut seen = 0;
    for quantum in [
        Amount::new(1, 1),
        Amount::new(4, 1),
        Amount::new(3, 20),
        Amount::new(1, u64::MAX),
        Amount::MAX,
    ] {
        for inlet in reached(Inlet::with_quantum(quantum), &inputs) {
            if !inlet.in_hand().is_zero() {
                continue;
            }
            for first in amounts(inlet.free()).filter(|first| first.items > 0) {
                for second in amounts(inlet.free().saturating_sub(first)) {
                    let sum = add(first, second);
                    let both = takes(&inlet, [Lend(sum), Commit(sum)], Effects::none());
                    let each = [Lend(first), Commit(first), Lend(second), Commit(second)];
                    let one_by_one = takes(&inlet, each, Effects::none());
                    assert_eq!(both, one_by_one, "{first} and {second}, {inlet:?}");
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 1_000, "{seen}");
}

#[test]
fn totals_that_would_overflow_are_not_free() {
    let near = Amount::new(u64::MAX - 1, 0);
    let limits = aqueduct_flow::Limits::new(Amount::MAX, Amount::MAX, Amount::MAX).unwrap();
    let mut outlet = Outlet::new(limits);
    assert_eq!(outlet.on(outlet::Input::Write(near)), Ok(Effects::of(Accept)));
    assert_eq!(outlet.on(outlet::Input::Committed(near)), Ok(Effects::none()));
    assert_eq!(outlet.free().items, 1);
    assert_eq!(outlet.on(outlet::Input::Write(items(2))), Err(Violation::Overflow));
    let mut inlet = Inlet::with_quantum(Amount::MAX);
    assert_eq!(inlet.on(inlet::Input::Lend(near)), Ok(Effects::none()));
    assert_eq!(inlet.free().items, 1);
}

//! The transforms of closures and of numbers of items.

use std::collections::VecDeque;

use aqueduct_operators::{
    PORTION, Transform, count, filter, flat_map, map, skip, take, tap, try_map,
};
use proptest::prelude::*;

use crate::support::{drive, run};

#[test]
fn try_map_emits_what_came_before_its_error() {
    let mut out = Vec::new();
    let parsed = try_map(|text: &str| text.parse::<u8>());
    assert!(drive(parsed, ["1", "2", "x", "3"], &mut out).is_err());
    assert_eq!(out, [1, 2]);
}

#[test]
fn take_is_done_after_its_number_and_with_0_at_once() {
    assert!(take::<u8>(0).is_done());
    assert_eq!(run(take(0), [1, 2]).unwrap(), [0; 0]);
    assert_eq!(run(take(2), [1, 2, 3]).unwrap(), [1, 2]);
    assert_eq!(run(take(9), [1, 2]).unwrap(), [1, 2]);
}

#[test]
fn what_take_does_not_want_is_dropped_even_if_it_is_given() {
    let mut one = take(1);
    let mut out = Vec::new();
    for item in [1, 2] {
        one.apply(item, &mut |item| out.push(item)).unwrap();
    }
    assert_eq!(out, [1]);
}

#[test]
fn skip_drops_its_number_and_no_more() {
    assert_eq!(run(skip(0), [1, 2]).unwrap(), [1, 2]);
    assert_eq!(run(skip(1), [1, 2]).unwrap(), [2]);
    assert_eq!(run(skip(9), [1, 2]).unwrap(), [0; 0]);
}

#[test]
fn count_emits_one_number_also_of_nothing() {
    assert_eq!(run(count::<u8>(), []).unwrap(), [0]);
    assert_eq!(run(count(), [7, 7, 7]).unwrap(), [3]);
}

#[test]
fn flat_map_emits_no_more_than_a_portion_at_once() {
    let mut items = VecDeque::from([1000_usize, 0, PORTION, 1]);
    let mut flat = flat_map(|n: usize| 0..n);
    let mut all = 0;
    loop {
        let mut emitted = 0;
        let goes_on = flat.step(&mut items, &mut |_| emitted += 1).unwrap();
        // A step takes an item and then asks for more, so that it emits two portions at most.
        assert!(emitted <= 2 * PORTION, "{emitted} at once");
        all += emitted;
        if !goes_on {
            break;
        }
    }
    assert_eq!(all, 1000 + PORTION + 1);
}

proptest! {
    #[test]
    fn flat_map_emits_all_in_order(lengths in proptest::collection::vec(0_usize..200, 0..20)) {
        let expected: Vec<usize> = lengths.iter().flat_map(|length| 0..*length).collect();
        prop_assert_eq!(run(flat_map(|length| 0..length), lengths)?, expected);
    }
}

#[test]
fn each_transform_has_a_word_for_what_it_does() {
    fn check<T: Transform>(transform: T, word: &str) {
        assert_eq!(transform.kind(), word);
    }
    check(map(|n: u8| n), "map");
    check(try_map(|n: u8| Ok::<_, ()>(n)), "try-map");
    check(filter(|_: &u8| true), "filter");
    check(tap(|_: &u8| ()), "tap");
    check(flat_map(|n: u8| [n]), "flat-map");
    check(take::<u8>(1), "take");
    check(skip::<u8>(1), "skip");
    check(count::<u8>(), "count");
}

//! Batches.

use std::time::Duration;

use aqueduct_operators::{Batcher, Batching};
use proptest::prelude::*;

const NOW: Duration = Duration::from_secs(7);

/// An item weighs what it says, in bytes.
fn weighed(policy: Batching) -> Batcher<u64> {
    Batcher::new(policy, Some(|weight| *weight))
}

proptest! {
    #[test]
    fn nothing_is_lost_the_order_is_kept_and_so_are_the_bounds(
        items in proptest::collection::vec((0_u64..12, any::<bool>()), 0..99),
        most in 1_usize..5,
        bytes in proptest::option::of(0_u64..20),
    ) {
        let policy = Batching::of(most);
        let mut batcher = weighed(bytes.map_or(policy, |bytes| policy.or_bytes(bytes)));
        let mut batches = Vec::new();
        for (item, flush) in &items {
            batches.extend(batcher.push(*item, NOW));
            prop_assert!(batcher.len() <= most);
            if *flush {
                batches.extend(batcher.flush());
                prop_assert!(batcher.is_empty());
            }
        }
        batches.extend(batcher.flush());
        for batch in &batches {
            prop_assert!(!batch.is_empty());
            prop_assert!(batch.len() <= most);
            let weight: u64 = batch.iter().sum();
            prop_assert!(batch.len() == 1 || weight <= bytes.unwrap_or(u64::MAX), "{:?}", batch);
        }
        let expected: Vec<u64> = items.iter().map(|(item, _)| *item).collect();
        prop_assert_eq!(batches.concat(), expected);
    }
}

#[test]
fn a_batch_is_full_at_its_number_of_items() {
    let mut pairs = weighed(Batching::of(2));
    assert_eq!(pairs.push(1, NOW), None);
    assert_eq!(pairs.push(2, NOW), Some(vec![1, 2]));
    assert!(pairs.is_empty());
    assert_eq!(weighed(Batching::of(0)).push(1, NOW), Some(vec![1]), "0 is taken as 1");
}

#[test]
fn an_item_that_would_pass_the_bytes_closes_the_batch_before_it() {
    let mut batcher = weighed(Batching::of(99).or_bytes(10));
    assert_eq!(batcher.push(6, NOW), None);
    assert_eq!(batcher.push(5, NOW), Some(vec![6]));
    assert_eq!(batcher.push(5, NOW), Some(vec![5, 5]), "the bound itself fills a batch");
}

#[test]
fn an_item_heavier_than_the_bound_is_a_batch_of_its_own_and_due_at_once() {
    let mut batcher = weighed(Batching::of(99).or_bytes(10));
    assert_eq!(batcher.push(11, NOW), Some(vec![11]));
    assert_eq!(batcher.push(1, NOW), None);
    assert_eq!(batcher.due_at(), None);
    assert_eq!(batcher.push(u64::MAX, NOW), Some(vec![1]));
    assert_eq!(batcher.due_at(), Some(NOW));
    assert_eq!(batcher.push(0, NOW), Some(vec![u64::MAX]), "even an item of no weight has no room");
}

#[test]
fn a_batch_is_due_so_long_after_its_first_item() {
    let after = Duration::from_millis(50);
    let mut batcher = weighed(Batching::of(9).or_after(after));
    assert_eq!(batcher.due_at(), None);
    assert_eq!(batcher.push(1, NOW), None);
    assert_eq!(batcher.push(2, NOW + after / 2), None);
    assert_eq!(batcher.due_at(), Some(NOW + after));
    assert_eq!(batcher.flush(), Some(vec![1, 2]));
    assert_eq!((batcher.due_at(), batcher.flush()), (None, None));
    // The item that closes a batch begins the time of the next.
    let mut batcher = weighed(Batching::of(9).or_bytes(1).or_after(after));
    assert_eq!(batcher.push(0, NOW), None);
    assert_eq!(batcher.push(2, NOW + after), Some(vec![0]));
    assert_eq!(batcher.due_at(), Some(NOW + after));
}

#[test]
fn a_time_beyond_all_times_never_comes() {
    let mut batcher = weighed(Batching::of(9).or_after(Duration::MAX));
    assert_eq!(batcher.push(1, NOW), None);
    assert_eq!(batcher.due_at(), None);
}

#[test]
fn without_weights_the_bound_of_bytes_has_no_effect() {
    let mut batcher = Batcher::new(Batching::of(2).or_bytes(0), None);
    assert_eq!(batcher.push("long", NOW), None);
    assert_eq!(batcher.push("longer", NOW), Some(vec!["long", "longer"]));
}

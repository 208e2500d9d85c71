//! Leases: items lent to a handler that owns them until it answers.

use aqueduct_link::{Amount, Inlet, Lease, Outlet};

use crate::support::{Watch, drain, fill, last_words, link};

/// Six items in a link, and a lease of the first three.
fn leased() -> (Outlet<u64>, Inlet<u64>, Lease<u64>) {
    let (_slot, mut outlet, mut inlet) = link(8, 8, 8);
    fill(&mut outlet, 0..6);
    let _ = Watch::new().turn(&mut inlet);
    let lease = inlet.lend_out(3).unwrap();
    assert_eq!(lease.iter().copied().collect::<Vec<_>>(), [0, 1, 2]);
    assert_eq!((lease.sequence(), lease.redelivered()), (0, 0));
    (outlet, inlet, lease)
}

/// The items of the next lease with its first number, and how many of them come again.
fn next(inlet: &mut Inlet<u64>) -> (Vec<u64>, u64, usize) {
    let _ = Watch::new().turn(inlet);
    let lease = inlet.lend_out(usize::MAX).unwrap();
    let items = lease.iter().copied().collect();
    let seen = (items, lease.sequence(), lease.redelivered());
    drop(lease);
    inlet.lease_handled();
    seen
}

#[test]
fn a_lease_dropped_uncommitted_goes_back_to_the_front_marked_in_order() {
    let (outlet, mut inlet, lease) = leased();
    let watch = Watch::new();
    assert_eq!(watch.turn(&mut inlet), None, "the lease is out");
    drop(lease);
    assert_eq!(watch.rings(), 1);
    inlet.lease_failed();
    assert_eq!(next(&mut inlet), (vec![0, 1, 2, 3, 4, 5], 0, 3));
    let report = outlet.gauge().report();
    assert_eq!((report.redelivered, report.discarded.items), (3, 0));
}

#[test]
fn a_lease_that_failed_before_it_came_home_is_waited_for() {
    let (_outlet, mut inlet, lease) = leased();
    inlet.lease_failed();
    let watch = Watch::new();
    assert_eq!(watch.turn(&mut inlet), None);
    std::thread::spawn(move || drop(lease)).join().unwrap();
    assert_eq!(watch.rings(), 1);
    assert_eq!(drain(&mut inlet), [0, 1, 2, 3, 4, 5]);
}

#[test]
fn a_lease_that_fails_twice_is_marked_no_further_than_it_was_lent() {
    let (_outlet, mut inlet, lease) = leased();
    drop(lease);
    inlet.lease_failed();
    drop(inlet.lend_out(2));
    inlet.lease_failed();
    assert_eq!(next(&mut inlet), (vec![0, 1, 2, 3, 4, 5], 0, 3));
}

#[test]
fn a_commit_survives_a_failed_reply() {
    let (mut outlet, mut inlet, lease) = leased();
    lease.commit();
    inlet.lease_failed();
    assert_eq!(outlet.held(), Amount::items(3));
    assert_eq!(next(&mut inlet), (vec![3, 4, 5], 3, 0));
    assert_eq!(outlet.gauge().report().discarded, Amount::ZERO);
}

#[test]
fn a_good_reply_commits_whatever_became_of_the_lease() {
    let (mut outlet, mut inlet, lease) = leased();
    inlet.lease_handled();
    assert_eq!(outlet.held(), Amount::items(3));
    let second = inlet.lend_out(1).unwrap();
    drop(lease);
    assert_eq!(Watch::new().turn(&mut inlet), None, "another lease is out");
    second.commit();
    assert_eq!(drain(&mut inlet), [4, 5]);
}

#[test]
fn items_taken_by_value_are_delivered_at_most_once_and_counted() {
    let (mut outlet, mut inlet, mut lease) = leased();
    assert_eq!((lease.take(), lease.take()), (Some(0), Some(1)));
    assert_eq!((lease.sequence(), lease.len()), (2, 1));
    drop(lease);
    inlet.lease_failed();
    assert_eq!(outlet.gauge().report().discarded, Amount::items(2));
    assert_eq!(outlet.held(), Amount::items(4));
    // Only the one that was lent before is marked.
    assert_eq!(next(&mut inlet), (vec![2, 3, 4, 5], 2, 1));
}

#[test]
fn items_taken_by_value_and_committed_are_handled() {
    let (mut outlet, mut inlet, mut lease) = leased();
    lease.take();
    lease.commit();
    inlet.lease_failed();
    assert_eq!(outlet.gauge().report().discarded, Amount::ZERO);
    assert_eq!(outlet.held(), Amount::items(3));
}

#[test]
fn nothing_else_is_lent_while_a_lease_is_out() {
    let (mut outlet, mut inlet, lease) = leased();
    assert!(inlet.lend_out(1).is_none());
    assert_eq!(inlet.batch(1).next(), None);
    assert_eq!(inlet.batch(1).take(), None);
    drop(lease);
    inlet.lease_handled();
    assert_eq!(drain(&mut inlet), [3, 4, 5]);
    assert_eq!(outlet.held(), Amount::ZERO);
}

#[test]
fn the_end_waits_for_a_lease() {
    let (mut outlet, mut inlet, lease) = leased();
    outlet.finish();
    drop(lease);
    inlet.lease_handled();
    let lease = inlet.lend_out(3);
    let watch = Watch::new();
    assert_eq!(watch.turn(&mut inlet), None);
    drop(lease);
    let (items, end) = last_words(&mut inlet);
    assert_eq!(items, [3, 4, 5]);
    assert!(end.unwrap().is_finished());
}

//= F2
#[test]
fn f2_a_lease_that_is_out_when_its_consumer_goes_is_given_up_counted() {
    fn check(lost: u64, act: impl FnOnce(Lease<u64>) -> Option<Lease<u64>>) {
        let (outlet, inlet, lease) = leased();
        let lease = act(lease);
        drop(inlet);
        drop(lease);
        let report = outlet.gauge().report();
        assert_eq!(report.committed, Amount::items(6));
        assert_eq!(report.discarded, Amount::items(lost));
    }
    check(6, Some);
    check(6, |lease| {
        drop(lease);
        None
    });
    check(6, |mut lease| {
        lease.take();
        Some(lease)
    });
    check(3, |lease| {
        lease.commit();
        None
    });
}

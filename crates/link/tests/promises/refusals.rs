//! Writes that the link has no room for, tried again and again.

use aqueduct_link::{Flow, Slot, Watermarks, WriteError};
use bytes::Bytes;

use crate::support::{Watch, drain, fill, link, parts};

/// What is refused is looked at again only where something has changed.
#[test]
fn f7_who_is_refused_again_and_again_is_taken_as_soon_as_there_is_room_and_is_told_of_an_end() {
    let (slot, mut outlet, mut inlet) = link::<u64>(1, 2, 4);
    let producer = Watch::new();
    fill(&mut outlet, 0..4);
    for round in 0..3 {
        for _ in 0..100 {
            assert!(matches!(outlet.write(9), Err(WriteError::Full(9))), "round {round}");
        }
        let _ = producer.ready(&mut outlet);
        producer.rings();
        for _ in 0..100 {
            assert!(matches!(outlet.write(9), Err(WriteError::Full(9))), "round {round}");
        }
        assert_eq!(drain(&mut inlet).len(), 4);
        assert_eq!(producer.rings(), 1, "it is woken once there is room");
        fill(&mut outlet, 0..4);
    }
    assert!(matches!(outlet.write(9), Err(WriteError::Full(9))));
    slot.abort("enough");
    assert!(matches!(outlet.write(9), Err(WriteError::Closed(9))));
}

#[test]
fn a_lighter_item_may_fit_where_a_heavier_one_was_refused() {
    let (_slot, mut outlet, _inlet) =
        parts(Slot::new("printer", Watermarks::bytes_within(500, 1_000, 1_500).unwrap()));
    while outlet.flow() == Flow::Go {
        let _ = outlet.write(Bytes::from_static(&[0; 100])).unwrap();
    }
    let heavy = || Bytes::from_static(&[0; 100_000]);
    assert!(matches!(outlet.write(heavy()), Err(WriteError::Full(_))));
    assert!(matches!(outlet.write(heavy()), Err(WriteError::Full(_))));
    assert!(outlet.write(Bytes::from_static(&[0])).is_ok());
    outlet.finish();
    assert!(matches!(outlet.write(heavy()), Err(WriteError::Closed(_))));
}

//! Many items with one call: nothing but the speed tells it from one by one.

use std::{
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    rc::Rc,
};

use aqueduct_link::{Batch, Flow, Inlet, Outlet, STAGE_ITEMS, Slot, Turn, Watermarks, Weigh, kib};

use bytes::Bytes;

use crate::support::{Watch, fill, link};

/// Plain numbers, what has to be dropped, and what is weighed go different ways through a link.
trait Numbered: 'static + Sized {
    fn slot() -> Slot<Self>;
    fn of(number: u64) -> Self;
    fn number(&self) -> u64;
}

impl Numbered for u64 {
    fn slot() -> Slot<Self> {
        Slot::new("consumer", Watermarks::items_within(4, 12, 12).unwrap())
    }
    fn of(number: u64) -> Self {
        number
    }
    fn number(&self) -> u64 {
        *self
    }
}

impl Numbered for Rc<u64> {
    fn slot() -> Slot<Self> {
        Slot::new("consumer", Watermarks::items_within(4, 12, 12).unwrap())
    }
    fn of(number: u64) -> Self {
        Self::new(number)
    }
    fn number(&self) -> u64 {
        **self
    }
}

struct Heavy(u64);

impl Weigh for Heavy {
    fn weight(&self) -> u64 {
        10
    }
}

impl Numbered for Heavy {
    fn slot() -> Slot<Self> {
        Slot::new("consumer", Watermarks::bytes_within(40, 120, 120).unwrap())
    }
    fn of(number: u64) -> Self {
        Self(number)
    }
    fn number(&self) -> u64 {
        self.0
    }
}

/// Calls the check for each kind of items with a link that holds the numbers 0 to 11.
macro_rules! for_all {
    ($check:ident) => {
        $check::<u64>(full());
        $check::<Rc<u64>>(full());
        $check::<Heavy>(full());
    };
}

type Ends<T> = (Slot<T>, Outlet<T>, Inlet<T>);

fn full<T: Numbered>() -> Ends<T> {
    let mut slot = T::slot();
    let mut outlet = slot.register("producer").unwrap();
    let mut inlet = slot.inlet().unwrap();
    assert!(outlet.write_all((0..12).map(T::of)).is_ok_and(|written| written == 12));
    assert_eq!(Watch::new().turn(&mut inlet), Some(Turn::Items));
    (slot, outlet, inlet)
}

/// What is left, with the mark of what comes again.
fn rest<T: Numbered>(inlet: &mut Inlet<T>) -> Vec<(u64, bool)> {
    let mut batch = inlet.batch(usize::MAX);
    let mut seen = Vec::new();
    while let Some(item) = batch.next() {
        let number = item.number();
        seen.push((number, batch.redelivered()));
    }
    seen
}

fn unmarked(numbers: std::ops::Range<u64>) -> Vec<(u64, bool)> {
    numbers.map(|number| (number, false)).collect()
}

#[test]
fn for_each_hands_out_what_the_batch_has_and_commits_it() {
    fn check<T: Numbered>((_slot, mut outlet, mut inlet): Ends<T>) {
        let mut seen = Vec::new();
        let mut batch = inlet.batch(7);
        batch.next();
        batch.for_each(|item| seen.push(item.number()));
        assert_eq!((batch.sequence(), batch.len()), (7, 0));
        assert_eq!(seen, (1..7).collect::<Vec<_>>(), "the item in hand is committed first");
        inlet.rest();
        assert_eq!(outlet.held().items, 5);
        assert_eq!(rest(&mut inlet), unmarked(7..12));
    }
    for_all!(check);
}

/// Fails at item 5.
fn until_five<T: Numbered>(batch: &mut Batch<'_, T>) -> Result<(), u64> {
    batch.try_for_each(|item| if item.number() == 5 { Err(5) } else { Ok(()) })
}

#[test]
fn the_item_that_failed_is_in_hand_and_all_before_it_are_committed() {
    fn check<T: Numbered>((_slot, mut outlet, mut inlet): Ends<T>) {
        let mut batch = inlet.batch(9);
        assert_eq!(until_five(&mut batch), Err(5));
        assert_eq!((batch.sequence(), batch.len()), (5, 3));
        batch.put_back();
        assert_eq!(until_five(&mut batch), Err(5), "it was put back");
        batch.commit();
        inlet.rest();
        assert_eq!(outlet.held().items, 6);
        assert_eq!(rest(&mut inlet), unmarked(6..12));
    }
    for_all!(check);
}

#[test]
fn a_panic_redelivers_exactly_the_item_it_came_with() {
    fn check<T: Numbered>((_slot, outlet, mut inlet): Ends<T>) {
        let died = catch_unwind(AssertUnwindSafe(|| {
            inlet.batch(9).for_each(|item| {
                if item.number() == 5 {
                    resume_unwind(Box::new(()));
                }
            });
        }));
        assert!(died.is_err());
        let mut expected = unmarked(5..12);
        expected[0].1 = true;
        assert_eq!(rest(&mut inlet), expected);
        assert_eq!(outlet.gauge().report().redelivered, 1);
    }
    for_all!(check);
}

#[test]
fn what_came_back_comes_first_and_credit_goes_back_by_quarters() {
    fn check<T: Numbered>((_slot, mut outlet, mut inlet): Ends<T>) {
        drop(inlet.lend_out(2));
        inlet.lease_failed();
        let mut seen = Vec::new();
        inlet.batch(5).for_each(|item| seen.push((item.number(), outlet.held().items)));
        // A quarter of the window from 4 to 12 is 2.
        assert_eq!(seen, [(0, 12), (1, 12), (2, 10), (3, 10), (4, 8)]);
    }
    for_all!(check);
}

#[test]
fn an_item_is_dropped_before_the_next_one_is_handed_out() {
    let (_slot, _outlet, mut inlet) = full::<Rc<u64>>();
    let mut before = None;
    inlet.batch(9).for_each(|item| {
        let alone =
            before.replace(Rc::downgrade(item)).is_none_or(|before| before.upgrade().is_none());
        assert!(alone, "{item}");
    });
}

#[test]
fn what_an_iterator_gave_before_it_panicked_is_written() {
    let (_slot, mut outlet, mut inlet) = link(8, 8, 8);
    let panicking = (0..8).map(|n| if n == 3 { resume_unwind(Box::new(())) } else { n });
    assert!(catch_unwind(AssertUnwindSafe(|| outlet.write_all(panicking))).is_err());
    assert_eq!((outlet.written().items, outlet.held().items), (3, 3));
    fill(&mut outlet, 3..5);
    assert_eq!(Watch::new().turn(&mut inlet), Some(Turn::Items));
    assert_eq!(rest(&mut inlet), unmarked(0..5));
}

#[test]
fn an_iterator_is_asked_for_no_more_than_there_is_room_for() {
    let (_slot, mut outlet, _inlet) = link(2, 4, 6);
    let mut asked = 0;
    let items = std::iter::from_fn(|| {
        asked += 1;
        Some(asked)
    });
    assert_eq!(outlet.write_all(items), Ok(5), "four below the mark, and the one that crosses it");
    assert_eq!(asked, 5);
}

#[test]
fn a_hold_taken_during_a_long_write_is_heeded_after_one_stage() {
    let (_slot, mut outlet, inlet) = link(512, 1024, 1024);
    let mut hold = None;
    let items = (0..200).inspect(|n| {
        if *n == 2 {
            hold = Some(inlet.hold("enough"));
        }
    });
    assert_eq!(outlet.write_all(items), Ok(STAGE_ITEMS));
    drop(hold);
    assert_eq!(outlet.flow(), Flow::Go);
}

#[test]
fn a_stage_is_a_small_part_of_the_window_so_that_both_ends_work() {
    let staged = |outlet: &mut Outlet<Bytes>, inlet: &mut Inlet<Bytes>, chunk: usize| {
        let watch = Watch::new();
        let mut written = 0;
        while watch.turn(inlet).is_none() {
            assert!(outlet.write(Bytes::from(vec![0; chunk])).is_ok());
            written += 1;
        }
        written
    };
    for (chunk, expected) in [(64 * 1024, 1), (16 * 1024, 1), (1024, 16), (64, 48)] {
        let mut slot = Slot::new("consumer", Watermarks::bytes(kib(64), kib(256)).unwrap());
        let mut outlet = slot.register("producer").unwrap();
        let mut inlet = slot.inlet().unwrap();
        outlet.set_staging(true);
        assert_eq!(staged(&mut outlet, &mut inlet, chunk), expected, "chunks of {chunk}");
    }
}

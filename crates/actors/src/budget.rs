//! How many items a turn may have, so that it is over soon.
//!
//! actix runs its actors as tasks of a tokio `LocalSet`, which polls up to 61 of them before timers
//! and sockets are looked at; so what one turn takes may be taken 61 times before a timer fires.

use std::time::Duration;

use aqueduct_link::Clock;

use crate::TURN_ITEMS;

/// The time that a turn should take at most: 61 of them are 1.5 ms.
pub const TURN_TIME: Duration = Duration::from_micros(25);

/// Once the largest turns are quick enough, one in so many is timed.
const SAMPLE: u32 = 8;

/// The budget of one end of a link; it learns from the turns before.
#[derive(Debug)]
pub(crate) struct Budget {
    clock: Clock,
    items: usize,
    turns: u32,
    began: Option<Duration>,
}

impl Budget {
    pub(crate) const fn new(clock: Clock) -> Self {
        Self { clock, items: TURN_ITEMS, turns: 0, began: None }
    }

    /// A turn begins; returns how many items it may have.
    pub(crate) fn begin(&mut self) -> usize {
        let timed = self.items < TURN_ITEMS || self.turns.is_multiple_of(SAMPLE);
        self.turns = self.turns.wrapping_add(1);
        self.began = timed.then(|| self.clock.now());
        self.items
    }

    /// The turn is over; `used_up` if there was more to do.
    pub(crate) fn end(&mut self, used_up: bool) {
        if let Some(began) = self.began.take() {
            let took = self.clock.now().saturating_sub(began);
            self.items = after(self.items, took, used_up);
        }
    }
}

/// The budget after a turn with this one.
fn after(items: usize, took: Duration, used_up: bool) -> usize {
    if took > TURN_TIME {
        (items / 2).max(1)
    } else if used_up && took < TURN_TIME / 4 {
        (items * 2).min(TURN_ITEMS)
    } else {
        items
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        static NOW: Cell<Duration> = const { Cell::new(Duration::ZERO) };
    }

    /// The items of each of so many turns of a handler that takes this long for one.
    fn turns<const N: usize>(each: Duration, used_up: bool) -> [usize; N] {
        let mut budget = Budget::new(Clock::new(|| NOW.get()));
        [(); N].map(|()| {
            let items = budget.begin();
            NOW.set(NOW.get() + each * u32::try_from(items).unwrap());
            budget.end(used_up);
            items
        })
    }

    #[test]
    fn a_quick_handler_keeps_the_largest_turns() {
        assert_eq!(turns(Duration::from_nanos(10), true), [256; 20]);
    }

    #[test]
    fn a_handler_that_becomes_quick_is_soon_given_the_largest_turns_again() {
        let mut items = 16;
        let grown = [(); 5].map(|()| {
            items = after(items, Duration::from_micros(1), true);
            items
        });
        assert_eq!(grown, [32, 64, 128, 256, 256]);
    }

    #[test]
    fn a_slow_handler_is_given_as_few_as_take_the_time_of_a_turn() {
        let three = turns(Duration::from_micros(3), true);
        assert_eq!(three, [256, 128, 64, 32, 16, 8, 8, 8]);
        let slow = turns(Duration::from_millis(1), true);
        assert_eq!(slow, [256, 128, 64, 32, 16, 8, 4, 2, 1, 1, 1]);
    }

    #[test]
    fn a_turn_with_little_to_do_does_not_show_that_more_would_be_quick() {
        assert_eq!(after(16, Duration::ZERO, false), 16);
    }
}

//! Transforms that show how they are driven.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use aqueduct_actors::Failure;
use aqueduct_operators::Transform;

/// How many items [`Expand`] emits at once.
pub const AT_ONCE: u64 = 100;

/// Makes of each item as many numbers as it says, a portion at a time, and counts them all on.
#[derive(Default)]
pub struct Expand {
    pub emitted: Arc<AtomicU64>,
    pub left: u64,
}

impl Transform for Expand {
    type In = u64;
    type Out = u64;
    type Error = Failure;

    fn apply(&mut self, item: u64, emit: &mut impl FnMut(u64)) -> Result<(), Failure> {
        assert_eq!(self.left, 0, "it is asked for more before it is given more");
        self.left = item;
        self.more(emit).map(|_| ())
    }

    fn more(&mut self, emit: &mut impl FnMut(u64)) -> Result<bool, Failure> {
        let portion = self.left.min(AT_ONCE);
        for _ in 0..portion {
            emit(self.emitted.fetch_add(1, SeqCst));
        }
        self.left -= portion;
        Ok(portion > 0)
    }
}

/// Passes this many numbers on.
pub struct First(pub u64);

impl Transform for First {
    type In = u64;
    type Out = u64;
    type Error = Failure;

    fn apply(&mut self, item: u64, emit: &mut impl FnMut(u64)) -> Result<(), Failure> {
        self.0 = self.0.checked_sub(1).unwrap();
        emit(item);
        Ok(())
    }

    fn is_done(&self) -> bool {
        self.0 == 0
    }
}

/// Emits nothing but the numbers below the count of its items, when it is finished.
#[derive(Default)]
pub struct AtTheEnd {
    pub finishes: Arc<AtomicU64>,
    pub items: u64,
}

impl Transform for AtTheEnd {
    type In = u64;
    type Out = u64;
    type Error = Failure;

    fn apply(&mut self, _: u64, _: &mut impl FnMut(u64)) -> Result<(), Failure> {
        self.items += 1;
        Ok(())
    }

    fn finish(&mut self, emit: &mut impl FnMut(u64)) -> Result<(), Failure> {
        self.finishes.fetch_add(1, SeqCst);
        (0..self.items).for_each(emit);
        Ok(())
    }
}

/// Passes numbers on but these: of a multiple of `fails` it says that it is bad, and of a multiple
/// of `panics` it panics; it cannot be finished if it says so.
#[derive(Clone, Copy)]
pub struct Fussy {
    pub fails: u64,
    pub panics: u64,
    pub finishes: bool,
}

impl Transform for Fussy {
    type In = u64;
    type Out = u64;
    type Error = Failure;

    fn apply(&mut self, item: u64, emit: &mut impl FnMut(u64)) -> Result<(), Failure> {
        if item % self.fails == self.fails - 1 {
            return Err(Failure::message(format!("number {item} is bad")));
        }
        assert_ne!(item % self.panics, self.panics - 1, "planted");
        emit(item);
        Ok(())
    }

    fn finish(&mut self, _: &mut impl FnMut(u64)) -> Result<(), Failure> {
        if self.finishes { Ok(()) } else { Err(Failure::message("the last number is cut off")) }
    }
}

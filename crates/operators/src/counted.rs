//! The transforms that count items.

use std::{convert::Infallible, fmt, marker::PhantomData};

use crate::Transform;

/// Returns the transform that emits the first `n` items and is done then; with 0 it is done at
/// once.
#[must_use]
pub const fn take<T>(n: u64) -> Take<T> {
    Take { left: n, item: PhantomData }
}

/// Returns the transform that drops the first `n` items and emits the others.
#[must_use]
pub const fn skip<T>(n: u64) -> Skip<T> {
    Skip { left: n, item: PhantomData }
}

/// Returns the transform that emits how many items came, when no more come.
#[must_use]
pub const fn count<T>() -> Count<T> {
    Count { seen: 0, item: PhantomData }
}

/// See [`take`].
pub struct Take<T> {
    left: u64,
    item: PhantomData<fn(T)>,
}

impl<T> Transform for Take<T> {
    type In = T;
    type Out = T;
    type Error = Infallible;

    const IN_PORTIONS: bool = false;
    const HOLDS: bool = false;

    #[inline]
    fn apply(&mut self, item: T, emit: &mut impl FnMut(T)) -> Result<(), Infallible> {
        if let Some(left) = self.left.checked_sub(1) {
            self.left = left;
            emit(item);
        }
        Ok(())
    }

    #[inline]
    fn is_done(&self) -> bool {
        self.left == 0
    }

    fn kind(&self) -> &'static str {
        "take"
    }
}

/// See [`skip`].
pub struct Skip<T> {
    left: u64,
    item: PhantomData<fn(T)>,
}

impl<T> Transform for Skip<T> {
    type In = T;
    type Out = T;
    type Error = Infallible;

    const IN_PORTIONS: bool = false;
    const HOLDS: bool = false;

    #[inline]
    fn apply(&mut self, item: T, emit: &mut impl FnMut(T)) -> Result<(), Infallible> {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => emit(item),
        }
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "skip"
    }
}

/// See [`count`].
pub struct Count<T> {
    seen: u64,
    item: PhantomData<fn(T)>,
}

impl<T> Transform for Count<T> {
    type In = T;
    type Out = u64;
    type Error = Infallible;

    const IN_PORTIONS: bool = false;

    #[inline]
    fn apply(&mut self, _: T, _: &mut impl FnMut(u64)) -> Result<(), Infallible> {
        self.seen += 1;
        Ok(())
    }

    fn finish(&mut self, emit: &mut impl FnMut(u64)) -> Result<(), Infallible> {
        emit(self.seen);
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "count"
    }
}

macro_rules! debug_for_any_item {
    ($($name:ident $field:ident),+) => {
        $(impl<T> fmt::Debug for $name<T> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).field(stringify!($field), &self.$field).finish()
            }
        })+
    };
}
debug_for_any_item!(Take left, Skip left, Count seen);

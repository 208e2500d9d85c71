//! One item to any number of items.

use std::{convert::Infallible, fmt, marker::PhantomData};

use crate::{PORTION, Transform};

/// Returns the transform that emits all that `f` makes of each item, in order.
///
/// # Memory
/// At most [`PORTION`] items are emitted at once, and the iterator is kept for the rest: so it may
/// be long, or endless if something behind it wants only so many.
pub fn flat_map<T, I: IntoIterator, F: FnMut(T) -> I>(f: F) -> FlatMap<T, I, F> {
    FlatMap { f, left: None, item: PhantomData }
}

/// See [`flat_map`].
pub struct FlatMap<T, I: IntoIterator, F> {
    f: F,
    /// What the last item has left to emit.
    left: Option<I::IntoIter>,
    item: PhantomData<fn(T)>,
}

impl<T, I: IntoIterator, F> FlatMap<T, I, F> {
    /// Emits a portion; returns whether there was anything in it.
    fn portion(&mut self, emit: &mut impl FnMut(I::Item)) -> bool {
        let Some(left) = &mut self.left else { return false };
        for emitted in 0..PORTION {
            let Some(item) = left.next() else {
                self.left = None;
                return emitted > 0;
            };
            emit(item);
        }
        true
    }
}

impl<T, I: IntoIterator, F: FnMut(T) -> I> Transform for FlatMap<T, I, F> {
    type In = T;
    type Out = I::Item;
    type Error = Infallible;

    const HOLDS: bool = false;

    #[inline]
    fn apply(&mut self, item: T, emit: &mut impl FnMut(I::Item)) -> Result<(), Infallible> {
        self.left = Some((self.f)(item).into_iter());
        self.portion(emit);
        Ok(())
    }

    #[inline]
    fn more(&mut self, emit: &mut impl FnMut(I::Item)) -> Result<bool, Infallible> {
        Ok(self.portion(emit))
    }

    fn kind(&self) -> &'static str {
        "flat-map"
    }
}

impl<T, I: IntoIterator, F> fmt::Debug for FlatMap<T, I, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FlatMap").finish_non_exhaustive()
    }
}

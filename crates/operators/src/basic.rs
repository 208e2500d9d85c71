//! The transforms that a closure makes, one item at a time.

use std::{convert::Infallible, fmt, marker::PhantomData};

use crate::Transform;

/// Returns the transform that emits what `f` makes of each item.
pub fn map<T, U, F: FnMut(T) -> U>(f: F) -> Map<T, F> {
    Map { f, item: PhantomData }
}

/// Returns the transform that emits what `f` makes of each item, and fails where `f` fails.
pub fn try_map<T, U, E, F: FnMut(T) -> Result<U, E>>(f: F) -> TryMap<T, F> {
    TryMap { f, item: PhantomData }
}

/// Returns the transform that emits the items for which `f` holds.
pub fn filter<T, F: FnMut(&T) -> bool>(f: F) -> Filter<T, F> {
    Filter { f, item: PhantomData }
}

/// Returns the transform that lets `f` look at each item.
pub fn tap<T, F: FnMut(&T)>(f: F) -> Tap<T, F> {
    Tap { f, item: PhantomData }
}

/// See [`map`].
pub struct Map<T, F> {
    f: F,
    item: PhantomData<fn(T)>,
}

impl<T, U, F: FnMut(T) -> U> Transform for Map<T, F> {
    type In = T;
    type Out = U;
    type Error = Infallible;

    const IN_PORTIONS: bool = false;
    const HOLDS: bool = false;

    #[inline]
    fn apply(&mut self, item: T, emit: &mut impl FnMut(U)) -> Result<(), Infallible> {
        emit((self.f)(item));
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "map"
    }
}

/// See [`try_map`].
pub struct TryMap<T, F> {
    f: F,
    item: PhantomData<fn(T)>,
}

impl<T, U, E, F: FnMut(T) -> Result<U, E>> Transform for TryMap<T, F> {
    type In = T;
    type Out = U;
    type Error = E;

    const IN_PORTIONS: bool = false;
    const HOLDS: bool = false;

    #[inline]
    fn apply(&mut self, item: T, emit: &mut impl FnMut(U)) -> Result<(), E> {
        emit((self.f)(item)?);
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "try-map"
    }
}

/// See [`filter`].
pub struct Filter<T, F> {
    f: F,
    item: PhantomData<fn(T)>,
}

impl<T, F: FnMut(&T) -> bool> Transform for Filter<T, F> {
    type In = T;
    type Out = T;
    type Error = Infallible;

    const IN_PORTIONS: bool = false;
    const HOLDS: bool = false;

    #[inline]
    fn apply(&mut self, item: T, emit: &mut impl FnMut(T)) -> Result<(), Infallible> {
        if (self.f)(&item) {
            emit(item);
        }
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "filter"
    }
}

/// See [`tap`].
pub struct Tap<T, F> {
    f: F,
    item: PhantomData<fn(T)>,
}

impl<T, F: FnMut(&T)> Transform for Tap<T, F> {
    type In = T;
    type Out = T;
    type Error = Infallible;

    const IN_PORTIONS: bool = false;
    const HOLDS: bool = false;

    #[inline]
    fn apply(&mut self, item: T, emit: &mut impl FnMut(T)) -> Result<(), Infallible> {
        (self.f)(&item);
        emit(item);
        Ok(())
    }

    fn kind(&self) -> &'static str {
        "tap"
    }
}

macro_rules! debug_without_closure {
    ($($name:ident),+) => {
        $(impl<T, F> fmt::Debug for $name<T, F> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })+
    };
}
debug_without_closure!(Map, TryMap, Filter, Tap);

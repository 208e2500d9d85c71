//! The transforms that a closure makes, and their composition.

use std::{convert::Infallible, fmt, marker::PhantomData};

use crate::Transform;

/// Returns the transform that emits what `f` makes of each item.
pub fn map<T, U, F: FnMut(T) -> U>(f: F) -> Map<T, F> {
    Map { f, item: PhantomData }
}

/// Returns the transform that emits the items for which `f` holds.
pub fn filter<T, F: FnMut(&T) -> bool>(f: F) -> Filter<T, F> {
    Filter { f, item: PhantomData }
}

/// Returns the transform that lets `f` look at each item.
pub fn inspect<T, F: FnMut(&T)>(f: F) -> Inspect<T, F> {
    Inspect { f, item: PhantomData }
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

    #[inline]
    fn apply(&mut self, item: T, emit: &mut impl FnMut(U)) -> Result<(), Infallible> {
        emit((self.f)(item));
        Ok(())
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

    #[inline]
    fn apply(&mut self, item: T, emit: &mut impl FnMut(T)) -> Result<(), Infallible> {
        if (self.f)(&item) {
            emit(item);
        }
        Ok(())
    }
}

/// See [`inspect`].
pub struct Inspect<T, F> {
    f: F,
    item: PhantomData<fn(T)>,
}

impl<T, F: FnMut(&T)> Transform for Inspect<T, F> {
    type In = T;
    type Out = T;
    type Error = Infallible;

    #[inline]
    fn apply(&mut self, item: T, emit: &mut impl FnMut(T)) -> Result<(), Infallible> {
        (self.f)(&item);
        emit(item);
        Ok(())
    }
}

/// The error of one of two transforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The first failed.
    First(A),
    /// The second failed.
    Second(B),
}

impl<A: fmt::Display, B: fmt::Display> fmt::Display for Either<A, B> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::First(error) => error.fmt(f),
            Self::Second(error) => error.fmt(f),
        }
    }
}

impl<A: std::error::Error, B: std::error::Error> std::error::Error for Either<A, B> {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::First(error) => error.source(),
            Self::Second(error) => error.source(),
        }
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
debug_without_closure!(Map, Filter, Inspect);

/// Two transforms as one; see [`Transform::then`].
#[derive(Clone, Copy, Debug)]
pub struct Chain<A, B> {
    first: A,
    second: B,
}

impl<A, B> Chain<A, B> {
    pub(crate) const fn new(first: A, second: B) -> Self {
        Self { first, second }
    }
}

impl<A, B> Transform for Chain<A, B>
where
    A: Transform,
    B: Transform<In = A::Out>,
{
    type In = A::In;
    type Out = B::Out;
    type Error = Either<A::Error, B::Error>;

    #[inline]
    fn apply(&mut self, item: A::In, emit: &mut impl FnMut(B::Out)) -> Result<(), Self::Error> {
        let Self { first, second } = self;
        let mut failed = Ok(());
        first
            .apply(item, &mut |middle| {
                if failed.is_ok() {
                    failed = second.apply(middle, emit);
                }
            })
            .map_err(Either::First)?;
        failed.map_err(Either::Second)
    }

    fn finish(&mut self, emit: &mut impl FnMut(B::Out)) -> Result<(), Self::Error> {
        let Self { first, second } = self;
        let mut failed = Ok(());
        first
            .finish(&mut |middle| {
                if failed.is_ok() {
                    failed = second.apply(middle, emit);
                }
            })
            .map_err(Either::First)?;
        failed.map_err(Either::Second)?;
        second.finish(emit).map_err(Either::Second)
    }
}

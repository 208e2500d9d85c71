//! Transforms one behind the other, and their errors.

use std::fmt;

use crate::{Trail, Transform};

/// Two transforms as one; see [`Transform::then`].
#[derive(Clone, Debug)]
pub struct Chain<A, B> {
    first: A,
    second: B,
    /// What the first made of what, where the second holds items back and somebody asks for it.
    between: Option<Box<Between>>,
}

#[derive(Clone, Debug, Default)]
struct Between {
    trail: Trail,
    /// How many items the first has taken since somebody asked.
    taken: u64,
    /// How many of its items the second has taken since.
    fed: u64,
}

impl<A, B> Chain<A, B> {
    pub(crate) const fn new(first: A, second: B) -> Self {
        Self { first, second, between: None }
    }
}

impl Between {
    /// All that the first has taken is emitted but for the last items, so many.
    fn note(&mut self, held: u64) {
        self.trail.note(self.fed, self.taken.saturating_sub(held));
    }

    /// How many of the last items have something left in the first, or in the second, which holds so
    /// many.
    fn held(&mut self, first: u64, second: u64) -> u64 {
        self.note(first);
        match self.fed.checked_sub(second) {
            Some(fed) => self.taken - self.trail.done(fed),
            // It holds something from before the first question.
            None => u64::MAX,
        }
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

    const IN_PORTIONS: bool = A::IN_PORTIONS || B::IN_PORTIONS;
    const HOLDS: bool = A::HOLDS || B::HOLDS;

    #[inline]
    fn apply(&mut self, item: A::In, emit: &mut impl FnMut(B::Out)) -> Result<(), Self::Error> {
        let Self { first, second, between } = self;
        let between = between.as_mut().filter(|_| B::HOLDS);
        let mut fed = Ok(());
        let applied = match between {
            None => first.apply(item, &mut |middle| feed(second, middle, &mut fed, emit)),
            Some(between) => {
                between.note(first.held());
                between.taken += 1;
                first.apply(item, &mut |middle| {
                    between.fed += 1;
                    feed(second, middle, &mut fed, emit);
                })
            }
        };
        settle(applied, fed, second.is_done())
    }

    #[inline]
    fn more(&mut self, emit: &mut impl FnMut(B::Out)) -> Result<bool, Self::Error> {
        let Self { first, second, between } = self;
        if B::IN_PORTIONS && second.more(emit).map_err(Either::Second)? {
            return Ok(true);
        }
        if !A::IN_PORTIONS || second.is_done() {
            return Ok(false);
        }
        let mut count = 0;
        let mut fed = Ok(());
        let more = first.more(&mut |middle| {
            count += 1;
            feed(second, middle, &mut fed, emit);
        });
        if let Some(between) = between {
            between.fed += count;
        }
        settle(more, fed, second.is_done())
    }

    fn finish(&mut self, emit: &mut impl FnMut(B::Out)) -> Result<(), Self::Error> {
        let Self { first, second, .. } = self;
        let mut fed = Ok(());
        let finished = first.finish(&mut |middle| feed(second, middle, &mut fed, emit));
        settle(finished, fed, second.is_done())?;
        while B::IN_PORTIONS && second.more(emit).map_err(Either::Second)? {}
        second.finish(emit).map_err(Either::Second)
    }

    #[inline]
    fn is_done(&self) -> bool {
        self.first.is_done() || self.second.is_done()
    }

    fn held(&mut self) -> u64 {
        let (first, second) = (self.first.held(), self.second.held());
        if !B::HOLDS {
            return first;
        }
        match &mut self.between {
            Some(between) => between.held(first, second),
            None => {
                self.between = Some(Box::default());
                u64::MAX
            }
        }
    }

    fn rest(&mut self) {
        self.first.rest();
        self.second.rest();
    }
}

/// Has the second transform take what the first emits.
///
/// Where the first emits several items at once, all that the second still holds of one is emitted
/// before it takes the next; only the last one's portions wait for [`Transform::more`].
#[inline]
fn feed<B: Transform>(
    second: &mut B,
    item: B::In,
    fed: &mut Result<(), B::Error>,
    emit: &mut impl FnMut(B::Out),
) {
    if fed.is_err() || second.is_done() {
        return;
    }
    *fed = loop {
        if !B::IN_PORTIONS {
            break second.apply(item, emit);
        }
        match second.more(emit) {
            Ok(true) => {}
            Ok(false) => break second.apply(item, emit),
            Err(error) => break Err(error),
        }
    };
}

/// Returns what a call of the first transform came to, once the second has taken what it emitted.
///
/// The second's error is about an item before the one that the first failed with, so it goes first.
/// A second that is done wants nothing more, so that an error of the first behind what it wanted
/// does not count, as it would not if the input had been cut before it.
#[inline]
fn settle<R: Default, A, B>(
    first: Result<R, A>,
    fed: Result<(), B>,
    second_is_done: bool,
) -> Result<R, Either<A, B>> {
    fed.map_err(Either::Second)?;
    match first {
        Err(_) if second_is_done => Ok(R::default()),
        first => first.map_err(Either::First),
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

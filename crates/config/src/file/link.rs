//! Links: their marks, and where an actor begins.

use std::ops::Range;

use aqueduct_link::MAX_ITEMS;
use aqueduct_pipeline::blueprint::{Marks, Unit};

use super::{Reader, table_of};
use crate::{
    keys::{Found, Keys, Mark},
    mistake::Mistake,
};

/// The marks of a link of which nothing is said.
pub(super) const MARKS: Marks =
    Marks { unit: Unit::Bytes, low: 64 << 10, high: 256 << 10, capacity: 512 << 10 };

/// How many times the low mark the high one is, where only one of them is given.
const HIGH_TO_LOW: u64 = 4;

/// What to do instead of more than [`MAX_ITEMS`].
const MOST_ITEMS: &str = "take at most 16777216 items, or give the marks in bytes";
const _: () = assert!(MAX_ITEMS == 16_777_216, "the text says so");

/// An actor begins here.
pub(super) struct Boundary {
    /// The marks of the link before it, if some are given.
    pub(super) marks: Option<Marks>,
    pub(super) arbiter: Option<String>,
    /// Where marks are given.
    pub(super) marks_at: Option<Range<usize>>,
}

/// The marks as they are written.
pub(crate) struct Given {
    low: Option<Mark>,
    high: Option<Mark>,
    capacity: Option<Mark>,
}

/// The keys of `watermarks`.
pub(crate) fn describe_marks(keys: &mut Keys<'_>) -> Given {
    let low = "At it, the producer is resumed; without it, a quarter of the high mark.";
    let high = "Above it, the producer is paused; without it, four times the low mark.";
    let capacity = "Beyond it, nothing is accepted; without it, twice the high mark.";
    Given {
        low: keys.mark("low", low).optional(),
        high: keys.mark("high", high).optional(),
        capacity: keys.mark("capacity", capacity).optional(),
    }
}

/// The keys of `boundary`.
pub(crate) fn describe_boundary(keys: &mut Keys<'_>) -> (Given, Option<String>) {
    let arbiter = "The arbiter, a thread of its own for all of this name, on which this actor and \
                   those behind it run; without it, that of the actor before.";
    (describe_marks(keys), keys.name("arbiter", arbiter).optional())
}

impl Reader<'_> {
    /// Reads the `watermarks` of a pipeline.
    pub(super) fn watermarks(&mut self, value: &Found<'_>) -> Option<Marks> {
        let title = "`watermarks`";
        let help = "write `watermarks = { low = \"64 KiB\", high = \"256 KiB\" }`";
        let table = table_of(title, value, help, &mut self.mistakes)?;
        let mut keys = Keys::of(title, table, value.span(), self.env);
        let given = describe_marks(&mut keys);
        self.keep(keys.finish());
        given.resolve(MARKS).map_err(|mistake| self.say(*mistake)).ok()
    }

    /// Reads the `boundary` of a stage; what is not given there is as in `marks`.
    pub(super) fn boundary(&mut self, value: &Found<'_>, marks: Marks) -> Option<Boundary> {
        let title = "`boundary`";
        let table = table_of(title, value, "write `boundary = {}`", &mut self.mistakes)?;
        let mut keys = Keys::of(title, table, value.span(), self.env);
        let (given, arbiter) = describe_boundary(&mut keys);
        self.keep(keys.finish());
        let marks_at = given.all().next().map(|mark| mark.span.clone());
        let marks = given.resolve(marks).map_err(|mistake| self.say(*mistake)).ok();
        Some(Boundary { marks: marks.filter(|_| marks_at.is_some()), arbiter, marks_at })
    }
}

impl Given {
    fn all(&self) -> impl Iterator<Item = &Mark> {
        [&self.low, &self.high, &self.capacity].into_iter().flatten()
    }

    /// Returns the marks with what is not given filled in, if a link can have them.
    fn resolve(&self, base: Marks) -> Result<Marks, Box<Mistake>> {
        let Some(first) = self.all().next() else { return Ok(base) };
        let unit = first.unit;
        let amount = |mark: &Option<Mark>| mark.as_ref().map(|mark| mark.amount);
        let (low, high) = match (amount(&self.low), amount(&self.high)) {
            (Some(low), Some(high)) => (low, high),
            (Some(low), None) => (low, low.saturating_mul(HIGH_TO_LOW)),
            (None, Some(high)) => (high / HIGH_TO_LOW, high),
            (None, None) if unit == base.unit => (base.low, base.high),
            (None, None) => {
                let message = "this capacity has another unit than the marks of the pipeline";
                let mistake = Mistake::new(first.span.clone(), message, counts(unit));
                return Err(Box::new(mistake.help("give `low` and `high` here as well")));
            }
        };
        let capacity = amount(&self.capacity).unwrap_or_else(|| high.saturating_mul(2));
        let marks = Marks { unit, low, high, capacity };
        let wrong = self.mixed(first).or_else(|| self.disordered(marks));
        wrong.map_or(Ok(marks), |mistake| Err(Box::new(mistake)))
    }

    /// Says if the units differ.
    fn mixed(&self, first: &Mark) -> Option<Mistake> {
        let other = self.all().find(|mark| mark.unit != first.unit)?;
        let message = "the marks of one link count either bytes or items";
        let mistake = Mistake::new(other.span.clone(), message, counts(other.unit))
            .help("give all of them in one unit");
        Some(mistake.also(first.span.clone(), counts(first.unit)))
    }

    /// Says if no link can have these amounts.
    fn disordered(&self, marks: Marks) -> Option<Mistake> {
        let Marks { unit, low, high, capacity } = marks;
        let (message, label, help) = if high == 0 {
            ("a high mark of 0 lets nothing through", "this makes it 0", "raise `high`")
        } else if low > high {
            let label = "this is above the high mark";
            ("the low mark is above the high mark", label, "lower `low`, or raise `high`")
        } else if high > capacity {
            let label = "a link cannot hold as much as the high mark says";
            let help = "raise `capacity`, or leave it out: it is then twice `high`";
            ("the high mark is above the capacity", label, help)
        } else if unit == Unit::Items && capacity > MAX_ITEMS {
            let message = "this capacity is too much for one link";
            let label = "room for all items is made at the start";
            (message, label, MOST_ITEMS)
        } else {
            return None;
        };
        let preferred = match (high, low > high) {
            (0, _) => [&self.high, &self.low, &self.capacity],
            (_, true) => [&self.low, &self.high, &self.capacity],
            _ => [&self.capacity, &self.high, &self.low],
        };
        let at = preferred.into_iter().flatten().next()?;
        let mistake = Mistake::new(at.span.clone(), message, label).help(help);
        let high = self.high.as_ref().filter(|high| high.span != at.span);
        Some(match high {
            Some(high) => mistake.also(high.span.clone(), "the high mark"),
            None => mistake,
        })
    }
}

fn counts(unit: Unit) -> &'static str {
    match unit {
        Unit::Items => "this counts items",
        Unit::Bytes => "this counts bytes",
    }
}

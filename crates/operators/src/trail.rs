//! Which of the items that go in are done with, when so many of those that came out are.

use std::collections::VecDeque;

/// The most marks that a trail remembers; with more, it becomes coarser and never wrong.
const MARKS: usize = 1024;

/// Counts what goes into something that makes items of items, and what comes out, and tells from how
/// much of the one is done with how much of the other is.
///
/// Items come out in the order in which they go in, but one may become none, one or many, and many
/// may become one.
#[derive(Clone, Debug, Default)]
pub struct Trail {
    /// When so many had come out, so many that went in had wholly come out: both grow.
    marks: VecDeque<Mark>,
    /// As much as is known to be done with.
    done: u64,
}

#[derive(Clone, Copy, Debug)]
struct Mark {
    out: u64,
    taken: u64,
}

impl Trail {
    /// Notes that of what has come out until now, `out` items in all, nothing belongs to items
    /// behind the first `taken` ones, and all that comes of these is among it.
    pub fn note(&mut self, out: u64, taken: u64) {
        if taken <= self.come_out() {
            return;
        }
        let mark = Mark { out, taken };
        let is_full = self.marks.len() >= MARKS;
        // With no more out than before, more is done with when that is.
        match self.marks.back_mut().filter(|last| is_full || last.out == out) {
            Some(last) => *last = mark,
            None => self.marks.push_back(mark),
        }
    }

    /// How many of those that went in have wholly come out.
    #[must_use]
    pub fn come_out(&self) -> u64 {
        self.marks.back().map_or(self.done, |mark| mark.taken)
    }

    /// How many of those that went in are done with, when the first `out` ones that came out are.
    pub fn done(&mut self, out: u64) -> u64 {
        while let Some(mark) = self.marks.front().filter(|mark| mark.out <= out) {
            self.done = mark.taken;
            self.marks.pop_front();
        }
        self.done
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_comes_of_nothing_is_done_with_what_is_before_it() {
        let mut trail = Trail::default();
        trail.note(3, 1);
        trail.note(3, 5);
        assert_eq!((trail.done(2), trail.done(3)), (0, 5));
        trail.note(3, 6);
        assert_eq!(trail.done(3), 6);
    }

    /// What each item becomes: so many items come out right behind it.
    fn steps() -> impl Strategy<Value = Vec<u64>> {
        prop::collection::vec(0..4_u64, 0..3000)
    }

    proptest! {
        #[test]
        fn nothing_is_done_with_too_early_and_in_the_end_everything_is(
            steps in steps(),
            asked in prop::collection::vec((0..3000_usize, 0..9000_u64), 0..40),
        ) {
            let (mut trail, mut out, mut most) = (Trail::default(), 0, 0);
            let mut ends = vec![0];
            for (taken, came) in (1..).zip(&steps) {
                out += came;
                ends.push(out);
                trail.note(out, taken);
                for (_, done) in asked.iter().filter(|(at, _)| *at as u64 == taken) {
                    most = (*done).min(out).max(most);
                    let told = usize::try_from(trail.done(most)).expect("few");
                    prop_assert!(ends[told] <= most, "{told} items came to {}, not {most}", ends[told]);
                }
            }
            prop_assert_eq!(trail.done(out), steps.len() as u64);
        }
    }
}

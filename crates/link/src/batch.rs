//! Items lent straight from the ring.

use std::{convert::Infallible, fmt};

use crate::{Lease, lane::Lane, ring::Plain};

/// The items of one turn, lent one by one.
///
/// [`next`](Self::next) commits the item before, and lends the next one: what a panic interrupts is
/// still in the link, and comes again.
/// Credit goes back to the producer with the commit, nowhere else.
pub struct Batch<'a, T> {
    lane: Option<&'a mut Lane<T>>,
    left: usize,
    in_hand: bool,
    /// All there is is plain, and stays so as long as this batch lends one by one.
    plain: bool,
}

impl<'a, T> Batch<'a, T> {
    pub(crate) fn new(mut lane: Option<&'a mut Lane<T>>, most: usize) -> Self {
        let plain = lane.as_mut().is_some_and(|lane| {
            lane.bring_back();
            lane.is_plain()
        });
        Self { lane, left: most, in_hand: false, plain }
    }

    /// Commits the item in hand, and lends the next.
    #[allow(clippy::should_implement_trait, reason = "an iterator cannot lend")]
    #[inline(always)]
    pub fn next(&mut self) -> Option<&T> {
        self.commit();
        if self.left == 0 {
            return None;
        }
        let lane = self.lane.as_mut()?;
        let item = if Plain::<T>::IS && self.plain { lane.lend_plain()? } else { lane.lend()? };
        self.left -= 1;
        self.in_hand = true;
        Some(item)
    }

    /// Hands each item to `handle` and commits it when that returns: the same as a loop over
    /// [`next`](Self::next), and faster where items are numbers and the like, which need no
    /// dropping.
    ///
    /// The item in hand is committed first.
    pub fn for_each(&mut self, mut handle: impl FnMut(&T)) {
        let handle = |item: &T| -> Result<(), Infallible> {
            handle(item);
            Ok(())
        };
        match self.try_for_each(handle) {
            Ok(()) => {}
            Err(never) => match never {},
        }
    }

    /// As [`for_each`](Self::for_each), until `handle` fails; the item that it failed with is in
    /// hand, not committed.
    ///
    /// # Errors
    /// The one of `handle`.
    pub fn try_for_each<E>(
        &mut self,
        mut handle: impl FnMut(&T) -> Result<(), E>,
    ) -> Result<(), E> {
        self.commit();
        let Some(lane) = &mut self.lane else { return Ok(()) };
        let mut failed = None;
        let done = lane.each(self.left, |item| {
            failed = handle(item).err();
            failed.is_none()
        });
        self.left -= done;
        match failed {
            None => Ok(()),
            Some(error) => {
                self.left -= 1;
                self.in_hand = true;
                Err(error)
            }
        }
    }

    /// Commits the item in hand, and takes the next one out of the link: at most once, since
    /// nothing is left to deliver again if its handler dies.
    #[inline(always)]
    pub fn take(&mut self) -> Option<T> {
        self.commit();
        if self.left == 0 {
            return None;
        }
        let lane = self.lane.as_mut()?;
        let plain = Plain::<T>::IS && self.plain;
        let item = if plain { lane.take_plain()? } else { lane.take()? };
        self.left -= 1;
        Some(item)
    }

    /// Commits the item in hand, if there is one.
    #[inline(always)]
    pub fn commit(&mut self) {
        let Some(lane) = &mut self.lane else { return };
        lane.gave_away = false;
        if std::mem::replace(&mut self.in_hand, false) {
            if Plain::<T>::IS && self.plain {
                drop(lane.commit_plain());
            } else {
                drop(lane.commit());
            }
        }
    }

    /// Puts the item in hand back to the front, unhandled; it comes again with the next batch, and
    /// is not marked.
    pub fn put_back(&mut self) {
        if self.in_hand {
            self.in_hand = false;
            self.left += 1;
            if let Some(lane) = &mut self.lane {
                lane.put_back();
            }
        }
    }

    /// Moves all that is left into a lease that owns its items, for work that outlives the turn;
    /// `None` if nothing waits.
    ///
    /// The item in hand is committed first.
    pub fn lease(&mut self) -> Option<Lease<T>> {
        self.commit();
        let lease = self.lane.as_mut()?.lend_out(self.left)?;
        self.left = 0;
        Some(lease)
    }

    /// Shows up to as many items as are left, without lending them: for a consumer that writes
    /// many at once, and then commits with [`advance`](Self::advance) what was taken.
    ///
    /// The item in hand is put back first.
    pub fn show<R>(&mut self, look: impl FnOnce(&[T], &[T]) -> R) -> R {
        self.put_back();
        match &mut self.lane {
            Some(lane) => lane.show(self.left, look),
            None => look(&[], &[]),
        }
    }

    /// As [`show`](Self::show), but shows all that is there, also beyond what is left of this batch:
    /// for a consumer that goes on committing in its next turns what it has taken at once.
    pub fn show_all<R>(&mut self, look: impl FnOnce(&[T], &[T]) -> R) -> R {
        self.put_back();
        match &mut self.lane {
            Some(lane) => lane.show(usize::MAX, look),
            None => look(&[], &[]),
        }
    }

    /// Commits this many items from the front, and returns how many there were.
    pub fn advance(&mut self, items: usize) -> usize {
        self.commit();
        let Some(lane) = &mut self.lane else { return 0 };
        let most = items.min(self.left);
        let done = (0..most).take_while(|_| lane.advance().is_some()).count();
        self.left -= done;
        done
    }

    /// How many items can be lent before this batch is over; more may arrive meanwhile.
    #[must_use]
    pub fn len(&self) -> usize {
        let waiting = self.lane.as_ref().map_or(0, |lane| lane.available());
        (waiting - usize::from(self.in_hand)).min(self.left)
    }

    /// Returns whether nothing can be lent at this moment.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number of the item in hand, or of the next one if there is none; the first item of a
    /// registration has 0.
    #[must_use]
    pub fn sequence(&self) -> u64 {
        let next = self.lane.as_ref().map_or(0, |lane| lane.next_sequence());
        next - u64::from(self.in_hand)
    }

    /// Returns whether the item in hand was lent before, to a consumer that died with it.
    #[must_use]
    pub fn redelivered(&self) -> bool {
        let ledger = self.lane.as_ref().map(|lane| &lane.ledger);
        self.in_hand && ledger.is_some_and(|ledger| ledger.is_redelivered(self.sequence()))
    }
}

impl<T> fmt::Debug for Batch<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Batch")
            .field("sequence", &self.sequence())
            .field("len", &self.len())
            .finish_non_exhaustive()
    }
}

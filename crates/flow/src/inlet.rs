//! The consumer's half: it decides when credit goes back, and what is delivered again.
//!
//! An item is *lent* to the consumer, then *committed*; what was lent and not committed when the
//! handler died *returns*, and comes again, marked.

use crate::{Amount, Effects, Limits, Violation, effects::effects};

/// What happens to the consumer's half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// This much more is in the consumer's hands.
    Lend(Amount),
    /// The consumer has handled this much of what it was lent.
    Commit(Amount),
    /// What the consumer has in hand is put back unhandled, by its own will.
    PutBack,
    /// The consumer died; what it had in hand comes again.
    Return,
    /// The turn is over, or there is nothing left: tell the producer where we are.
    Rest,
    /// This much, from the front and what is in hand first, is given up: after an abort, or because
    /// it went with the consumer that died.
    Discard(Amount),
    /// The end was read, behind the last item.
    End,
}

effects! {
    /// What the consumer's half asks its owner to do.
    Effect {
        /// Publish the committed total to the producer.
        Publish,
        /// Tell the consumer that the stream has ended, once.
        Tell,
    }
}

/// The consumer's half of a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Inlet {
    quantum: Amount,
    lent: Amount,
    committed: Amount,
    published: Amount,
    discarded: Amount,
    /// Items below this sequence number have been lent before.
    seen: u64,
    ended: bool,
}

impl Inlet {
    /// Returns the half of a new registration, which publishes by quarters of the window.
    #[must_use]
    pub fn new(limits: &Limits) -> Self {
        Self::with_quantum(limits.quantum())
    }

    /// Returns the half of a new registration, which publishes by this much.
    #[must_use]
    pub const fn with_quantum(quantum: Amount) -> Self {
        Self {
            quantum,
            lent: Amount::ZERO,
            committed: Amount::ZERO,
            published: Amount::ZERO,
            discarded: Amount::ZERO,
            seen: 0,
            ended: false,
        }
    }

    /// Takes one step.
    ///
    /// # Errors
    /// A [`Violation`], after which nothing has changed.
    #[inline(always)]
    pub fn on(&mut self, input: Input) -> Result<Effects<Effect>, Violation> {
        match input {
            Input::Lend(amount) => self.lend(amount),
            Input::Commit(amount) => self.commit(amount),
            Input::PutBack => {
                self.lent = self.committed;
                Ok(Effects::none())
            }
            Input::Return => {
                self.seen = self.seen.max(self.lent.items);
                self.lent = self.committed;
                Ok(Effects::none())
            }
            Input::Rest => Ok(self.publish(self.published != self.committed)),
            Input::Discard(amount) => self.discard(amount),
            Input::End if self.ended => Err(Violation::AfterTheEnd),
            Input::End => {
                self.ended = true;
                Ok(self.publish(self.published != self.committed).and(Effect::Tell))
            }
        }
    }

    /// The total that is handled.
    #[inline]
    #[must_use]
    pub const fn committed(&self) -> Amount {
        self.committed
    }

    /// The part of [`committed`](Self::committed) that was given up undelivered.
    #[inline]
    #[must_use]
    pub const fn discarded(&self) -> Amount {
        self.discarded
    }

    /// What is in the consumer's hands.
    #[inline]
    #[must_use]
    pub const fn in_hand(&self) -> Amount {
        self.lent.saturating_sub(self.committed)
    }

    /// How much may be lent and then committed with no effect, at once or one by one.
    #[inline]
    #[must_use]
    pub const fn free(&self) -> Amount {
        if self.ended {
            return Amount::ZERO;
        }
        let fresh = self.committed.saturating_sub(self.published);
        let due = self.quantum.saturating_sub(Amount::new(1, 1));
        due.saturating_sub(fresh).min(Amount::MAX.saturating_sub(self.lent))
    }

    /// The sequence number of the item that is lent next; the first of a registration is 0.
    #[inline]
    #[must_use]
    pub const fn next_sequence(&self) -> u64 {
        self.lent.items
    }

    /// Returns whether the item of this number has been lent before, to a consumer that died.
    #[inline]
    #[must_use]
    pub const fn is_redelivered(&self, sequence: u64) -> bool {
        sequence < self.seen
    }

    #[inline(always)]
    fn lend(&mut self, amount: Amount) -> Result<Effects<Effect>, Violation> {
        if self.ended {
            return Err(Violation::AfterTheEnd);
        }
        self.lent = self.lent.checked_add(amount).ok_or(Violation::Overflow)?;
        Ok(Effects::none())
    }

    #[inline(always)]
    fn commit(&mut self, amount: Amount) -> Result<Effects<Effect>, Violation> {
        let committed = self.committed.checked_add(amount).ok_or(Violation::Overflow)?;
        if !committed.fits(self.lent) {
            return Err(Violation::CommittedTooMuch);
        }
        self.committed = committed;
        let fresh = committed.saturating_sub(self.published);
        let due = fresh.items >= self.quantum.items || fresh.bytes >= self.quantum.bytes;
        Ok(self.publish(due))
    }

    fn discard(&mut self, amount: Amount) -> Result<Effects<Effect>, Violation> {
        let committed = self.committed.checked_add(amount).ok_or(Violation::Overflow)?;
        //= F2: what is given up is counted, and its credit goes back like any other.
        self.discarded = self.discarded.checked_add(amount).ok_or(Violation::Overflow)?;
        self.committed = committed;
        self.lent = self.lent.max(committed);
        Ok(self.publish(true))
    }

    #[inline(always)]
    fn publish(&mut self, due: bool) -> Effects<Effect> {
        if due {
            self.published = self.committed;
        }
        Effects::none().and_if(due, Effect::Publish)
    }
}

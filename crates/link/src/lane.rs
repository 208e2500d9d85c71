//! The consumer's end of one registration.

mod leasing;

use std::{collections::VecDeque, fmt};

use aqueduct_flow::{
    Amount, Epoch, Violation,
    inlet::{self as core, Effect, Input},
};

use crate::{
    Gauge, Name,
    lease::Home,
    ledger::Lent,
    ring::{Plain, Reader},
    shared::{LaneEnd, Shared},
    sync::Arc,
};

pub(crate) struct Lane<T> {
    pub(crate) ledger: Lent,
    ring: Reader<T>,
    /// What is ahead of the ring: it came back from a handler that failed.
    front: VecDeque<T>,
    /// The front item is lent, and the core does not know of it.
    lends: bool,
    home: std::sync::Arc<Home<T>>,
    /// A batch gave the last item away, and its consumer has not shown since that it lives.
    pub(crate) gave_away: bool,
    /// What is out on a lease.
    out: Option<Amount>,
    /// Below this number, what comes again has been counted.
    counted: u64,
    /// How often in a row the consumer died with the item of this number in front.
    deaths: (u64, u32),
    /// This is an item that comes once more, and no registration.
    pub(crate) replays: bool,
    /// The consumer wants items, and there are none.
    waits: bool,
    pub(crate) shared: Arc<Shared>,
    weigh: Option<fn(&T) -> u64>,
    pub(crate) gauge: Gauge,
}

impl<T> Lane<T> {
    pub(crate) fn new(
        core: core::Inlet,
        ring: Reader<T>,
        weigh: Option<fn(&T) -> u64>,
        gauge: Gauge,
    ) -> Self {
        Self {
            ledger: Lent::new(core),
            ring,
            front: VecDeque::new(),
            lends: false,
            home: std::sync::Arc::default(),
            gave_away: false,
            out: None,
            counted: 0,
            deaths: (0, 0),
            replays: false,
            waits: false,
            shared: gauge.shared.clone(),
            weigh,
            gauge,
        }
    }

    pub(crate) fn epoch(&self) -> Epoch {
        self.gauge.epoch
    }

    #[inline]
    pub(crate) fn available(&self) -> usize {
        self.front.len() + self.ring.len()
    }

    /// How many items are handled.
    pub(crate) fn committed(&mut self) -> u64 {
        self.ledger.core().committed().items
    }

    /// All that is committed needs nothing more.
    #[inline]
    pub(crate) fn acknowledge(&mut self) {
        if self.shared.acks.are_wanted() {
            self.acknowledge_committed();
        }
    }

    #[inline(never)]
    fn acknowledge_committed(&mut self) {
        let committed = self.committed();
        self.shared.acknowledge(committed);
    }

    pub(crate) fn end_to_tell(&self) -> Option<&LaneEnd> {
        self.shared.end_to_tell()
    }

    /// Returns whether what is not delivered yet is not wanted.
    pub(crate) fn is_aborted(&self) -> bool {
        matches!(self.end_to_tell(), Some(LaneEnd::Lost { discard: true, .. }))
    }

    /// Returns whether the producer will write no more.
    pub(crate) fn has_ended(&self) -> bool {
        self.shared.ending.is_set()
    }

    /// Returns whether nothing will ever be delivered from here, not even an end.
    pub(crate) fn is_spent(&self) -> bool {
        let goes_on = match self.end_to_tell() {
            Some(LaneEnd::Left) => true,
            Some(LaneEnd::Lost { last, .. }) => !last,
            Some(LaneEnd::Finished) | None => false,
        };
        goes_on && self.available() == 0 && self.out.is_none() && !self.has_in_hand()
    }

    /// Returns whether there is something to look at: an item, or the end.
    pub(crate) fn has_news(&self) -> bool {
        self.available() > 0 || self.end_to_tell().is_some()
    }

    /// The consumer wants items, and there are none.
    pub(crate) fn wait(&mut self) {
        if !std::mem::replace(&mut self.waits, true) {
            self.shared.consumer.handled.waits.start(self.gauge.clock.now());
        }
    }

    /// There is something for the consumer, or it wants nothing at this moment.
    #[inline]
    pub(crate) fn wait_no_more(&mut self) {
        if std::mem::replace(&mut self.waits, false) {
            self.shared.consumer.handled.waits.stop(self.gauge.clock.now());
        }
    }

    /// The consumer's turn is over.
    pub(crate) fn rest(&mut self) {
        self.wait_no_more();
        self.step(Input::Rest);
    }

    /// Lends the front item; nothing else may be in the consumer's hands.
    #[inline(always)]
    pub(crate) fn lend(&mut self) -> Option<&T> {
        if self.ledger.may_come_again() {
            self.count_redelivery();
        }
        let item = if self.front.is_empty() { self.ring.peek()? } else { self.front.front()? };
        self.lends = true;
        Some(item)
    }

    /// As [`lend`](Self::lend), where all there is is plain.
    #[inline(always)]
    pub(crate) fn lend_plain(&mut self) -> Option<&T> {
        let item = self.ring.peek()?;
        self.lends = true;
        Some(item)
    }

    /// As [`commit`](Self::commit), for what [`lend_plain`](Self::lend_plain) lent.
    #[inline(always)]
    pub(crate) fn commit_plain(&mut self) -> Option<T> {
        if !self.ledger.pass(0) {
            return self.commit();
        }
        self.lends = false;
        self.ring.pop()
    }

    /// Counts the item that is lent next if it was lent before, each time once.
    #[cold]
    #[inline(never)]
    pub(crate) fn count_redelivery(&mut self) {
        let sequence = self.ledger.next_sequence();
        if self.ledger.is_redelivered(sequence) && sequence >= self.counted {
            self.counted = sequence + 1;
            self.shared.consumer.handled.redelivered();
        }
    }

    /// Takes the front item out of the link; it must have been lent.
    #[inline(always)]
    pub(crate) fn commit(&mut self) -> Option<T> {
        let known = !std::mem::replace(&mut self.lends, false);
        self.take_front(known)
    }

    /// Takes the front item out of the link, for good; nothing may be in the consumer's hands.
    #[inline]
    pub(crate) fn take(&mut self) -> Option<T> {
        if self.ledger.may_come_again() {
            self.count_redelivery();
        }
        let item = self.take_front(false)?;
        self.gave_away = true;
        Some(item)
    }

    /// As [`take`](Self::take), where all there is is plain.
    #[inline(always)]
    pub(crate) fn take_plain(&mut self) -> Option<T> {
        let item = self.ring.pop()?;
        if !self.ledger.pass(0) {
            self.commit_by_the_core(false, Amount::one(0));
        }
        self.gave_away = true;
        Some(item)
    }

    /// Takes the front item out of the link without lending it before; nothing may be in the
    /// consumer's hands.
    pub(crate) fn advance(&mut self) -> Option<T> {
        self.take_front(false)
    }

    #[inline(always)]
    fn take_front(&mut self, known: bool) -> Option<T> {
        let item = self.pop()?;
        let weight = self.weigh.map_or(0, |weigh| weigh(&item));
        if known || !self.ledger.pass(weight) {
            self.commit_by_the_core(known, Amount::one(weight));
        }
        Some(item)
    }

    /// Commits an item that the core may know of as lent, or whose credit is due.
    #[cold]
    #[inline(never)]
    fn commit_by_the_core(&mut self, known: bool, amount: Amount) {
        if !known {
            self.count(Input::Lend(amount));
        }
        self.count(Input::Commit(amount));
    }

    /// The consumer died with the front item in its hands, which is back.
    fn count_death(&mut self) {
        let front = self.ledger.core().committed().items;
        let before = if self.deaths.0 == front { self.deaths.1 } else { 0 };
        self.deaths = (front, before.saturating_add(1));
    }

    /// How often in a row the consumer died with the front item in its hands.
    pub(crate) fn deaths(&self) -> u32 {
        if self.deaths.0 == self.next_sequence() { self.deaths.1 } else { 0 }
    }

    /// Returns whether the next item was lent before, to a consumer that died.
    pub(crate) fn comes_again(&self) -> bool {
        self.ledger.is_redelivered(self.next_sequence())
    }

    /// Takes the front item out for good, as a dead letter.
    pub(crate) fn bury(&mut self) -> Option<T> {
        let item = self.take_front(false)?;
        self.shared.consumer.handled.buried();
        Some(item)
    }

    /// The consumer has something in its hands, lent one by one.
    pub(crate) fn has_in_hand(&self) -> bool {
        self.lends || self.ledger.has_in_hand()
    }

    /// The number of the item that is lent next.
    #[inline]
    pub(crate) fn next_sequence(&self) -> u64 {
        self.ledger.next_sequence() + u64::from(self.lends)
    }

    /// Tells the core of the item that is lent.
    fn tell_lent(&mut self) {
        if std::mem::replace(&mut self.lends, false)
            && let Some(item) = self.front.front().or_else(|| self.ring.peek())
        {
            let weight = self.weigh.map_or(0, |weigh| weigh(item));
            self.count(Input::Lend(Amount::one(weight)));
        }
    }

    /// Hands up to this many items to `each`, one by one, and commits those for which it answers
    /// `true`; returns how many those were. The one for which it did not is lent.
    ///
    /// It goes straight through the ring where items need no dropping; one that does is dropped
    /// before the next is handed out, and costs its own way out of the ring.
    #[inline]
    pub(crate) fn each(&mut self, most: usize, mut each: impl FnMut(&T) -> bool) -> usize {
        let mut done = 0;
        while done < most {
            let free = self.ledger.free();
            if Plain::<T>::IS && free > 0 && self.is_plain() {
                let asked = free.min(most - done);
                let mut passing = Passing::new(&mut self.ledger, &mut self.lends);
                let waiting = self.ring.each(asked, |item| passing.take(item, &mut each));
                let passed = passing.done;
                drop(passing);
                done += passed;
                if passed < waiting || waiting == 0 {
                    break;
                }
            } else {
                let Some(item) = self.lend() else { break };
                if !each(item) {
                    break;
                }
                drop(self.commit());
                done += 1;
            }
        }
        done
    }

    /// Returns whether all there is is plain: without weight, in the ring, and here for the first
    /// time.
    pub(crate) fn is_plain(&self) -> bool {
        self.weigh.is_none() && self.front.is_empty() && !self.ledger.may_come_again()
    }

    /// Shows items from the front in one or two pieces.
    pub(crate) fn show<R>(&mut self, most: usize, look: impl FnOnce(&[T], &[T]) -> R) -> R {
        if self.front.is_empty() {
            return self.ring.show(most, look);
        }
        let missing = most.saturating_sub(self.front.len());
        self.ring.pop_into(&mut self.front, missing);
        let (first, second) = self.front.as_slices();
        let first = first.get(..most).unwrap_or(first);
        let second = second.get(..most - first.len()).unwrap_or(second);
        look(first, second)
    }

    pub(crate) fn put_back(&mut self) {
        if !std::mem::replace(&mut self.lends, false) {
            self.step(Input::PutBack);
        }
    }

    /// Drops and counts what is there, and what a lease has not committed until now.
    pub(crate) fn discard_rest(&mut self) -> Amount {
        let mut discarded = Amount::ZERO;
        if !self.lease_failed() {
            discarded = self.out.take().unwrap_or_default();
            self.home.forget();
        }
        self.bring_back();
        while let Some(item) = self.pop() {
            let amount = self.amount(&item);
            discarded = discarded.checked_add(amount).unwrap_or(discarded);
        }
        self.discard(discarded);
        discarded
    }

    fn discard(&mut self, amount: Amount) {
        if !amount.is_zero() {
            // Counted before the credit goes back: who sees the credit sees why.
            self.shared.consumer.handled.discarded(amount);
            let first = self.committed();
            self.shared.lose(first);
            self.step(Input::Discard(amount));
        }
    }

    pub(crate) fn step(&mut self, input: Input) {
        self.tell_lent();
        self.count(input);
    }

    /// As [`step`](Self::step), beside an item that is lent and that the core does not know of.
    fn count(&mut self, input: Input) {
        match self.ledger.on(input) {
            Ok(effects) if effects.contains(Effect::Publish) => {
                self.shared.publish(self.ledger.core().committed());
            }
            Ok(_) => {}
            Err(violation) => report(&self.gauge.consumer, violation),
        }
    }

    #[inline(always)]
    fn pop(&mut self) -> Option<T> {
        if self.front.is_empty() { self.ring.pop() } else { self.front.pop_front() }
    }

    #[inline]
    fn amount(&self, item: &T) -> Amount {
        Amount::one(self.weigh.map_or(0, |weigh| weigh(item)))
    }
}

/// Items on their way straight from the ring: counted when the last is through, also by a panic.
struct Passing<'a> {
    done: usize,
    /// The handler has one that it has not taken.
    holds: bool,
    ledger: &'a mut Lent,
    lends: &'a mut bool,
}

impl<'a> Passing<'a> {
    const fn new(ledger: &'a mut Lent, lends: &'a mut bool) -> Self {
        Self { done: 0, holds: false, ledger, lends }
    }

    #[inline(always)]
    fn take<T>(&mut self, item: &T, each: &mut impl FnMut(&T) -> bool) -> bool {
        self.holds = true;
        self.holds = !each(item);
        self.done += usize::from(!self.holds);
        !self.holds
    }
}

impl Drop for Passing<'_> {
    fn drop(&mut self) {
        self.ledger.pass_many(self.done);
        *self.lends = self.holds;
    }
}

/// A lane goes when its registration is over: delivered, given up, or without anybody to read it.
impl<T> Drop for Lane<T> {
    fn drop(&mut self) {
        self.shared.consumer.handled.over(self.gauge.clock.now());
    }
}

#[cold]
fn report(consumer: &Name, violation: Violation) {
    debug_assert!(false, "the inlet of {consumer} broke the protocol: {violation}");
    tracing::error!(%consumer, %violation, "the inlet broke the protocol");
}

impl<T> fmt::Debug for Lane<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lane").field("ledger", &self.ledger).finish_non_exhaustive()
    }
}

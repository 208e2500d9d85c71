//! The consumer's end of a slot: one registration after the other.

use std::{
    borrow::Cow,
    fmt,
    future::poll_fn,
    sync::Arc,
    task::{Context, Poll},
};

use aqueduct_flow::{Amount, inlet::Input};

use crate::{
    Batch, Hold, Lease, Name, Receipt, Side,
    hub::{Hub, Leave, Next},
    lane::Lane,
    pace::Pace,
    receipt::Debts,
    shared::LaneEnd,
};

/// Why nothing more will come.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum End {
    /// The producer has written all, and everything is delivered.
    Finished,
    /// The producer gave up, or died.
    Aborted {
        /// Why.
        reason: Name,
        /// What had been accepted and was dropped.
        discarded: Amount,
    },
    /// The slot was closed while nobody was registered, or nobody is left who could register.
    Abandoned,
}

impl End {
    /// Returns whether the producer said that this is all.
    #[must_use]
    pub const fn is_finished(&self) -> bool {
        matches!(self, Self::Finished)
    }
}

impl fmt::Display for End {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Finished => f.write_str("finished"),
            Self::Aborted { reason, .. } => write!(f, "aborted: {reason}"),
            Self::Abandoned => f.write_str("no producer is left"),
        }
    }
}

/// What there is to do for a consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Turn {
    /// Items are waiting: take a batch.
    Items,
    /// Nothing more will come.
    End(End),
}

/// The consumer's end of a slot.
///
/// Dropping it gives what is not committed back to the slot, if the slot waits for its consumer's
/// next life; otherwise the consumer is gone for good, and its producer is stopped.
pub struct Inlet<T> {
    hub: Arc<Hub<T>>,
    lane: Option<Box<Lane<T>>>,
    end: Option<End>,
    /// The inlet has gone back to its slot.
    left: bool,
    /// Where what is taken is acknowledged by receipts.
    debts: Option<Box<Debts>>,
    pace: Pace,
}

impl<T> Inlet<T> {
    pub(crate) fn new(hub: Arc<Hub<T>>) -> Self {
        let pace = Pace::new(hub.clock);
        Self { hub, lane: None, end: None, left: false, debts: None, pace }
    }

    /// Waits for items or for the end.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is taken.
    pub async fn turn(&mut self) -> Turn {
        poll_fn(|cx| self.poll_turn(cx)).await
    }

    /// Polls for what [`turn`](Self::turn) waits for.
    pub fn poll_turn(&mut self, cx: &mut Context<'_>) -> Poll<Turn> {
        self.poll(cx, true)
    }

    /// Polls for an end that comes before any item, for a consumer that takes nothing yet: the
    /// time is not counted as waiting for the producer.
    ///
    /// Where items are waiting, nobody is woken when the end comes behind them.
    pub fn poll_end(&mut self, cx: &mut Context<'_>) -> Poll<End> {
        match self.poll(cx, false) {
            Poll::Ready(Turn::End(end)) => Poll::Ready(end),
            Poll::Ready(Turn::Items) | Poll::Pending => Poll::Pending,
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>, wants_items: bool) -> Poll<Turn> {
        loop {
            if let Some(end) = &self.end {
                return Poll::Ready(Turn::End(end.clone()));
            }
            let Some(lane) = &mut self.lane else {
                match self.hub.next_lane(cx.waker()) {
                    Next::Lane(lane) => self.lane = Some(lane),
                    Next::Over(end) => self.end = Some(end),
                    Next::Wait => return Poll::Pending,
                }
                continue;
            };
            lane.shared.note_consumer();
            if lane.is_lease_out() {
                lane.listen_for_lease(cx.waker());
                if !lane.lease_failed() {
                    lane.step(Input::Rest);
                    return Poll::Pending;
                }
            }
            // An abort does not wait until there is room for what is dead.
            if self.hub.buries() && !lane.is_aborted() && self.hub.poll_bury(lane, cx).is_pending()
            {
                lane.step(Input::Rest);
                if lane.shared.consumer.bell.park(cx.waker(), || lane.is_aborted()) {
                    return Poll::Pending;
                }
                continue;
            }
            if self.hub.has_replays() && !lane.replays {
                lane.bring_back();
                self.lane.take().into_iter().for_each(|lane| self.hub.give_way(lane));
                continue;
            }
            if let Some(end) = lane.end_to_tell().cloned()
                && (lane.is_aborted() || lane.available() == 0)
            {
                self.end_lane(&end);
                continue;
            }
            if lane.available() > 0 {
                self.pace.worked();
                lane.wait_no_more();
                return Poll::Ready(Turn::Items);
            }
            if wants_items {
                lane.wait();
            }
            lane.step(Input::Rest);
            let acks_wanted = lane.shared.acks.are_wanted();
            if self.debts.is_none() {
                lane.acknowledge();
            }
            let shared = &lane.shared;
            let apart = shared.apart();
            if self.pace.look_again(apart, cx) {
                return Poll::Pending;
            }
            let look = || {
                lane.has_news() || self.hub.has_replays() || shared.acks.are_wanted() != acks_wanted
            };
            if shared.consumer.bell.park(cx.waker(), look) {
                self.pace.sleeps(apart);
                return Poll::Pending;
            }
        }
    }

    /// Lends up to this many items, one by one; none while a lease is out.
    pub fn batch(&mut self, most: usize) -> Batch<'_, T> {
        Batch::new(self.lane().filter(|lane| !lane.is_lease_out()), most)
    }

    /// Lends up to this many items in a lease that owns them; `None` if there are none, or while
    /// another lease is out.
    ///
    /// Settle it with [`lease_handled`](Self::lease_handled) or
    /// [`lease_failed`](Self::lease_failed) before the next one.
    pub fn lend_out(&mut self, most: usize) -> Option<Lease<T>> {
        let buries = self.hub.buries();
        let lane = self.lane()?;
        // To find out which one it is that its consumer dies of.
        let alone = buries && lane.comes_again();
        lane.lend_out(if alone { most.min(1) } else { most })
    }

    /// Commits all that the last lease lent.
    pub fn lease_handled(&mut self) {
        if let Some(lane) = self.lane() {
            lane.lease_handled();
        }
    }

    /// Puts what the last lease left uncommitted back to the front; it comes again, marked.
    ///
    /// Where the lease is still in somebody's hands, [`poll_turn`](Self::poll_turn) waits for it.
    pub fn lease_failed(&mut self) {
        if let Some(lane) = self.lane() {
            lane.lease_failed();
        }
    }

    /// The consumer has died: tells what it had taken out for good, since that cannot come again,
    /// and that it will not be acknowledged.
    pub fn mourn(&mut self) {
        let Some(lane) = &mut self.lane else { return };
        if std::mem::replace(&mut lane.gave_away, false) {
            let (consumer, sequence) = (&self.hub.name, lane.next_sequence() - 1);
            tracing::warn!(%consumer, sequence, "a consumer died with an item it had taken");
            lane.shared.lose(sequence);
        }
    }

    /// Returns whether the last item was taken out for good, and its consumer has not shown since
    /// that it is done with it.
    #[must_use]
    pub fn gave_away(&self) -> bool {
        self.lane.as_ref().is_some_and(|lane| lane.gave_away)
    }

    /// Tells the producer how far the consumer is; call it at the end of each turn.
    ///
    /// What is committed is acknowledged with that, unless [receipts](Self::set_by_receipt) do it.
    pub fn rest(&mut self) {
        if let Some(lane) = &mut self.lane {
            lane.gave_away = false;
            lane.rest();
            if self.debts.is_none() {
                lane.acknowledge();
            }
        }
    }

    /// As [`rest`](Self::rest), where the consumer still works on what it has taken.
    pub fn rest_busy(&mut self) {
        if let Some(lane) = &mut self.lane {
            lane.rest();
        }
    }

    /// Chooses what is acknowledged to a producer that
    /// [wants to know](crate::Outlet::want_acknowledgements): what is committed, or only what a
    /// [`receipt`](Self::receipt) says, for a stage, whose items go on as others.
    ///
    /// By receipt: off for a new inlet.
    pub fn set_by_receipt(&mut self, on: bool) {
        self.debts = on.then(Box::default);
    }

    /// Returns whether the producer wants acknowledgements.
    #[must_use]
    pub fn wants_receipts(&self) -> bool {
        self.lane.as_ref().is_some_and(|lane| lane.shared.acks.are_wanted())
    }

    /// Returns a receipt for all that was committed until now but for the last items, so many, of
    /// which something is still in the taker's hands; `None` if it would cover nothing new.
    ///
    /// What was committed before the producer wanted acknowledgements is covered too.
    pub fn receipt(&mut self, held: u64) -> Option<Receipt> {
        self.count_debts();
        self.debts.as_mut()?.receipt(held)
    }

    /// The last items that were committed, so many, died with who had taken them: where no receipt
    /// covers them, they will not be acknowledged.
    pub fn lose(&mut self, held: u64) {
        self.count_debts();
        if let Some(debts) = &mut self.debts {
            debts.lose(held);
        }
    }

    /// How many items a receipt could cover, those of all receipts until now included.
    pub fn taken(&mut self) -> u64 {
        self.count_debts();
        self.debts.as_ref().map_or(0, |debts| debts.taken)
    }

    #[inline(never)]
    fn count_debts(&mut self) {
        if let (Some(debts), Some(lane)) = (&mut self.debts, &mut self.lane)
            && lane.shared.acks.are_wanted()
        {
            let committed = lane.committed();
            debts.take(&lane.shared, committed);
        }
    }

    /// Pauses the producer until the hold is dropped; the name shows who does it.
    ///
    /// What is in the link is still delivered.
    pub fn hold(&self, name: impl Into<Cow<'static, str>>) -> Hold {
        Hold::take(&self.hub.holds, Side::Consumer, name.into())
    }

    /// Asks a producer with manual demand for this many more items.
    ///
    /// Demand is a total: asking twice for 5 is asking for 10, in whatever order it arrives.
    pub fn ask(&mut self, items: u64) {
        self.hub.ask(items);
    }

    /// The name of this consumer.
    pub fn consumer(&self) -> &Name {
        &self.hub.name
    }

    /// Wants no more, for good: the producer is stopped, once, and told why.
    pub fn stop(mut self, reason: impl Into<Name>) {
        self.leave(Leave::Stopped(reason.into()));
    }

    /// Gives up for this life: the same as dropping it, with a reason.
    pub fn fail(mut self, reason: impl Into<Name>) {
        self.leave(Leave::Failed(reason.into()));
    }

    /// Commits the item that the last batch left in the consumer's hands.
    pub fn commit(&mut self) {
        if let Some(lane) = &mut self.lane
            && !lane.is_lease_out()
            && lane.has_in_hand()
        {
            drop(lane.commit());
        }
    }

    /// What the consumer took out for good is handled.
    pub fn handled(&mut self) {
        if let Some(lane) = &mut self.lane {
            lane.gave_away = false;
        }
    }

    /// The registration whose items are to be lent; the oldest one if none was begun.
    fn lane(&mut self) -> Option<&mut Lane<T>> {
        if self.lane.is_none() && self.end.is_none() {
            self.lane = self.hub.oldest_lane();
        }
        self.lane.as_deref_mut()
    }

    fn end_lane(&mut self, end: &LaneEnd) {
        self.count_debts();
        if let Some(debts) = &mut self.debts {
            debts.close();
        }
        let Some(mut lane) = self.lane.take() else {
            return;
        };
        lane.wait_no_more();
        if self.debts.is_none() {
            lane.acknowledge();
        }
        self.end = match end {
            LaneEnd::Left => None,
            LaneEnd::Finished => Some(End::Finished),
            LaneEnd::Lost { reason, discard, last } => {
                let discarded = if *discard { lane.discard_rest() } else { Amount::ZERO };
                tracing::warn!(consumer = %self.hub.name, %reason, "the producer was lost");
                last.then(|| End::Aborted { reason: reason.clone(), discarded })
            }
        };
        lane.step(Input::End);
        self.hub.drained(lane, self.end.clone());
    }

    /// What will not be acknowledged any more is told, so that nobody waits for it.
    #[cold]
    #[inline(never)]
    fn settle_acks(&mut self, why: &Leave) {
        self.lose(u64::MAX);
        let Some(lane) = self.lane.as_mut().filter(|_| self.debts.is_none()) else { return };
        let is_dead = std::thread::panicking() || matches!(why, Leave::Failed(_));
        if is_dead && lane.gave_away {
            lane.shared.lose(lane.next_sequence() - 1);
        }
        lane.acknowledge();
    }

    fn leave(&mut self, why: Leave) {
        if !std::mem::replace(&mut self.left, true) {
            self.settle_acks(&why);
            self.hub.give_back(self.lane.take(), why);
        }
    }
}

/// Nothing in it is ever pinned in place.
impl<T> Unpin for Inlet<T> {}

impl<T> Drop for Inlet<T> {
    fn drop(&mut self) {
        self.leave(Leave::Dropped);
    }
}

impl<T> fmt::Debug for Inlet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Inlet")
            .field("consumer", &self.hub.name)
            .field("lane", &self.lane)
            .field("end", &self.end)
            .finish_non_exhaustive()
    }
}

//! The producer's end of a link.

mod acknowledged;
mod refused;
mod waiting;

use std::{borrow::Cow, fmt};

use aqueduct_flow::{
    Amount, Effects, Limits, Reasons, Violation,
    outlet::{self as core, Effect, Input, Phase},
};

use crate::{
    Compactor, Gauge, Hold, Name, Scales, Side, Stopped, WriteError,
    ledger::Written,
    pace::Pace,
    registration::Registration,
    ring::{Plain, Writer},
    shared::Shared,
    signals::Seen,
    sync::{Arc, lock},
};
use refused::Refused;

/// The most items that a staging outlet keeps back before it publishes them; of a small window less.
pub const STAGE_ITEMS: usize = 64;

/// The least of them, where the window is that large: publishing costs as much as a few items.
const STAGE_LEAST: u64 = 8;

/// A stage is at most this part of the window, so that the consumer works while its producer fills
/// the rest.
const STAGE_PART: u64 = 16;

fn stage_of(high: Amount) -> Amount {
    let items = (high.items / STAGE_PART).clamp(STAGE_LEAST, STAGE_ITEMS as u64);
    Amount::new(items, (high.bytes / STAGE_PART).max(1))
}

/// What a write tells the producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[must_use = "a producer that does not heed Paused is refused at the capacity"]
pub enum Flow {
    /// Go on.
    Go,
    /// The item was taken; write no more until Resume.
    Paused,
}

/// The producer's end of one registration.
///
/// There is one for each registration, and it cannot be cloned: the rule of one producer is what
/// makes the link fast.
///
/// ```compile_fail,E0599
/// # use aqueduct_link::{Slot, Watermarks};
/// let slot = Slot::new("printer", Watermarks::items(1, 2).unwrap());
/// let outlet: aqueduct_link::Outlet<u64> = slot.register("counter").unwrap();
/// let second = outlet.clone(); // no method named `clone`
/// ```
///
/// Dropping it after [`finish`](Self::finish) or [`unregister`](Self::unregister) is the usual way
/// to go; dropping it without either tells the consumer that its producer was lost, after
/// everything that was accepted.
pub struct Outlet<T> {
    ledger: Written,
    ring: Writer<T>,
    shared: Arc<Shared>,
    registration: Registration<T>,
    scales: Option<Scales<T>>,
    /// Only where it is wanted, and items are weighed.
    compactor: Option<Compactor>,
    stage: Vec<T>,
    /// What the staged items weigh.
    staged_bytes: u64,
    /// How much is staged at most.
    stage_most: Amount,
    staging: bool,
    wakes_driver: bool,
    /// What the other side wishes, as the core knows it.
    seen: Seen,
    /// Edges of flow since the registration: odd while paused,
    /// and after an end while paused.
    edges: u64,
    peak: Amount,
    /// The last write was refused for want of room.
    refused: Option<Refused>,
    pace: Pace,
}

impl<T> Outlet<T> {
    pub(crate) fn new(
        core: core::Outlet,
        ring: Writer<T>,
        shared: Arc<Shared>,
        registration: Registration<T>,
        scales: Option<Scales<T>>,
    ) -> Self {
        let pace = Pace::new(registration.clock());
        let stage_most = stage_of(core.limits().high());
        Self {
            ledger: Written::new(core),
            ring,
            shared,
            registration,
            scales,
            compactor: None,
            stage: Vec::new(),
            staged_bytes: 0,
            stage_most,
            staging: false,
            wakes_driver: false,
            seen: Seen::FREE,
            edges: 0,
            peak: Amount::ZERO,
            refused: None,
            pace,
        }
    }

    /// Writes one item.
    ///
    /// # Back-pressure
    /// Below the high mark the answer is [`Flow::Go`]; above it, up to the capacity, the item is
    /// taken and the answer is [`Flow::Paused`].
    /// An item that is heavier than the whole capacity is taken by an empty link only.
    ///
    /// # Errors
    /// [`WriteError::Full`] hands the item back when the link has no room for it, and
    /// [`WriteError::Closed`] when the stream has ended.
    #[inline(always)]
    pub fn write(&mut self, mut item: T) -> Result<Flow, WriteError<T>> {
        if Plain::<T>::IS && self.scales.is_none() {
            if self.shared.wishes.may_write_as(self.seen) && self.ledger.accept(0) {
                self.put(item, 0);
                return Ok(Flow::Go);
            }
            return self.write_by_the_core(item, Amount::one(0));
        }
        let weight = match self.scales {
            None => 0,
            Some(scales) => {
                if let Some(compactor) = &mut self.compactor {
                    (scales.compact)(&mut item, compactor);
                }
                (scales.weight)(&item)
            }
        };
        if self.shared.wishes.may_write_as(self.seen) && self.ledger.accept(weight) {
            self.put(item, weight);
            return Ok(Flow::Go);
        }
        self.write_by_the_core(item, Amount::one(weight))
    }

    /// Writes an item of which the core must decide what it means.
    #[cold]
    #[inline(never)]
    fn write_by_the_core(&mut self, item: T, amount: Amount) -> Result<Flow, WriteError<T>> {
        if self.is_refused_again(amount.bytes) {
            return Err(WriteError::Full(item));
        }
        self.look_before(amount);
        let effects = match self.ledger.on(Input::Write(amount)) {
            Ok(effects) => effects,
            Err(violation) => {
                self.report(violation);
                return Err(WriteError::Closed(item));
            }
        };
        if effects.contains(Effect::RefuseClosed) {
            return Err(WriteError::Closed(item));
        }
        if effects.contains(Effect::RefuseFull) {
            let committed = self.ledger.committed();
            self.carry_out(effects);
            let enough = self.ledger.core().release_total();
            self.refused = Some(Refused { bytes: amount.bytes, committed, enough });
            return Err(WriteError::Full(item));
        }
        self.refused = None;
        self.put(item, amount.bytes);
        if effects != Effects::of(Effect::Accept) {
            self.carry_out(effects);
        }
        let flow = self.flow();
        if flow == Flow::Paused && !self.stage.is_empty() {
            //= F7: whoever is paused may not come back before what it wrote is handled.
            self.spill();
        }
        Ok(flow)
    }

    /// Writes from the iterator until it ends or the producer is paused, publishes once, and
    /// returns how many items were written.
    ///
    /// # Back-pressure
    /// It takes nothing from the iterator that the link would refuse, with two exceptions: where
    /// items are weighed, one that does not fit is found out only after it was taken, and after the
    /// end the first one is taken; that one is handed back.
    /// A hold that is taken meanwhile, by another thread or by the iterator itself, is heeded at the
    /// latest after [`STAGE_ITEMS`].
    ///
    /// # Errors
    /// As [`write`](Self::write), for the item that was taken from the iterator and refused.
    pub fn write_all(
        &mut self,
        items: impl IntoIterator<Item = T>,
    ) -> Result<usize, WriteError<T>> {
        let before = self.written().items;
        let bulk = Bulk { staging: std::mem::replace(&mut self.staging, true), outlet: self };
        let result = bulk.outlet.write_each(&mut items.into_iter());
        drop(bulk);
        let written = self.written().items - before;
        result.map(|()| usize::try_from(written).unwrap_or(usize::MAX))
    }

    /// Stages until the iterator ends or the producer is paused.
    fn write_each(&mut self, items: &mut impl Iterator<Item = T>) -> Result<(), WriteError<T>> {
        while self.flow() == Flow::Go {
            let asked = self.free_unweighed();
            if asked > 0 {
                if self.stage_many(items, asked) < asked {
                    break;
                }
                continue;
            }
            if self.ledger.free() == 0 && self.has_no_place() {
                break;
            }
            let Some(item) = items.next() else { break };
            let _ = self.write(item)?;
        }
        Ok(())
    }

    /// How many items may be staged without a look at any of them.
    #[inline]
    fn free_unweighed(&self) -> usize {
        if self.scales.is_some() {
            return 0;
        }
        let most = usize::try_from(self.stage_most.items).unwrap_or(STAGE_ITEMS);
        self.ledger.free().min(most.saturating_sub(self.stage.len()))
    }

    /// Stages up to this many, and returns how many there were.
    #[inline]
    fn stage_many(&mut self, items: &mut impl Iterator<Item = T>, asked: usize) -> usize {
        let before = self.stage.len();
        let staging = Staging { stage: &mut self.stage, before, ledger: &mut self.ledger };
        staging.stage.extend(items.take(asked));
        drop(staging);
        let staged = self.stage.len() - before;
        if self.stage_is_full() {
            self.spill();
        }
        staged
    }

    /// Publishes what is staged, and wakes the consumer if it sleeps.
    #[inline(never)]
    pub fn spill(&mut self) {
        if !self.stage.is_empty() {
            self.staged_bytes = 0;
            self.ring.push_all(&mut self.stage);
            if !self.stage.is_empty() {
                self.lost_its_place();
            }
            self.shared.ring();
        }
        let core = self.ledger.core();
        self.peak = self.peak.max(core.held());
        self.shared.producer.written.tell(core.written(), self.peak);
    }

    /// Chooses whether [`write`](Self::write) publishes each item at once, or keeps up to
    /// [`STAGE_ITEMS`] back until [`spill`](Self::spill), [`ready`](Self::ready),
    /// [`flush`](Self::flush) or the next pause.
    ///
    /// Off for a new outlet. A shell that spills at the end of each turn turns it on; across
    /// threads it makes writes three times as fast.
    pub fn set_staging(&mut self, on: bool) {
        self.staging = on;
        if !on {
            self.spill();
        }
    }

    /// Has items that are weighed let go of memory that they are not charged for
    /// ([`Weigh::compact`](crate::Weigh::compact)) before they are written: for outlets behind a
    /// transform.
    ///
    /// Off for a new outlet: what is read and written as it is shares its blocks with its neighbours
    /// in the link.
    pub fn set_compacting(&mut self, on: bool) {
        self.compactor = on.then(Compactor::new);
    }

    /// Says that all is written: the consumer is told behind the last item.
    ///
    /// The registration ends when all is committed. Doing it twice does nothing.
    pub fn finish(&mut self) {
        if self.ledger.phase() == Phase::Open {
            self.leave_off(Input::Finish);
            self.registration.finish(&self.shared);
        }
    }

    /// Leaves the consumer to the next producer; what is written will be delivered.
    ///
    /// Doing it twice, or after the end, does nothing.
    pub fn unregister(&mut self) {
        if self.ledger.phase() == Phase::Open {
            self.leave_off(Input::Finish);
            self.registration.unregister(&self.shared);
        }
    }

    /// The producer failed: what it wrote is delivered, and then the consumer is told why.
    pub fn fail(&mut self, reason: impl Into<Name>) {
        if self.ledger.phase() == Phase::Open {
            self.leave_off(Input::Finish);
            self.registration.lose(&self.shared, reason.into(), false);
        }
    }

    /// Ends the stream at once: what is not delivered is dropped and counted, and the consumer is
    /// told why.
    pub fn abort(&mut self, reason: impl Into<Name>) {
        if matches!(self.ledger.phase(), Phase::Open | Phase::Finishing) {
            self.leave_off(Input::Abort);
            self.registration.lose(&self.shared, reason.into(), true);
        }
    }

    /// Pauses the producer until the hold is dropped; the name shows who does it.
    pub fn hold(&self, name: impl Into<Cow<'static, str>>) -> Hold {
        Hold::take(self.registration.holds(), Side::Producer, name.into())
    }

    /// Looks for news from the consumer's side, and returns whether the producer may write.
    pub fn flow(&mut self) -> Flow {
        self.look_at_control();
        if self.reasons().is_empty() { Flow::Go } else { Flow::Paused }
    }

    /// Why the producer is paused, as far as this end knows.
    #[inline]
    pub fn reasons(&self) -> Reasons {
        self.ledger.reasons()
    }

    /// How often the flow has turned between running and paused: odd while paused.
    ///
    /// Whoever passes Pause and Resume on compares it with what was told last.
    #[inline]
    pub fn edges(&self) -> u64 {
        self.edges
    }

    /// How much a pull producer is asked for at this moment.
    #[inline]
    pub fn wanted(&mut self) -> Amount {
        self.look_before(Amount::one(0));
        self.ledger.core().wanted()
    }

    /// The marks and the capacity of this link.
    pub fn limits(&self) -> &Limits {
        self.ledger.limits()
    }

    /// What was accepted since the registration.
    pub fn written(&self) -> Amount {
        self.ledger.written()
    }

    /// What the link holds, staged items included: never less than the truth.
    pub fn held(&mut self) -> Amount {
        self.see_committed(self.shared.committed());
        self.ledger.core().held()
    }

    /// Why the consumer wants no more, if so.
    pub fn stopped(&self) -> Option<Stopped> {
        (self.ledger.phase() == Phase::Stopped).then(|| Stopped {
            reason: lock(&self.shared.stopped).clone().unwrap_or_else(|| "stopped".into()),
        })
    }

    /// Returns whether nothing can be written any more, on whoever's account.
    pub fn is_closed(&self) -> bool {
        self.ledger.phase() != Phase::Open
    }

    /// The number of this registration, unlike that of any other in the process.
    pub fn number(&self) -> u64 {
        self.registration.number()
    }

    /// Returns a window on the figures of this registration.
    pub fn gauge(&self) -> Gauge {
        self.registration.gauge(&self.shared)
    }

    /// Publishes the last items; whoever has ended is paused no more.
    fn leave_off(&mut self, end: Input) {
        self.spill();
        self.step(end);
        self.shared.pauses.end(self.registration.clock());
    }

    /// Returns whether the link has not even a place for an item without weight; then the core
    /// knows it too, and has paused.
    fn has_no_place(&mut self) -> bool {
        let nothing = Amount::one(0);
        let full = |core: &core::Outlet| core.held().items >= core.limits().capacity().items;
        if full(self.ledger.core()) {
            self.look_before(nothing);
        }
        let refused = full(self.ledger.core()) && self.ledger.phase() == Phase::Open;
        if refused {
            self.step(Input::Write(nothing));
        }
        refused
    }

    #[inline(always)]
    fn put(&mut self, item: T, weight: u64) {
        if !self.staging {
            return self.publish(item);
        }
        self.stage.push(item);
        self.staged_bytes += weight;
        let is_heavy = weight > 0 && self.staged_bytes >= self.stage_most.bytes;
        if is_heavy || self.stage_is_full() {
            self.spill();
        }
    }

    #[inline(always)]
    fn stage_is_full(&self) -> bool {
        self.stage.len() as u64 >= self.stage_most.items
    }

    #[inline(never)]
    fn publish(&mut self, item: T) {
        if self.ring.push(item).is_err() {
            self.lost_its_place();
        }
        self.shared.ring();
    }

    /// The core accepted what the ring has no place for: a bug of ours, which must not be silent.
    #[cold]
    fn lost_its_place(&self) {
        debug_assert!(false, "what the core accepts has a place in the ring");
        tracing::error!(link = %self.registration, "an accepted item had no place in the ring");
    }

    /// Learns what must be known before this much is written.
    #[inline]
    fn look_before(&mut self, amount: Amount) {
        self.look_at_control();
        if self.ledger.core().would_pass_high(amount) {
            self.see_committed(self.shared.committed());
        }
    }

    #[inline]
    fn look_at_control(&mut self) {
        if !self.shared.wishes.are(self.seen) {
            self.take_in_control();
        }
    }

    #[cold]
    fn take_in_control(&mut self) {
        let (seen, control) = self.shared.wishes.read();
        self.seen = seen;
        self.step(Input::Control(control));
    }

    /// Takes in a committed total that was read before.
    #[inline]
    fn see_committed(&mut self, total: Amount) {
        // A consumer that is gone says so before it gives credit back for what it discards: looking
        // in the other order, nothing discarded is taken for handled.
        self.look_at_control();
        self.peak = self.peak.max(self.ledger.core().held());
        // Who learns of a pause looks at the total again, and may have seen a newer one than this.
        if self.ledger.committed().fits(total) {
            self.step(Input::Committed(total));
        }
    }

    fn wait_for(&mut self, total: Amount) {
        let committed = self.shared.wait_for(total);
        self.see_committed(committed);
    }

    #[inline]
    fn step(&mut self, input: Input) {
        match self.ledger.on(input) {
            Ok(effects) if effects.is_empty() => {}
            Ok(effects) => self.carry_out(effects),
            Err(violation) => self.report(violation),
        }
    }

    #[cold]
    fn carry_out(&mut self, effects: Effects<Effect>) {
        if effects.contains(Effect::Pause) {
            self.edges += 1;
            self.shared.pauses.begin(self.reasons(), self.registration.clock().now());
        }
        if effects.contains(Effect::Resume) {
            self.edges += 1;
        }
        if [Effect::Resume, Effect::Stop, Effect::Done].into_iter().any(|e| effects.contains(e)) {
            self.shared.pauses.end(self.registration.clock());
        }
        if effects.contains(Effect::Stop) {
            self.spill();
            self.registration.stopped(&self.shared);
        }
        //= F7: whoever is paused is woken at the low mark, wherever it was when it crossed the mark.
        if effects.contains(Effect::Pause) || effects.contains(Effect::RefuseFull) {
            self.spill();
            let enough = self.ledger.core().release_total();
            self.wait_for(enough);
        }
        if self.wakes_driver && effects.contains(Effect::Pause) {
            self.shared.wake_producer();
        }
    }

    #[cold]
    fn report(&self, violation: Violation) {
        debug_assert!(false, "the outlet of {} broke the protocol: {violation}", self.registration);
        tracing::error!(link = %self.registration, %violation, "the outlet broke the protocol");
    }
}

/// Publishes what was staged when it is dropped, also when the iterator panicked that it came from.
struct Bulk<'a, T> {
    outlet: &'a mut Outlet<T>,
    /// Whether the outlet staged before.
    staging: bool,
}

impl<T> Drop for Bulk<'_, T> {
    fn drop(&mut self) {
        self.outlet.set_staging(self.staging);
        self.outlet.spill();
    }
}

/// Counts what was staged when it is dropped, also when the iterator panicked that it came from.
struct Staging<'a, T> {
    stage: &'a mut Vec<T>,
    before: usize,
    ledger: &'a mut Written,
}

impl<T> Drop for Staging<'_, T> {
    fn drop(&mut self) {
        self.ledger.accept_many(self.stage.len() - self.before);
    }
}

/// Nothing in it is ever pinned in place.
impl<T> Unpin for Outlet<T> {}

impl<T> Drop for Outlet<T> {
    fn drop(&mut self) {
        self.spill();
        self.shared.pauses.end(self.registration.clock());
        if self.ledger.phase() == Phase::Open {
            //= F9: a producer that dies ends its consumer's stream, once.
            let reason = if std::thread::panicking() {
                "the producer panicked"
            } else {
                "the producer was dropped before it finished"
            };
            self.registration.lose(&self.shared, reason.into(), false);
        }
    }
}

impl<T> fmt::Debug for Outlet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outlet")
            .field("link", &format_args!("{}", self.registration))
            .field("ledger", &self.ledger)
            .finish_non_exhaustive()
    }
}

//! The producer's end of a link.

use std::{
    borrow::Cow,
    fmt,
    future::poll_fn,
    task::{Context, Poll, ready},
};

use aqueduct_flow::{
    Amount, Effects, Reasons, Violation,
    outlet::{self as core, Effect, Input, Phase},
};

use crate::{
    Gauge, Hold, Name, Side, Stopped, WriteError,
    pace::Pace,
    registration::Registration,
    ring::Writer,
    shared::Shared,
    sync::{Arc, lock},
};

/// The most items that a staging outlet keeps back before it publishes them.
pub const STAGE_ITEMS: usize = 64;

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
    core: core::Outlet,
    ring: Writer<T>,
    shared: Arc<Shared>,
    registration: Registration<T>,
    weigh: Option<fn(&T) -> u64>,
    stage: Vec<T>,
    staging: bool,
    wakes_driver: bool,
    control: core::Control,
    /// Edges of flow since the registration: odd while paused,
    /// and after an end while paused.
    edges: u64,
    peak: Amount,
    pace: Pace,
}

impl<T> Outlet<T> {
    pub(crate) fn new(
        core: core::Outlet,
        ring: Writer<T>,
        shared: Arc<Shared>,
        registration: Registration<T>,
        weigh: Option<fn(&T) -> u64>,
    ) -> Self {
        let pace = Pace::new(registration.clock());
        Self {
            core,
            ring,
            shared,
            registration,
            weigh,
            stage: Vec::new(),
            staging: false,
            wakes_driver: false,
            control: core::Control::FREE,
            edges: 0,
            peak: Amount::ZERO,
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
    #[inline]
    pub fn write(&mut self, item: T) -> Result<Flow, WriteError<T>> {
        let amount = Amount::one(self.weigh.map_or(0, |weigh| weigh(&item)));
        self.look_before(amount);
        let effects = match self.core.on(Input::Write(amount)) {
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
            self.carry_out(effects);
            return Err(WriteError::Full(item));
        }
        self.put(item);
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
    ///
    /// # Errors
    /// As [`write`](Self::write), for the item that was taken from the iterator and refused.
    pub fn write_all(
        &mut self,
        items: impl IntoIterator<Item = T>,
    ) -> Result<usize, WriteError<T>> {
        let staged = std::mem::replace(&mut self.staging, true);
        let mut items = items.into_iter();
        let mut written = 0;
        let result = loop {
            if !self.reasons().is_empty() {
                break Ok(written);
            }
            if self.has_no_place() {
                break Ok(written);
            }
            let Some(item) = items.next() else {
                break Ok(written);
            };
            match self.write(item) {
                Ok(_) => written += 1,
                Err(refused) => break Err(refused),
            }
        };
        self.staging = staged;
        self.spill();
        result
    }

    /// Publishes what is staged, and wakes the consumer if it sleeps.
    pub fn spill(&mut self) {
        if !self.stage.is_empty() {
            self.ring.push_all(&mut self.stage);
            debug_assert!(self.stage.is_empty(), "what the core accepts has a place in the ring");
            self.shared.bell.ring();
        }
        self.peak = self.peak.max(self.core.held());
        self.shared.meter.wrote(self.core.written(), self.peak);
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

    /// Waits until the producer may write, and writes the item.
    ///
    /// # Errors
    /// [`WriteError::Closed`] hands the item back when the stream has ended.
    ///
    /// # Cancel safety
    /// The item is written when the future is ready, not before; dropping the future earlier drops
    /// the item. Where it must not be lost, await [`ready`](Self::ready) and then
    /// [`write`](Self::write).
    pub async fn send(&mut self, mut item: T) -> Result<(), WriteError<T>> {
        loop {
            if self.ready().await.is_err() {
                return Err(WriteError::Closed(item));
            }
            match self.write(item) {
                Ok(_) => return Ok(()),
                Err(WriteError::Full(refused)) => item = refused,
                Err(closed) => return Err(closed),
            }
        }
    }

    /// Chooses whether a pause wakes whoever polls this outlet: on where that is not the one who
    /// writes, so that it can pass the pause on at once.
    ///
    /// Off for a new outlet.
    pub fn set_wakes_driver(&mut self, on: bool) {
        self.wakes_driver = on;
    }

    /// Waits until the producer may write.
    ///
    /// # Errors
    /// [`Stopped`] when the consumer wants no more.
    ///
    /// # Cancel safety
    /// Cancel safe: nothing is taken or reserved.
    pub async fn ready(&mut self) -> Result<(), Stopped> {
        poll_fn(|cx| self.poll_ready(cx)).await
    }

    /// Polls for what [`ready`](Self::ready) waits for.
    pub fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stopped>> {
        self.listen(cx);
        if let Some(stopped) = self.stopped() {
            return Poll::Ready(Err(stopped));
        }
        if !self.reasons().is_empty() {
            let total = self.core.release_total();
            self.wait_for(total);
        }
        if self.reasons().is_empty() {
            self.pace.worked();
            return Poll::Ready(Ok(()));
        }
        self.sleep(cx);
        Poll::Pending
    }

    /// Polls for how much a pull producer is asked for: at least one item.
    ///
    /// A producer that wrote just what was wanted stands at the high mark, not above it: it is not
    /// paused, and is asked again at the low mark.
    pub fn poll_wanted(&mut self, cx: &mut Context<'_>) -> Poll<Result<Amount, Stopped>> {
        if let Err(stopped) = ready!(self.poll_ready(cx)) {
            return Poll::Ready(Err(stopped));
        }
        // Who asks for much at once is asked seldom: the newest total is worth a look.
        self.see_committed(self.shared.credit.committed());
        let wanted = self.core.wanted();
        if (wanted.items == 0 || wanted.bytes == 0) && !self.core.held().is_zero() {
            self.wait_for(self.core.release_total());
        }
        let wanted = self.core.wanted();
        if wanted.items > 0 && wanted.bytes > 0 {
            return Poll::Ready(Ok(wanted));
        }
        self.sleep(cx);
        Poll::Pending
    }

    /// Waits until everything written is committed.
    ///
    /// # Errors
    /// [`Stopped`] when the consumer wants no more.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn flush(&mut self) -> Result<(), Stopped> {
        poll_fn(|cx| self.poll_flush(cx)).await
    }

    /// Polls for what [`flush`](Self::flush) waits for.
    pub fn poll_flush(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Stopped>> {
        self.listen(cx);
        if !self.core.held().is_zero() {
            self.wait_for(self.core.written());
        }
        let stopped = self.stopped();
        //= F2: what was given up for want of a consumer is not taken for handled.
        let given_up = matches!(self.core.phase(), Phase::Stopped | Phase::Aborted)
            && self.shared.meter.has_discarded();
        if self.core.held().is_zero() && !given_up {
            self.pace.worked();
            return Poll::Ready(Ok(()));
        }
        if let Some(stopped) = stopped {
            return Poll::Ready(Err(stopped));
        }
        if self.core.phase() == Phase::Aborted {
            return Poll::Ready(Err(Stopped { reason: "aborted by its producer".into() }));
        }
        self.sleep(cx);
        Poll::Pending
    }

    /// Finishes, and waits until everything written is committed.
    ///
    /// # Errors
    /// [`Stopped`] when the consumer wants no more before that.
    ///
    /// # Cancel safety
    /// Cancel safe: once polled it has finished, and calling it again goes on waiting.
    pub async fn close(&mut self) -> Result<(), Stopped> {
        self.finish();
        self.flush().await
    }

    /// Says that all is written: the consumer is told behind the last item.
    ///
    /// The registration ends when all is committed. Doing it twice does nothing.
    pub fn finish(&mut self) {
        if self.core.phase() == Phase::Open {
            self.leave_off(Input::Finish);
            self.registration.finish(&self.shared);
        }
    }

    /// Leaves the consumer to the next producer; what is written will be delivered.
    ///
    /// Doing it twice, or after the end, does nothing.
    pub fn unregister(&mut self) {
        if self.core.phase() == Phase::Open {
            self.leave_off(Input::Finish);
            self.registration.unregister(&self.shared);
        }
    }

    /// The producer failed: what it wrote is delivered, and then the consumer is told why.
    pub fn fail(&mut self, reason: impl Into<Name>) {
        if self.core.phase() == Phase::Open {
            self.leave_off(Input::Finish);
            self.registration.lose(&self.shared, reason.into(), false);
        }
    }

    /// Ends the stream at once: what is not delivered is dropped and counted, and the consumer is
    /// told why.
    pub fn abort(&mut self, reason: impl Into<Name>) {
        if matches!(self.core.phase(), Phase::Open | Phase::Finishing) {
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
        self.core.reasons()
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
        self.core.wanted()
    }

    /// What was accepted since the registration.
    pub fn written(&self) -> Amount {
        self.core.written()
    }

    /// What the link holds, staged items included: never less than the truth.
    pub fn held(&mut self) -> Amount {
        self.see_committed(self.shared.credit.committed());
        self.core.held()
    }

    /// Why the consumer wants no more, if so.
    pub fn stopped(&self) -> Option<Stopped> {
        (self.core.phase() == Phase::Stopped).then(|| Stopped {
            reason: lock(&self.shared.stopped).clone().unwrap_or_else(|| "stopped".into()),
        })
    }

    /// Returns whether nothing can be written any more, on whoever's account.
    pub fn is_closed(&self) -> bool {
        self.core.phase() != Phase::Open
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
        self.shared.meter.resumed(self.registration.clock().now());
    }

    /// Returns whether the link has not even a place for an item without weight; then the core
    /// knows it too, and has paused.
    fn has_no_place(&mut self) -> bool {
        let nothing = Amount::one(0);
        let full = |core: &core::Outlet| core.held().items >= core.limits().capacity().items;
        if full(&self.core) {
            self.look_before(nothing);
        }
        let refused = full(&self.core) && self.core.phase() == Phase::Open;
        if refused {
            self.step(Input::Write(nothing));
        }
        refused
    }

    #[inline]
    fn put(&mut self, item: T) {
        if self.staging {
            self.stage.push(item);
            if self.stage.len() >= STAGE_ITEMS {
                self.spill();
            }
            return;
        }
        let refused = self.ring.push(item);
        debug_assert!(refused.is_ok(), "what the core accepts has a place in the ring");
        self.shared.bell.ring();
    }

    /// Learns what must be known before this much is written.
    #[inline]
    fn look_before(&mut self, amount: Amount) {
        self.look_at_control();
        if self.core.would_pass_high(amount) {
            self.see_committed(self.shared.credit.committed());
        }
    }

    #[inline]
    fn look_at_control(&mut self) {
        let control = self.shared.wishes.read();
        if control != self.control {
            self.control = control;
            self.step(Input::Control(control));
        }
    }

    /// Takes in a committed total that was read before.
    #[inline]
    fn see_committed(&mut self, total: Amount) {
        // A consumer that is gone says so before it gives credit back for what it discards: looking
        // in the other order, nothing discarded is taken for handled.
        self.look_at_control();
        self.peak = self.peak.max(self.core.held());
        self.step(Input::Committed(total));
    }

    /// Registers for wake-ups, then takes in all news there are.
    fn listen(&mut self, cx: &Context<'_>) {
        self.shared.threads.note_producer();
        self.spill();
        self.shared.credit.register(cx.waker());
        self.look_at_control();
    }

    fn wait_for(&mut self, total: Amount) {
        let committed = self.shared.credit.wait_for(total);
        self.see_committed(committed);
    }

    fn sleep(&mut self, cx: &Context<'_>) {
        if !self.pace.look_again(self.shared.threads.apart(), cx) {
            self.pace.sleeps();
        }
    }

    #[inline]
    fn step(&mut self, input: Input) {
        match self.core.on(input) {
            Ok(effects) if effects.is_empty() => {}
            Ok(effects) => self.carry_out(effects),
            Err(violation) => self.report(violation),
        }
    }

    #[cold]
    fn carry_out(&mut self, effects: Effects<Effect>) {
        if effects.contains(Effect::Pause) {
            self.edges += 1;
            self.shared.meter.paused(self.core.reasons(), self.registration.clock().now());
        }
        if effects.contains(Effect::Resume) {
            self.edges += 1;
        }
        if [Effect::Resume, Effect::Stop, Effect::Done].into_iter().any(|e| effects.contains(e)) {
            self.shared.meter.resumed(self.registration.clock().now());
        }
        if effects.contains(Effect::Stop) {
            self.spill();
            self.registration.stopped(&self.shared);
        }
        //= F7: whoever is paused is woken at the low mark, wherever it was when it crossed the mark.
        if effects.contains(Effect::Pause) || effects.contains(Effect::RefuseFull) {
            self.spill();
            self.wait_for(self.core.release_total());
        }
        if self.wakes_driver && effects.contains(Effect::Pause) {
            self.shared.credit.wake();
        }
    }

    #[cold]
    fn report(&self, violation: Violation) {
        debug_assert!(false, "the outlet of {} broke the protocol: {violation}", self.registration);
        tracing::error!(link = %self.registration, %violation, "the outlet broke the protocol");
    }
}

/// Nothing in it is ever pinned in place.
impl<T> Unpin for Outlet<T> {}

impl<T> Drop for Outlet<T> {
    fn drop(&mut self) {
        self.spill();
        self.shared.meter.resumed(self.registration.clock().now());
        if self.core.phase() == Phase::Open {
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
            .field("core", &self.core)
            .finish_non_exhaustive()
    }
}

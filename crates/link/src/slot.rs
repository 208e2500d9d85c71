//! A consumer's one place for a producer: who is registered, and the ring of each registration.

use std::{
    collections::VecDeque,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
};

use aqueduct_flow::{
    Effects, Epoch, Limits, inlet, outlet,
    slot::{self as core, AfterLoss, Effect, Input, Phase},
};

use crate::{
    AlreadyTaken, Clock, End, Gauge, Hold, Inlet, Name, Outlet, RuntimeError, Side, Unit,
    Watermarks,
    hold::HoldTable,
    lane::Lane,
    registration::Registration,
    ring::{Reader, ring},
    shared::{LaneEnd, Shared},
    sync::{Arc as SharedArc, Mutex, lock},
};

/// A consumer's one place for a producer.
///
/// Clones are handles of one place; registration is linearizable from any thread, since the place
/// is a small mutex around pure state.
/// The slot outlives the actors at both ends: what a producer wrote before it left, and what a
/// consumer had not committed when it died, waits here.
///
/// A handle counts as somebody who may still register, until [`inlet`](Self::inlet) makes it the
/// consumer's own; when none is left and nobody is registered, the consumer is told
/// [`End::Abandoned`].
pub struct Slot<T> {
    hub: Arc<Hub<T>>,
    counts: bool,
}

/// What all handles of a slot share.
pub(crate) struct Hub<T> {
    pub(crate) name: Name,
    pub(crate) clock: Clock,
    pub(crate) holds: SharedArc<HoldTable>,
    limits: Limits,
    weigh: Option<fn(&T) -> u64>,
    manual_demand: bool,
    registrants: AtomicUsize,
    state: Mutex<State<T>>,
}

struct State<T> {
    core: core::Slot,
    /// The rings that are not drained, the oldest first; without a consumer, those whose producer
    /// has not heard of it and may still write.
    lanes: VecDeque<Lane<T>>,
    /// The newest registration.
    current: Option<Gauge>,
    /// The consumer has its inlet.
    taken: bool,
    /// The slot waits for its consumer's next life.
    kept: bool,
    /// Wakes a consumer that waits for a producer.
    waker: Option<Waker>,
    /// What the next producer is asked for, where demand is manual.
    asked: u64,
    /// Why the consumer is gone.
    gone: Option<Name>,
    /// Why the consumer gave its inlet back.
    failure: Option<Name>,
}

/// How an inlet comes back to its slot.
pub(crate) enum Leave {
    /// Its owner dropped it.
    Dropped,
    /// Its owner failed, and may live again.
    Failed(Name),
    /// Its owner wants no more.
    Stopped(Name),
}

/// What a consumer does after one registration.
pub(crate) enum Next<T> {
    Lane(Box<Lane<T>>),
    Over(End),
    Wait,
}

impl<T> Slot<T> {
    /// Returns a free slot of this name, whose links have these marks.
    pub fn new<U: Unit<T>>(consumer: impl Into<Name>, marks: Watermarks<U>) -> Self {
        Self::build(consumer.into(), marks.limits(), U::weigh(), SlotOptions::default())
    }

    /// Returns a free slot with options.
    pub fn with_options<U: Unit<T>>(
        consumer: impl Into<Name>,
        marks: Watermarks<U>,
        options: SlotOptions,
    ) -> Self {
        Self::build(consumer.into(), marks.limits(), U::weigh(), options)
    }

    fn build(
        name: Name,
        limits: Limits,
        weigh: Option<fn(&T) -> u64>,
        options: SlotOptions,
    ) -> Self {
        let state = State {
            core: core::Slot::new(options.after_loss),
            lanes: VecDeque::new(),
            current: None,
            taken: false,
            kept: false,
            waker: None,
            asked: 0,
            gone: None,
            failure: None,
        };
        let hub = Hub {
            name,
            clock: options.clock,
            holds: SharedArc::default(),
            limits,
            weigh,
            manual_demand: options.manual_demand,
            registrants: AtomicUsize::new(1),
            state: Mutex::new(state),
        };
        Self { hub: Arc::new(hub), counts: true }
    }

    /// Registers a producer: it starts running.
    ///
    /// With a consumer that is gone the outlet is stopped from the beginning.
    ///
    /// # Errors
    /// [`RuntimeError`] while another producer is registered, which is not disturbed.
    pub fn register(&self, producer: impl Into<Name>) -> Result<Outlet<T>, RuntimeError> {
        self.hub.register(&self.hub, producer.into())
    }

    /// Takes the consumer's end, and makes this handle the consumer's own.
    ///
    /// # Errors
    /// [`AlreadyTaken`] while somebody has it.
    pub fn inlet(&mut self) -> Result<Inlet<T>, AlreadyTaken> {
        let mut state = lock(&self.hub.state);
        if std::mem::replace(&mut state.taken, true) {
            return Err(AlreadyTaken { consumer: self.hub.name.clone() });
        }
        drop(state);
        self.discount();
        Ok(Inlet::new(self.hub.clone()))
    }

    /// From now on the slot waits for its consumer's next life when the inlet is dropped, until
    /// [`retire`](Self::retire).
    pub fn keep(&self) {
        lock(&self.hub.state).kept = true;
    }

    /// The consumer will not come back: its producer is stopped, once, and told why; what is not
    /// delivered is dropped and counted.
    pub fn retire(&self, reason: impl Into<Name>) {
        self.hub.consumer_gone(reason.into());
    }

    /// Ends the registration from the consumer's side: the producer is stopped, what it has written
    /// is delivered, and another may come.
    pub fn unregister(&self) {
        self.hub.revoke();
    }

    /// Ends the stream at once from outside: the producer is stopped, what is not delivered is
    /// dropped and counted, and the consumer is told why.
    pub fn abort(&self, reason: impl Into<Name>) {
        self.hub.abort(reason.into());
    }

    /// Closes when the registered producer has left, or at once if there is none.
    pub fn close(&self) {
        self.hub.step(Input::Close);
    }

    /// Pauses whoever is registered, now or later, until the hold is dropped.
    pub fn hold(&self, name: impl Into<std::borrow::Cow<'static, str>>) -> Hold {
        Hold::take(&self.hub.holds, Side::Consumer, name.into())
    }

    /// The names of all holds, the consumer's side first.
    #[must_use]
    pub fn holds(&self) -> Vec<String> {
        self.hub.holds.names()
    }

    /// Why the consumer's last life failed, if it did; asking again answers `None`.
    #[must_use]
    pub fn take_failure(&self) -> Option<Name> {
        lock(&self.hub.state).failure.take()
    }

    /// The consumer's name.
    #[must_use]
    pub fn consumer(&self) -> &Name {
        &self.hub.name
    }

    /// Who is registered.
    #[must_use]
    pub fn producer(&self) -> Option<Name> {
        let state = lock(&self.hub.state);
        match state.core.phase() {
            Phase::Open | Phase::Finishing => state.incumbent(),
            Phase::Idle | Phase::Closed => None,
        }
    }

    /// Returns whether nobody can be served here any more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        lock(&self.hub.state).core.phase() == Phase::Closed
    }

    /// A window on the figures of the newest registration.
    #[must_use]
    pub fn gauge(&self) -> Option<Gauge> {
        lock(&self.hub.state).current.clone()
    }

    /// Returns a handle that does not count as somebody who may register, though it can.
    #[must_use]
    pub fn observer(&self) -> Self {
        Self { hub: self.hub.clone(), counts: false }
    }

    fn discount(&mut self) {
        if std::mem::replace(&mut self.counts, false) {
            self.hub.leave_registrants();
        }
    }
}

/// What a slot can be told when it is made.
#[derive(Clone, Copy, Debug, Default)]
pub struct SlotOptions {
    /// Whether the slot waits for another producer when one is lost. Default: it closes.
    pub after_loss: AfterLoss,
    /// Whether producers wait to be asked ([`Inlet::ask`]). Default: the marks alone decide.
    pub manual_demand: bool,
    /// Where times are taken from. Default: the machine's monotonic clock.
    pub clock: Clock,
}

impl<T> State<T> {
    fn incumbent(&self) -> Option<Name> {
        self.current.as_ref().map(|gauge| gauge.producer.clone())
    }

    fn oldest_lane(&mut self) -> Option<Lane<T>> {
        if self.gone.is_some() {
            return None;
        }
        self.lanes.pop_front()
    }

    fn on(&mut self, name: &Name, input: Input) -> Effects<Effect> {
        match self.core.on(input) {
            Ok(effects) => effects,
            Err(violation) => {
                debug_assert!(false, "the slot of {name} broke the protocol: {violation}");
                tracing::error!(consumer = %name, %violation, "the slot broke the protocol");
                Effects::none()
            }
        }
    }
}

impl<T> Hub<T> {
    //= F4: one registration; a second is refused and changes nothing.
    fn register(&self, this: &Arc<Self>, producer: Name) -> Result<Outlet<T>, RuntimeError> {
        let mut state = lock(&self.state);
        let effects = state.on(&self.name, Input::Register);
        if effects.contains(Effect::Refuse) {
            let incumbent = state.incumbent().unwrap_or_else(|| "unknown".into());
            tracing::warn!(consumer = %self.name, %producer, %incumbent, "registration refused");
            return Err(RuntimeError { producer, incumbent, consumer: self.name.clone() });
        }
        let opened = effects.contains(Effect::Open);
        let slots = if opened { self.limits.capacity().items } else { 1 };
        let (writer, reader) = ring(usize::try_from(slots).unwrap_or(usize::MAX));
        let asked = if self.manual_demand { std::mem::take(&mut state.asked) } else { u64::MAX };
        let shared = Shared::new(asked);
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let registration =
            Registration { number, hub: this.clone(), epoch: state.core.epoch(), producer };
        // Wakers, and what may hold the last one, are called and dropped when nothing is locked:
        // they may come back here.
        let mut left_over = None;
        if opened {
            left_over = Some(self.open(&mut state, &registration, &shared, reader));
        } else {
            //= F4: a closed consumer stops the newcomer at once.
            let reason = state.gone.clone().unwrap_or_else(|| "the consumer has closed".into());
            shared.stop(reason);
        }
        drop(state);
        if let Some((Some(waker), _, _)) = left_over {
            waker.wake();
        }
        let core = outlet::Outlet::new(self.limits);
        let mut outlet = Outlet::new(core, writer, shared, registration, self.weigh);
        if !opened {
            let _ = outlet.flow();
        }
        Ok(outlet)
    }

    /// Returns the waker of a consumer that waits for a producer, and what the registration before
    /// leaves over.
    #[must_use]
    fn open(
        &self,
        state: &mut State<T>,
        registration: &Registration<T>,
        shared: &SharedArc<Shared>,
        reader: Reader<T>,
    ) -> (Option<Waker>, Option<Gauge>, Option<SharedArc<Shared>>) {
        tracing::debug!(link = %registration, epoch = %registration.epoch, "registered");
        let felt = self.holds.apply_to(shared);
        let gauge = registration.gauge(shared);
        let before = state.current.replace(gauge.clone());
        let core = inlet::Inlet::new(&self.limits);
        state.lanes.push_back(Lane::new(core, reader, self.weigh, gauge));
        (state.waker.take(), before, felt)
    }

    /// The oldest registration that is not drained.
    pub(crate) fn oldest_lane(&self) -> Option<Lane<T>> {
        lock(&self.state).oldest_lane()
    }

    /// The oldest registration that is not drained, or why there is none; without one the waker is
    /// kept.
    pub(crate) fn next_lane(&self, waker: &Waker) -> Next<T> {
        let mut state = lock(&self.state);
        if let Some(lane) = state.oldest_lane() {
            return Next::Lane(Box::new(lane));
        }
        match state.core.phase() {
            Phase::Closed => Next::Over(End::Abandoned),
            Phase::Idle if self.registrants.load(Ordering::Acquire) == 0 => {
                let _ = state.on(&self.name, Input::Close);
                Next::Over(End::Abandoned)
            }
            Phase::Idle | Phase::Open | Phase::Finishing => {
                let old = state.waker.replace(waker.clone());
                drop(state);
                drop(old);
                Next::Wait
            }
        }
    }

    pub(crate) fn drained(&self, epoch: Epoch) {
        self.step(Input::Drained(epoch));
    }

    pub(crate) fn ask(&self, items: u64) {
        let mut state = lock(&self.state);
        if state.core.phase() == Phase::Idle {
            state.asked = state.asked.saturating_add(items);
            return;
        }
        let current = state.current.clone();
        drop(state);
        if let Some(gauge) = current {
            if !gauge.shared.wishes.ask(items) {
                tracing::error!(consumer = %self.name, items, "demand passed the largest number");
            }
            gauge.shared.credit.wake();
        }
    }

    /// The inlet comes back, with what it had.
    pub(crate) fn give_back(&self, mut lane: Option<Lane<T>>, why: Leave) {
        if let Some(lane) = &mut lane {
            lane.step(inlet::Input::Rest);
        }
        let mut state = lock(&self.state);
        state.taken = false;
        if let Some(lane) = lane {
            state.lanes.push_front(lane);
        }
        let kept = state.kept && state.gone.is_none();
        let (reason, for_good) = match why {
            Leave::Dropped if std::thread::panicking() => ("the consumer panicked".into(), !kept),
            Leave::Dropped => ("the consumer is gone".into(), !kept),
            Leave::Failed(reason) => {
                state.failure = Some(reason.clone());
                (reason, !kept)
            }
            Leave::Stopped(reason) => (reason, true),
        };
        drop(state);
        if for_good {
            self.consumer_gone(reason);
        }
    }

    fn revoke(&self) {
        let mut state = lock(&self.state);
        let epoch = state.core.epoch();
        let effects = state.on(&self.name, Input::Unregister(epoch));
        let current = state.current.clone();
        let waker = state.waker.take();
        drop(state);
        if let Some(gauge) = current.filter(|_| effects.contains(Effect::Release)) {
            gauge.shared.stop("unregistered by its consumer".into());
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn abort(&self, reason: Name) {
        let mut state = lock(&self.state);
        let epoch = state.core.epoch();
        let lost = state.on(&self.name, Input::Lost(epoch));
        let _ = state.on(&self.name, Input::Close);
        let current = state.current.clone();
        let waker = state.waker.take();
        drop(state);
        if let Some(gauge) = current.filter(|_| lost.contains(Effect::Release)) {
            // The stop first: whoever sees the credit of what is discarded sees the stop too.
            gauge.shared.stop(reason.clone());
            gauge.shared.end(LaneEnd::Lost { reason, discard: true, last: true });
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn consumer_gone(&self, reason: Name) {
        let mut state = lock(&self.state);
        let effects = state.on(&self.name, Input::ConsumerGone);
        let current = state.current.clone();
        let reason = state.gone.get_or_insert(reason).clone();
        let waker = state.waker.take();
        drop(state);
        if let Some(gauge) = current.filter(|_| effects.contains(Effect::StopProducer)) {
            tracing::info!(consumer = %self.name, %reason, "the consumer is gone");
            gauge.shared.stop(reason);
        }
        self.sweep();
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    /// Where the consumer is gone for good: drops and counts what is in the rings.
    ///
    /// A ring stays until its producer has ended, which sweeps once more: it may write until it
    /// hears of the stop.
    pub(crate) fn sweep(&self) {
        let mut state = lock(&self.state);
        let Some(reason) = state.gone.clone() else {
            return;
        };
        let mut lanes = std::mem::take(&mut state.lanes);
        drop(state);
        for lane in &mut lanes {
            lane.shared.stop(reason.clone());
            lane.discard_rest();
        }
        // The producer ends its lane, then comes here: either it finds the lane, or the lane is
        // seen to have ended.
        let mut state = lock(&self.state);
        let (over, open): (Vec<_>, Vec<_>) =
            lanes.into_iter().partition(|lane| lane.ended().is_some());
        state.lanes.extend(open);
        drop(state);
        for mut lane in over {
            lane.discard_rest();
        }
    }

    /// Its producer leaves; returns whether the slot closes with that.
    pub(crate) fn leave(&self, input: Input) -> bool {
        lock(&self.state).on(&self.name, input).contains(Effect::EndOfStream)
    }

    /// Takes a step that at most ends the slot, and wakes a consumer that waits for a producer.
    pub(crate) fn step(&self, input: Input) {
        let mut state = lock(&self.state);
        let effects = state.on(&self.name, input);
        let waker = if effects.contains(Effect::EndOfStream) { state.waker.take() } else { None };
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    fn leave_registrants(&self) {
        if self.registrants.fetch_sub(1, Ordering::AcqRel) > 1 {
            return;
        }
        let mut state = lock(&self.state);
        let nobody_can_take = !state.taken && !state.kept;
        let waker = state.waker.take();
        drop(state);
        if let Some(waker) = waker {
            waker.wake();
        }
        if nobody_can_take {
            self.consumer_gone("nobody is left who could consume".into());
        }
    }
}

impl<T> Clone for Slot<T> {
    fn clone(&self) -> Self {
        self.hub.registrants.fetch_add(1, Ordering::AcqRel);
        Self { hub: self.hub.clone(), counts: true }
    }
}

impl<T> Drop for Slot<T> {
    fn drop(&mut self) {
        self.discount();
    }
}

impl<T> fmt::Debug for Slot<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = lock(&self.hub.state);
        f.debug_struct("Slot")
            .field("consumer", &self.hub.name)
            .field("core", &state.core)
            .finish_non_exhaustive()
    }
}

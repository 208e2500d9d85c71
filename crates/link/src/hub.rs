//! What all handles of a slot share: a small mutex around pure state, and the rings.

mod dead;

use std::{
    collections::VecDeque,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::Waker,
};

use aqueduct_flow::{
    Amount, Effects, Epoch, inlet, outlet,
    slot::{self as core, Effect, Input, Phase},
};

use self::dead::Burials;
use crate::{
    AlreadyTaken, Clock, End, Gauge, Marks, Name, Outlet, RuntimeError, SlotOptions,
    hold::HoldTable,
    lane::Lane,
    registration::Registration,
    ring::{Reader, ring},
    shared::Shared,
    sync::{Arc as SharedArc, Mutex, lock},
};

/// Each in a box of its own: there is one most of the time, and a queue has room for four.
type Lanes<T> = VecDeque<Box<Lane<T>>>;

/// What all handles of a slot share.
pub(crate) struct Hub<T> {
    pub(crate) name: Name,
    pub(crate) clock: Clock,
    pub(crate) holds: SharedArc<HoldTable>,
    marks: Marks<T>,
    manual_demand: bool,
    registrants: AtomicUsize,
    state: Mutex<State<T>>,
    /// Where items go that their consumer dies of.
    burials: Mutex<Option<Burials<T>>>,
    buries: AtomicBool,
    has_replays: AtomicBool,
}

struct State<T> {
    core: core::Slot,
    /// The rings that are not drained, the oldest first; without a consumer, those whose producer
    /// has not heard of it and may still write.
    lanes: Lanes<T>,
    /// The registration that the consumer reads, or read last.
    reading: Option<SharedArc<Shared>>,
    /// How the stream ended, once the consumer was told.
    end: Option<End>,
    /// Rings that nobody reads any more, whose producers may still write.
    limbo: Lanes<T>,
    /// Items that come once more, ahead of the line.
    replays: Lanes<T>,
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
    /// Why the consumer died the last time.
    death: Option<Name>,
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

/// What a registration replaces: the waker of a consumer that waits for a producer, and what may
/// hold somebody's waker.
struct LeftOver<T> {
    waker: Option<Waker>,
    _before: Option<Gauge>,
    _felt: Option<SharedArc<Shared>>,
    _spent: Lanes<T>,
}

/// What a consumer does after one registration.
pub(crate) enum Next<T> {
    Lane(Box<Lane<T>>),
    Over(End),
    Wait,
}

impl<T> State<T> {
    fn incumbent(&self) -> Option<Name> {
        self.current.as_ref().map(|gauge| gauge.producer.clone())
    }

    /// What all registrations until now have left for the consumer to do, or may still leave.
    ///
    /// A producer that was unregistered and has not heard of it may write up to the capacity.
    fn undelivered(&self, capacity: Amount) -> Amount {
        let most = Amount::new(
            capacity.items,
            // Items without weight have none to leave.
            if capacity.bytes == u64::MAX { 0 } else { capacity.bytes },
        );
        let waiting = self.lanes.iter().map(|lane| &lane.shared);
        // After a restart of its consumer the one that was read is among those that wait.
        let read = self
            .reading
            .iter()
            .filter(|read| waiting.clone().all(|one| !SharedArc::ptr_eq(one, read)));
        waiting.clone().chain(read).fold(Amount::ZERO, |sum, shared| {
            let left = if shared.ending.is_set() { shared.undelivered() } else { most };
            sum.checked_add(left).unwrap_or(Amount::MAX)
        })
    }

    fn oldest_lane(&mut self, hub: &Hub<T>) -> Option<Box<Lane<T>>> {
        if self.gone.is_some() {
            return None;
        }
        let lane = self.next_replay(hub).or_else(|| self.lanes.pop_front())?;
        self.reading = Some(lane.shared.clone());
        Some(lane)
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
    pub(crate) fn new(name: Name, marks: Marks<T>, options: SlotOptions) -> Self {
        let state = State {
            core: core::Slot::new(options.after_loss),
            lanes: Lanes::new(),
            reading: None,
            end: None,
            limbo: Lanes::new(),
            replays: Lanes::new(),
            current: None,
            taken: false,
            kept: false,
            waker: None,
            asked: 0,
            gone: None,
            failure: None,
            death: None,
        };
        Self {
            name,
            clock: options.clock,
            holds: SharedArc::default(),
            marks,
            manual_demand: options.manual_demand,
            registrants: AtomicUsize::new(1),
            state: Mutex::new(state),
            burials: Mutex::new(None),
            buries: AtomicBool::new(false),
            has_replays: AtomicBool::new(false),
        }
    }

    /// Hands the inlet out, if nobody has it.
    pub(crate) fn take(&self) -> Result<(), AlreadyTaken> {
        match std::mem::replace(&mut lock(&self.state).taken, true) {
            false => Ok(()),
            true => Err(AlreadyTaken { consumer: self.name.clone() }),
        }
    }

    pub(crate) fn keep(&self) {
        lock(&self.state).kept = true;
    }

    pub(crate) fn take_failure(&self) -> Option<Name> {
        lock(&self.state).failure.take()
    }

    pub(crate) fn phase(&self) -> Phase {
        lock(&self.state).core.phase()
    }

    pub(crate) fn producer(&self) -> Option<Name> {
        let state = lock(&self.state);
        match state.core.phase() {
            Phase::Open | Phase::Finishing => state.incumbent(),
            Phase::Idle | Phase::Closed => None,
        }
    }

    pub(crate) fn gauge(&self) -> Option<Gauge> {
        lock(&self.state).current.clone()
    }

    pub(crate) fn join_registrants(&self) {
        self.registrants.fetch_add(1, Ordering::AcqRel);
    }

    //= F4: one registration; a second is refused and changes nothing.
    pub(crate) fn register(
        &self,
        this: &Arc<Self>,
        producer: Name,
    ) -> Result<Outlet<T>, RuntimeError> {
        let began = self.clock.now();
        let mut state = lock(&self.state);
        let effects = state.on(&self.name, Input::Register);
        if effects.contains(Effect::Refuse) {
            let incumbent = state.incumbent().unwrap_or_else(|| "unknown".into());
            tracing::warn!(consumer = %self.name, %producer, %incumbent, "registration refused");
            return Err(RuntimeError { producer, incumbent, consumer: self.name.clone() });
        }
        let opened = effects.contains(Effect::Open);
        let slots = if opened { self.marks.limits().capacity().items } else { 1 };
        let (writer, reader) = ring(usize::try_from(slots).unwrap_or(usize::MAX));
        let asked = if self.manual_demand { std::mem::take(&mut state.asked) } else { u64::MAX };
        let behind =
            if opened { state.undelivered(self.marks.limits().capacity()) } else { Amount::ZERO };
        let shared = Shared::new(asked, behind);
        static NUMBERS: AtomicU64 = AtomicU64::new(1);
        let number = NUMBERS.fetch_add(1, Ordering::Relaxed);
        let epoch = state.core.epoch();
        let registration = Registration { number, hub: this.clone(), epoch, producer, began };
        // Wakers, and what may hold the last one, are called and dropped when nothing is locked:
        // they may come back here.
        let mut left_over = None;
        if opened {
            left_over = Some(self.open(&mut state, &registration, &shared, reader));
        } else {
            //= F4: a closed consumer stops the newcomer at once.
            let reason = state.gone.clone().unwrap_or_else(|| "the consumer has closed".into());
            shared.stop(reason);
            shared.consumer.handled.over(registration.began);
        }
        drop(state);
        if let Some(waker) = left_over.and_then(|left_over| left_over.waker) {
            waker.wake();
        }
        let core = outlet::Outlet::new(self.marks.limits());
        let mut outlet = Outlet::new(core, writer, shared, registration, self.marks.scales());
        if !opened {
            let _ = outlet.flow();
        }
        Ok(outlet)
    }

    /// Returns what must be woken and dropped when nothing is locked.
    #[must_use]
    fn open(
        &self,
        state: &mut State<T>,
        registration: &Registration<T>,
        shared: &SharedArc<Shared>,
        reader: Reader<T>,
    ) -> LeftOver<T> {
        tracing::debug!(link = %registration, epoch = %registration.epoch, "registered");
        let gauge = registration.gauge(shared);
        //= F1: a ring that holds nothing does not outlive the next registration.
        let (spent, lanes): (Lanes<T>, Lanes<T>) =
            state.lanes.drain(..).partition(|lane| lane.is_spent());
        state.lanes = lanes;
        let core = inlet::Inlet::new(&self.marks.limits());
        let lane = Lane::new(core, reader, self.marks.weigh(), gauge.clone());
        state.lanes.push_back(Box::new(lane));
        LeftOver {
            waker: state.waker.take(),
            _before: state.current.replace(gauge),
            _felt: self.holds.apply_to(shared),
            _spent: spent,
        }
    }

    /// The oldest registration that is not drained.
    pub(crate) fn oldest_lane(&self) -> Option<Box<Lane<T>>> {
        let lane = lock(&self.state).oldest_lane(self)?;
        lane.shared.catch_up();
        Some(lane)
    }

    /// The oldest registration that is not drained, or why there is none; without one the waker is
    /// kept.
    pub(crate) fn next_lane(&self, waker: &Waker) -> Next<T> {
        let mut state = lock(&self.state);
        if let Some(lane) = state.oldest_lane(self) {
            drop(state);
            lane.shared.catch_up();
            return Next::Lane(lane);
        }
        if let Some(end) = &state.end {
            // It was told to a consumer that died of it.
            return Next::Over(end.clone());
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

    /// How the stream ended, once the consumer was told.
    pub(crate) fn end(&self) -> Option<End> {
        lock(&self.state).end.clone()
    }

    /// All of this registration is delivered, or given up; with that the stream may have ended.
    pub(crate) fn drained(&self, lane: Box<Lane<T>>, end: Option<End>) {
        if end.is_some() {
            lock(&self.state).end = end;
        }
        // What comes once more is no registration that the slot knows of.
        if !lane.replays {
            self.step(Input::Drained(lane.epoch()));
        }
        // Its producer may have written since the last look, and have ended only then.
        lock(&self.state).limbo.push_back(lane);
        self.sweep();
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
            gauge.shared.wake_producer();
        }
    }

    /// The inlet comes back, with what it had.
    pub(crate) fn give_back(&self, mut lane: Option<Box<Lane<T>>>, why: Leave) {
        if let Some(lane) = &mut lane {
            lane.wait_no_more();
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

    pub(crate) fn revoke(&self) {
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

    pub(crate) fn abort(&self, reason: Name) {
        let mut state = lock(&self.state);
        let effects = state.on(&self.name, Input::Abort);
        if !effects.contains(Effect::EndOfStream) {
            return;
        }
        let current = state.current.as_ref().map(|gauge| gauge.shared.clone());
        let mut undelivered: Vec<_> = state.lanes.iter().map(|lane| lane.shared.clone()).collect();
        undelivered.extend(state.reading.clone().into_iter().chain(current));
        let waker = state.waker.take();
        state.end.get_or_insert(End::Aborted { reason: reason.clone(), discarded: Amount::ZERO });
        drop(state);
        for shared in undelivered {
            shared.abort(reason.clone());
        }
        if let Some(waker) = waker {
            waker.wake();
        }
    }

    pub(crate) fn consumer_gone(&self, reason: Name) {
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

    /// Drops and counts what is in rings that nobody reads any more: all of them, where the
    /// consumer is gone for good.
    ///
    /// A ring stays until its producer has ended, which sweeps once more: it may write until it
    /// hears of the stop.
    pub(crate) fn sweep(&self) {
        let mut state = lock(&self.state);
        let mut lanes = std::mem::take(&mut state.limbo);
        let gone = state.gone.clone();
        if gone.is_some() {
            lanes.extend(state.lanes.drain(..));
            lanes.extend(state.replays.drain(..));
        }
        drop(state);
        for lane in &mut lanes {
            if let Some(reason) = &gone {
                lane.shared.stop(reason.clone());
            }
            lane.discard_rest();
        }
        // The producer ends its lane, then comes here: either it finds the lane, or the lane is
        // seen to have ended.
        let mut state = lock(&self.state);
        let (over, open): (Lanes<T>, Lanes<T>) =
            lanes.into_iter().partition(|lane| lane.has_ended());
        state.limbo.extend(open);
        drop(state);
        for mut lane in over {
            lane.discard_rest();
        }
    }

    /// Its producer leaves; returns whether the slot closes with that.
    pub(crate) fn leave(&self, input: Input) -> bool {
        lock(&self.state).on(&self.name, input).contains(Effect::EndOfStream)
    }

    /// Its producer has written all; returns whether it still was the one that is registered.
    pub(crate) fn finish(&self, epoch: Epoch) -> bool {
        lock(&self.state).on(&self.name, Input::Finish(epoch)).contains(Effect::Release)
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

    pub(crate) fn leave_registrants(&self) {
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

//! The producer's half: it decides the marks.
//!
//! ```text
//!                 Write (above high) / Control (held)
//!        ┌───────────────────── Pause ───────────────────────┐
//!        │                                                   ▼
//!     running ◄──────────────── Resume ──────────────────  paused
//!        │        Committed (at low) / Control (free)        │
//!        └──── Finish ──► finishing ── all committed ──► done│
//!        └──── Abort ───► ended ◄──── Control (stop) ────────┘
//! ```

use crate::{Amount, Effects, Limits, Reason, Reasons, Violation, effects::effects};

/// What happens to the producer's half.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// The producer writes this much, as one: all of it is taken, or nothing.
    /// Several items that are more than the capacity must be split.
    Write(Amount),
    /// The consumer has committed this total.
    Committed(Amount),
    /// The consumer's wish, as it is at this moment.
    Control(Control),
    /// The producer has written all it ever will.
    Finish,
    /// The producer ends the stream at once.
    Abort,
}

/// What the consumer's side wants of the producer: a state, told whole each time, never a queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Control {
    /// Somebody on the consumer's side holds the flow.
    pub peer: bool,
    /// Somebody on the producer's side holds the flow.
    pub user: bool,
    /// The consumer wants no more, for good.
    pub stop: bool,
    /// Items asked for since the registration: a total, `u64::MAX` where the marks alone decide.
    pub asked: u64,
    /// What earlier registrations left that is not delivered: it comes first, and takes room from
    /// this one.
    pub behind: Amount,
}

impl Control {
    /// Nobody holds the flow, and the marks alone decide.
    pub const FREE: Self =
        Self { peer: false, user: false, stop: false, asked: u64::MAX, behind: Amount::ZERO };
}

effects! {
    /// What the producer's half asks its owner to do.
    Effect {
        /// The write was taken.
        Accept,
        /// The write was refused, since the link has no room for it: hand the item back, and
        /// count the link as full until there is.
        RefuseFull,
        /// The write was refused, since the stream has ended: hand the item back.
        RefuseClosed,
        /// Tell the producer to pause.
        Pause,
        /// Tell the producer to go on.
        Resume,
        /// Tell the producer to stop, once: its consumer wants no more.
        Stop,
        /// Everything is committed after a finish: the producer's work is done.
        Done,
    }
}

/// Where the stream stands, seen from the producer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// It is being written.
    Open,
    /// All is written, and not all is committed.
    Finishing,
    /// All is written and committed.
    Done,
    /// The producer gave up.
    Aborted,
    /// The consumer wants no more.
    Stopped,
}

/// The producer's half of a link.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Outlet {
    limits: Limits,
    written: Amount,
    committed: Amount,
    reasons: Reasons,
    phase: Phase,
    asked: u64,
    /// What was refused last, and waits for room.
    refused: Amount,
    /// What is ahead of this registration's items.
    behind: Amount,
}

impl Outlet {
    /// Returns the half of a new registration: it is running.
    #[must_use]
    pub const fn new(limits: Limits) -> Self {
        Self {
            limits,
            written: Amount::ZERO,
            committed: Amount::ZERO,
            reasons: Reasons::NONE,
            phase: Phase::Open,
            asked: u64::MAX,
            refused: Amount::ZERO,
            behind: Amount::ZERO,
        }
    }

    /// Takes one step.
    ///
    /// # Errors
    /// A [`Violation`], after which nothing has changed.
    #[inline(always)]
    pub fn on(&mut self, input: Input) -> Result<Effects<Effect>, Violation> {
        match input {
            Input::Write(amount) => self.write(amount),
            Input::Committed(total) => self.see_committed(total),
            Input::Control(control) => self.control(control),
            Input::Finish => self.finish(),
            Input::Abort => self.abort(),
        }
    }

    /// The limits of this link.
    #[inline]
    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.limits
    }

    /// What has been written since the registration.
    #[inline]
    #[must_use]
    pub const fn written(&self) -> Amount {
        self.written
    }

    /// What has been committed, as far as this half knows.
    #[inline]
    #[must_use]
    pub const fn committed(&self) -> Amount {
        self.committed
    }

    /// What the link holds as far as this half knows: at least what it really holds.
    #[inline]
    #[must_use]
    pub const fn held(&self) -> Amount {
        self.written.saturating_sub(self.committed)
    }

    /// What the consumer has before it, of this registration and of those before.
    #[inline]
    const fn load(&self) -> Amount {
        let held = self.held();
        Amount::new(
            held.items.saturating_add(self.behind.items),
            held.bytes.saturating_add(self.behind.bytes),
        )
    }

    /// Why the producer is paused.
    #[inline]
    #[must_use]
    pub const fn reasons(&self) -> Reasons {
        self.reasons
    }

    /// Where the stream stands.
    #[inline]
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The committed total at which a full link is full no more.
    #[must_use]
    pub fn release_total(&self) -> Amount {
        self.written.saturating_sub(self.release_mark().saturating_sub(self.behind))
    }

    /// Returns whether this write would pass the high mark: the moment to look at the committed
    /// total again.
    #[inline]
    #[must_use]
    pub fn would_pass_high(&self, amount: Amount) -> bool {
        let high = self.limits.high();
        let load = self.load();
        load.items.saturating_add(amount.items) > high.items
            || load.bytes.saturating_add(amount.bytes) > high.bytes
    }

    /// How much may be written with no effect but [`Effect::Accept`], as one write or as many.
    #[inline]
    #[must_use]
    pub const fn free(&self) -> Amount {
        let (load, high) = (self.load(), self.limits.high());
        // What is behind may have passed the mark: then the next write pauses, however small it is.
        let runs = self.reasons.is_empty() && matches!(self.phase, Phase::Open) && load.fits(high);
        if !runs {
            return Amount::ZERO;
        }
        let room = high.saturating_sub(load);
        room.min(Amount::MAX.saturating_sub(self.written))
    }

    /// How much a pull producer is asked for now: nothing while a reason to pause holds.
    #[inline]
    #[must_use]
    pub fn wanted(&self) -> Amount {
        if !self.reasons.is_empty() || self.phase != Phase::Open {
            return Amount::ZERO;
        }
        let mut room = self.limits.high().saturating_sub(self.load());
        if self.load().is_zero() {
            // An empty link takes one item whatever the marks, or nothing would ever come.
            room = room.max(Amount::one(1));
        }
        Amount::new(room.items.min(self.asked.saturating_sub(self.written.items)), room.bytes)
    }

    #[inline(always)]
    fn write(&mut self, amount: Amount) -> Result<Effects<Effect>, Violation> {
        if self.phase != Phase::Open {
            return Ok(Effects::of(Effect::RefuseClosed));
        }
        let capacity = self.limits.capacity();
        if amount.items > 1 && !amount.fits(capacity) {
            return Err(Violation::NeverFits);
        }
        let written = self.written.checked_add(amount).ok_or(Violation::Overflow)?;
        let load = self.load().checked_add(amount).ok_or(Violation::Overflow)?;
        //= F1: an item heavier than the whole capacity is admitted into an empty link only.
        if !load.fits(capacity) && !self.load().is_zero() {
            self.refused = amount;
            return Ok(self.mark(true).and(Effect::RefuseFull));
        }
        self.written = written;
        self.refused = Amount::ZERO;
        let full = self.reasons.contains(Reason::Full) || !load.fits(self.limits.high());
        Ok(self.mark(full).and(Effect::Accept))
    }

    #[inline(never)]
    fn see_committed(&mut self, total: Amount) -> Result<Effects<Effect>, Violation> {
        if !self.committed.fits(total) {
            return Err(Violation::TotalWentBack);
        }
        if !total.fits(self.written) {
            return Err(Violation::CommittedTooMuch);
        }
        self.committed = total;
        match self.phase {
            Phase::Open => {
                let full = self.reasons.contains(Reason::Full);
                Ok(self.mark(full && !self.load().fits(self.release_mark())))
            }
            Phase::Finishing if self.held().is_zero() => {
                self.phase = Phase::Done;
                Ok(Effects::of(Effect::Done))
            }
            Phase::Finishing | Phase::Done | Phase::Aborted | Phase::Stopped => Ok(Effects::none()),
        }
    }

    #[inline(never)]
    fn control(&mut self, control: Control) -> Result<Effects<Effect>, Violation> {
        //= F10: demand is a total, so that an old word about it can be told from a new one.
        if self.asked != u64::MAX && control.asked < self.asked {
            return Err(Violation::TotalWentBack);
        }
        self.asked = control.asked;
        //= F5: one terminal signal, and nothing after it.
        if !matches!(self.phase, Phase::Open | Phase::Finishing) {
            return Ok(Effects::none());
        }
        if control.stop {
            self.phase = Phase::Stopped;
            self.reasons = Reasons::NONE;
            return Ok(Effects::of(Effect::Stop));
        }
        if self.phase == Phase::Finishing {
            return Ok(Effects::none());
        }
        let mut reasons = self.reasons;
        if control.behind != self.behind {
            self.behind = control.behind;
            let full = reasons.contains(Reason::Full) && !self.load().fits(self.release_mark());
            reasons.set(Reason::Full, full);
        }
        reasons.set(Reason::Peer, control.peer);
        reasons.set(Reason::User, control.user);
        Ok(self.turn(reasons))
    }

    fn finish(&mut self) -> Result<Effects<Effect>, Violation> {
        match self.phase {
            Phase::Open => {
                // Whoever has written all has nothing to pause or resume.
                self.reasons = Reasons::NONE;
                let done = self.held().is_zero();
                self.phase = if done { Phase::Done } else { Phase::Finishing };
                Ok(Effects::none().and_if(done, Effect::Done))
            }
            Phase::Stopped => Ok(Effects::none()),
            Phase::Finishing | Phase::Done | Phase::Aborted => Err(Violation::AfterTheEnd),
        }
    }

    fn abort(&mut self) -> Result<Effects<Effect>, Violation> {
        match self.phase {
            Phase::Open | Phase::Finishing => {
                self.phase = Phase::Aborted;
                self.reasons = Reasons::NONE;
                Ok(Effects::none())
            }
            Phase::Done | Phase::Stopped => Ok(Effects::none()),
            Phase::Aborted => Err(Violation::AfterTheEnd),
        }
    }

    /// What the link may hold for the producer to go on: the low mark, or less where what was
    /// refused needs more room than that.
    fn release_mark(&self) -> Amount {
        let capacity = self.limits.capacity();
        if !self.refused.fits(capacity) {
            return Amount::ZERO;
        }
        let room = capacity.saturating_sub(self.refused);
        let low = self.limits.low();
        Amount::new(low.items.min(room.items), low.bytes.min(room.bytes))
    }

    /// Sets or clears the `Full` reason.
    #[inline(always)]
    fn mark(&mut self, full: bool) -> Effects<Effect> {
        let mut reasons = self.reasons;
        reasons.set(Reason::Full, full);
        self.turn(reasons)
    }

    /// Takes over the new reasons and tells the edge, if it is one.
    //= F3: Pause and Resume are the edges between no reason and some, so they balance.
    #[inline(always)]
    fn turn(&mut self, reasons: Reasons) -> Effects<Effect> {
        let was_running = self.reasons.is_empty();
        self.reasons = reasons;
        Effects::none()
            .and_if(was_running && !reasons.is_empty(), Effect::Pause)
            .and_if(!was_running && reasons.is_empty(), Effect::Resume)
    }
}

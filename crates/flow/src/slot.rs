//! A consumer's one place for a producer.
//!
//! ```text
//!          Register                    Finish               Drained
//!   Idle ───────────► Open ───────────────────► Finishing ─────────► Closed
//!    ▲                 │                            │                  ▲
//!    └── Unregister ───┤                            │                  │
//!    └── Lost (policy) ┴── Lost, consumer gone ─────┴──────────────────┘
//! ```

use std::fmt;

use crate::{Effects, Violation, effects::effects};

/// The number of a registration: the first of a slot has 1, each next one more.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Epoch(u64);

impl Epoch {
    /// The plain number.
    #[must_use]
    pub const fn number(self) -> u64 {
        self.0
    }
}

impl fmt::Display for Epoch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Whether the slot waits for another producer when one is lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum AfterLoss {
    /// The stream ends: the consumer is told, and the slot closes.
    #[default]
    Close,
    /// The slot is free again, for the producer's next life.
    Reopen,
}

/// Where a slot stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Phase {
    /// Nobody is registered.
    Idle,
    /// A producer is registered.
    Open,
    /// The producer has written all; not all is committed.
    Finishing,
    /// Over, for good.
    Closed,
}

/// What happens to a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// A producer wants to register.
    Register,
    /// The producer of this epoch leaves; another may come.
    Unregister(Epoch),
    /// The producer of this epoch has written all it ever will.
    Finish(Epoch),
    /// All that the producer of this epoch wrote is committed.
    Drained(Epoch),
    /// The producer of this epoch aborted, or died.
    Lost(Epoch),
    /// Somebody ends the stream from outside, whatever its state.
    Abort,
    /// The consumer wants to close once its producer has left.
    Close,
    /// The consumer is gone, for good.
    ConsumerGone,
}

effects! {
    /// What a slot asks its owner to do.
    Effect {
        /// Make a new link, of the slot's new epoch, for the newcomer.
        Open,
        /// Answer the newcomer with `RuntimeError`.
        Refuse,
        /// Answer the newcomer with a link that is stopped already.
        StopNewcomer,
        /// The registration is over; what it wrote will be delivered.
        Release,
        /// Tell the registered producer to stop, once.
        StopProducer,
        /// Nothing more will come: tell the consumer, behind the last item.
        EndOfStream,
    }
}

/// A consumer's one place for a producer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Slot {
    phase: Phase,
    epoch: Epoch,
    after_loss: AfterLoss,
    closing: bool,
}

impl Slot {
    /// Returns a slot that waits for its first producer.
    #[must_use]
    pub const fn new(after_loss: AfterLoss) -> Self {
        Self { phase: Phase::Idle, epoch: Epoch(0), after_loss, closing: false }
    }

    /// Where it stands.
    #[must_use]
    pub const fn phase(&self) -> Phase {
        self.phase
    }

    /// The number of the newest registration; 0 before the first.
    #[must_use]
    pub const fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// Takes one step.
    ///
    /// What comes from an epoch that is over has no effect, and is no error: it was on its way.
    ///
    /// # Errors
    /// A [`Violation`], after which nothing has changed.
    pub fn on(&mut self, input: Input) -> Result<Effects<Effect>, Violation> {
        match input {
            Input::Register => self.register(),
            //= F8: nothing of an older epoch has an effect.
            // Nor does a producer that dies between its finish and the last commit change
            // anything: all is written, and the consumer will have it.
            Input::Unregister(epoch) | Input::Finish(epoch) | Input::Lost(epoch)
                if epoch != self.epoch || self.phase != Phase::Open =>
            {
                debug_assert!(epoch <= self.epoch, "an epoch that was never opened");
                Ok(Effects::none())
            }
            Input::Unregister(_) => Ok(self.leave(self.closing)),
            Input::Finish(_) => {
                self.phase = Phase::Finishing;
                Ok(Effects::of(Effect::Release))
            }
            Input::Lost(_) => {
                let close = self.closing || self.after_loss == AfterLoss::Close;
                Ok(self.leave(close))
            }
            Input::Drained(epoch) => Ok(self.drained(epoch)),
            Input::Abort => Ok(self.abort()),
            Input::Close => Ok(self.close()),
            Input::ConsumerGone => Ok(self.consumer_gone()),
        }
    }

    fn register(&mut self) -> Result<Effects<Effect>, Violation> {
        match self.phase {
            Phase::Idle => {
                let next = self.epoch.0.checked_add(1).ok_or(Violation::Overflow)?;
                self.epoch = Epoch(next);
                self.phase = Phase::Open;
                Ok(Effects::of(Effect::Open))
            }
            //= F4: one registration; a second is refused and changes nothing.
            Phase::Open | Phase::Finishing => Ok(Effects::of(Effect::Refuse)),
            Phase::Closed => Ok(Effects::of(Effect::StopNewcomer)),
        }
    }

    /// The registration ends, and with it the slot if `close`.
    fn leave(&mut self, close: bool) -> Effects<Effect> {
        self.phase = if close { Phase::Closed } else { Phase::Idle };
        Effects::of(Effect::Release).and_if(close, Effect::EndOfStream)
    }

    fn drained(&mut self, epoch: Epoch) -> Effects<Effect> {
        //= F6: Finish closes only when all is committed.
        if epoch == self.epoch && self.phase == Phase::Finishing {
            self.phase = Phase::Closed;
            return Effects::of(Effect::EndOfStream);
        }
        Effects::none()
    }

    fn abort(&mut self) -> Effects<Effect> {
        let open = self.phase != Phase::Closed;
        let effects = self.consumer_gone();
        effects.and_if(open, Effect::EndOfStream)
    }

    fn close(&mut self) -> Effects<Effect> {
        match self.phase {
            Phase::Idle => {
                self.phase = Phase::Closed;
                Effects::of(Effect::EndOfStream)
            }
            Phase::Open => {
                self.closing = true;
                Effects::none()
            }
            Phase::Finishing | Phase::Closed => Effects::none(),
        }
    }

    fn consumer_gone(&mut self) -> Effects<Effect> {
        //= F9: a consumer gone for good stops its producer once.
        let registered = matches!(self.phase, Phase::Open | Phase::Finishing);
        self.phase = Phase::Closed;
        Effects::none().and_if(registered, Effect::StopProducer)
    }
}

//! The single accesses of which all calls are made.
//!
//! A thread has a stack of them, as a call has frames: what an access leads to is pushed on top.
//! Each that touches a word that another thread can touch is one step of the model; between any two
//! of them every other thread may act.
//! Those that touch nothing shared are carried out together with the step before.

use aqueduct_flow::{Amount, Effects, outlet::Effect};

use crate::{Ending, Parting};

/// One access to the shared words, or a local decision between two of them.
///
/// The number is the place of the registration in [`State::links`](crate::State::links).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    // Wake-ups: `Doorbell` and `Credit` in signals.rs.
    /// Sees whether the consumer sleeps.
    ReadParked(usize),
    /// Notes that the consumer sleeps no more.
    ClearParked(usize),
    /// Takes the consumer's waker from the bell, and wakes it.
    TakeBell(usize),
    /// Publishes the committed total.
    StoreCommitted(usize),
    /// Sees whether the producer waits for this total.
    ReadWaiting(usize),
    /// Notes that the producer waits no more.
    ClearWaiting(usize),
    /// Takes the producer's waker, and wakes it.
    TakeCredit(usize),
    /// Wakes the consumer of this life, whose waker was taken under the slot's lock.
    Notify(u8),

    // The producer: outlet.rs and outlet/waiting.rs.
    /// Publishes what is staged.
    Spill(usize),
    /// Puts this many items into the ring.
    Push(usize, u64),
    /// Tells the meter how much is written.
    Tell(usize),
    /// Leaves its waker.
    RegisterCredit(usize),
    /// Reads the wishes, and takes in what has changed.
    Look(usize),
    /// Asks for a wake-up when there is room.
    WaitForRoom(usize),
    /// Asks for a wake-up at this total.
    StoreWait(usize, Amount),
    /// Reads the committed total.
    ReadCommitted(usize),
    /// Takes in a committed total that was read before.
    See(usize, Amount),
    /// Carries out what its half of the link asks for.
    CarryOut(usize, Effects<Effect>),
    /// `poll_ready`, after the wishes were read.
    Ready(usize),
    /// `poll_ready`, after a look for room.
    ReadyAgain(usize),
    /// `poll_wanted`, after the newest total was seen.
    Wanted(usize),
    /// `poll_wanted`, after a second look for room.
    WantedAgain(usize),
    /// `poll_flush`, after the wishes were read.
    Flush(usize),
    /// `poll_flush`, after a look at the total: reads whether something was given up.
    FlushAgain(usize),
    /// `write`, after the wishes were read.
    Write(usize),
    /// `write`, after all that must be known before.
    Put(usize),
    /// `write`, after the item was put and the wishes were read again.
    Answer(usize),
    /// Its half of the link is told the end.
    LeaveOff(usize, Parting),
    /// The same for an abort.
    GiveUp(usize),
    /// The outlet is dropped.
    Drop(usize),

    // The slot: hub.rs and registration.rs; each under the slot's lock.
    /// Tells the slot that its producer has finished or left.
    Part(usize, Parting),
    /// Tells the slot that its producer is lost; whether what is not delivered is not wanted.
    Lose(usize, bool),
    /// Sets the end in band.
    SetEnding(usize, Ending),
    /// Collects the rings that nobody reads.
    Sweep,
    /// Drops and counts what is in a ring.
    DiscardRest(usize),
    /// Puts back those of these rings (one bit each) whose producers may still write.
    SweepBack(u16),
    /// Takes the consumer away for good.
    ConsumerGone,
    /// Tells a producer to stop, if nobody has.
    Stop(usize),
    /// Ends a registration from outside.
    SetAborted(usize),
    /// One handle less that may register.
    LeaveRegistrants,
    /// The last handle has gone: wakes a consumer that waits for a producer.
    LastHandle,

    // The consumer: inlet.rs and lane.rs.
    /// Begins to poll.
    Poll,
    /// Takes the oldest ring from the slot.
    NextLane,
    /// Nothing is before this registration any more.
    CatchUp(usize),
    /// Sees whether the stream was ended from outside.
    ReadAborted(usize),
    /// Sees whether the producer has ended.
    ReadEnding(usize),
    /// Sees whether there is an item, knowing whether there is an end.
    ReadRing(usize, Option<Ending>),
    /// Sees whether there is an item before it looks for an end: a mistake.
    Glimpse(usize),
    /// Publishes what it has not.
    Rest(usize),
    /// Leaves its waker at the bell.
    RegisterBell(usize),
    /// Says that it sleeps.
    SetParked(usize),
    /// Looks again for an item.
    LookRing(usize),
    /// Looks again for an end from outside.
    LookAborted(usize),
    /// Looks again for an end.
    LookEnding(usize),
    /// Says that it does not sleep after all.
    Unpark(usize),
    /// Sleeps.
    Sleep,
    /// Lends the front item to the handler.
    Lend(usize),
    /// Takes the front item out of the ring, and commits it.
    Commit(usize),
    /// Its half of the link is told the end.
    EndLane(usize, Ending),
    /// Notes in the slot how the stream ended.
    StateEnd,
    /// Tells the slot that all of a registration is committed.
    Drained(usize),
    /// Leaves the ring to the sweep.
    Limbo(usize),
    /// Does so only if its producer has not ended: a mistake.
    IfOpen(usize),
    /// The inlet comes back to the slot; whether for good.
    GiveBack(bool),
    /// Takes the inlet for its next life.
    Take,

    // Others.
    /// Takes a hold, or lets go.
    Hold,
    /// Does something else to the slot.
    Act,
    /// Asks for one item more.
    Ask(usize),
}

impl Op {
    /// Returns whether it touches nothing that another thread can touch.
    pub(crate) const fn is_local(self) -> bool {
        matches!(
            self,
            Self::Spill(_)
                | Self::WaitForRoom(_)
                | Self::See(..)
                | Self::CarryOut(..)
                | Self::Ready(_)
                | Self::ReadyAgain(_)
                | Self::Wanted(_)
                | Self::WantedAgain(_)
                | Self::Flush(_)
                | Self::Write(_)
                | Self::Put(_)
                | Self::Answer(_)
                | Self::LeaveOff(..)
                | Self::GiveUp(_)
                | Self::Drop(_)
                | Self::Poll
                | Self::Rest(_)
                | Self::Sleep
                | Self::EndLane(..)
                | Self::Commit(_)
        )
    }

    /// The registration it is about.
    pub(crate) const fn link(self) -> Option<usize> {
        match self {
            Self::ReadParked(at)
            | Self::ClearParked(at)
            | Self::TakeBell(at)
            | Self::StoreCommitted(at)
            | Self::ReadWaiting(at)
            | Self::ClearWaiting(at)
            | Self::TakeCredit(at)
            | Self::DiscardRest(at)
            | Self::Stop(at)
            | Self::SetAborted(at)
            | Self::CatchUp(at)
            | Self::ReadEnding(at)
            | Self::ReadRing(at, _)
            | Self::Lend(at)
            | Self::Drained(at)
            | Self::Limbo(at)
            | Self::Ask(at) => Some(at),
            _ => None,
        }
    }
}

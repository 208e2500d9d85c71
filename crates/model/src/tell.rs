//! Steps in words, so that a path can be read beside the code of the link.

use std::fmt;

use crate::{Action, ConsumerAt, Fault, Op, ProducerAt, State, Who};

/// Tells what this step does at this moment.
pub(crate) fn tell(state: &State, action: Action) -> String {
    match action {
        Action::Go(who) => match state.todo(who).last() {
            Some(op) => format!("{who} {op}"),
            None => format!("{who} {}", begins(state, who)),
        },
        Action::Part(at, parting) => {
            let how = format!("{parting:?}").to_lowercase();
            format!("{} has written all: {how}", Who::Producer(at))
        }
        Action::Ask => "consumer asks for one more".into(),
        Action::Register => "a newcomer registers".into(),
        Action::Leave => "a newcomer goes without registering".into(),
        Action::LetGo(at) => format!("{} lets go of the flow", Who::Outsider(at)),
        Action::Restart => "consumer begins its next life".into(),
        Action::PutBack => "consumer puts back what it has in hand".into(),
        Action::Lose(at) => format!("{} dies", Who::Producer(at)),
        Action::Abort(at) => format!("{} aborts", Who::Producer(at)),
        Action::Die => "consumer dies".into(),
        Action::Stop => "consumer wants no more".into(),
        Action::Act(at) => format!("{} acts", Who::Outsider(at)),
    }
}

fn begins(state: &State, who: Who) -> &'static str {
    match who {
        Who::Producer(at) => match state.producers[at].stage {
            ProducerAt::Ready | ProducerAt::Asleep => "begins to wait until it may write",
            ProducerAt::Write => "begins to write, and reads the wishes",
            ProducerAt::Flush | ProducerAt::AsleepInFlush => "begins to wait for the last commit",
            ProducerAt::Over => "is over",
        },
        Who::Consumer => match state.consumer.stage {
            ConsumerAt::Poll | ConsumerAt::Asleep => "polls",
            ConsumerAt::Turn => "is lent the first item of a turn",
            ConsumerAt::Hand => "has handled the item in hand",
            ConsumerAt::Told => "goes after its end",
            ConsumerAt::Dead | ConsumerAt::Gone => "is gone",
        },
        Who::Crowd | Who::Outsider(_) => "rests",
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Producer(at) => write!(f, "producer {}", at + 1),
            Self::Consumer => f.write_str("consumer"),
            Self::Crowd => f.write_str("newcomer"),
            Self::Outsider(at) => write!(f, "outsider {}", at + 1),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.rule, self.what)?;
        match self.violation {
            Some(violation) => write!(f, ": {violation}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self {
            Self::ReadParked(_) => "sees whether the consumer sleeps",
            Self::ClearParked(_) => "notes that the consumer sleeps no more",
            Self::TakeBell(_) => "wakes the consumer by the bell",
            Self::StoreCommitted(_) => "publishes the committed total",
            Self::ReadWaiting(_) => "sees whether the producer waits for that total",
            Self::ClearWaiting(_) => "notes that the producer waits no more",
            Self::TakeCredit(_) => "wakes the producer",
            Self::Notify(_) => "wakes the consumer that waits for a producer",
            Self::Push(..) => "puts into the ring",
            Self::Tell(_) => "tells the meter what is written",
            Self::RegisterCredit(_) => "leaves its waker",
            Self::Look(_) => "reads the wishes",
            Self::StoreWait(_, total) => {
                return write!(f, "asks to be woken when {} are committed", total.items);
            }
            Self::ReadCommitted(_) => "reads the committed total",
            Self::FlushAgain(_) => "reads whether something was given up",
            Self::Part(..) => "tells the slot that it goes",
            Self::Lose(..) => "tells the slot that it is lost",
            Self::SetEnding(_, ending) => return write!(f, "sets the end in band: {ending:?}"),
            Self::Sweep => "collects the rings that nobody reads",
            Self::DiscardRest(_) => "drops and counts what is in the ring",
            Self::SweepBack(_) => "puts back the rings that may still be written",
            Self::ConsumerGone => "takes the consumer away for good",
            Self::Stop(_) => "tells the producer to stop",
            Self::SetAborted(_) => "ends the registration from outside",
            Self::LeaveRegistrants => "lets go of its handle",
            Self::LastHandle => "sees that it was the last handle",
            Self::NextLane => "takes the oldest ring",
            Self::CatchUp(_) => "notes that nothing is before this registration",
            Self::ReadAborted(_) => "sees whether the stream was ended from outside",
            Self::ReadEnding(_) => "sees whether the producer has ended",
            Self::ReadRing(..) => "sees whether there is an item",
            Self::Glimpse(_) => "sees whether there is an item, too early",
            Self::RegisterBell(_) => "leaves its waker at the bell",
            Self::SetParked(_) => "says that it sleeps",
            Self::LookRing(_) => "looks again for an item",
            Self::LookAborted(_) => "looks again for an end from outside",
            Self::LookEnding(_) => "looks again for an end",
            Self::Unpark(_) => "says that it does not sleep after all",
            Self::Lend(_) => "is lent the next item",
            Self::StateEnd => "notes in the slot how the stream ended",
            Self::Drained(_) => "tells the slot that all is committed",
            Self::IfOpen(_) => "sees whether the producer may still write",
            Self::Limbo(_) => "leaves the ring to the sweep",
            Self::GiveBack(_) => "gives the inlet back",
            Self::Take => "takes the inlet",
            Self::Hold => "takes a hold or lets go",
            Self::Act => "acts",
            Self::Ask(_) => "asks for one more",
            local => return write!(f, "decides: {local:?}"),
        };
        f.write_str(what)?;
        match self.link() {
            Some(at) => write!(f, " (registration {})", at + 1),
            None => Ok(()),
        }
    }
}

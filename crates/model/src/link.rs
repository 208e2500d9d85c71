//! The words that both ends of a registration share: `Shared` of the link, with the ring and the
//! consumer's half, and what a witness remembers of each item.

use std::collections::VecDeque;

use aqueduct_flow::{Amount, Epoch, Limits, inlet::Inlet, outlet::Control};

use crate::Params;

/// The words that both ends of a registration share, and the consumer's half of it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Link {
    /// Its number in the slot.
    pub epoch: Epoch,
    /// The numbers of the items in the ring.
    pub ring: VecDeque<u64>,
    /// The consumer sleeps.
    pub parked: bool,
    /// The life of the consumer that the bell wakes.
    pub bell: Option<u8>,
    /// The committed total as it was published last.
    pub committed: Amount,
    /// The producer sleeps until the total below.
    pub waiting: bool,
    /// The total at which the producer is to be woken.
    pub wake_at: Amount,
    /// The producer can be woken.
    pub credit: bool,
    /// What the consumer's side wants.
    pub wish: Control,
    /// How the writing ended, in band.
    pub ending: Option<Ending>,
    /// The stream was ended from outside.
    pub aborted: bool,
    /// How often the producer was told to stop.
    pub stops: u8,
    /// The written total as the producer told it last.
    pub told: Amount,
    /// Something was given up.
    pub discarded: bool,
    /// The consumer's half.
    pub lane: Inlet,
    /// Signals in the producer's mail, where they are sent as messages.
    pub mail: VecDeque<bool>,
    /// Witness: what became of each item that was accepted.
    pub fates: Vec<Fate>,
    /// Witness: items below this number were in the hands of a consumer that died.
    pub marked: u64,
    /// Witness: its producer has the slot's one place.
    pub place: bool,
}

/// What became of an item.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fate {
    /// The link holds it.
    Held,
    /// The consumer has handled it.
    Handled,
    /// It was given up.
    Discarded,
}

/// How the writing of one registration ended; `LaneEnd` of the link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Ending {
    /// The producer left; another may come.
    Left,
    /// All is written.
    Finished,
    /// The producer gave up or died.
    Lost {
        /// What is not delivered is not wanted.
        discard: bool,
        /// No other producer will come.
        last: bool,
    },
}

impl Link {
    pub(crate) fn new(
        params: &Params,
        limits: &Limits,
        epoch: Epoch,
        asked: u64,
        behind: Amount,
    ) -> Self {
        let lane = match params.quantum {
            Some(items) => Inlet::with_quantum(Amount::new(items, u64::MAX)),
            None => Inlet::new(limits),
        };
        Self {
            epoch,
            ring: VecDeque::new(),
            parked: false,
            bell: None,
            committed: Amount::ZERO,
            waiting: false,
            wake_at: Amount::ZERO,
            credit: false,
            wish: Control { asked, behind, ..Control::FREE },
            ending: None,
            aborted: false,
            stops: 0,
            told: Amount::ZERO,
            discarded: false,
            lane,
            mail: VecDeque::new(),
            fates: Vec::new(),
            marked: 0,
            place: false,
        }
    }

    /// Returns whether there is something to act on: `end_to_tell` of the link.
    pub(crate) fn end_to_tell(&self) -> Option<Ending> {
        if self.aborted { Some(Ending::Lost { discard: true, last: true }) } else { self.ending }
    }

    /// How many items had this fate.
    pub(crate) fn count(&self, fate: Fate) -> u64 {
        self.fates.iter().map(|one| u64::from(*one == fate)).sum()
    }

    /// What was written and is not committed, as far as either end has told.
    pub(crate) fn undelivered(&self) -> Amount {
        self.told.saturating_sub(self.committed)
    }
}

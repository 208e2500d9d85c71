//! Mistakes that can be planted in the shells, to show that the model would find them.

use crate::{Params, presets};

/// A mistake in the shells around the machines of `aqueduct_flow`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mistake {
    /// A producer looks at the committed total, then says that it waits, and sleeps.
    NoSecondLookForRoom,
    /// The consumer says that it sleeps, and does not look again.
    NoSecondLookAtRing,
    /// Who was refused waits for Resume, and asks for no wake-up.
    NoWakeForRoom,
    /// The consumer publishes, and does not compare with what the producer waits for.
    NoLowMarkTest,
    /// Who lets go of the flow wakes nobody.
    NoWakeForRelease,
    /// The consumer comes to a registration, and its producer is not woken.
    NoWakeBehind,
    /// Each crossing of a mark is told in a message of its own.
    SignalPerCrossing,
    /// The slot obeys whoever was registered once.
    StaleEpochObeyed,
    /// A producer that was unregistered by the consumer finishes, and its consumer believes it.
    FinishOfTheRevoked,
    /// An item is committed when it is lent.
    CommitBeforeHandled,
    /// An item that is put back gives its credit back, and again when it is committed.
    CreditTwice,
    /// Credit of what is given up goes back before the producer is stopped.
    CreditBeforeStop,
    /// A producer is stopped once by each who has a reason.
    StopToldTwice,
    /// A producer tells the end, then publishes what it had staged.
    EndBeforeItems,
    /// The consumer looks for items first, and then for the end.
    RingBeforeEnd,
    /// Who lets go of the flow lets go for all.
    ReleaseForAll,
    /// A total that was read before the wishes is taken in after a newer one.
    TotalBeforeLook,
    /// A producer that has heard of its stop does not sweep.
    NoSweep,
    /// The ring of an aborted stream is dropped without a look at what came after the discard.
    RingDroppedUnseen,
    /// The next registration does not count what a producer may still write that was unregistered
    /// and has not heard of it.
    RevokedUncounted,
}

impl Mistake {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::NoSecondLookForRoom,
        Self::NoSecondLookAtRing,
        Self::NoWakeForRoom,
        Self::NoLowMarkTest,
        Self::NoWakeForRelease,
        Self::NoWakeBehind,
        Self::SignalPerCrossing,
        Self::StaleEpochObeyed,
        Self::FinishOfTheRevoked,
        Self::CommitBeforeHandled,
        Self::CreditTwice,
        Self::CreditBeforeStop,
        Self::StopToldTwice,
        Self::EndBeforeItems,
        Self::RingBeforeEnd,
        Self::ReleaseForAll,
        Self::TotalBeforeLook,
        Self::NoSweep,
        Self::RingDroppedUnseen,
        Self::RevokedUncounted,
    ];
}

impl Mistake {
    /// The mistake of this name, as the program takes it.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == name)
    }

    /// Its name, as the program takes it.
    #[must_use]
    pub fn name(self) -> String {
        let mut name = String::new();
        for letter in format!("{self:?}").chars() {
            if letter.is_uppercase() && !name.is_empty() {
                name.push('-');
            }
            name.extend(letter.to_lowercase());
        }
        name
    }

    /// The preset that shows it, without it, and with what it needs changed.
    #[must_use]
    pub const fn shown_by(self) -> (&'static str, Params) {
        match self {
            Self::NoSecondLookForRoom
            | Self::NoSecondLookAtRing
            | Self::NoLowMarkTest
            | Self::RingBeforeEnd => ("one", presets::ONE),
            Self::NoWakeForRoom => ("refused", presets::REFUSED),
            Self::EndBeforeItems | Self::SignalPerCrossing => ("staged", presets::STAGED),
            Self::NoWakeForRelease => ("held", presets::HELD),
            Self::TotalBeforeLook => ("holds", presets::WIDE),
            Self::ReleaseForAll => ("two holds", presets::TWO_HOLDS),
            Self::NoWakeBehind => ("next", presets::NEXT),
            Self::StaleEpochObeyed | Self::FinishOfTheRevoked | Self::RevokedUncounted => {
                ("revoked", presets::REVOKED)
            }
            Self::CommitBeforeHandled | Self::CreditTwice => ("reborn", presets::REBORN),
            Self::CreditBeforeStop | Self::StopToldTwice => ("retired", presets::RETIRED),
            Self::RingDroppedUnseen => ("aborted", presets::ABORTED),
            Self::NoSweep => ("stopped", presets::STOPPED),
        }
    }
}

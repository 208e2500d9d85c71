//! Sizes that are explored, each for one part of the protocol.

use aqueduct_flow::slot::AfterLoss;

use crate::{Deed, Params, Parting, Style};

/// A model of a certain size, with a name.
#[derive(Clone, Copy, Debug)]
pub struct Preset {
    /// Its name, as the program takes it.
    pub name: &'static str,
    /// What it is for.
    pub about: &'static str,
    /// Whether it is left out of the short form.
    pub long: bool,
    /// Its size.
    pub params: Params,
}

const fn short(name: &'static str, about: &'static str, params: Params) -> Preset {
    Preset { name, about, long: false, params }
}

const fn long(name: &'static str, about: &'static str, params: Params) -> Preset {
    Preset { name, about, long: true, params }
}

/// The smallest marks and capacity: each item pauses its producer.
const TIGHT: Params = Params { items: [0, 0, 1], writes: 1, ..Params::SMALL };

pub(crate) const ONE: Params = Params { writes: 3, ..Params::SMALL };

pub(crate) const STAGED: Params =
    Params { style: Style::Careless, staging: true, items: [0, 2, 2], ..ONE };

/// The high mark is the capacity, so that a write is refused before anything pauses.
pub(crate) const REFUSED: Params =
    Params { style: Style::Careless, items: [0, 1, 1], ..Params::SMALL };

const WEIGHED: Params = Params {
    items: [3, 3, 3],
    bytes: Some([1, 2, 3]),
    weights: &[1, 2],
    style: Style::Careless,
    ..ONE
};

const COARSE: Params =
    Params { items: [0, 2, 3], quantum: Some(2), writes: 4, style: Style::Careless, ..ONE };

pub(crate) const HELD: Params = Params { outsiders: &[Deed::HoldConsumer], ..TIGHT };

pub(crate) const TWO_HOLDS: Params =
    Params { outsiders: &[Deed::HoldConsumer, Deed::HoldConsumer], ..TIGHT };

/// Room between the marks, so that a hold may be the first reason to pause.
pub(crate) const WIDE: Params = Params { outsiders: &[Deed::HoldConsumer], ..Params::SMALL };

const ASKED: Params = Params { style: Style::Asked, ..Params::SMALL };

pub(crate) const REBORN: Params =
    Params { keep: true, deaths: 1, put_backs: 1, batch: 1, ..Params::SMALL };

pub(crate) const NEXT: Params = Params { newcomers: 2, partings: &[Parting::Unregister], ..TIGHT };

pub(crate) const REVOKED: Params =
    Params { newcomers: 2, outsiders: &[Deed::Revoke], partings: &[Parting::Finish], ..TIGHT };

pub(crate) const ABORTED: Params = Params { outsiders: &[Deed::Abort], ..TIGHT };

pub(crate) const RETIRED: Params = Params { outsiders: &[Deed::Retire], stops: 1, ..TIGHT };

pub(crate) const STOPPED: Params = Params { stops: 1, ..TIGHT };

/// What may go wrong on both sides at once.
const MISCHIEF: Params =
    Params { keep: true, deaths: 1, losses: 1, aborts: 1, stops: 1, ..Params::SMALL };

/// All presets, the short ones first.
pub const PRESETS: &[Preset] = &[
    short("one", "one producer that heeds its pauses", ONE),
    short("staged", "a producer that stages, and writes until it is refused", STAGED),
    short("refused", "a link that is full at its high mark", REFUSED),
    short("weighed", "items of different weights", WEIGHED),
    short("coarse", "credit that is published for two items at once", COARSE),
    short("held", "a hold of somebody else", HELD),
    short("pulled", "a pull producer", Params { style: Style::Pull, ..ONE }),
    short("asked", "a pull producer with manual demand", ASKED),
    short("reborn", "a consumer that dies, and puts back", REBORN),
    short("lost", "a producer that dies or aborts", Params { losses: 1, aborts: 1, ..ONE }),
    short("next", "two producers", NEXT),
    short("aborted", "an end from outside", ABORTED),
    short("retired", "a consumer that stops, and is retired", RETIRED),
    short("stopped", "a consumer that wants no more", STOPPED),
    short(
        "closed",
        "a slot that is closed from outside",
        Params { outsiders: &[Deed::Close], partings: &[Parting::Unregister], ..TIGHT },
    ),
    long("many", "one producer with many items", Params { writes: 12, items: [1, 3, 4], ..ONE }),
    long(
        "holds",
        "holds on both sides",
        Params { outsiders: &[Deed::HoldConsumer, Deed::HoldProducer], ..TIGHT },
    ),
    long("wide", "a hold between the marks", WIDE),
    long(
        "lives",
        "a consumer with four lives",
        Params { deaths: 3, put_backs: 2, batch: 2, ..REBORN },
    ),
    long("mischief", "deaths, stops, losses and aborts on both sides", MISCHIEF),
    long(
        "ends",
        "ends from the producer, the consumer and from outside",
        Params { outsiders: &[Deed::Abort], losses: 1, aborts: 1, stops: 1, ..TIGHT },
    ),
    long(
        "kept",
        "a consumer that dies, stops, and is retired",
        Params { keep: true, deaths: 1, ..RETIRED },
    ),
    long(
        "reopened",
        "two producers, of whom one may die",
        Params {
            losses: 1,
            after_loss: AfterLoss::Reopen,
            partings: &[Parting::Unregister, Parting::Finish],
            ..NEXT
        },
    ),
    long(
        "succession",
        "two producers with room for both",
        Params { items: [0, 1, 2], writes: 2, ..NEXT },
    ),
    long(
        "three",
        "three producers, of whom one is served",
        Params { newcomers: 3, partings: &[Parting::Finish], ..NEXT },
    ),
    long(
        "inherited",
        "two producers, and a consumer that dies between them",
        Params { keep: true, deaths: 1, ..NEXT },
    ),
    long("revoked", "two producers, of whom one is unregistered by the consumer", REVOKED),
    long(
        "closing",
        "two producers at a slot that closes",
        Params { outsiders: &[Deed::Close], ..NEXT },
    ),
    long("turns", "two producers with manual demand", Params { style: Style::Asked, ..NEXT }),
];

/// The preset of this name.
#[must_use]
pub fn preset(name: &str) -> Option<&'static Preset> {
    PRESETS.iter().find(|preset| preset.name == name)
}

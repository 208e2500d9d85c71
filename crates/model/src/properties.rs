//! What must hold at every moment, rule by rule, and what must happen at some moment so that the
//! rest says something.

use aqueduct_flow::{Amount, outlet, slot::Phase};
use stateright::{Model, Property};

use crate::{
    ConsumerAt, Fate, Link, OutsiderAt, Params, ProducerAt, SlotModel, State, Style, Terminal,
};

/// What a witness can see broken in a single step; the other rules are read off the state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// A link never holds more than its capacity.
    F1,
    /// Nothing is lost in silence.
    F2,
    /// Resume balances Pause.
    F3,
    /// A refused registration changes nothing.
    F4,
    /// One terminal signal each way.
    F5,
    /// Finish closes only when all is committed.
    F6,
    /// Nothing of an older epoch has an effect.
    F8,
    /// A machine was asked for what it forbids.
    Core,
}

/// Signals that may wait for one producer: one wake-up.
const SIGNALS: usize = 1;

type Check = fn(&SlotModel, &State) -> bool;

const ALWAYS: [(&str, Check); 13] = [
    ("F1 a slot holds no more than its capacity", f1),
    ("F2 nothing is lost in silence", f2),
    ("F2 no ring with items is forgotten", f2_ring),
    ("F3 Pause and Resume alternate, and holds are felt", f3),
    ("F4 one registration at a time", f4),
    ("F5 one end each way", f5),
    ("F6 the end comes behind the last commit", f6),
    ("F7 in no quiet state a producer sleeps that may write", f7_producer),
    ("F7 in no quiet state the consumer sleeps over news", f7_consumer),
    ("F8 an older registration changes nothing", f8),
    ("F9 an end is known at the other side, once", f9),
    ("F10 signals do not queue", f10),
    ("no machine is asked for what it forbids", core),
];

pub(crate) fn all(params: &Params) -> Vec<Property<SlotModel>> {
    let mut all: Vec<_> =
        ALWAYS.iter().map(|(name, check)| Property::always(name, *check)).collect();
    all.push(Property::<SlotModel>::sometimes("a clean end is reached", |_, state: &State| {
        is_clean_end(state)
    }));
    if params.deaths > 0 && params.keep {
        all.push(Property::<SlotModel>::sometimes(
            "a consumer dies with an item in hand",
            |_, state: &State| state.links.iter().any(|link| link.marked > 0),
        ));
    }
    if params.newcomers > 1 && params.items[2] > 1 {
        all.push(Property::<SlotModel>::sometimes(
            "two registrations wait for the consumer",
            |_, state: &State| state.links.iter().filter(|link| !link.ring.is_empty()).count() > 1,
        ));
    }
    all
}

fn unbroken(state: &State, rule: Rule) -> bool {
    state.fault.is_none_or(|fault| fault.rule != rule)
}

fn held(state: &State, at: usize) -> Amount {
    state.producers[at].core.written().saturating_sub(state.links[at].lane.committed())
}

fn f1(model: &SlotModel, state: &State) -> bool {
    let limits = &model.limits;
    let sum = (0..state.links.len())
        .fold(Amount::ZERO, |sum, at| sum.checked_add(held(state, at)).unwrap_or(Amount::MAX));
    let each = (0..state.links.len()).all(|at| held(state, at).fits(limits.capacity()));
    unbroken(state, Rule::F1) && each && sum.fits(limits.capacity())
}

fn f2(_: &SlotModel, state: &State) -> bool {
    unbroken(state, Rule::F2)
        && state.links.iter().enumerate().all(|(at, link)| is_accounted(state, at, link))
}

/// written = handled + held + discarded, seen by a witness who knows the fate of each item.
fn is_accounted(state: &State, at: usize, link: &Link) -> bool {
    let written = state.producers[at].core.written().items;
    let (committed, discarded) = (link.lane.committed().items, link.lane.discarded().items);
    // An item that is committed while a living consumer works on it may still be handled.
    let in_hand = state.consumer.hand.is_some_and(|(of, item)| of == at && item < committed);
    let handled = link.count(Fate::Handled) + u64::from(in_hand);
    let may_discard =
        state.hub.gone || link.aborted || state.producers[at].terminal == Some(Terminal::Aborted);
    written == link.fates.len() as u64
        && committed == handled + discarded
        && discarded == link.count(Fate::Discarded)
        && (discarded == 0 || may_discard)
        && link.fates.is_sorted_by_key(|fate| match fate {
            Fate::Handled => 0,
            Fate::Discarded => 1,
            Fate::Held => 2,
        })
        && link.ring.front().is_none_or(|first| *first == committed)
}

/// Whoever will read a ring, or count it, has it; and a ring that nobody reads is not kept for a
/// producer that has ended.
fn f2_ring(model: &SlotModel, state: &State) -> bool {
    let hub = &state.hub;
    let forgotten = state.links.iter().enumerate().any(|(at, link)| {
        let known = hub.lanes.contains(&at) || state.consumer.lane == Some(at);
        let kept = hub.limbo.contains(&at) && link.ending.is_none();
        !link.ring.is_empty() && !known && !kept
    });
    !forgotten || !is_quiet(model, state)
}

fn f3(_: &SlotModel, state: &State) -> bool {
    let holders = state.outsiders.iter().filter(|one| matches!(one.stage, OutsiderAt::Holds(_)));
    let held = state.table.consumer.names().count() + state.table.producer.names().count();
    let felt = state.table.current.is_none_or(|at| {
        let wish = &state.links[at].wish;
        wish.peer == state.table.consumer.is_held() && wish.user == state.table.producer.is_held()
    });
    let told = state.producers.iter().all(|producer| {
        producer.core.phase() != outlet::Phase::Open
            || producer.todo.iter().any(|op| matches!(op, crate::Op::CarryOut(..)))
            || producer.paused != producer.core.reasons().is_empty()
    });
    unbroken(state, Rule::F3) && holders.count() == held && felt && told
}

fn f4(_: &SlotModel, state: &State) -> bool {
    let registered = state.links.iter().filter(|link| link.place).count();
    let expected = matches!(state.hub.slot.phase(), Phase::Open | Phase::Finishing);
    unbroken(state, Rule::F4) && registered == usize::from(expected)
}

fn f5(_: &SlotModel, state: &State) -> bool {
    unbroken(state, Rule::F5)
}

fn f6(_: &SlotModel, state: &State) -> bool {
    unbroken(state, Rule::F6)
}

fn f8(_: &SlotModel, state: &State) -> bool {
    unbroken(state, Rule::F8)
}

fn f9(model: &SlotModel, state: &State) -> bool {
    let once = state.links.iter().all(|link| link.stops <= 1);
    let works = state.producers.iter().any(|one| one.stage != ProducerAt::Over);
    let waits = !matches!(state.consumer.stage, ConsumerAt::Gone | ConsumerAt::Dead);
    let unheard = state.hub.gone && works || state.hub.slot.phase() == Phase::Closed && waits;
    once && !(unheard && is_quiet(model, state))
}

fn f10(_: &SlotModel, state: &State) -> bool {
    state
        .links
        .iter()
        .zip(&state.producers)
        .all(|(link, producer)| link.mail.len() + usize::from(producer.notified) <= SIGNALS)
}

fn core(_: &SlotModel, state: &State) -> bool {
    unbroken(state, Rule::Core)
}

/// Returns whether nobody can take a step but the environment.
fn is_quiet(model: &SlotModel, state: &State) -> bool {
    if state.fault.is_some() {
        // Nobody goes on from here, and that is no quiet.
        return false;
    }
    let mut actions = Vec::new();
    model.actions(state, &mut actions);
    actions.iter().all(|action| action.is_environment())
}

fn f7_producer(model: &SlotModel, state: &State) -> bool {
    let asleep = (0..state.producers.len()).filter(|at| sleeps(state, *at));
    let mut may_go = asleep.filter(|at| may_go_on(model, state, *at));
    may_go.next().is_none() || !is_quiet(model, state)
}

fn sleeps(state: &State, at: usize) -> bool {
    let producer = &state.producers[at];
    let asleep = matches!(producer.stage, ProducerAt::Asleep | ProducerAt::AsleepInFlush);
    asleep && !producer.notified && producer.todo.is_empty()
}

/// Returns whether in truth nothing keeps this producer from going on.
fn may_go_on(model: &SlotModel, state: &State, at: usize) -> bool {
    let (producer, link) = (&state.producers[at], &state.links[at]);
    let held = held(state, at);
    if link.wish.stop {
        return true;
    }
    if producer.stage == ProducerAt::AsleepInFlush {
        return held.is_zero();
    }
    // What it waits for, by what its half of the link says: the total, seen as it really is.
    // Earlier registrations are before it, and count as its own.
    let load = held.checked_add(link.wish.behind).unwrap_or(Amount::MAX);
    let first = link.wish.behind.is_zero() || load.fits(model.limits.low());
    let down = first && producer.core.release_total().fits(link.lane.committed());
    let asked =
        model.params.style != Style::Asked || link.wish.asked > producer.core.written().items;
    down && !link.wish.peer && !link.wish.user && asked
}

fn f7_consumer(model: &SlotModel, state: &State) -> bool {
    let consumer = &state.consumer;
    if consumer.stage != ConsumerAt::Asleep || consumer.notified || !consumer.todo.is_empty() {
        return true;
    }
    let hub = &state.hub;
    let news = match consumer.lane {
        Some(at) => {
            let link = &state.links[at];
            !link.ring.is_empty() || link.end_to_tell().is_some()
        }
        None => {
            let nobody = hub.slot.phase() == Phase::Idle && hub.registrants == 0;
            !hub.lanes.is_empty() || hub.slot.phase() == Phase::Closed || nobody
        }
    };
    !news || !is_quiet(model, state)
}

/// Returns whether all is over, and every item has its fate.
#[must_use]
pub fn is_clean_end(state: &State) -> bool {
    let consumer_over = state.consumer.stage == ConsumerAt::Gone;
    state.threads().all(|who| state.todo(who).is_empty())
        && consumer_over
        && state.hub.slot.phase() == Phase::Closed
        && state.hub.lanes.is_empty()
        && state.hub.limbo.is_empty()
        && state.producers.iter().all(|producer| producer.stage == ProducerAt::Over)
        && state.links.iter().all(|link| !link.fates.contains(&Fate::Held))
        && state.fault.is_none()
}

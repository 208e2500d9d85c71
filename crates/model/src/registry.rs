//! That registration is linearizable: several producers race for one slot, and what each was
//! answered is compared with every order that the calls could have had.
//!
//! In the other models a registration is one step, since `Hub::register` of the link is one locked
//! section. Here a call has a beginning, the locked section, and an end, and any other call may come
//! between them.

use aqueduct_flow::{
    Effects, Epoch,
    slot::{AfterLoss, Effect, Input, Phase, Slot},
};
use stateright::{
    Model, Property,
    semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec},
};

/// Several producers that race for one slot.
#[derive(Clone, Copy, Debug)]
pub struct Registry {
    /// How many race.
    pub racers: usize,
    /// How often each tries to register.
    pub tries: u8,
    /// Whether a slot looks whether it is free under one lock, and registers under another: a
    /// mistake.
    pub looks_first: bool,
}

/// What a racer calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Call {
    /// It wants to register.
    Register(usize),
    /// It gives its place back.
    Unregister(usize),
}

/// What it is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// It is registered.
    Registered,
    /// This one is in the way.
    Refused(usize),
    /// It has left.
    Left,
}

/// The place as everybody thinks of it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Place(Option<usize>);

impl SequentialSpec for Place {
    type Op = Call;
    type Ret = Answer;

    fn invoke(&mut self, call: &Call) -> Answer {
        match (*call, self.0) {
            (Call::Register(_), Some(incumbent)) => Answer::Refused(incumbent),
            (Call::Register(racer), None) => {
                self.0 = Some(racer);
                Answer::Registered
            }
            (Call::Unregister(racer), owner) => {
                self.0 = owner.filter(|owner| *owner != racer);
                Answer::Left
            }
        }
    }
}

/// Where a racer stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RacerAt {
    /// It has no place.
    Out,
    /// It has called, and has not been served.
    Called,
    /// It has seen that the slot is free: a mistake.
    Looked,
    /// It has been served.
    Served(Answer, Epoch),
    /// It has a place, of this number.
    In(Epoch),
    /// It has called to leave.
    Leaving(Epoch),
    /// It has left, and has not returned.
    Gone,
}

/// One moment of a race.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Race {
    slot: Slot,
    /// Who is registered, by the name that the slot keeps.
    incumbent: Option<usize>,
    racers: Vec<(RacerAt, u8)>,
    history: LinearizabilityTester<usize, Place>,
}

impl Race {
    /// The locked section of this racer's call.
    fn serve(&mut self, racer: usize, looks_first: bool) {
        self.racers[racer].0 = match self.racers[racer].0 {
            RacerAt::Called if looks_first && self.slot.phase() == Phase::Idle => RacerAt::Looked,
            RacerAt::Called => self.register(racer, false),
            RacerAt::Looked => self.register(racer, true),
            RacerAt::Leaving(epoch) => {
                // What the slot asks for is between the producer and its ring.
                let _ = self.slot.on(Input::Unregister(epoch));
                RacerAt::Gone
            }
            other => other,
        };
    }

    fn register(&mut self, racer: usize, was_free: bool) -> RacerAt {
        let effects = self.slot.on(Input::Register).unwrap_or(Effects::none());
        let answer = match self.incumbent {
            Some(incumbent) if effects.contains(Effect::Refuse) && !was_free => {
                Answer::Refused(incumbent)
            }
            _ => {
                self.incumbent = Some(racer);
                Answer::Registered
            }
        };
        RacerAt::Served(answer, self.slot.epoch())
    }

    /// A call begins or returns, which its caller sees, and the history with it.
    fn turn(&mut self, racer: usize, tries: u8) {
        let (stage, tried) = self.racers[racer];
        let called = |call| (Some(call), None);
        let (next, (call, answer)) = match stage {
            RacerAt::Out if tried < tries => (RacerAt::Called, called(Call::Register(racer))),
            RacerAt::Served(answer @ Answer::Registered, epoch) => {
                (RacerAt::In(epoch), (None, Some(answer)))
            }
            RacerAt::Served(answer, _) => (RacerAt::Out, (None, Some(answer))),
            RacerAt::In(epoch) => (RacerAt::Leaving(epoch), called(Call::Unregister(racer))),
            RacerAt::Gone => (RacerAt::Out, (None, Some(Answer::Left))),
            other => (other, (None, None)),
        };
        let tried = tried + u8::from(next == RacerAt::Called);
        self.racers[racer] = (next, tried);
        // A history that is out of order would be told by the tester itself.
        if let Some(call) = call {
            let _ = self.history.on_invoke(racer, call);
        }
        if let Some(answer) = answer {
            let _ = self.history.on_return(racer, answer);
        }
    }
}

impl Model for Registry {
    type State = Race;
    type Action = usize;

    fn init_states(&self) -> Vec<Race> {
        vec![Race {
            slot: Slot::new(AfterLoss::Close),
            incumbent: None,
            racers: vec![(RacerAt::Out, 0); self.racers],
            history: LinearizabilityTester::new(Place::default()),
        }]
    }

    fn actions(&self, _: &Race, actions: &mut Vec<usize>) {
        actions.extend(0..self.racers);
    }

    fn next_state(&self, last: &Race, racer: usize) -> Option<Race> {
        let mut race = last.clone();
        match race.racers[racer].0 {
            RacerAt::Called | RacerAt::Looked | RacerAt::Leaving(_) => {
                race.serve(racer, self.looks_first);
            }
            _ => race.turn(racer, self.tries),
        }
        (race != *last).then_some(race)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("F4 registration is linearizable", |_, race: &Race| {
                race.history.serialized_history().is_some()
            }),
            Property::sometimes("somebody is refused", |_, race: &Race| {
                race.racers
                    .iter()
                    .any(|racer| matches!(racer.0, RacerAt::Served(Answer::Refused(_), _)))
            }),
        ]
    }
}

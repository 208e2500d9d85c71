//! Every order in which two pipelines of a consumer and a producer can be made, killed twice each,
//! halted and made anew: the policy is the one that runs, and what lies between it and a child's
//! task is written anew, one access to the child's line at a time.

#![allow(
    clippy::print_stdout,
    clippy::expect_used,
    reason = "a test fails by panicking, and prints what it explored"
)]

use std::time::Duration;

use aqueduct_supervise::{
    Restart, Strategy,
    policy::{Family, Input, Order},
};
use stateright::{Checker, HasDiscoveries, Model, Property};

/// Consumer, producer, consumer, producer, in the order in which they start.
const CHILDREN: usize = 4;

/// What a child's task does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Phase {
    /// Its value is being made, or waits for it.
    Making,
    Living,
    /// Its life is over, and that was told; it waits to hear what is next.
    Judged,
    Gone,
}

/// The newest order on a child's line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Word {
    Live,
    Halt,
    Revive,
    GiveUp,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Child {
    phase: Phase,
    line: Word,
    kills: u8,
    /// Its own failures.
    failures: u8,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct State {
    family: Family,
    children: [Child; CHILDREN],
    escalations: u8,
    /// The first promise that was broken.
    broken: Option<&'static str>,
}

/// What is planted, to show that it would be found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Mistake {
    /// Who halts does not say so.
    SilentHalt,
    /// A failure is told as a halt, and so not counted.
    FailureAsHalt,
    /// Whoever waits is revived with the first.
    AllAtOnce,
    /// An order is not seen by a child whose value is not made yet, and the next one takes its place.
    DeafWhileMaking,
    /// An order that is carried out stays on the line.
    OrderStays,
    /// A value that is made is not told.
    SilentBirth,
    /// Who waits to hear what is next takes no notice of being halted. It was ours.
    NoAnswer,
}

#[derive(Clone, Copy, Debug)]
struct Supervision {
    restart: Restart,
    kills: u8,
    mistake: Option<Mistake>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Step {
    /// Its value is made.
    Begin(usize),
    /// It dies, by its own doing.
    Die(usize),
    /// It hears that it is to halt, or to end.
    Halt(usize),
    /// It hears what comes after its life.
    Hear(usize),
    /// It was to live again, had not heard of it, and is to halt: it says that it does not live.
    Answer(usize),
    /// It ends well, as one of its streams does.
    End(usize),
}

impl Supervision {
    fn is(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// Tells the family, and puts its orders on the lines.
    fn tell(&self, state: &mut State, who: usize, input: Input) {
        for (who, order) in state.family.on(who, input) {
            let word = match order {
                Order::Halt => Word::Halt,
                Order::Revive(_) => Word::Revive,
                Order::GiveUp => Word::GiveUp,
                Order::Escalate => {
                    state.escalations += 1;
                    continue;
                }
            };
            state.children[who].line = word;
            if word == Word::Revive && self.is(Mistake::AllAtOnce) {
                for child in &mut state.children {
                    if child.phase == Phase::Judged && child.line == Word::Live {
                        child.line = Word::Revive;
                    }
                }
            }
        }
    }

    /// Returns whether those who started later are taken along by this one.
    fn takes_later_ones(&self) -> bool {
        self.restart.whom() != Strategy::OneForOne
    }

    fn begin(&self, state: &mut State, who: usize) {
        state.children[who].phase = Phase::Living;
        if !self.is(Mistake::SilentBirth) {
            self.tell(state, who, Input::Began);
        }
    }

    fn die(&self, state: &mut State, who: usize) {
        let child = &mut state.children[who];
        child.phase = Phase::Judged;
        child.kills -= 1;
        let input = if self.is(Mistake::FailureAsHalt) {
            Input::Halted
        } else {
            child.failures += 1;
            Input::Failed { lived: Duration::ZERO, dice: 0 }
        };
        self.tell(state, who, input);
    }

    fn halt(&self, state: &mut State, who: usize) {
        let child = &mut state.children[who];
        child.phase = Phase::Judged;
        if !self.takes_later_ones() && child.line == Word::Halt {
            state.broken = Some("one for one halts nobody");
        }
        let later_lives = state.children[who + 1..]
            .iter()
            .any(|child| matches!(child.phase, Phase::Making | Phase::Living));
        if later_lives && state.children[who].line == Word::Halt {
            state.broken = Some("who is halted is the last that lives");
        }
        if !self.is(Mistake::SilentHalt) {
            self.tell(state, who, Input::Halted);
        }
    }

    fn hear(&self, state: &mut State, who: usize) {
        let child = &mut state.children[who];
        match child.line {
            Word::Revive => {
                child.phase = Phase::Making;
                if child.failures > self.restart.limit() as u8 {
                    state.broken = Some("who has failed too often does not live again");
                    return;
                }
                if !self.is(Mistake::OrderStays) {
                    child.line = Word::Live;
                }
                let others = state.children[who + 1..].iter();
                let lives = |child: &Child| matches!(child.phase, Phase::Making | Phase::Living);
                if self.takes_later_ones() && others.clone().any(lives) {
                    state.broken = Some("who is made anew is made before those who come later");
                }
            }
            Word::GiveUp => child.phase = Phase::Gone,
            Word::Live | Word::Halt => {}
        }
    }
}

impl Model for Supervision {
    type State = State;
    type Action = Step;

    fn init_states(&self) -> Vec<State> {
        let mut family = Family::default();
        let children = std::array::from_fn(|_| {
            family.join(self.restart);
            Child { phase: Phase::Making, line: Word::Live, kills: self.kills, failures: 0 }
        });
        vec![State { family, children, escalations: 0, broken: None }]
    }

    fn actions(&self, state: &State, steps: &mut Vec<Step>) {
        for (who, child) in state.children.iter().enumerate() {
            let deaf = self.is(Mistake::DeafWhileMaking) && child.phase == Phase::Making;
            let told = matches!(child.line, Word::Halt | Word::GiveUp) && !deaf;
            match child.phase {
                Phase::Making | Phase::Living => {
                    if told {
                        steps.push(Step::Halt(who));
                    }
                    if child.phase == Phase::Making {
                        steps.push(Step::Begin(who));
                    }
                    if child.kills > 0 {
                        steps.push(Step::Die(who));
                    }
                    // One of them is enough to meet whatever others do.
                    if child.phase == Phase::Living && who == 1 {
                        steps.push(Step::End(who));
                    }
                }
                Phase::Judged if matches!(child.line, Word::Revive | Word::GiveUp) => {
                    steps.push(Step::Hear(who));
                }
                Phase::Judged if child.line == Word::Halt && !self.is(Mistake::NoAnswer) => {
                    steps.push(Step::Answer(who));
                }
                Phase::Judged | Phase::Gone => {}
            }
        }
    }

    fn next_state(&self, last: &State, step: Step) -> Option<State> {
        let mut state = last.clone();
        match step {
            Step::Begin(who) => {
                if self.is(Mistake::DeafWhileMaking) {
                    state.children[who].line = Word::Live;
                }
                self.begin(&mut state, who);
            }
            Step::Die(who) => self.die(&mut state, who),
            Step::Halt(who) => self.halt(&mut state, who),
            Step::Hear(who) => self.hear(&mut state, who),
            Step::Answer(who) => {
                state.children[who].line = Word::Live;
                if !self.is(Mistake::SilentHalt) {
                    self.tell(&mut state, who, Input::Halted);
                }
            }
            Step::End(who) => {
                state.children[who].phase = Phase::Gone;
                self.tell(&mut state, who, Input::Ended);
            }
        }
        Some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("every order is in order", |_, state: &State| state.broken.is_none()),
            Property::always(
                "who may live again is not given up",
                |model: &Self, state: &State| {
                    let most = model.restart.limit() as u8;
                    state.children.iter().enumerate().all(|(who, child)| {
                        child.phase != Phase::Gone || child.failures > most || who == 1
                    })
                },
            ),
            Property::always("a final failure goes up once", |model: &Self, state: &State| {
                let most = model.restart.limit() as u8;
                let final_ones =
                    state.children.iter().filter(|child| child.failures > most).count();
                state.escalations == u8::from(final_ones > 0)
            }),
            Property::always("nobody waits for ever", |model: &Self, state: &State| {
                let mut steps = Vec::new();
                model.actions(state, &mut steps);
                !steps.is_empty()
                    || state
                        .children
                        .iter()
                        .all(|child| matches!(child.phase, Phase::Living | Phase::Gone))
            }),
            Property::sometimes("all come back from all of their deaths", |_, state: &State| {
                state.children.iter().all(|child| child.kills == 0 && child.phase == Phase::Living)
            }),
        ]
    }
}

fn model(strategy: Strategy, kills: u8) -> Supervision {
    let restart = Restart::transient().back_off(Duration::ZERO).at_most(2).strategy(strategy);
    Supervision { restart, kills, mistake: None }
}

const STRATEGIES: [Strategy; 3] = [Strategy::OneForOne, Strategy::RestForOne, Strategy::OneForAll];

#[test]
fn no_order_of_deaths_breaks_a_promise() {
    // With one more kill than is allowed, for the end of it; there, fewer are enough.
    for (strategy, kills, at_most) in STRATEGIES
        .into_iter()
        .flat_map(|strategy| [(strategy, 2, 2), (strategy, 2, 1), (strategy, 1, 0)])
    {
        let restart = model(strategy, kills).restart.at_most(at_most);
        let model = Supervision { restart, kills, mistake: None };
        let checker = model.checker().threads(2).spawn_bfs().join();
        println!(
            "{strategy:?}, {kills} kills each, {at_most} allowed: {} states",
            checker.unique_state_count()
        );
        for (property, path) in checker.discoveries() {
            let is_wanted = property == "all come back from all of their deaths";
            assert!(is_wanted, "{strategy:?}, {property}: {path}");
        }
        if at_most >= u32::from(kills) {
            checker.assert_any_discovery("all come back from all of their deaths");
        }
    }
}

#[test]
fn what_is_planted_is_found() {
    let planted = [
        (Mistake::SilentHalt, Strategy::RestForOne, 1),
        (Mistake::FailureAsHalt, Strategy::OneForOne, 1),
        (Mistake::AllAtOnce, Strategy::OneForAll, 1),
        (Mistake::DeafWhileMaking, Strategy::RestForOne, 1),
        (Mistake::OrderStays, Strategy::RestForOne, 2),
        (Mistake::SilentBirth, Strategy::RestForOne, 1),
        (Mistake::NoAnswer, Strategy::RestForOne, 2),
    ];
    for (mistake, strategy, kills) in planted {
        let model = Supervision { mistake: Some(mistake), ..model(strategy, kills) };
        let wanted = "all come back from all of their deaths";
        let found = model
            .checker()
            .finish_when(HasDiscoveries::AnyFailures)
            .spawn_bfs()
            .join()
            .discoveries()
            .into_iter()
            .find(|(property, _)| *property != wanted);
        let (property, path) = found.expect("the mistake breaks something");
        println!("{mistake:?} breaks \"{property}\" in {} steps", path.into_actions().len());
    }
}

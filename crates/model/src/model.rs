//! Which steps there are at each moment: the model as Stateright explores it.

use aqueduct_flow::{Limits, LimitsError, slot::Phase};
use stateright::{Model, Property};

use crate::{
    ConsumerAt, Deed, Op, OutsiderAt, Params, Parting, ProducerAt, State, Style, Who, properties,
    step::Step,
};

/// A model of a slot and of all who meet there.
#[derive(Clone, Copy, Debug)]
pub struct SlotModel {
    pub(crate) params: Params,
    pub(crate) limits: Limits,
}

/// A step that somebody may take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Action {
    /// A thread goes on with what it does: one access to shared words.
    Go(Who),
    /// A producer that has written all goes like this.
    Part(usize, Parting),
    /// The consumer asks for one item more.
    Ask,
    /// A newcomer registers.
    Register,
    /// A newcomer goes away without registering.
    Leave,
    /// Somebody outside lets go of the flow.
    LetGo(usize),
    /// The consumer's next life begins.
    Restart,
    /// The consumer puts back what it has in hand.
    PutBack,
    /// A producer dies without a word.
    Lose(usize),
    /// A producer gives the stream up.
    Abort(usize),
    /// The consumer dies.
    Die,
    /// The consumer wants no more.
    Stop,
    /// Somebody outside does its deed.
    Act(usize),
}

impl Action {
    /// Returns whether a stream that must come to a clean end cannot wait for this: a death, a
    /// hold, an end from outside.
    #[must_use]
    pub const fn is_mischief(self) -> bool {
        matches!(
            self,
            Self::Lose(_) | Self::Abort(_) | Self::Die | Self::Stop | Self::Act(_) | Self::PutBack
        )
    }

    /// Returns whether this is the environment's to do, and nobody can count on it.
    pub(crate) const fn is_environment(self) -> bool {
        let waited_for = matches!(
            self,
            Self::Register | Self::Leave | Self::LetGo(_) | Self::Ask | Self::Restart
        );
        self.is_mischief() || waited_for
    }
}

impl SlotModel {
    /// Returns a model of this size.
    ///
    /// # Errors
    /// If the marks contradict each other.
    pub fn new(params: Params) -> Result<Self, LimitsError> {
        Ok(Self { params, limits: params.limits()? })
    }

    fn threads(&self, state: &State, actions: &mut Vec<Action>) {
        for who in state.threads() {
            let goes_on = !state.todo(who).is_empty()
                || match who {
                    Who::Producer(at) => self.producer_goes_on(state, at),
                    Who::Consumer => match state.consumer.stage {
                        ConsumerAt::Asleep => state.consumer.notified,
                        ConsumerAt::Gone | ConsumerAt::Dead => false,
                        _ => true,
                    },
                    Who::Crowd | Who::Outsider(_) => false,
                };
            if goes_on {
                actions.push(Action::Go(who));
            }
        }
    }

    fn producer_goes_on(&self, state: &State, at: usize) -> bool {
        let producer = &state.producers[at];
        match producer.stage {
            ProducerAt::Ready | ProducerAt::Flush => true,
            ProducerAt::Write => producer.core.written().items < self.params.writes,
            ProducerAt::Asleep | ProducerAt::AsleepInFlush => producer.notified,
            ProducerAt::Over => false,
        }
    }

    fn producers(&self, state: &State, actions: &mut Vec<Action>) {
        for (at, producer) in state.producers.iter().enumerate() {
            if !producer.todo.is_empty() || producer.stage == ProducerAt::Over {
                continue;
            }
            let over = producer.core.written().items >= self.params.writes;
            if over && producer.stage == ProducerAt::Write {
                actions.extend(self.params.partings.iter().map(|one| Action::Part(at, *one)));
            }
            if state.left.losses > 0 {
                actions.push(Action::Lose(at));
            }
            if state.left.aborts > 0 {
                actions.push(Action::Abort(at));
            }
        }
    }

    fn consumer(state: &State, actions: &mut Vec<Action>) {
        if !state.consumer.todo.is_empty() {
            return;
        }
        let stage = state.consumer.stage;
        if stage == ConsumerAt::Dead {
            actions.push(Action::Restart);
        }
        let alive = !matches!(stage, ConsumerAt::Dead | ConsumerAt::Gone);
        if alive && stage != ConsumerAt::Poll && state.left.deaths > 0 {
            actions.push(Action::Die);
        }
        if alive && stage != ConsumerAt::Poll && stage != ConsumerAt::Told && state.left.stops > 0 {
            actions.push(Action::Stop);
        }
        if stage == ConsumerAt::Hand && state.left.put_backs > 0 {
            actions.push(Action::PutBack);
        }
    }

    fn others(&self, state: &State, actions: &mut Vec<Action>) {
        if state.newcomers > 0 {
            actions.push(Action::Register);
            if state.crowd.is_empty() {
                actions.push(Action::Leave);
            }
        }
        for (at, outsider) in state.outsiders.iter().enumerate() {
            match outsider.stage {
                _ if !outsider.todo.is_empty() => {}
                OutsiderAt::Before => actions.push(Action::Act(at)),
                OutsiderAt::Holds(_) => actions.push(Action::LetGo(at)),
                OutsiderAt::After => {}
            }
        }
        let asks = self.params.style == Style::Asked && state.consumer.todo.is_empty();
        if asks && state.consumer.stage == ConsumerAt::Asleep && wants_more(state) {
            actions.push(Action::Ask);
        }
    }
}

/// Returns whether a consumer with manual demand has reason to ask: it waits, and all that it asked
/// for has come.
fn wants_more(state: &State) -> bool {
    let had = |at: usize| state.links[at].wish.asked <= state.producers[at].core.written().items;
    match state.hub.slot.phase() {
        Phase::Idle => state.hub.asked == 0,
        Phase::Open => state.hub.current.is_some_and(had),
        Phase::Finishing | Phase::Closed => false,
    }
}

impl Model for SlotModel {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        vec![State::new(&self.params)]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        if state.fault.is_some() {
            return;
        }
        self.threads(state, actions);
        self.producers(state, actions);
        Self::consumer(state, actions);
        self.others(state, actions);
    }

    fn next_state(&self, last: &State, action: Action) -> Option<State> {
        let mut state = last.clone();
        take(self, &mut state, action);
        (state != *last).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        properties::all(&self.params)
    }
}

fn take(model: &SlotModel, state: &mut State, action: Action) {
    let who = match action {
        Action::Go(who) => who,
        Action::Part(at, _) | Action::Lose(at) | Action::Abort(at) => Who::Producer(at),
        Action::Ask | Action::PutBack | Action::Die | Action::Stop | Action::Restart => {
            Who::Consumer
        }
        Action::Register | Action::Leave => Who::Crowd,
        Action::LetGo(at) | Action::Act(at) => Who::Outsider(at),
    };
    let mut step = Step::new(model, state, who);
    match action {
        Action::Go(_) | Action::Restart => return step.advance(),
        Action::Part(at, parting) => step.part(at, parting),
        Action::Ask => step.ask(),
        Action::Register => step.register(),
        Action::Leave => {
            step.state.newcomers -= 1;
            step.then(&[Op::LeaveRegistrants]);
        }
        Action::LetGo(_) => step.then(&[Op::Hold]),
        Action::PutBack => {
            step.state.left.put_backs -= 1;
            step.put_back();
        }
        Action::Lose(at) => {
            step.state.left.losses -= 1;
            step.drop_outlet(at);
        }
        Action::Abort(at) => {
            step.state.left.aborts -= 1;
            step.abort_by_producer(at);
        }
        Action::Die => {
            step.state.left.deaths -= 1;
            step.die();
        }
        Action::Stop => {
            step.state.left.stops -= 1;
            step.stop_consuming();
        }
        Action::Act(at) => match model.params.outsiders[at] {
            Deed::HoldConsumer | Deed::HoldProducer => step.then(&[Op::Hold]),
            _ => step.then(&[Op::Act]),
        },
    }
    // What was decided is begun at once: the decision itself is seen by nobody.
    if matches!(action, Action::Register | Action::Ask) { step.settle() } else { step.advance() }
}

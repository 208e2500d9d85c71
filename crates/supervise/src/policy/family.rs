//! The children of a supervisor, and who of them lives: one machine, so that what happens to
//! several of them happens in order.

use std::time::Duration;

use super::{Restart, Strategy, failures::Failures};

/// The children of a supervisor in the order in which they were started, and what is decided about
/// their lives.
///
/// Where several are made anew together, the last of them is ended first, one at a time; when none
/// is left they are made anew, the first one first, each when the one before it is made.
///
/// ```
/// use std::time::Duration;
/// use aqueduct_supervise::{Restart, policy::{Family, Input, Order}};
///
/// let mut family = Family::default();
/// let [first, second] = [family.join(Restart::transient().rest_for_one()), family.join(Restart::transient())];
/// let failed = Input::Failed { lived: Duration::ZERO, dice: 0 };
/// assert_eq!(family.on(first, failed), [(second, Order::Halt)]);
/// assert_eq!(family.on(second, Input::Halted), [(first, Order::Revive(Duration::ZERO))]);
/// assert_eq!(family.on(first, Input::Began), [(second, Order::Revive(Duration::ZERO))]);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Family {
    members: Vec<Member>,
    /// Those who are made anew together: all from this one on.
    regroup: Option<Regroup>,
    escalated: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Member {
    restart: Restart,
    failures: Failures,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum State {
    /// Its life was begun, and its value is not made yet.
    Making,
    Living,
    /// It was told to end its life, and has not yet.
    Halting,
    /// It has no life, and will have one when its turn comes and this time is over.
    Down(Duration),
    /// It has had its last life, or has it.
    Over,
}

impl State {
    const fn has_life(self) -> bool {
        matches!(self, Self::Making | Self::Living | Self::Halting)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Regroup {
    from: usize,
    /// All of them are down, and come up again.
    rises: bool,
}

/// What is told of a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    /// The value of its life is made.
    Began,
    /// Its life ended as it should not have.
    Failed {
        /// How long it lived, from when its value was made.
        lived: Duration,
        /// Any number, as random as it can be had.
        dice: u64,
    },
    /// Its life is over, as it was told.
    Halted,
    /// It has ended for good, as it should.
    Ended,
    /// It shall end for good, now.
    Kill,
    /// It is gone, and cannot live anywhere.
    Lost,
}

/// What is decided about a child.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Order {
    /// End this life; another one will follow.
    Halt,
    /// Live again after this time.
    Revive(Duration),
    /// That was its last life, or is: it ends now.
    GiveUp,
    /// Its failure was final: all children of the supervisor are to be stopped.
    Escalate,
}

impl Family {
    /// A child was started; returns its place. It is being made.
    pub fn join(&mut self, restart: Restart) -> usize {
        let member = Member { restart, failures: Failures::default(), state: State::Making };
        self.members.push(member);
        self.members.len() - 1
    }

    /// Takes notice of what happened to a child, and decides.
    #[must_use = "orders are to be carried out"]
    pub fn on(&mut self, who: usize, input: Input) -> Vec<(usize, Order)> {
        let mut orders = Vec::new();
        let Some(member) = self.members.get_mut(who) else { return orders };
        match (member.state, input) {
            (State::Over, Input::Failed { .. } | Input::Halted) => {
                orders.push((who, Order::GiveUp));
            }
            (State::Over, _) => {}
            (State::Making, Input::Began) => member.state = State::Living,
            // It was told to halt meanwhile.
            (_, Input::Began) => {}
            (_, Input::Failed { lived, dice }) => self.failed(who, lived, dice, &mut orders),
            (State::Halting, Input::Halted) => member.state = State::Down(Duration::ZERO),
            // It was told before that it failed, or something else was decided meanwhile.
            (_, Input::Halted) => {}
            (_, Input::Ended) => member.state = State::Over,
            (_, Input::Kill) => {
                member.state = State::Over;
                orders.push((who, Order::GiveUp));
            }
            (_, Input::Lost) => {
                member.state = State::Over;
                self.escalate(who, &mut orders);
            }
        }
        self.go_on(&mut orders);
        orders
    }

    fn failed(&mut self, who: usize, lived: Duration, dice: u64, orders: &mut Vec<(usize, Order)>) {
        let member = &mut self.members[who];
        let Some(wait) = member.failures.failed(&member.restart, lived, dice) else {
            member.state = State::Over;
            orders.push((who, Order::GiveUp));
            self.escalate(who, orders);
            return;
        };
        member.state = State::Down(wait);
        let from = match member.restart.whom() {
            Strategy::OneForOne => None,
            Strategy::RestForOne => Some(who),
            Strategy::OneForAll => Some(0),
        };
        match (&mut self.regroup, from) {
            // It comes up in its turn, with the others.
            (Some(regroup), None) if who >= regroup.from => {}
            (_, None) => self.revive(who, wait, orders),
            (regroup, Some(from)) => {
                let from = regroup.map_or(from, |regroup| regroup.from.min(from));
                *regroup = Some(Regroup { from, rises: false });
            }
        }
    }

    fn escalate(&mut self, who: usize, orders: &mut Vec<(usize, Order)>) {
        if self.members[who].restart.restarts() && !std::mem::replace(&mut self.escalated, true) {
            orders.push((who, Order::Escalate));
        }
    }

    fn revive(&mut self, who: usize, wait: Duration, orders: &mut Vec<(usize, Order)>) {
        self.members[who].state = State::Making;
        orders.push((who, Order::Revive(wait)));
    }

    /// Takes those who are made anew together one step further.
    fn go_on(&mut self, orders: &mut Vec<(usize, Order)>) {
        let Some(regroup) = self.regroup else { return };
        if !regroup.rises {
            if let Some(last) = self.members[regroup.from..].iter().rposition(has_life) {
                let last = regroup.from + last;
                if self.members[last].state != State::Halting {
                    self.members[last].state = State::Halting;
                    orders.push((last, Order::Halt));
                }
                return;
            }
            self.regroup = Some(Regroup { rises: true, ..regroup });
        }
        self.rise(regroup.from, orders);
    }

    /// All from this one on come up, each when the one before it is made.
    fn rise(&mut self, from: usize, orders: &mut Vec<(usize, Order)>) {
        for who in from..self.members.len() {
            match self.members[who].state {
                State::Making => return,
                State::Down(_) if !self.members[who].restart.restarts() => {
                    self.members[who].state = State::Over;
                    orders.push((who, Order::GiveUp));
                }
                State::Down(wait) => return self.revive(who, wait, orders),
                State::Living | State::Halting | State::Over => {}
            }
        }
        self.regroup = None;
    }
}

fn has_life(member: &Member) -> bool {
    member.state.has_life()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FAILED: Input = Input::Failed { lived: Duration::ZERO, dice: 0 };
    const NOW: Order = Order::Revive(Duration::ZERO);

    fn family(restarts: &[Restart]) -> Family {
        let mut family = Family::default();
        for restart in restarts {
            let who = family.join(*restart);
            assert_eq!(family.on(who, Input::Began), []);
        }
        family
    }

    /// Three who are made anew in this way.
    fn three(restart: Restart) -> Family {
        family(&[restart; 3])
    }

    #[test]
    fn one_for_one_leaves_the_others_alone() {
        let mut family = three(Restart::transient());
        assert_eq!(family.on(1, FAILED), [(1, NOW)]);
        assert_eq!(family.on(2, FAILED), [(2, NOW)]);
        assert_eq!(family.on(1, Input::Began), []);
    }

    #[test]
    fn rest_for_one_ends_the_later_ones_last_first_and_makes_them_anew_in_order() {
        let mut family = three(Restart::transient().rest_for_one());
        assert_eq!(family.on(0, FAILED), [(2, Order::Halt)]);
        assert_eq!(family.on(2, Input::Halted), [(1, Order::Halt)]);
        assert_eq!(family.on(1, Input::Halted), [(0, NOW)]);
        assert_eq!(family.on(0, Input::Began), [(1, NOW)]);
        assert_eq!(family.on(1, Input::Began), [(2, NOW)]);
        assert_eq!(family.on(2, Input::Began), []);
        // The failures of those who were halted are not counted.
        assert_eq!(family, {
            let mut fresh = three(Restart::transient().rest_for_one());
            fresh.members[0].failures = family.members[0].failures;
            fresh
        });
    }

    #[test]
    fn rest_for_one_leaves_the_earlier_ones_alone() {
        let mut family = three(Restart::transient().rest_for_one());
        assert_eq!(family.on(2, FAILED), [(2, NOW)]);
        assert_eq!(family.on(2, Input::Began), []);
    }

    #[test]
    fn one_for_all_takes_those_before_along() {
        let mut family = three(Restart::transient().one_for_all());
        assert_eq!(family.on(1, FAILED), [(2, Order::Halt)]);
        assert_eq!(family.on(2, Input::Halted), [(0, Order::Halt)]);
        assert_eq!(family.on(0, Input::Halted), [(0, NOW)]);
        assert_eq!(family.on(0, Input::Began), [(1, NOW)]);
        assert_eq!(family.on(1, Input::Began), [(2, NOW)]);
    }

    #[test]
    fn who_is_over_is_left_out() {
        let mut family = three(Restart::transient().one_for_all());
        assert_eq!(family.on(1, Input::Ended), []);
        assert_eq!(family.on(0, FAILED), [(2, Order::Halt)]);
        assert_eq!(family.on(2, Input::Ended), [(0, NOW)]);
        assert_eq!(family.on(0, Input::Began), []);
    }

    #[test]
    fn a_temporary_one_ends_with_those_who_are_made_anew() {
        let all = Restart::transient().one_for_all();
        let mut family = family(&[all, Restart::temporary(), all]);
        assert_eq!(family.on(2, FAILED), [(1, Order::Halt)]);
        assert_eq!(family.on(1, Input::Halted), [(0, Order::Halt)]);
        assert_eq!(family.on(0, Input::Halted), [(0, NOW)]);
        assert_eq!(family.on(0, Input::Began), [(1, Order::GiveUp), (2, NOW)]);
    }

    #[test]
    fn who_is_made_while_it_is_told_to_halt_halts() {
        let mut family = three(Restart::transient().rest_for_one());
        assert_eq!(family.on(2, FAILED), [(2, NOW)]);
        assert_eq!(family.on(1, FAILED), [(2, Order::Halt)]);
        assert_eq!(family.on(2, Input::Began), []);
        assert_eq!(family.on(2, Input::Halted), [(1, NOW)]);
    }

    #[test]
    fn who_fails_while_it_is_told_to_halt_is_down_too() {
        let mut family = three(Restart::transient().rest_for_one());
        assert_eq!(family.on(1, FAILED), [(2, Order::Halt)]);
        assert_eq!(family.on(2, FAILED), [(1, NOW)]);
        assert_eq!(family.on(1, Input::Began), [(2, NOW)]);
    }

    #[test]
    fn a_failure_among_those_who_come_up_begins_again_from_the_earlier_one() {
        let mut family = three(Restart::transient().rest_for_one());
        assert_eq!(family.on(1, FAILED), [(2, Order::Halt)]);
        assert_eq!(family.on(2, Input::Halted), [(1, NOW)]);
        assert_eq!(family.on(1, Input::Began), [(2, NOW)]);
        assert_eq!(family.on(0, FAILED), [(2, Order::Halt)]);
        assert_eq!(family.on(2, Input::Halted), [(1, Order::Halt)]);
        assert_eq!(family.on(1, Input::Halted), [(0, NOW)]);
    }

    #[test]
    fn a_final_failure_escalates_once_and_a_temporary_one_never() {
        let none = Restart::transient().at_most(0);
        let mut family = family(&[none, Restart::temporary(), none]);
        assert_eq!(family.on(1, FAILED), [(1, Order::GiveUp)]);
        assert_eq!(family.on(0, FAILED), [(0, Order::GiveUp), (0, Order::Escalate)]);
        assert_eq!(family.on(2, FAILED), [(2, Order::GiveUp)]);
    }

    #[test]
    fn who_is_killed_ends_whatever_it_says_then() {
        let mut family = three(Restart::transient().one_for_all());
        assert_eq!(family.on(1, Input::Kill), [(1, Order::GiveUp)]);
        assert_eq!(family.on(1, Input::Halted), [(1, Order::GiveUp)]);
        assert_eq!(family.on(1, FAILED), [(1, Order::GiveUp)]);
        assert_eq!(family.on(1, Input::Began), []);
    }

    #[test]
    fn who_is_lost_while_others_wait_for_it_holds_nobody_up() {
        let mut family = three(Restart::transient().rest_for_one());
        assert_eq!(family.on(0, FAILED), [(2, Order::Halt)]);
        assert_eq!(family.on(2, Input::Lost), [(2, Order::Escalate), (1, Order::Halt)]);
        assert_eq!(family.on(1, Input::Halted), [(0, NOW)]);
    }
}

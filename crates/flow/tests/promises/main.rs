//! What each rule promises, one promise a test, as a script of inputs and answers.
//! A step that violates the protocol must change nothing; the script checks that each time.

#![allow(clippy::panic, clippy::unwrap_used, reason = "this is how a test fails")]

mod counts;
mod ends;
mod free;
mod inlet;
mod outlet;
mod slot;

use std::fmt::Debug;

use aqueduct_flow::{Amount, Effects, Listed, Violation, inlet::Inlet, outlet::Outlet, slot::Slot};

trait Machine: Clone + Debug + PartialEq {
    type Input: Debug + Copy;
    type Effect: Listed + PartialEq;

    fn step(&mut self, input: Self::Input) -> Result<Effects<Self::Effect>, Violation>;
}

macro_rules! machines {
    ($($machine:ty: $module:ident;)+) => {
        $(impl Machine for $machine {
            type Input = aqueduct_flow::$module::Input;
            type Effect = aqueduct_flow::$module::Effect;

            fn step(&mut self, input: Self::Input) -> Result<Effects<Self::Effect>, Violation> {
                self.on(input)
            }
        })+
    };
}
machines! { Outlet: outlet; Inlet: inlet; Slot: slot; }

/// A machine on its way through a script.
struct Check<M>(M);

impl<M: Machine> Check<M> {
    /// The step has exactly these effects, in this order.
    #[track_caller]
    fn then<const N: usize>(mut self, input: M::Input, effects: [M::Effect; N]) -> Self {
        let before = self.0.clone();
        match self.0.step(input) {
            Ok(real) => {
                assert_eq!(real.iter().collect::<Vec<_>>(), effects, "{input:?} on {before:?}")
            }
            Err(violation) => panic!("{input:?} on {before:?}: {violation}"),
        }
        self
    }

    /// The step has no effect and leaves no trace.
    #[track_caller]
    fn ignores(self, input: M::Input) -> Self {
        let before = self.0.clone();
        let after = self.then(input, []);
        assert_eq!(after.0, before, "{input:?}");
        after
    }

    /// The step is forbidden, and leaves no trace.
    #[track_caller]
    fn forbids(mut self, input: M::Input, violation: Violation) -> Self {
        let before = self.0.clone();
        assert_eq!(self.0.step(input), Err(violation), "{input:?} on {before:?}");
        assert_eq!(self.0, before, "{input:?} is forbidden and changed something");
        self
    }

    /// The machine shows this at this point.
    #[track_caller]
    fn shows<T: PartialEq + Debug>(self, look: impl FnOnce(&M) -> T, expected: T) -> Self {
        assert_eq!(look(&self.0), expected, "{:?}", self.0);
        self
    }
}

/// So many items without weight.
const fn items(items: u64) -> Amount {
    Amount::items(items)
}

/// One item of this weight.
const fn one(bytes: u64) -> Amount {
    Amount::one(bytes)
}

/// The largest number of both.
const MAX: Amount = Amount::MAX;

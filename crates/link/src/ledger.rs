//! Counts for the core what changes nothing but counts, so that the core is asked once for many
//! items.
//!
//! Each half of the core says how much may pass with no effect (`free`).
//! What fits into that is only added up here; before the core is told or asked anything else it is
//! told what has passed, as one step.
//! That it makes no difference is a promise of the core:
//! `writes_below_the_high_mark_are_one_write` and `commits_within_a_quantum_are_one_commit`.

use aqueduct_flow::{
    Amount, Effects, Limits, Reasons, Violation, inlet,
    outlet::{self, Phase},
};

/// How much may pass until the core is asked, and how much has passed since.
#[derive(Debug)]
struct Slack {
    granted: Amount,
    left: Amount,
}

impl Slack {
    const fn of(free: Amount) -> Self {
        Self { granted: free, left: free }
    }

    /// Counts one item of this weight; false, and not counted, if it is for the core to decide.
    #[inline(always)]
    fn pass(&mut self, bytes: u64) -> bool {
        let fits = self.left.items > 0 && bytes <= self.left.bytes;
        if fits {
            self.left.items -= 1;
            self.left.bytes -= bytes;
        }
        fits
    }

    /// Counts items without weight, of which there is room for so many.
    #[inline]
    fn pass_many(&mut self, items: usize) {
        self.left.items = self.left.items.saturating_sub(items as u64);
    }

    /// How many items without weight may pass.
    #[inline]
    fn free(&self) -> usize {
        usize::try_from(self.left.items).unwrap_or(usize::MAX)
    }

    #[inline]
    const fn passed(&self) -> Amount {
        self.granted.saturating_sub(self.left)
    }
}

/// The producer's half of the core, and what was written since it was told.
#[derive(Debug)]
pub(crate) struct Written {
    core: outlet::Outlet,
    slack: Slack,
}

impl Written {
    pub(crate) const fn new(core: outlet::Outlet) -> Self {
        let slack = Slack::of(core.free());
        Self { core, slack }
    }

    /// Counts the write of one item, if the core could only accept it.
    #[inline(always)]
    pub(crate) fn accept(&mut self, bytes: u64) -> bool {
        self.slack.pass(bytes)
    }

    /// How many items without weight the core could only accept.
    #[inline]
    pub(crate) fn free(&self) -> usize {
        self.slack.free()
    }

    /// Counts the write of items without weight, of which so many are free.
    #[inline]
    pub(crate) fn accept_many(&mut self, items: usize) {
        self.slack.pass_many(items);
    }

    #[inline]
    pub(crate) fn on(
        &mut self,
        input: outlet::Input,
    ) -> Result<Effects<outlet::Effect>, Violation> {
        self.settle();
        let answer = self.core.on(input);
        self.slack = Slack::of(self.core.free());
        answer
    }

    /// The core, as it is after all that was written.
    pub(crate) fn core(&mut self) -> &outlet::Outlet {
        self.settle();
        &self.core
    }

    fn settle(&mut self) {
        let passed = self.slack.passed();
        self.slack.granted = self.slack.left;
        if passed.items > 0 {
            let step = self.core.on(outlet::Input::Write(passed));
            let expected = Ok(Effects::of(outlet::Effect::Accept));
            debug_assert_eq!(step, expected, "what is free is accepted");
            if step != expected {
                tracing::error!(?step, ?passed, "the core did not accept what it had called free");
            }
        }
    }

    /// No write of the kind that is only counted changes it, nor the next two.
    #[inline]
    pub(crate) const fn reasons(&self) -> Reasons {
        self.core.reasons()
    }

    #[inline]
    pub(crate) const fn phase(&self) -> Phase {
        self.core.phase()
    }

    #[inline]
    pub(crate) const fn committed(&self) -> Amount {
        self.core.committed()
    }

    #[inline]
    pub(crate) const fn limits(&self) -> &Limits {
        self.core.limits()
    }

    pub(crate) fn written(&self) -> Amount {
        let Amount { items, bytes } = self.slack.passed();
        let told = self.core.written();
        Amount::new(told.items.saturating_add(items), told.bytes.saturating_add(bytes))
    }
}

/// The consumer's half of the core, and what was lent and committed since it was told.
#[derive(Debug)]
pub(crate) struct Lent {
    core: inlet::Inlet,
    slack: Slack,
    /// What is lent next may have been lent before.
    again: bool,
}

impl Lent {
    pub(crate) fn new(core: inlet::Inlet) -> Self {
        let slack = Slack::of(core.free());
        Self { core, slack, again: false }
    }

    /// Counts one item that was lent and is handled, if that could have no effect.
    #[inline(always)]
    pub(crate) fn pass(&mut self, bytes: u64) -> bool {
        self.slack.pass(bytes)
    }

    #[inline]
    pub(crate) fn on(&mut self, input: inlet::Input) -> Result<Effects<inlet::Effect>, Violation> {
        self.settle();
        let answer = self.core.on(input);
        self.slack = Slack::of(self.core.free());
        self.again = self.core.is_redelivered(self.core.next_sequence());
        answer
    }

    /// Counts items without weight, as [`pass`](Self::pass); there must be [`free`](Self::free) ones.
    #[inline]
    pub(crate) fn pass_many(&mut self, items: usize) {
        self.slack.pass_many(items);
    }

    /// How many items without weight may pass with no effect.
    #[inline]
    pub(crate) fn free(&self) -> usize {
        self.slack.free()
    }

    /// Returns whether what is lent next may have been lent before; false only if it was not.
    #[inline(always)]
    pub(crate) const fn may_come_again(&self) -> bool {
        self.again
    }

    /// The core, as it is after all that was committed.
    pub(crate) fn core(&mut self) -> &inlet::Inlet {
        self.settle();
        &self.core
    }

    fn settle(&mut self) {
        let passed = self.slack.passed();
        self.slack.granted = self.slack.left;
        if passed.items > 0 {
            for input in [inlet::Input::Lend(passed), inlet::Input::Commit(passed)] {
                let step = self.core.on(input);
                debug_assert_eq!(step, Ok(Effects::none()), "what is free has no effect");
                if step != Ok(Effects::none()) {
                    tracing::error!(?step, ?passed, "what the core had called free had an effect");
                }
            }
        }
    }

    /// The sequence number of the item that is lent next.
    #[inline]
    pub(crate) const fn next_sequence(&self) -> u64 {
        self.core.next_sequence().saturating_add(self.slack.passed().items)
    }

    #[inline]
    pub(crate) const fn is_redelivered(&self, sequence: u64) -> bool {
        self.core.is_redelivered(sequence)
    }

    /// Returns whether the consumer has something in its hands that the core knows of.
    #[inline]
    pub(crate) const fn has_in_hand(&self) -> bool {
        !self.core.in_hand().is_zero()
    }
}

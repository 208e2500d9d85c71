//! What a user says about the failures of a child.

use std::time::Duration;

/// What happens to a child that fails, and to those beside it.
///
/// The default is [`transient`](Self::transient): it alone is made anew, up to 5 times in a row; a
/// life of 30 s ends the row. The first restart of a row comes at once, each next one after about
/// twice the time, from 10 ms up to 1 s.
///
/// ```
/// # use std::time::Duration;
/// use aqueduct_supervise::Restart;
///
/// let restart = Restart::transient()
///     .at_most(3)                                  // failures in a row; the next one is final
///     .healthy_after(Duration::from_secs(60))      // a life this long ends the row
///     .rest_for_one();                             // those who were started later, too
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Restart {
    kind: Kind,
    strategy: Strategy,
    at_most: u32,
    healthy_after: Duration,
    back_off: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Kind {
    Permanent,
    Transient,
    Temporary,
}

/// Who is made anew when a child is.
///
/// Those beside it have not failed: their failures are not counted, and they keep their links.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Strategy {
    /// It alone.
    #[default]
    OneForOne,
    /// It and all that were started after it. In a pipeline, whose consumer starts first, those are
    /// the stages that feed it.
    RestForOne,
    /// All children of its supervisor.
    OneForAll,
}

impl Restart {
    /// A child that fails is not made anew, and the others go on.
    #[must_use]
    pub const fn temporary() -> Self {
        Self { kind: Kind::Temporary, at_most: 0, ..Self::transient() }
    }

    /// A child that fails is made anew; one that ends well is not.
    #[must_use]
    pub const fn transient() -> Self {
        Self {
            kind: Kind::Transient,
            strategy: Strategy::OneForOne,
            at_most: 5,
            healthy_after: Duration::from_secs(30),
            back_off: Duration::from_millis(10),
        }
    }

    /// A child is made anew however its life ends, until its streams have ended or it is drained.
    ///
    /// So a producer whose work is done is made anew, and its stream goes on: this is for sources
    /// that connect again. Ending counts as failing.
    #[must_use]
    pub const fn permanent() -> Self {
        Self { kind: Kind::Permanent, ..Self::transient() }
    }

    /// How often a child is made anew in a row; the failure after that is final, and a child whose
    /// failure is final stops all children of its supervisor, unless it is
    /// [`temporary`](Self::temporary).
    #[must_use]
    pub const fn at_most(mut self, restarts: u32) -> Self {
        self.at_most = restarts;
        self
    }

    /// How long a life must last to end the row of failures.
    ///
    /// Waiting between lives does not count, so that no back-off defeats the limit.
    #[must_use]
    pub const fn healthy_after(mut self, time: Duration) -> Self {
        self.healthy_after = time;
        self
    }

    /// The wait before the second restart of a row, about; zero for no waiting at all.
    #[must_use]
    pub const fn back_off(mut self, first: Duration) -> Self {
        self.back_off = first;
        self
    }

    /// The child alone is made anew.
    #[must_use]
    pub const fn one_for_one(self) -> Self {
        self.strategy(Strategy::OneForOne)
    }

    /// With the child, all that were started after it are made anew.
    #[must_use]
    pub const fn rest_for_one(self) -> Self {
        self.strategy(Strategy::RestForOne)
    }

    /// With the child, all children of its supervisor are made anew.
    #[must_use]
    pub const fn one_for_all(self) -> Self {
        self.strategy(Strategy::OneForAll)
    }

    /// Who is made anew with the child.
    #[must_use]
    pub const fn strategy(mut self, strategy: Strategy) -> Self {
        self.strategy = strategy;
        self
    }

    /// Whether a child is made anew at all.
    #[must_use]
    pub const fn restarts(&self) -> bool {
        !matches!(self.kind, Kind::Temporary)
    }

    /// Whether a child that ends well is made anew.
    #[must_use]
    pub const fn is_permanent(&self) -> bool {
        matches!(self.kind, Kind::Permanent)
    }

    /// How often a child is made anew in a row.
    #[must_use]
    pub const fn limit(&self) -> u32 {
        if self.restarts() { self.at_most } else { 0 }
    }

    /// How long a life must last to end the row of failures.
    #[must_use]
    pub const fn healthy(&self) -> Duration {
        self.healthy_after
    }

    /// The wait before the second restart of a row, about.
    #[must_use]
    pub const fn first_wait(&self) -> Duration {
        self.back_off
    }

    /// Who is made anew with the child.
    #[must_use]
    pub const fn whom(&self) -> Strategy {
        self.strategy
    }
}

impl Default for Restart {
    fn default() -> Self {
        Self::transient()
    }
}

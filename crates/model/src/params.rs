//! How large a model is, and what may happen in it.

use aqueduct_flow::{Amount, Limits, LimitsError, slot::AfterLoss};

use crate::Mistake;

/// The size of a model, and what may happen in it.
///
/// Every number is a budget for the whole run, so that the model is finite.
#[derive(Clone, Copy, Debug)]
pub struct Params {
    /// Low mark, high mark and capacity, in items.
    pub items: [u64; 3],
    /// The same in bytes; without it items have no weight.
    pub bytes: Option<[u64; 3]>,
    /// The weights of the items in bytes, in turn; empty where they have none.
    pub weights: &'static [u64],
    /// How many items the consumer commits before it publishes; without it, a quarter of the way
    /// between the marks.
    pub quantum: Option<u64>,
    /// How many items each registration writes.
    pub writes: u64,
    /// How many producers may register, one after the other or at once.
    pub newcomers: u8,
    /// What keeps a producer from writing.
    pub style: Style,
    /// Producers keep items back until their turn is over.
    pub staging: bool,
    /// What a producer may do when it has written all.
    pub partings: &'static [Parting],
    /// How often a producer may die without a word.
    pub losses: u8,
    /// How often a producer may abort.
    pub aborts: u8,
    /// Whether the slot waits for another producer when one is lost.
    pub after_loss: AfterLoss,
    /// The slot waits for its consumer's next life.
    pub keep: bool,
    /// How often the consumer may die.
    pub deaths: u8,
    /// How often the consumer may want no more.
    pub stops: u8,
    /// How often the consumer may put an item back.
    pub put_backs: u8,
    /// The most items of one turn.
    pub batch: u8,
    /// Who else has a handle of the slot, each for one deed.
    pub outsiders: &'static [Deed],
    /// What the shells do wrong.
    pub mistake: Option<Mistake>,
}

/// What keeps a producer from writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Style {
    /// It writes until it is paused.
    Push,
    /// It writes until it is refused.
    Careless,
    /// It writes what is wanted.
    Pull,
    /// It writes what was asked for.
    Asked,
}

/// How a producer goes when it has written all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Parting {
    /// It finishes, and waits until all is committed.
    Close,
    /// It finishes, and goes.
    Finish,
    /// It leaves its place to another.
    Unregister,
}

/// What somebody from outside does, at any moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deed {
    /// Takes a hold on the consumer's side, and lets go.
    HoldConsumer,
    /// Takes a hold on the producer's side, and lets go.
    HoldProducer,
    /// Ends the registration from the consumer's side.
    Revoke,
    /// Ends the stream from outside.
    Abort,
    /// Closes the slot once its producer has left.
    Close,
    /// Says that the consumer will not come back.
    Retire,
}

impl Params {
    /// The smallest model: one producer that writes two items, and no mischief.
    pub const SMALL: Self = Self {
        items: [0, 1, 2],
        bytes: None,
        weights: &[],
        quantum: None,
        writes: 2,
        newcomers: 1,
        style: Style::Push,
        staging: false,
        partings: &[Parting::Close],
        losses: 0,
        aborts: 0,
        after_loss: AfterLoss::Close,
        keep: false,
        deaths: 0,
        stops: 0,
        put_backs: 0,
        batch: 2,
        outsiders: &[],
        mistake: None,
    };

    /// The same with a mistake in the shells.
    #[must_use]
    pub const fn with(self, mistake: Mistake) -> Self {
        Self { mistake: Some(mistake), ..self }
    }

    /// Returns whether the shells make this mistake.
    pub(crate) fn errs(&self, mistake: Mistake) -> bool {
        self.mistake == Some(mistake)
    }

    /// The limits of every link.
    pub(crate) fn limits(&self) -> Result<Limits, LimitsError> {
        let bytes = self.bytes.unwrap_or([u64::MAX; 3]);
        let [low, high, capacity] = [0, 1, 2].map(|at| Amount::new(self.items[at], bytes[at]));
        Limits::new(low, high, capacity)
    }

    /// The item of this number.
    pub(crate) fn amount(&self, item: u64) -> Amount {
        let at = usize::try_from(item).unwrap_or(usize::MAX) % self.weights.len().max(1);
        Amount::one(self.weights.get(at).copied().unwrap_or(0))
    }
}

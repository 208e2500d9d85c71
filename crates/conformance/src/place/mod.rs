//! A consumer's place for a producer: what all kinds stand on, and the product decides.

mod core;
mod link;

use bytes::Bytes;

use crate::world::{Raised, World};

/// What a place is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Over {
    /// The three machines of `aqueduct-flow`, and nothing else.
    #[default]
    Core,
    /// `aqueduct-link` as it runs: its slot, its rings and the words that its two ends share.
    ///
    /// It answers as the core does, but for two things, each of which leaves a mark in the answer:
    /// `no-room`, a pull producer is asked for no more than there is room for; `counted-whole`,
    /// what earlier producers left takes room from the next one until the last byte of it is gone.
    Link,
}

/// The marks of a consumer for push producers, in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Marks {
    pub(crate) low: u64,
    pub(crate) high: u64,
}

impl Marks {
    /// Nobody is ever paused: the marks are at the capacity.
    pub(crate) const NONE: Self = Self { low: u64::MAX, high: u64::MAX };

    /// Paused above the limit, resumed when all is gone.
    pub(crate) const fn up_to(high: u64) -> Self {
        Self { low: 0, high }
    }
}

impl Over {
    /// Makes a free place with these marks.
    pub(crate) fn place(self, marks: Marks) -> Result<Box<dyn Place>, Raised> {
        Ok(match self {
            Self::Core => Box::new(core::CorePlace::new(marks)?),
            Self::Link => Box::new(link::LinkPlace::new(marks)?),
        })
    }
}

/// A consumer's place for a producer, and what waits there.
///
/// Producers are told what it answers, by way of the world.
pub(crate) trait Place {
    /// Registers a producer; `false` if it came too late and was stopped.
    fn register(
        &mut self,
        producer: &str,
        streaming: bool,
        world: &mut World,
    ) -> Result<bool, Raised>;

    /// Ends the registration, if there is one; what was written stays in the queue.
    fn unregister(&mut self) -> Result<bool, Raised>;

    /// Takes these chunks into the queue, as one write; empty ones are nothing.
    fn write(&mut self, chunks: Vec<Bytes>, world: &mut World);

    /// Takes up to this many bytes from the front of the queue; [`handled`](Self::handled) says
    /// when they are done with.
    fn take(&mut self, most: u64) -> Bytes;

    /// Takes the first chunk, as it was written.
    fn take_chunk(&mut self) -> Option<Bytes>;

    /// This much of what was taken is done with: credit goes back, and whoever is paused may be
    /// resumed.
    fn handled(&mut self, bytes: u64, world: &mut World);

    /// Asks whoever is registered for one more, as a consumer does that has nothing left.
    fn ask(&mut self, world: &mut World);

    /// The consumer is gone for good: whoever is registered is stopped, and the queue is dropped.
    fn gone(&mut self, world: &mut World) -> Result<(), Raised>;

    /// Closes, if nobody is registered; `true` if that was the end.
    fn close(&mut self) -> Result<bool, Raised>;

    /// Nobody can be served here any more.
    fn is_closed(&self) -> bool;

    /// Who is registered.
    fn producer(&self) -> Option<&str>;

    /// Whether that is a push producer.
    fn streaming(&self) -> Option<bool>;

    /// Whether it is paused.
    fn is_paused(&self) -> bool;

    /// How many bytes wait, or are not done with.
    fn held(&self) -> u64;

    /// The lengths of the chunks that wait.
    fn chunks(&self) -> Vec<usize>;
}

/// Returns the answer to a second producer.
fn refused(producer: &str, incumbent: &str) -> Raised {
    Raised::new(
        "RuntimeError",
        format!(
            "Cannot register producer {producer}, because producer {incumbent} was never \
             unregistered."
        ),
    )
}

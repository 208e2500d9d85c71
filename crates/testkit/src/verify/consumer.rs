//! Verifies consumers.

mod rules;

use std::{fmt, future::Future, rc::Rc};

use aqueduct_actors::{Consumer, Failure, Running, Shell};
use aqueduct_link::{Slot, Watermarks};

use super::subject::{Make, made, making, not_made};
use crate::{Broken, Scope, TestProducer};

/// A consumer to verify: how it is made, and what it is given.
///
/// ```
/// # use std::convert::Infallible;
/// # use aqueduct_actors::{Batch, Consumed, Consumer, Ctx};
/// # struct Printer;
/// # impl Consumer for Printer {
/// #     type Item = u64;
/// #     type Error = Infallible;
/// #     fn consume(&mut self, batch: &mut Batch<'_, u64>, _: &mut Ctx<'_, Self>)
/// #         -> Result<Consumed<Self>, Infallible> {
/// #         while batch.next().is_some() {}
/// #         Ok(Consumed::Done)
/// #     }
/// # }
/// # fn main() {}
/// use aqueduct_testkit::{ConsumerVerification, verify_consumer};
///
/// verify_consumer!(printer, ConsumerVerification::new(|| async { Ok::<_, Infallible>(Printer) }, |n| n));
/// ```
pub struct ConsumerVerification<C: Consumer> {
    make: Make<C>,
    item: Box<dyn Fn(u64) -> C::Item>,
    handled: Option<Rc<dyn Fn() -> Vec<u64>>>,
}

/// A consumer that runs, and the other end of its link.
struct Fixture<C: Consumer> {
    running: Running<C>,
    producer: TestProducer<C::Item>,
    slot: Slot<C::Item>,
}

impl<C: Consumer> ConsumerVerification<C> {
    /// Returns what verifies the consumer that `make` makes, with the items that `item` makes of
    /// their numbers, counted from 0.
    ///
    /// Each check makes a consumer of its own, in an actix system.
    pub fn new<F, E>(
        make: impl Fn() -> F + 'static,
        item: impl Fn(u64) -> C::Item + 'static,
    ) -> Self
    where
        F: Future<Output = Result<C, E>> + 'static,
        E: Into<Failure>,
    {
        Self { make: making(make), item: Box::new(item), handled: None }
    }

    /// Looks also at what the consumer really did: the numbers of the items that it has handled
    /// since it was made, in that order. A link sees only what it commits.
    #[must_use]
    pub fn handled_by(mut self, handled: impl Fn() -> Vec<u64> + 'static) -> Self {
        self.handled = Some(Rc::new(handled));
        self
    }

    async fn start(&self) -> Result<Fixture<C>, Broken> {
        self.start_in(&Scope::default()).await
    }

    async fn start_in(&self, scope: &Scope) -> Result<Fixture<C>, Broken> {
        let marks = Watermarks::items(64, 128).map_err(|error| not_made(&error))?;
        let slot = scope.slot("the subject", marks);
        let consumer = made(&self.make).await?;
        let shell = Shell::consumer("the subject", consumer, &slot);
        let running = shell.map_err(|error| not_made(&error))?.start();
        let producer = TestProducer::register(&slot).map_err(|error| not_made(&error))?;
        Ok(Fixture { running, producer, slot: slot.observer() })
    }

    async fn feed(
        &self,
        fixture: &mut Fixture<C>,
        numbers: std::ops::Range<u64>,
    ) -> Result<(), Broken> {
        for n in numbers {
            fixture.producer.send((self.item)(n)).await?;
        }
        Ok(())
    }

    /// Looks that these are handled, each once and in order.
    fn saw(&self, items: u64) -> Result<(), Broken> {
        let Some(handled) = &self.handled else { return Ok(()) };
        let (handled, all) = (handled(), (0..items).collect::<Vec<_>>());
        if handled == all {
            return Ok(());
        }
        let at = handled.iter().zip(&all).take_while(|(one, other)| one == other).count();
        let got = match handled.get(at) {
            Some(other) => format!("item {other} in place of item {at}"),
            None => format!("only the first {at}"),
        };
        let advice = "handle each item that next() lends before it is called again";
        Err(Broken::new(format!("{items} items handled, in order"), got, advice))
    }
}

impl<C: Consumer> fmt::Debug for ConsumerVerification<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ConsumerVerification").finish_non_exhaustive()
    }
}

//! Pure transforms of items.
//!
//! A [`Transform`] takes an item and emits none, one or many.
//! It takes no part in flow control, and knows no actor, no clock and no runtime; it is fused into
//! the actor beside it, where the whole chain is one monomorphised loop.
//! A boundary between actors is for run-time needs (another arbiter, another fate), never for the
//! order of the code.
//!
//! ```
//! use aqueduct_operators::{Transform, filter, lines};
//! use bytes::Bytes;
//!
//! let mut never = lines(1024).then(filter(|line: &Bytes| line.starts_with(b"never")));
//! let mut found = Vec::new();
//! never.apply(Bytes::from("never say\nalways\nnev"), &mut |line| found.push(line))?;
//! never.apply(Bytes::from("er mind"), &mut |line| found.push(line))?;
//! never.finish(&mut |line| found.push(line))?;
//! assert_eq!(found, ["never say\n", "never mind"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod basic;
mod lines;

pub use basic::{Chain, Either, Filter, Inspect, Map, filter, inspect, map};
pub use lines::{LineTooLong, Lines, lines};

/// A pure step from items to items.
pub trait Transform {
    /// What it takes.
    type In;
    /// What it emits.
    type Out;
    /// Why it may fail.
    type Error;

    /// Takes one item and emits what comes of it.
    ///
    /// # Errors
    /// If the item cannot be transformed; what was emitted before counts.
    fn apply(
        &mut self,
        item: Self::In,
        emit: &mut impl FnMut(Self::Out),
    ) -> Result<(), Self::Error>;

    /// Emits what is left when no more items come.
    ///
    /// # Errors
    /// If what is left is no whole item.
    fn finish(&mut self, emit: &mut impl FnMut(Self::Out)) -> Result<(), Self::Error> {
        let _ = emit;
        Ok(())
    }

    /// Returns this transform and `next` behind it, as one.
    fn then<T: Transform<In = Self::Out>>(self, next: T) -> Chain<Self, T>
    where
        Self: Sized,
    {
        Chain::new(self, next)
    }
}

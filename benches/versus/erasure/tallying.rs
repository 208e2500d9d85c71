//! A transform that counts, as `count` does, and checks what it counts.

use std::convert::Infallible;

use aqueduct::operators::Transform;
use bytes::Bytes;

use super::see;
use crate::tally::Tally;

/// Tallies numbers, and gives the tally as its only item.
#[derive(Debug)]
pub(super) struct Tallying(Tally);

impl Tallying {
    pub(super) const fn new() -> Self {
        Self(Tally::new())
    }
}

impl Transform for Tallying {
    type In = Bytes;
    type Out = Bytes;
    type Error = Infallible;

    #[inline]
    fn apply(&mut self, number: Bytes, _: &mut impl FnMut(Bytes)) -> Result<(), Infallible> {
        see(&mut self.0, &number);
        Ok(())
    }

    fn finish(&mut self, emit: &mut impl FnMut(Bytes)) -> Result<(), Infallible> {
        emit(Bytes::copy_from_slice(&self.0.to_bytes()));
        Ok(())
    }
}

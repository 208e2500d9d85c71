//! The pipe that bytes of a connection go through.

use std::{io, os::fd::OwnedFd, sync::Arc};

use super::{calls, span::MOST, spring::Spring};

/// A pipe, and how many bytes are in it.
#[derive(Debug)]
pub(super) struct Pipe {
    outlet: Arc<OwnedFd>,
    inlet: OwnedFd,
    filled: usize,
}

impl Pipe {
    pub(super) fn new() -> io::Result<Self> {
        let (outlet, inlet) = calls::pipe(MOST)?;
        Ok(Self { outlet: Arc::new(outlet), inlet, filled: 0 })
    }

    /// Takes promised bytes out of the connection, up to what it has room for.
    pub(super) fn fill(&mut self, spring: &Spring, most: usize) -> io::Result<()> {
        let splice = || calls::splice(spring.stream(), &self.inlet, most);
        match calls::uninterrupted(splice) {
            Ok(0) => Err(nothing_came()),
            // It is empty, so that it is the connection that gives nothing.
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Err(nothing_came()),
            Ok(bytes) => {
                self.filled += bytes;
                spring.took(bytes);
                Ok(())
            }
            Err(error) => Err(error),
        }
    }

    /// How many bytes are in it.
    pub(super) const fn filled(&self) -> usize {
        self.filled
    }

    /// The end where bytes come out.
    pub(super) const fn outlet(&self) -> &Arc<OwnedFd> {
        &self.outlet
    }

    /// This many bytes have come out.
    pub(super) const fn drained(&mut self, bytes: usize) {
        self.filled = self.filled.saturating_sub(bytes);
    }
}

/// Behind an urgent byte the kernel has bytes that it does not splice.
fn nothing_came() -> io::Error {
    io::Error::new(io::ErrorKind::Unsupported, "it does not take what is there")
}

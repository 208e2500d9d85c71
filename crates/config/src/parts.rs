//! The ends that come with this crate, as parts.
//!
//! An actor is compiled where its part is made; who makes it here compiles nothing.

use aqueduct_endpoints::{AcceptTcp, ConnectTcp, CreateFile, OpenFile, Stdin, Stdout};
use aqueduct_pipeline::erased::Part;

/// Returns the producer that reads this file.
#[must_use]
pub fn read_file(file: OpenFile) -> Part {
    Part::producer(file)
}

/// Returns the consumer that writes this file.
#[must_use]
pub fn write_file(file: CreateFile) -> Part {
    Part::consumer(file)
}

/// Returns the producer that connects, and reads.
#[must_use]
pub fn receive(peer: ConnectTcp) -> Part {
    Part::producer(peer)
}

/// Returns the consumer that connects, and writes.
#[must_use]
pub fn send(peer: ConnectTcp) -> Part {
    Part::consumer(peer)
}

/// Returns the producer that accepts one peer, and reads from it.
#[must_use]
pub fn receive_from_peer(peer: AcceptTcp) -> Part {
    Part::producer(peer)
}

/// Returns the consumer that accepts one peer, and writes to it.
#[must_use]
pub fn send_to_peer(peer: AcceptTcp) -> Part {
    Part::consumer(peer)
}

/// Returns the producer that reads the standard input.
#[must_use]
pub fn stdin() -> Part {
    Part::producer(Stdin::open)
}

/// Returns the consumer that writes to the standard output.
#[must_use]
pub fn stdout() -> Part {
    Part::consumer(Stdout::open)
}

//! Standard input and output.

mod consumer;
mod producer;

pub use consumer::StdoutConsumer;
pub use producer::StdinProducer;

/// The standard input of the process.
///
/// # Buffers
/// One read of up to 64 KiB in flight, on a thread of its own, and only while that much is wanted.
/// Before it is what the other side has: a pipe holds 64 KiB.
/// The buffer of [`std::io::stdin`] is not used; what somebody has read into that is not seen here.
///
/// # Pausing
/// Nothing is read; the pipe fills, and whoever writes to it waits.
///
/// # Truncated or finished
/// A pipe cannot tell: a writer that was killed ends it like one that has finished.
/// Where that matters, have the data say how long it is, or look at the writer's exit status.
///
/// # Shutdown
/// The descriptor is shared with other processes (the shell's terminal), so it is not made
/// non-blocking; a read that never ends ends with the process, and no shutdown waits for it.
///
/// # Restarts
/// There is one producer at a time.
/// What one has in flight or in hand when it is dropped is kept, and comes first from the next.
#[derive(Debug)]
pub enum Stdin {}

/// The standard output of the process.
///
/// # Buffers
/// None of its own: one write in flight, of about 64 KiB, on a thread of its own.
/// What it writes stays in the link until the kernel has it; behind that, a pipe holds 64 KiB.
/// The buffer of [`std::io::stdout`] is flushed before, and not used.
///
/// # Pausing
/// It pauses nobody by itself: while the reader is slow, the link fills.
///
/// # Truncated or finished
/// A pipe cannot tell it to its reader: only the exit status of the process can.
/// A reader that has gone is an error with
/// [`is_broken_pipe`](crate::EndpointError::is_broken_pipe); for a command in a shell pipeline that
/// is a good reason to end quietly.
///
/// # Restarts
/// There is one consumer at a time.
/// The next one takes over the write that is in flight, so that nothing is written twice.
#[derive(Debug)]
pub enum Stdout {}

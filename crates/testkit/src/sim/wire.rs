//! A connection between two ends that are both simulated.

use std::{
    collections::VecDeque,
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker, ready},
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Sleep, sleep},
};

use super::Sim;

/// The most bytes that are on their way from one end to the other.
const UNDER_WAY: usize = 4096;

/// One end of a connection: what is written here is read at the other end.
///
/// Reads and writes are slow and partial, as the simulation chooses, and break at an offset that the
/// test chooses: by a reset ([`reset_at`](Self::reset_at)), or as a disk does that is full
/// ([`full_at`](Self::full_at)).
/// Dropping an end without a shutdown resets the other.
pub struct Wire {
    sim: Sim,
    name: String,
    reads: Arc<Mutex<Way>>,
    writes: Arc<Mutex<Way>>,
    delay: Option<Pin<Box<Sleep>>>,
    /// The last call waited, and goes on without another roll of the dice.
    has_waited: bool,
    breaks: Option<(u64, io::ErrorKind)>,
    /// How many bytes were written.
    written: u64,
}

/// One direction.
#[derive(Default)]
struct Way {
    bytes: VecDeque<u8>,
    is_shut: bool,
    is_reset: bool,
    /// Who reads or writes, and waits for the other.
    waiting: [Option<Waker>; 2],
}

const READER: usize = 0;
const WRITER: usize = 1;

impl Sim {
    /// Returns the two ends of a connection.
    #[must_use]
    pub fn wire(&self, one: &str, other: &str) -> (Wire, Wire) {
        let (there, back) = (Arc::<Mutex<Way>>::default(), Arc::<Mutex<Way>>::default());
        let end = |name: &str, reads: &Arc<Mutex<Way>>, writes: &Arc<Mutex<Way>>| Wire {
            sim: self.clone(),
            name: name.to_owned(),
            reads: reads.clone(),
            writes: writes.clone(),
            delay: None,
            has_waited: false,
            breaks: None,
            written: 0,
        };
        (end(one, &back, &there), end(other, &there, &back))
    }
}

impl Wire {
    /// The connection is reset when so many bytes were written here.
    #[must_use]
    pub fn reset_at(mut self, offset: u64) -> Self {
        self.breaks = Some((offset, io::ErrorKind::ConnectionReset));
        self
    }

    /// There is no room for more than so many bytes; what was written before stays.
    #[must_use]
    pub fn full_at(mut self, offset: u64) -> Self {
        self.breaks = Some((offset, io::ErrorKind::StorageFull));
        self
    }

    /// Waits, if the simulation has chosen a delay.
    fn poll_delay(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        if self.delay.is_none() && !std::mem::replace(&mut self.has_waited, true) {
            self.delay = self.sim.delay(&self.name).map(|time| Box::pin(sleep(time)));
        }
        if let Some(delay) = &mut self.delay {
            ready!(delay.as_mut().poll(cx));
            self.delay = None;
        }
        Poll::Ready(())
    }

    /// Nothing goes either way any more.
    fn reset(&self) {
        for way in [&self.reads, &self.writes] {
            let waiting = {
                let mut way = lock(way);
                way.is_reset = true;
                std::mem::take(&mut way.waiting)
            };
            waiting.into_iter().flatten().for_each(Waker::wake);
        }
    }
}

fn lock(way: &Mutex<Way>) -> MutexGuard<'_, Way> {
    way.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Way {
    fn wait<T>(&mut self, who: usize, cx: &Context<'_>) -> Poll<T> {
        self.waiting[who] = Some(cx.waker().clone());
        Poll::Pending
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_delay(cx));
        let mut way = lock(&self.reads);
        if way.bytes.is_empty() && !way.is_shut && !way.is_reset {
            return way.wait(READER, cx);
        }
        if way.is_reset {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let given = self.sim.part_of(way.bytes.len().min(into.remaining()));
        let (first, second) = way.bytes.as_slices();
        let from_first = given.min(first.len());
        into.put_slice(&first[..from_first]);
        into.put_slice(&second[..given - from_first]);
        way.bytes.drain(..given);
        let waiting = way.waiting[WRITER].take();
        drop(way);
        self.sim.note(&self.name, format_args!("reads {given} bytes"));
        self.has_waited = false;
        waiting.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_delay(cx));
        let left = self.breaks.map_or(u64::MAX, |(offset, _)| offset - self.written);
        if let Some((offset, kind)) = self.breaks.filter(|_| left == 0 && !bytes.is_empty()) {
            self.sim.note(&self.name, format_args!("breaks at {offset}: {kind}"));
            if kind == io::ErrorKind::ConnectionReset {
                self.reset();
            }
            return Poll::Ready(Err(kind.into()));
        }
        let mut way = lock(&self.writes);
        if way.is_reset {
            return Poll::Ready(Err(io::ErrorKind::ConnectionReset.into()));
        }
        let room = UNDER_WAY - way.bytes.len();
        if room == 0 {
            return way.wait(WRITER, cx);
        }
        let most = bytes.len().min(room).min(usize::try_from(left).unwrap_or(usize::MAX));
        let taken = self.sim.part_of(most);
        way.bytes.extend(&bytes[..taken]);
        let waiting = way.waiting[READER].take();
        drop(way);
        self.sim.note(&self.name, format_args!("writes {taken} bytes"));
        self.has_waited = false;
        self.written += taken as u64;
        waiting.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        let waiting = {
            let mut way = lock(&self.writes);
            way.is_shut = true;
            way.waiting[READER].take()
        };
        self.sim.note(&self.name, "shuts down");
        waiting.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(()))
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        if !lock(&self.writes).is_shut {
            self.reset();
        }
    }
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire")
            .field("name", &self.name)
            .field("written", &self.written)
            .finish_non_exhaustive()
    }
}

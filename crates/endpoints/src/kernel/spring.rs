//! A connection whose bytes are promised before they are taken out.

use std::{
    future::Future,
    io,
    pin::pin,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    task::{Context, Poll, Waker, ready},
};

use aqueduct_link::Name;
use tokio::{io::Interest, net::TcpStream};

use super::calls;

/// A connection whose bytes are promised before they are taken out: by its producer, and by the
/// consumer behind the link, both on one arbiter.
#[derive(Debug)]
pub(super) struct Spring {
    pub(super) name: Name,
    stream: TcpStream,
    /// How many bytes are promised and not taken out. Both sides run on one thread; it is atomic so
    /// that a span may be dropped on another.
    promised: AtomicUsize,
    /// Who is to be woken when nothing is promised any more.
    last: Mutex<Option<Waker>>,
}

/// What a look into a connection shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Look {
    /// So many bytes are there that are not promised.
    Fresh(usize),
    /// All is promised and taken, and nothing more will come.
    End,
}

impl Spring {
    pub(super) fn new(name: Name, stream: TcpStream) -> io::Result<Self> {
        calls::take_urgent_inline(&stream)?;
        Ok(Self { name, stream, promised: AtomicUsize::new(0), last: Mutex::default() })
    }

    pub(super) const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// These bytes will be taken out by nobody else.
    pub(super) fn promise(&self, bytes: usize) {
        self.promised.fetch_add(bytes, Ordering::Relaxed);
    }

    /// These bytes were taken out.
    pub(super) fn took(&self, bytes: usize) {
        if self.promised.fetch_sub(bytes, Ordering::Relaxed) == bytes
            && let Some(waker) = self.waker().take()
        {
            waker.wake();
        }
    }

    /// Reads promised bytes into the process.
    pub(super) fn read(&self, into: &mut [u8]) -> io::Result<usize> {
        let bytes = calls::uninterrupted(|| calls::read(&self.stream, into))?;
        self.took(bytes);
        Ok(bytes)
    }

    /// Waits until there is something that is not promised, or the end.
    ///
    /// What came before an error is promised first, and the error told when it is taken: a look at
    /// the next byte tells it as a read would.
    pub(super) fn poll_look(&self, task: &mut Context<'_>) -> Poll<io::Result<Look>> {
        loop {
            ready!(self.stream.poll_read_ready(task))?;
            let closed = self.is_closed();
            match self.stream.try_io(Interest::READABLE, || self.look()) {
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    // Being closed is no readiness that is used up: another look would find the
                    // same until the last promise is kept.
                    if closed && self.await_last(task) {
                        return Poll::Pending;
                    }
                }
                result => return Poll::Ready(result),
            }
        }
    }

    fn look(&self) -> io::Result<Look> {
        let waiting = usize::try_from(calls::waiting(&self.stream)?).unwrap_or(usize::MAX);
        let promised = self.promised.load(Ordering::Relaxed);
        if waiting > promised {
            return Ok(Look::Fresh(waiting - promised));
        }
        if promised > 0 {
            return Err(io::ErrorKind::WouldBlock.into());
        }
        match calls::uninterrupted(|| calls::peek(&self.stream))? {
            0 => Ok(Look::End),
            // It came after it was counted.
            bytes => Ok(Look::Fresh(bytes)),
        }
    }

    /// Returns whether the peer will send nothing more; asked when it is known to be ready.
    fn is_closed(&self) -> bool {
        let ready = pin!(self.stream.ready(Interest::READABLE));
        let ready = ready.poll(&mut Context::from_waker(Waker::noop()));
        matches!(ready, Poll::Ready(Ok(ready)) if ready.is_read_closed())
    }

    /// Has the last promise wake this task; false if there is none to be kept.
    fn await_last(&self, task: &Context<'_>) -> bool {
        *self.waker() = Some(task.waker().clone());
        self.promised.load(Ordering::Relaxed) > 0
    }

    fn waker(&self) -> std::sync::MutexGuard<'_, Option<Waker>> {
        self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

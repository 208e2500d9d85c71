//! A peer that follows a script.

use std::{
    collections::VecDeque,
    fmt, io,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// One thing that a scripted peer does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Io {
    /// Takes up to this many bytes of one write; with 0, it is a write of nothing.
    Take(usize),
    /// Gives these bytes to one read, or as many as fit; the rest comes with the next.
    Give(Vec<u8>),
    /// Blocks reads and writes until [`Peer::unblock`].
    Block,
    /// Fails with an error of this kind.
    Fail(io::ErrorKind),
    /// Says that nothing more will come; the last step for reads.
    End,
}

/// A stream whose other end follows a script: a kernel that takes a few bytes, a peer that stalls,
/// a connection that breaks.
///
/// The steps are one row for both directions. A read waits for what takes to be over, as a peer
/// answers what it was told; a write that meets what gives is taken whole, as a peer reads while it
/// speaks. A step that blocks holds everybody, one that fails whoever comes to it first.
/// When the script is over, every write is taken whole, and reads come to the end.
/// A flush or a shutdown waits for a step that blocks, or fails with one that fails; a shutdown is
/// recorded.
///
/// ```
/// use aqueduct_testkit::{Io, ScriptedIo};
/// use tokio::io::AsyncWriteExt;
///
/// # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
/// let (mut stream, peer) = ScriptedIo::new([Io::Take(3), Io::Fail(std::io::ErrorKind::BrokenPipe)]);
/// let broken = stream.write_all(b"hello").await;
/// assert_eq!(broken.unwrap_err().kind(), std::io::ErrorKind::BrokenPipe);
/// assert_eq!(peer.written(), b"hel");
/// # });
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Debug)]
pub struct ScriptedIo(Arc<Mutex<State>>);

/// What the test knows of the peer, and does to it.
#[derive(Clone)]
pub struct Peer(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    script: VecDeque<Io>,
    written: Vec<u8>,
    waiting: Vec<Waker>,
    is_shut: bool,
}

impl ScriptedIo {
    /// Returns a stream whose peer does these things, and the peer.
    pub fn new(script: impl IntoIterator<Item = Io>) -> (Self, Peer) {
        let state = State { script: script.into_iter().collect(), ..State::default() };
        let state = Arc::new(Mutex::new(state));
        (Self(state.clone()), Peer(state))
    }
}

impl Peer {
    /// What was written so far.
    #[must_use]
    pub fn written(&self) -> Vec<u8> {
        lock(&self.0).written.clone()
    }

    /// Whether the stream was shut down.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        lock(&self.0).is_shut
    }

    /// Whether somebody waits for the peer.
    #[must_use]
    pub fn is_waited_for(&self) -> bool {
        !lock(&self.0).waiting.is_empty()
    }

    /// Goes on behind the step that blocks.
    pub fn unblock(&self) {
        let waiting = {
            let mut state = lock(&self.0);
            if state.script.front() == Some(&Io::Block) {
                state.script.pop_front();
            }
            std::mem::take(&mut state.waiting)
        };
        // Whoever is woken may come back to this peer, whose lock is free by then.
        waiting.into_iter().for_each(Waker::wake);
    }
}

impl fmt::Debug for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Peer")
            .field("written", &lock(&self.0).written.len())
            .finish_non_exhaustive()
    }
}

/// A test that failed with the lock in its hands has nothing left to spoil.
fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

impl State {
    /// Waits for the script to go on; a task that asks again is kept once.
    fn wait<T>(&mut self, cx: &Context<'_>) -> Poll<T> {
        if !self.waiting.iter().any(|waiting| waiting.will_wake(cx.waker())) {
            self.waiting.push(cx.waker().clone());
        }
        Poll::Pending
    }

    /// Comes to the next step: waits where it blocks, and fails where it fails.
    fn poll_step(&mut self, cx: &Context<'_>) -> Poll<io::Result<Option<&mut Io>>> {
        match self.script.front() {
            Some(Io::Block) => self.wait(cx),
            Some(Io::Fail(kind)) => {
                let error = io::Error::from(*kind);
                self.script.pop_front();
                Poll::Ready(Err(error))
            }
            _ => Poll::Ready(Ok(self.script.front_mut())),
        }
    }
}

impl AsyncWrite for ScriptedIo {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let mut state = lock(&self.0);
        let (most, waiting) = match std::task::ready!(state.poll_step(cx))? {
            Some(Io::Take(most)) => {
                let most = *most;
                state.script.pop_front();
                (most, std::mem::take(&mut state.waiting))
            }
            _ => (usize::MAX, Vec::new()),
        };
        let taken = bytes.len().min(most);
        state.written.extend_from_slice(&bytes[..taken]);
        drop(state);
        waiting.into_iter().for_each(Waker::wake);
        Poll::Ready(Ok(taken))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        lock(&self.0).poll_step(cx).map_ok(drop)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let mut state = lock(&self.0);
        std::task::ready!(state.poll_step(cx).map_ok(drop))?;
        state.is_shut = true;
        Poll::Ready(Ok(()))
    }
}

impl AsyncRead for ScriptedIo {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let mut state = lock(&self.0);
        let given = match std::task::ready!(state.poll_step(cx))? {
            Some(Io::Give(bytes)) => {
                let fits = bytes.len().min(into.remaining());
                into.put_slice(&bytes[..fits]);
                bytes.drain(..fits);
                bytes.is_empty()
            }
            Some(Io::End) | None => false,
            // What a write is for waits for a write.
            Some(_) => return state.wait(cx),
        };
        if given {
            state.script.pop_front();
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use std::{
        sync::atomic::{AtomicUsize, Ordering::Relaxed},
        task::Wake,
    };

    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    fn run<F: Future>(test: F) -> F::Output {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(test)
    }

    #[test]
    fn a_read_gets_what_is_given_and_then_the_end() {
        run(async {
            let (mut stream, _) =
                ScriptedIo::new([Io::Give(b"ab".to_vec()), Io::Give(b"c".to_vec())]);
            let mut read = Vec::new();
            stream.read_to_end(&mut read).await.unwrap();
            assert_eq!(read, b"abc");
        });
    }

    #[derive(Default)]
    struct Count(AtomicUsize);

    impl Wake for Count {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Relaxed);
        }
    }

    /// Reads a byte, if there is one.
    fn read(stream: &mut ScriptedIo, waker: &Waker) -> Poll<io::Result<Vec<u8>>> {
        let mut buffer = [0];
        let mut into = ReadBuf::new(&mut buffer);
        let read = Pin::new(stream).poll_read(&mut Context::from_waker(waker), &mut into);
        read.map_ok(|()| into.filled().to_vec())
    }

    #[test]
    fn a_read_that_waits_for_a_write_is_woken_by_it_once() {
        let (mut stream, _) = ScriptedIo::new([Io::Take(1), Io::Give(b"x".to_vec())]);
        let woken = Arc::new(Count::default());
        let waker = woken.clone().into();
        assert!(read(&mut stream, &waker).is_pending());
        assert!(read(&mut stream, &waker).is_pending());
        let cx = &mut Context::from_waker(Waker::noop());
        let wrote = Pin::new(&mut stream).poll_write(cx, b"ab");
        assert!(matches!(wrote, Poll::Ready(Ok(1))));
        assert_eq!(woken.0.load(Relaxed), 1);
        assert!(matches!(read(&mut stream, &waker), Poll::Ready(Ok(read)) if read == b"x"));
    }

    #[test]
    fn a_write_of_nothing_and_an_error_are_played_once_each() {
        run(async {
            let script = [Io::Take(0), Io::Fail(io::ErrorKind::ConnectionReset)];
            let (mut stream, peer) = ScriptedIo::new(script);
            assert_eq!(stream.write(b"a").await.unwrap(), 0);
            let error = stream.write(b"a").await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::ConnectionReset);
            stream.write_all(b"bc").await.unwrap();
            assert_eq!(peer.written(), b"bc");
        });
    }

    #[test]
    fn a_blocked_write_goes_on_when_the_peer_is_unblocked() {
        run(async {
            let (mut stream, peer) = ScriptedIo::new([Io::Take(1), Io::Block, Io::Take(2)]);
            let unblock = async {
                while !peer.is_waited_for() {
                    tokio::task::yield_now().await;
                }
                assert_eq!(peer.written(), b"a");
                peer.unblock();
            };
            let (wrote, ()) = tokio::join!(stream.write_all(b"abcd"), unblock);
            wrote.unwrap();
            stream.shutdown().await.unwrap();
            assert_eq!(peer.written(), b"abcd");
            assert!(peer.is_shut());
        });
    }
}

//! The line from a supervisor to one child: the newest order, and not a queue of them.

use std::{
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Waker},
    time::Duration,
};

use aqueduct_actors::{Cause, Verdict};

/// The newest order to a child.
#[derive(Debug, Default)]
pub(crate) enum Word {
    /// Go on as you are.
    #[default]
    Live,
    /// End this life, or the wait for the next one; another one follows.
    Halt,
    /// Live again after this time.
    Revive(Duration),
    /// There will be no other life; one that goes on ends now, of this.
    GiveUp(Option<Cause>),
}

/// The line to one child, whose task alone listens.
#[derive(Default)]
pub(crate) struct Line {
    /// There is an order: all that is looked at while there is none.
    news: AtomicBool,
    /// The child shall end in good order.
    stops: AtomicBool,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    word: Word,
    /// Its task shall go on the spot.
    killed: bool,
    waker: Option<Waker>,
}

impl Line {
    /// From now on this task is woken by every order.
    pub(crate) fn listen(&self, cx: &Context<'_>) {
        self.state().waker = Some(cx.waker().clone());
    }

    /// Gives an order; whoever listens is to be woken when nothing is locked.
    #[must_use]
    pub(crate) fn order(&self, word: Word) -> Option<Waker> {
        let mut state = self.state();
        state.word = word;
        self.news.store(true, Ordering::Release);
        state.waker.clone()
    }

    /// Asks the child to end in good order, whatever else it is told.
    pub(crate) fn stop(&self) {
        self.stops.store(true, Ordering::Release);
        let waker = self.state().waker.clone();
        waker.into_iter().for_each(Waker::wake);
    }

    /// Has the child's task end on the spot.
    pub(crate) fn kill(&self) {
        let mut state = self.state();
        state.killed = true;
        self.news.store(true, Ordering::Release);
        let waker = state.waker.clone();
        drop(state);
        waker.into_iter().for_each(Waker::wake);
    }

    pub(crate) fn stops(&self) -> bool {
        self.stops.load(Ordering::Acquire)
    }

    /// Ready when this life, or the wait for the next one, is to end.
    pub(crate) fn poll_halt(&self) -> Poll<Cause> {
        let Some(state) = self.news() else { return Poll::Pending };
        match &state.word {
            Word::Halt => {
                Poll::Ready(Cause::Halted("others are made anew, and it with them".into()))
            }
            Word::GiveUp(Some(cause)) => Poll::Ready(cause.clone()),
            Word::GiveUp(None) => Poll::Ready(Cause::Halted("it is not needed any more".into())),
            Word::Live | Word::Revive(_) => Poll::Pending,
        }
    }

    /// Ready when it is decided what comes after a life; or with nothing, if the child is to halt:
    /// it was to live again, had not heard of it, and has to say now that it does not live.
    pub(crate) fn poll_verdict(&self) -> Poll<Option<Verdict>> {
        let Some(mut state) = self.news() else { return Poll::Pending };
        match state.word {
            Word::Revive(after) => {
                state.word = Word::Live;
                Poll::Ready(Some(Verdict::Rebuild(after)))
            }
            Word::GiveUp(_) => Poll::Ready(Some(Verdict::GiveUp)),
            Word::Halt => {
                state.word = Word::Live;
                Poll::Ready(None)
            }
            Word::Live => Poll::Pending,
        }
    }

    /// Ready, once, when the child's task is to end on the spot.
    pub(crate) fn poll_killed(&self) -> Poll<()> {
        let Some(mut state) = self.news() else { return Poll::Pending };
        if std::mem::take(&mut state.killed) { Poll::Ready(()) } else { Poll::Pending }
    }

    /// What there is to hear, if anything is.
    fn news(&self) -> Option<MutexGuard<'_, State>> {
        if !self.news.load(Ordering::Acquire) {
            return None;
        }
        let state = self.state();
        let heard = matches!(state.word, Word::Live) && !state.killed;
        self.news.store(!heard, Ordering::Release);
        Some(state)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

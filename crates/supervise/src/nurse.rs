//! The task of a child: it polls the lives of its actor, and notices when they are cut off.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    sync::Arc,
    task::Poll,
};

use actix_rt::ArbiterHandle;
use aqueduct_actors::{ActorError, Cause, Exit};
use aqueduct_link::Name;

use crate::{
    Arbiters, Supervisor,
    arbiters::{Place, Pool},
    child::{EndSender, Restarts},
    line::Line,
    policy::Input,
    post::Post,
    watchdog::Number,
};

/// The lives of an actor, to be polled.
pub(crate) type Life = Pin<Box<dyn Future<Output = Result<Exit, ActorError>>>>;

/// What makes the actors of a child, one after the other.
pub(crate) trait Body: 'static {
    /// Returns the lives of an actor, to be polled on this arbiter. With a cause, another actor of
    /// this child was cut off.
    fn live(&self, post: Post, cause: Option<Cause>) -> Life;

    /// There will be no further actor.
    fn give_up(&self, reason: &Name);
}

/// What of a child is not its actor.
pub(crate) struct Seat {
    pub(crate) name: Name,
    /// By which a watchdog knows it.
    pub(crate) number: Arc<Number>,
    pub(crate) supervisor: Supervisor,
    pub(crate) who: usize,
    pub(crate) line: Arc<Line>,
    pub(crate) restarts: Restarts,
    pub(crate) home: Home,
    pub(crate) end: EndSender,
}

/// Where a child lives.
#[derive(Clone)]
pub(crate) enum Home {
    /// On this arbiter, and on no other.
    Fixed(ArbiterHandle),
    /// On the arbiter at this place, or on the one that takes its place.
    Place { pool: Arc<Pool>, which: usize, now: Place },
}

impl Home {
    /// A place among these arbiters, in turn.
    pub(crate) fn among(arbiters: &Arbiters) -> Self {
        let pool = arbiters.pool().clone();
        let which = pool.next();
        let now = pool.place(which);
        Self::Place { pool, which, now }
    }

    /// The arbiter of now.
    pub(crate) fn arbiter(&self) -> ArbiterHandle {
        match self {
            Self::Fixed(arbiter) => arbiter.clone(),
            Self::Place { pool, which, .. } => pool.place(*which).arbiter,
        }
    }
}

/// A child whose arbiter may go away under it: when this is dropped before the child has ended, the
/// child moves on to the next arbiter, or is lost.
pub(crate) struct Nursed<B: Body>(Option<Inner<B>>);

struct Inner<B: Body> {
    body: B,
    seat: Seat,
    move_on: fn(Inner<B>),
}

impl<B: Body> Nursed<B> {
    /// A child that stays on its arbiter.
    pub(crate) fn settled(body: B, seat: Seat) -> Self {
        Self(Some(Inner { body, seat, move_on: lose }))
    }

    /// A child that can go on on another arbiter.
    pub(crate) fn mobile(body: B, seat: Seat) -> Self
    where
        B: Send,
    {
        Self(Some(Inner { body, seat, move_on: elsewhere }))
    }

    /// Starts the child on this arbiter.
    pub(crate) fn start(self) {
        if let Some(inner) = &self.0 {
            let first = inner.live(None);
            actix_rt::spawn(nurse(first, self));
        }
    }

    /// Goes on here, after the arbiter before this one went away.
    fn arrive(mut self, home: Home) {
        if let Some(inner) = &mut self.0 {
            inner.seat.home = home;
            let next = inner.live(Some(Cause::Vanished));
            actix_rt::spawn(nurse(next, self));
        }
    }
}

impl<B: Body> Inner<B> {
    fn live(&self, cause: Option<Cause>) -> Life {
        let Seat { supervisor, who, line, restarts, .. } = &self.seat;
        let post = Post::new(supervisor.clone(), *who, line.clone(), restarts.clone());
        self.body.live(post, cause)
    }

    fn ended(self, end: Result<Exit, ActorError>) {
        let Self { body, seat, .. } = self;
        // Its ends of links go first: whoever hears of the end finds nothing of the child.
        if let Err(panic) = catch_unwind(AssertUnwindSafe(move || drop(body))) {
            let panic = Cause::panicked(&*panic);
            tracing::error!(child = %seat.name, %panic, "what a child left panicked while it was dropped");
        }
        seat.supervisor.note(&end);
        seat.supervisor.tell(seat.who, Input::Ended);
        seat.end.send_replace(Some(end));
    }
}

/// Polls the lives of a child to the end.
///
/// What was moved in last is dropped last: the actor is gone before the child moves on.
async fn nurse<B: Body>(first: Life, mut nursed: Nursed<B>) {
    let Some(inner) = &nursed.0 else { return };
    let (line, number) = (inner.seat.line.clone(), inner.seat.number.clone());
    let mut end = until_killed(&line, &number, first).await;
    while end.is_none() {
        let Some(inner) = &nursed.0 else { return };
        end = until_killed(&line, &number, inner.live(Some(Cause::Vanished))).await;
    }
    if let (Some(end), Some(inner)) = (end, nursed.0.take()) {
        inner.ended(end);
    }
}

/// Polls to the end, or until the child is killed: then what was polled is dropped as it stands.
async fn until_killed(
    line: &Line,
    number: &Number,
    mut life: Life,
) -> Option<Result<Exit, ActorError>> {
    poll_fn(|cx| {
        line.listen(cx);
        Poll::Ready(())
    })
    .await;
    poll_fn(|cx| match line.poll_killed() {
        Poll::Ready(()) => Poll::Ready(None),
        Poll::Pending => number.works(|| life.as_mut().poll(cx)).map(Some),
    })
    .await
}

impl<B: Body> Drop for Nursed<B> {
    fn drop(&mut self) {
        if let Some(inner) = self.0.take() {
            (inner.move_on)(inner);
        }
    }
}

/// The child goes on on another arbiter, if it has a place among several.
fn elsewhere<B: Body + Send>(inner: Inner<B>) {
    let Home::Place { pool, which, now } = inner.seat.home.clone() else { return lose(inner) };
    tracing::warn!(child = %inner.seat.name, "the arbiter of the child is gone: it moves on");
    // What cannot go on is dropped, and comes back here without a place.
    let stranded =
        Inner { seat: Seat { home: Home::Fixed(now.arbiter.clone()), ..inner.seat }, ..inner };
    let nursed = Nursed(Some(stranded));
    let place = pool.clone();
    pool.go_on(which, &now, move |now| {
        let arbiter = now.arbiter.clone();
        arbiter.spawn_fn(move || nursed.arrive(Home::Place { pool: place, which, now }));
    });
}

/// There is no arbiter for the child.
fn lose<B: Body>(inner: Inner<B>) {
    let Inner { body, seat, .. } = inner;
    tracing::error!(child = %seat.name, "the arbiter of the child is gone, and the child with it");
    let error = ActorError { actor: seat.name.clone(), cause: Cause::Vanished };
    body.give_up(&error.to_string().into());
    let end = Err(error);
    seat.supervisor.note(&end);
    seat.end.send_replace(Some(end));
    seat.supervisor.tell(seat.who, Input::Lost);
}

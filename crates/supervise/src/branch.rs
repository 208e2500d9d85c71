//! A supervisor that is a child of another one.

use std::{
    fmt,
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::pin,
    rc::Rc,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::Poll,
    time::Duration,
};

use actix_rt::Arbiter;
use aqueduct_actors::{ActorError, Cause, Exit, Failure, Keeper};
use aqueduct_link::Name;
use tokio::sync::watch;

use crate::{
    Report, Restart, StartError, Supervisor, SupervisorError,
    child::{EndReceiver, wait},
    line::Line,
    nurse::{Body, Home, Life, Nursed},
    post::Post,
    supervisor::Ways,
};

impl Supervisor {
    /// A child that is a supervisor itself, whose children this function starts, also anew after
    /// each failure.
    ///
    /// It fails when one of its children has failed for good, after all others were stopped.
    ///
    /// ```no_run
    /// # use std::convert::Infallible;
    /// # use aqueduct_actors::Failure;
    /// # use aqueduct_supervise::{Restart, Supervisor};
    /// # struct Collector;
    /// # impl actix::Actor for Collector { type Context = actix::Context<Self>; }
    /// # async fn f() -> Result<(), Box<dyn std::error::Error>> {
    /// let all = Supervisor::new("all");
    /// all.supervisor("ingest", |ingest| async move {
    ///     ingest.actor("collector", || async { Ok::<_, Infallible>(Collector) }).start()?;
    ///     // … its other children, in order
    ///     Ok::<_, Failure>(())
    /// })
    /// .restart(Restart::transient().at_most(3))
    /// .start()?;
    /// # Ok(()) }
    /// ```
    pub fn supervisor<F, U, E>(&self, name: impl Into<Name>, start: F) -> BranchSpec<F>
    where
        F: Fn(Self) -> U + 'static,
        U: Future<Output = Result<(), E>> + 'static,
        E: Into<Failure>,
    {
        BranchSpec {
            supervisor: self.clone(),
            name: name.into(),
            restart: Restart::default(),
            stop_within: Duration::MAX,
            start,
        }
    }
}

/// A supervisor that is about to start as a child of another one.
#[must_use = "a child starts with `start`"]
pub struct BranchSpec<F> {
    supervisor: Supervisor,
    name: Name,
    restart: Restart,
    stop_within: Duration,
    start: F,
}

impl<F> BranchSpec<F> {
    /// What happens when it fails; [`Restart::transient`] unless told.
    pub fn restart(mut self, restart: Restart) -> Self {
        self.restart = restart;
        self
    }

    /// How long it may take to stop; unless told, as long as its children may.
    pub fn stop_within(mut self, time: Duration) -> Self {
        self.stop_within = time;
        self
    }

    /// Starts it on the arbiter of this thread. Its children may run on others.
    ///
    /// # Errors
    /// [`StartError`]; nothing was started then.
    pub fn start<U, E>(self) -> Result<Branch, StartError>
    where
        F: Fn(Supervisor) -> U + 'static,
        U: Future<Output = Result<(), E>> + 'static,
        E: Into<Failure> + 'static,
    {
        let Self { supervisor, name, restart, stop_within, start } = self;
        let Some(here) = Arbiter::try_current() else {
            return Err(StartError::NoArbiter { child: name });
        };
        let line = Arc::new(Line::default());
        let told = line.clone();
        let (now, current) = watch::channel::<Option<Supervisor>>(None);
        let (drained, of_now) = (Arc::new(AtomicBool::new(false)), current.clone());
        let told_to_drain = drained.clone();
        let drain = move || {
            told_to_drain.store(true, Relaxed);
            of_now.borrow().iter().for_each(Supervisor::drain);
        };
        let stop = Arc::new(move || told.stop());
        let ways = Ways { drain: Some(Arc::new(drain)), stop, stop_within };
        let shared =
            Shared { name: name.clone(), lasts: restart.is_permanent(), drained, now, start };
        let home = Home::Fixed(here);
        let (seat, end) = supervisor.seat(name.clone(), restart, line, ways, home);
        let who = seat.who;
        Nursed::settled(Growing(Rc::new(shared)), seat).start();
        supervisor.welcome(who);
        Ok(Branch { name, current, end })
    }
}

/// A supervisor that runs as a child of another one.
#[derive(Clone)]
pub struct Branch {
    name: Name,
    current: watch::Receiver<Option<Supervisor>>,
    end: EndReceiver,
}

impl Branch {
    /// The supervisor of now; another one after each failure.
    #[must_use]
    pub fn supervisor(&self) -> Option<Supervisor> {
        self.current.borrow().clone()
    }

    /// Waits until it has ended for good.
    ///
    /// # Errors
    /// [`ActorError`] if it ended badly.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub async fn finished(&self) -> Result<Exit, ActorError> {
        wait(self.name.clone(), self.end.clone()).await
    }
}

/// One supervisor after the other, each with children of its own.
struct Growing<F>(Rc<Shared<F>>);

struct Shared<F> {
    name: Name,
    lasts: bool,
    /// The supervisor of now was told to drain, and each one after it is: who drains looks for the
    /// one of now behind the store, a new one looks for it behind its own; the lock of `now` orders both.
    drained: Arc<AtomicBool>,
    now: watch::Sender<Option<Supervisor>>,
    start: F,
}

impl<F, U, E> Body for Growing<F>
where
    F: Fn(Supervisor) -> U + 'static,
    U: Future<Output = Result<(), E>> + 'static,
    E: Into<Failure> + 'static,
{
    fn live(&self, mut post: Post, mut cause: Option<Cause>) -> Life {
        let shared = self.0.clone();
        Box::pin(async move {
            loop {
                if let Some(cause) = cause.take() {
                    let told = cause.to_string();
                    if let Err(cause) = post.next_life(cause).await {
                        return Err(ActorError { actor: shared.name.clone(), cause });
                    }
                    tracing::warn!(supervisor = %shared.name, cause = told, "its children are made anew");
                }
                let branch = Supervisor::new(shared.name.clone());
                shared.now.send_replace(Some(branch.clone()));
                if shared.drained.load(Relaxed) {
                    branch.drain();
                }
                match shared.one_life(&branch, &mut post).await {
                    Ok(_) if !shared.lasts || post.stops() => return Ok(Exit::Done),
                    Ok(_) => cause = Some(failed("all its children have ended")),
                    Err(ended) => {
                        // What is left of them goes before others come.
                        let _ = branch.stop().await;
                        cause = Some(ended);
                    }
                }
            }
        })
    }

    fn give_up(&self, reason: &Name) {
        if let Some(branch) = &*self.0.now.borrow() {
            branch.abort(reason.clone());
        }
    }
}

fn failed(why: &str) -> Cause {
    Cause::Failed(Failure::message(why))
}

impl<F> Shared<F> {
    /// Starts the children, and waits until all have ended, or are to end.
    async fn one_life<U, E>(&self, branch: &Supervisor, post: &mut Post) -> Result<Report, Cause>
    where
        F: Fn(Supervisor) -> U,
        U: Future<Output = Result<(), E>>,
        E: Into<Failure>,
    {
        let mut starting = pin!(async { (self.start)(branch.clone()).await });
        let started = poll_fn(|cx| {
            match catch_unwind(AssertUnwindSafe(|| starting.as_mut().poll(cx))) {
                Ok(Poll::Ready(Ok(()))) => return Poll::Ready(Ok(())),
                Ok(Poll::Ready(Err(error))) => {
                    return Poll::Ready(Err(Cause::Failed(error.into())));
                }
                Err(panic) => return Poll::Ready(Err(Cause::panicked(&*panic))),
                Ok(Poll::Pending) => {}
            }
            post.poll_halt(cx).map(Err)
        });
        started.await?;
        post.began();
        let mut finished = pin!(branch.finished());
        let mut stopping = pin!(branch.stop());
        poll_fn(|cx| {
            let end = match post.stops() {
                true => stopping.as_mut().poll(cx),
                false => finished.as_mut().poll(cx),
            };
            match end {
                Poll::Ready(end) => Poll::Ready(end.map_err(|error| cause_of(&error))),
                Poll::Pending => post.poll_halt(cx).map(Err),
            }
        })
        .await
    }
}

fn cause_of(error: &SupervisorError) -> Cause {
    failed(&error.to_string())
}

impl<F> fmt::Debug for BranchSpec<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BranchSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

impl fmt::Debug for Branch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Branch").field("name", &self.name).finish_non_exhaustive()
    }
}

//! What is verified, running: and how it came to its end.

use std::{
    cell::Cell,
    future::Future,
    pin::Pin,
    time::{Duration, Instant},
};

use aqueduct_actors::{ActorError, Cause, Exit, Failure, Running};
use tokio::task::{LocalSet, yield_now};

use crate::{Broken, within};

/// What is made, in time.
pub(super) type Made<T> = Pin<Box<dyn Future<Output = Result<T, Failure>>>>;

/// Appends what an item says to what was seen.
pub(super) type Show<T> = Box<dyn Fn(&T, &mut Vec<u8>)>;

/// Makes a subject.
pub(super) type Make<T> = Box<dyn Fn() -> Made<T>>;

/// Returns what makes a subject, whatever its error.
pub(super) fn making<T, F, E>(make: impl Fn() -> F + 'static) -> Make<T>
where
    F: Future<Output = Result<T, E>> + 'static,
    E: Into<Failure>,
{
    Box::new(move || {
        let making = make();
        Box::pin(async move { making.await.map_err(Into::into) })
    })
}

/// Makes a subject for a check.
pub(super) async fn made<T>(make: &Make<T>) -> Result<T, Broken> {
    let made = within("the subject, made", make()).await?;
    made.map_err(|failure| not_made(&failure))
}

pub(super) fn not_made(why: &impl std::fmt::Display) -> Broken {
    Broken::new("the subject, made", why.to_string(), "see to it that it can be made here")
}

/// An actor that runs a subject, whatever its type.
pub(super) trait Started {
    fn ended(&self) -> Pin<Box<dyn Future<Output = Result<Exit, ActorError>> + '_>>;
}

impl<B: 'static> Started for Running<B> {
    fn ended(&self) -> Pin<Box<dyn Future<Output = Result<Exit, ActorError>> + '_>> {
        Box::pin(self.finished())
    }
}

/// Waits until it has ended, and looks that it has ended well.
pub(super) async fn ended_well(subject: &dyn Started) -> Result<(), Broken> {
    match within("the end of its work", subject.ended()).await? {
        Ok(_) => Ok(()),
        Err(error) => Err(Broken::new(
            "that it ends well",
            error.to_string(),
            "answer with an error only where something went wrong",
        )),
    }
}

/// Waits until it has ended, well or with an error, but not with a panic.
pub(super) async fn ended_somehow(subject: &dyn Started) -> Result<(), Broken> {
    match within("the end of its work", subject.ended()).await? {
        Err(ActorError { cause: Cause::Panicked(message), .. }) => Err(Broken::new(
            "an end without a panic",
            format!("panicked: {message}"),
            "answer with an error where something went wrong",
        )),
        _ => Ok(()),
    }
}

/// How long an arbiter may stand still before that is taken for a fault.
///
/// It is far more than any turn takes; machines that are busy stand still too.
const STILL: Duration = Duration::from_secs(1);

/// Does this work, and looks that others on this thread have their turns meanwhile.
pub(super) async fn gives_its_thread_back<T>(
    work: impl Future<Output = Result<T, Broken>>,
) -> Result<T, Broken> {
    let (last, longest) = (Cell::new(Instant::now()), Cell::new(Duration::ZERO));
    let look = || {
        let now = Instant::now();
        longest.set(longest.get().max(now - last.replace(now)));
    };
    let watch = async {
        loop {
            look();
            yield_now().await;
        }
    };
    let done = tokio::select! {
        done = work => done?,
        never = watch => never,
    };
    look();
    if longest.get() > STILL {
        let got = format!("everybody else on its thread waited for {:.1?}", longest.get());
        let advice = "do what takes long in a future or on a thread of its own";
        return Err(Broken::new("a turn of less than a second", got, advice));
    }
    Ok(done)
}

/// After how many turns of its thread a subject is dropped: before it began, at its first steps, and
/// in the middle of its work.
pub(super) const MOMENTS: [usize; 6] = [0, 1, 2, 5, 20, 200];

/// Starts a subject, gives it that many turns, and then drops its actor in the state that it is in.
pub(super) async fn dropped_after<T>(
    turns: usize,
    start: impl Future<Output = Result<T, Broken>>,
) -> Result<T, Broken> {
    let tasks = LocalSet::new();
    let started = tasks.run_until(async {
        let started = start.await?;
        for _ in 0..turns {
            yield_now().await;
        }
        Ok(started)
    });
    let started = started.await?;
    let began = Instant::now();
    drop(tasks);
    if began.elapsed() > STILL {
        let expected = format!("a subject that can be dropped after {turns} turns");
        let got = format!("its thread stood still for {:.1?}", began.elapsed());
        return Err(Broken::new(expected, got, "let go in drop(), and wait for nobody there"));
    }
    Ok(started)
}

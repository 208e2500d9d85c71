//! Polls the context of a shell, so that a panic ends a life and not the actor.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::Pin,
    task::Poll,
};

use actix::{Addr, Context, dev::ContextFut};
use aqueduct_link::Name;

use super::{
    Shell,
    outcome::{Cause, Exit, LifeEnd, Outcome, Verdict},
};

type Life<B> = ContextFut<Shell<B>, Context<Shell<B>>>;

/// Runs the shell life after life, as long as `judge` says so.
///
/// The address is held meanwhile: a context whose mailbox nobody can reach cannot be restarted.
// A block and not an `async fn`: that would keep the space of its arguments beside that of its
// variables, for each actor and as long as it lives.
pub(super) fn run<B: 'static>(
    mut life: Life<B>,
    name: Name,
    outcome: Outcome,
    mut judge: impl FnMut(&Cause) -> Verdict,
) -> impl Future<Output = ()> {
    let address = life.address();
    async move {
        let end = loop {
            let cause = match one_life(&mut life, &outcome).await {
                LifeEnd::Well(exit) => break LifeEnd::Well(exit),
                LifeEnd::Badly(cause) => cause,
            };
            match judge(&cause) {
                Verdict::Rebuild(after) => {
                    tracing::warn!(actor = %name, %cause, ?after, "the actor failed, and is made anew");
                    Box::pin(tokio::time::sleep(after)).await;
                    life.restart();
                }
                Verdict::GiveUp => {
                    tracing::error!(actor = %name, %cause, "the actor failed for good");
                    outcome.set_last_words(format!("{name}: {cause}").into());
                    life.restart();
                    break LifeEnd::Badly(cause);
                }
            }
        };
        bury(life, address);
        outcome.ended(end);
    }
}

/// Polls until this life is over, however it ends.
async fn one_life<B: 'static>(life: &mut Life<B>, outcome: &Outcome) -> LifeEnd {
    let panicked = poll_fn(|cx| {
        let poll = AssertUnwindSafe(|| Pin::new(&mut *life).poll(cx));
        match catch_unwind(poll) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(())) => Poll::Ready(None),
            Err(panic) => Poll::Ready(Some(Cause::panicked(&*panic))),
        }
    })
    .await;
    if let Some(cause) = panicked {
        // A life that had ended already and then panicked in its stop hook ended badly.
        outcome.take_life();
        return LifeEnd::Badly(cause);
    }
    outcome
        .take_life()
        .unwrap_or_else(|| LifeEnd::Well(Exit::Stopped("the actor was stopped".into())))
}

/// Drops what is left of the actor; its stop hooks run meanwhile.
fn bury<B: 'static>(life: Life<B>, address: Addr<Shell<B>>) {
    drop_whatever_happens(life);
    drop(address);
}

/// Drops what belongs to an actor that failed, and that may panic once more.
pub(super) fn drop_whatever_happens<T>(what: T) {
    let drop_it = AssertUnwindSafe(move || drop(what));
    if let Err(panic) = catch_unwind(drop_it) {
        tracing::error!(panic = %Cause::panicked(&*panic), "an actor panicked while it was dropped");
    }
}

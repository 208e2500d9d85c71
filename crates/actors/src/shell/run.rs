//! Polls the context of a shell, so that a panic ends a life and not the actor.

use std::{
    future::{Future, poll_fn},
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    task::Poll,
    time::Duration,
};

use actix::{Addr, Context, dev::ContextFut};
use aqueduct_link::Name;

use super::{
    Shell,
    keeper::{Keeper, Verdict},
    outcome::{ActorError, Cause, Exit, LifeEnd, Outcome},
};
use crate::Failure;

type Life<B> = ContextFut<Shell<B>, Context<Shell<B>>>;

/// Runs the shell life after life, as long as its keeper says so.
///
/// Where there is a cause already, the keeper is asked before the first life begins.
/// The address is held meanwhile: a context whose mailbox nobody can reach cannot be restarted.
// A block and not an `async fn`: that would keep the space of its arguments beside that of its
// variables, for each actor and as long as it lives.
pub(super) fn run<B: 'static, K: Keeper>(
    mut life: Life<B>,
    name: Name,
    outcome: Outcome,
    mut keeper: K,
    mut cause: Option<Cause>,
) -> impl Future<Output = Result<Exit, ActorError>> + use<B, K> {
    let address = life.address();
    async move {
        let end = loop {
            let failed = match cause.take() {
                Some(cause) => cause,
                None => match one_life(&mut life, &outcome, &mut keeper).await {
                    LifeEnd::Well(exit) => break Ok(exit),
                    LifeEnd::Badly(cause) => cause,
                },
            };
            outcome.set_death(failed.to_string().into());
            // The value goes at once: it may have what others, or the next life, need.
            life.restart();
            match keeper.judge(&failed).await {
                Verdict::Rebuild(after) => {
                    tracing::warn!(actor = %name, cause = %failed, ?after, "the actor is made anew");
                    cause = Box::pin(wait(after, &mut keeper)).await;
                }
                Verdict::GiveUp => {
                    tracing::error!(actor = %name, cause = %failed, "the actor failed for good");
                    outcome.set_last_words(format!("{name}: {failed}").into());
                    life.restart();
                    break Err(failed);
                }
            }
        };
        bury(life, address);
        outcome.ended(match &end {
            Ok(exit) => LifeEnd::Well(exit.clone()),
            Err(cause) => LifeEnd::Badly(cause.clone()),
        });
        end.map_err(|cause| ActorError { actor: name, cause })
    }
}

/// Waits before the next life, unless that is not to come yet.
async fn wait(time: Duration, keeper: &mut impl Keeper) -> Option<Cause> {
    if time.is_zero() {
        return None;
    }
    let mut over = pin!(tokio::time::sleep(time));
    poll_fn(|cx| match keeper.poll_halt(cx) {
        Poll::Ready(cause) => Poll::Ready(Some(cause)),
        Poll::Pending => over.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// Polls until this life is over, however it ends.
async fn one_life<B: 'static>(
    life: &mut Life<B>,
    outcome: &Outcome,
    keeper: &mut impl Keeper,
) -> LifeEnd {
    let failed = poll_fn(|cx| {
        let poll = AssertUnwindSafe(|| Pin::new(&mut *life).poll(cx));
        let poll = catch_unwind(poll);
        if outcome.take_began() {
            keeper.began();
        }
        match poll {
            Ok(Poll::Pending) => keeper.poll_halt(cx).map(Some),
            Ok(Poll::Ready(())) => Poll::Ready(None),
            Err(panic) => Poll::Ready(Some(Cause::panicked(&*panic))),
        }
    })
    .await;
    let end = outcome.take_life();
    match (failed, end) {
        // A life that had ended already and then panicked in its stop hook ended badly.
        (Some(cause), _) => LifeEnd::Badly(cause),
        (None, Some(end)) => end,
        (None, None) if outcome.lasts() => LifeEnd::Badly(Cause::Failed(Failure::message(
            "it was stopped, and is to go on for ever",
        ))),
        (None, None) => LifeEnd::Well(Exit::Stopped("the actor was stopped".into())),
    }
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

//! Plain actix actors at a link: one line in `started`, and the messages come.
//!
//! The future that delivers them lives in the actor's own context and calls
//! `Handler::handle` directly.
//! An actor with such a future does not stop when its last address goes: it lives until its link
//! has ended, as a consumer also until nobody is left who could register.

mod consumer;
mod producer;

use actix::{Actor, ActorContext, AsyncContext, Context, Handler};
use aqueduct_link::{AlreadyTaken, Outlet, Slot};

use crate::{Pause, Resume, Stop, Write};

/// Attaches a plain actor to its slot.
pub trait Attach {
    /// What comes to the slot.
    type Item: 'static;

    /// Has the actor's `Handler<Write<T>>` called for what comes to this slot.
    ///
    /// The handle becomes the consumer's own.
    /// If another actor has the slot, this one stops, with an error event that says so.
    ///
    /// ```
    /// # use actix::prelude::*;
    /// use aqueduct_actors::{Attach, Failure, Write};
    /// use aqueduct_link::Slot;
    ///
    /// struct Printer { slot: Slot<u64> }
    ///
    /// impl Actor for Printer {
    ///     type Context = Context<Self>;
    ///     fn started(&mut self, ctx: &mut Context<Self>) { self.slot.attach(ctx); }
    /// }
    ///
    /// impl Handler<Write<u64>> for Printer {
    ///     type Result = Result<(), Failure>; // or a future of it
    ///     fn handle(&mut self, write: Write<u64>, _: &mut Context<Self>) -> Self::Result {
    ///         for n in write.iter() { println!("{n}"); }
    ///         Ok(()) // the answer commits the batch
    ///     }
    /// }
    /// ```
    fn attach<A>(&mut self, ctx: &mut Context<A>)
    where
        A: Actor<Context = Context<A>> + Handler<Write<Self::Item>>;

    /// As [`attach`](Self::attach), for an actor that wants to know whether it worked.
    ///
    /// # Errors
    /// [`AlreadyTaken`] while another actor has the slot.
    fn try_attach<A>(&mut self, ctx: &mut Context<A>) -> Result<(), AlreadyTaken>
    where
        A: Actor<Context = Context<A>> + Handler<Write<Self::Item>>;
}

impl<T: 'static> Attach for Slot<T> {
    type Item = T;

    fn attach<A>(&mut self, ctx: &mut Context<A>)
    where
        A: Actor<Context = Context<A>> + Handler<Write<T>>,
    {
        if let Err(error) = self.try_attach(ctx) {
            tracing::error!(%error, "the actor stops: it cannot have this slot");
            ctx.stop();
        }
    }

    fn try_attach<A>(&mut self, ctx: &mut Context<A>) -> Result<(), AlreadyTaken>
    where
        A: Actor<Context = Context<A>> + Handler<Write<T>>,
    {
        ctx.spawn(consumer::Delivery::new(self.inlet()?, self.clock()));
        Ok(())
    }
}

/// Has the actor's `Handler<Pause>`, `Handler<Resume>` and `Handler<Stop>` called for its outlet.
///
/// The outlet stays a plain field of the actor, which writes to it in any handler; this only needs
/// to know where it is.
/// It ends when the outlet has ended; for another registration, attach again.
///
/// ```
/// # use actix::prelude::*;
/// use aqueduct_actors::{Pause, Resume, Stop, attach_outlet};
/// use aqueduct_link::{Flow, Outlet};
///
/// struct Counter { outlet: Outlet<u64>, next: u64 }
///
/// impl Counter {
///     fn write_on(&mut self) {
///         while let Ok(flow) = self.outlet.write(self.next) {
///             self.next += 1;
///             if flow == Flow::Paused { break }
///         }
///     }
/// }
///
/// impl Actor for Counter {
///     type Context = Context<Self>;
///     fn started(&mut self, ctx: &mut Context<Self>) {
///         attach_outlet(ctx, |me: &mut Self| &mut me.outlet);
///         self.write_on(); // a push producer starts running
///     }
/// }
/// impl Handler<Pause> for Counter {
///     type Result = ();
///     fn handle(&mut self, _: Pause, _: &mut Context<Self>) {}
/// }
/// impl Handler<Resume> for Counter {
///     type Result = ();
///     fn handle(&mut self, _: Resume, _: &mut Context<Self>) { self.write_on() }
/// }
/// impl Handler<Stop> for Counter {
///     type Result = ();
///     fn handle(&mut self, _: Stop, ctx: &mut Context<Self>) { ctx.stop() }
/// }
/// ```
pub fn attach_outlet<A, T>(
    ctx: &mut Context<A>,
    outlet: impl Fn(&mut A) -> &mut Outlet<T> + 'static,
) where
    A: Actor<Context = Context<A>> + Handler<Pause> + Handler<Resume> + Handler<Stop>,
    T: 'static,
{
    ctx.spawn(producer::Signals::new(outlet));
}

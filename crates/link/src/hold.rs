//! Pauses that belong to somebody, and end with them.

use std::borrow::Cow;

use aqueduct_flow::{HoldEdge, HoldId, Holds};

use crate::{
    shared::Shared,
    signals::Side,
    sync::{Arc, Mutex, lock},
};

/// Who holds the flow of a slot, on both sides; they stay when the registration changes.
#[derive(Debug, Default)]
pub(crate) struct HoldTable(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    consumer: Holds,
    producer: Holds,
    /// The registration that feels them.
    current: Option<Arc<Shared>>,
}

impl Table {
    fn of(&mut self, side: Side) -> &mut Holds {
        match side {
            Side::Consumer => &mut self.consumer,
            Side::Producer => &mut self.producer,
        }
    }

    /// Passes the edge on, and returns whom to wake when the table is unlocked: a waker may run
    /// anything, and come back to this table.
    #[must_use]
    fn pass_on(&self, side: Side, edge: HoldEdge) -> Option<Arc<Shared>> {
        let held = match edge {
            HoldEdge::Held => true,
            HoldEdge::Free => false,
            HoldEdge::None => return None,
        };
        let shared = self.current.clone()?;
        shared.wishes.hold(side, held);
        Some(shared)
    }
}

impl HoldTable {
    /// A new registration feels the holds from now on, the old one no more; returns the old one,
    /// to be dropped when nothing is locked.
    #[must_use]
    pub(crate) fn apply_to(&self, shared: &Arc<Shared>) -> Option<Arc<Shared>> {
        let mut table = lock(&self.0);
        shared.wishes.hold(Side::Consumer, table.consumer.is_held());
        shared.wishes.hold(Side::Producer, table.producer.is_held());
        table.current.replace(shared.clone())
    }

    pub(crate) fn names(&self) -> Vec<String> {
        let table = lock(&self.0);
        table.consumer.names().chain(table.producer.names()).map(str::to_owned).collect()
    }
}

/// A reason for a producer to be paused, with an owner: the flow goes on when the last hold is
/// dropped.
///
/// It stops the producer, not the drain: what is in the link is still delivered.
#[derive(Debug)]
#[must_use = "a hold that is dropped at once holds nothing"]
pub struct Hold {
    table: Arc<HoldTable>,
    side: Side,
    /// `None` only if 2^64 holds have been taken before.
    id: Option<HoldId>,
}

impl Hold {
    pub(crate) fn take(table: &Arc<HoldTable>, side: Side, name: Cow<'static, str>) -> Self {
        let mut inner = lock(&table.0);
        let taken = inner.of(side).take(name);
        let wake = match &taken {
            Ok((_, edge)) => inner.pass_on(side, *edge),
            Err(_) => None,
        };
        drop(inner);
        if let Some(shared) = wake {
            shared.wake_producer();
        }
        let id = match taken {
            Ok((id, _)) => Some(id),
            Err(violation) => {
                tracing::error!(%violation, "a hold was not taken");
                None
            }
        };
        Self { table: table.clone(), side, id }
    }

    /// Lets go; the same as dropping it.
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        let Some(id) = self.id else { return };
        let mut inner = lock(&self.table.0);
        let released = inner.of(self.side).release(id);
        let wake = match &released {
            Ok(edge) => inner.pass_on(self.side, *edge),
            Err(_) => None,
        };
        drop(inner);
        if let Some(shared) = wake {
            shared.wake_producer();
        }
        if let Err(violation) = released {
            tracing::error!(%violation, "a hold was released twice");
        }
    }
}

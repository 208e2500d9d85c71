//! What a stage owes for what it took, and its promises to acknowledge it.

use std::fmt;

use crate::{shared::Shared, sync::Arc};

/// A stage's promise to acknowledge the first items of a registration.
///
/// [`Inlet::receipt`](crate::Inlet::receipt) gives it. Dropping it instead of
/// [`acknowledge`](Self::acknowledge) says that something it covers was lost: the producer is told
/// that from there on nothing will be acknowledged, and does not wait for ever.
#[must_use = "a receipt that is dropped says that an item was lost"]
pub struct Receipt {
    newest: Option<Cover>,
    /// Of earlier registrations, while something of them was left to acknowledge.
    older: Vec<Cover>,
}

/// So many items of a registration, from its first one on.
struct Cover {
    shared: Arc<Shared>,
    total: u64,
}

impl Receipt {
    /// Acknowledges what it covers.
    pub fn acknowledge(mut self) {
        for Cover { shared, total } in self.covers() {
            shared.acknowledge(total);
        }
    }

    /// Makes this and an older one of the same inlet one, to be acknowledged together.
    #[must_use = "a receipt that is dropped says that an item was lost"]
    pub fn and_older(mut self, mut older: Self) -> Self {
        for cover in older.covers() {
            // What is acknowledged of a registration includes what came before.
            if !self.newest.iter().chain(&self.older).any(|one| one.is_of(&cover.shared)) {
                self.older.push(cover);
            }
        }
        self
    }

    fn covers(&mut self) -> impl Iterator<Item = Cover> + use<> {
        std::mem::take(&mut self.older).into_iter().chain(self.newest.take())
    }
}

impl Cover {
    fn is_of(&self, shared: &Arc<Shared>) -> bool {
        Arc::ptr_eq(&self.shared, shared)
    }
}

impl Drop for Receipt {
    fn drop(&mut self) {
        for cover in self.covers() {
            cover.shared.lose_the_rest();
        }
    }
}

impl fmt::Debug for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let total = self.newest.as_ref().map(|cover| cover.total);
        f.debug_struct("Receipt").field("total", &total).finish_non_exhaustive()
    }
}

/// What a stage owes to the producers of its inlet: for each registration, how much of it was taken,
/// and for how much of that there is a receipt.
#[derive(Default)]
pub(crate) struct Debts {
    /// The oldest first; the last one is of the registration that is read, or was read last.
    open: Vec<Debt>,
    /// How much was taken of all registrations.
    pub(crate) taken: u64,
}

struct Debt {
    shared: Arc<Shared>,
    /// How much of it was taken.
    taken: u64,
    /// For how much of that there is a receipt.
    covered: u64,
    /// Its registration is drained.
    closed: bool,
}

impl Debts {
    /// So much of this registration was taken until now.
    pub(crate) fn take(&mut self, shared: &Arc<Shared>, taken: u64) {
        match self.open.last_mut().filter(|debt| Arc::ptr_eq(&debt.shared, shared)) {
            Some(debt) => {
                self.taken += taken - debt.taken;
                debt.taken = taken;
            }
            None => {
                let shared = shared.clone();
                self.taken += taken;
                self.open.push(Debt { shared, taken, covered: 0, closed: false });
            }
        }
    }

    /// Nothing more is taken of the registration that was read last.
    pub(crate) fn close(&mut self) {
        if let Some(last) = self.open.last_mut() {
            last.closed = true;
        }
    }

    /// A receipt for all that was taken, but for the last items, so many; none if it would cover
    /// nothing new.
    //= F11: what a stage has taken is acknowledged by what becomes of what it made.
    pub(crate) fn receipt(&mut self, mut held: u64) -> Option<Receipt> {
        let mut receipt = Receipt { newest: None, older: Vec::new() };
        for debt in self.open.iter_mut().rev() {
            let total = debt.taken.saturating_sub(held);
            held = held.saturating_sub(debt.taken);
            if total <= debt.covered {
                continue;
            }
            debt.covered = total;
            let cover = Cover { shared: debt.shared.clone(), total };
            match receipt.newest {
                None => receipt.newest = Some(cover),
                Some(_) => receipt.older.push(cover),
            }
        }
        self.open.retain(|debt| !debt.closed || debt.covered < debt.taken);
        receipt.newest.is_some().then_some(receipt)
    }

    /// The last items that were taken, so many, are lost, if there is no receipt for them.
    pub(crate) fn lose(&mut self, mut held: u64) {
        for debt in self.open.iter_mut().rev() {
            let from = debt.taken.saturating_sub(held).max(debt.covered);
            held = held.saturating_sub(debt.taken);
            if from < debt.taken {
                debt.shared.lose(from);
            }
        }
    }
}

impl Drop for Debts {
    fn drop(&mut self) {
        self.lose(u64::MAX);
    }
}

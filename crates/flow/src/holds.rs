//! Pauses with owners: each hold is a token, and the flow goes on when the last one is gone.

use std::borrow::Cow;

use crate::Violation;

/// One hold; unique among those of its set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct HoldId(u64);

/// What a change of the set means for the flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldEdge {
    /// The first hold was taken.
    Held,
    /// The last hold was released.
    Free,
    /// The flow is as it was.
    None,
}

/// The holds of one side of a link.
///
/// The name is a label, for people; two holds of one name are two holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct Holds {
    held: Vec<(HoldId, Cow<'static, str>)>,
    next: u64,
}

impl Holds {
    /// Returns whether anybody holds the flow.
    #[must_use]
    pub fn is_held(&self) -> bool {
        !self.held.is_empty()
    }

    /// Lists the names of those who hold it, the oldest first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.held.iter().map(|(_, name)| name.as_ref())
    }

    /// Takes a hold under this name.
    ///
    /// # Errors
    /// [`Violation::Overflow`] after 2^64 holds.
    pub fn take(
        &mut self,
        name: impl Into<Cow<'static, str>>,
    ) -> Result<(HoldId, HoldEdge), Violation> {
        let next = self.next.checked_add(1).ok_or(Violation::Overflow)?;
        let id = HoldId(self.next);
        let edge = if self.held.is_empty() { HoldEdge::Held } else { HoldEdge::None };
        self.next = next;
        self.held.push((id, name.into()));
        Ok((id, edge))
    }

    /// Releases a hold.
    ///
    /// # Errors
    /// [`Violation::NoSuchHold`] if it is not held.
    pub fn release(&mut self, id: HoldId) -> Result<HoldEdge, Violation> {
        let at = self.held.iter().position(|(held, _)| *held == id).ok_or(Violation::NoSuchHold)?;
        self.held.remove(at);
        Ok(if self.held.is_empty() { HoldEdge::Free } else { HoldEdge::None })
    }
}

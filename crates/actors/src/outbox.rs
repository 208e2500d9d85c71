//! Where a producer in a shell puts what it makes.

use std::{collections::VecDeque, fmt};

use aqueduct_link::{Flow, Outlet, WriteError};

/// The outlet of a producer for one turn: what is written is published together when the turn is
/// over, or sooner when there is much of it.
pub struct Outbox<'a, T> {
    target: Target<'a, T>,
    /// What the target had been given before.
    before: u64,
}

enum Target<'a, T> {
    Link { outlet: &'a mut Outlet<T>, waiting: &'a mut Option<T> },
    Buffer { items: &'a mut VecDeque<T>, most: u64 },
}

impl<T> Target<'_, T> {
    /// How many items it has been given, the one that waits for room included: whoever counts what
    /// is gone from his hands must not make that again.
    fn given(&self) -> u64 {
        match self {
            Self::Link { outlet, waiting } => outlet.written().items + u64::from(waiting.is_some()),
            Self::Buffer { items, .. } => items.len() as u64,
        }
    }
}

impl<'a, T> Outbox<'a, T> {
    /// Returns an outbox that writes to this outlet; the item that it has no room for waits.
    pub(crate) fn new(outlet: &'a mut Outlet<T>, waiting: &'a mut Option<T>) -> Self {
        Self::to(Target::Link { outlet, waiting })
    }

    /// Returns an outbox that appends to this buffer, and is paused when it has taken this many
    /// items.
    pub(crate) fn buffer(items: &'a mut VecDeque<T>, most: u64) -> Self {
        let most = most.saturating_add(items.len() as u64);
        Self::to(Target::Buffer { items, most })
    }

    fn to(target: Target<'a, T>) -> Self {
        let before = target.given();
        Self { target, before }
    }

    /// How many items the link has been given since the registration, the one that waits for room
    /// included.
    pub(crate) fn given(&self) -> u64 {
        self.target.given()
    }

    /// Writes one item.
    ///
    /// # Back-pressure
    /// [`Flow::Paused`] means that the item was taken, and that the turn had better end.
    ///
    /// # Errors
    /// As [`Outlet::write`]: the item comes back.
    #[inline(always)]
    pub fn write(&mut self, item: T) -> Result<Flow, WriteError<T>> {
        match &mut self.target {
            Target::Link { outlet, .. } => outlet.write(item),
            Target::Buffer { items, most } => {
                items.push_back(item);
                Ok(if (items.len() as u64) < *most { Flow::Go } else { Flow::Paused })
            }
        }
    }

    /// Writes from the iterator until it ends or the flow is paused, and returns how many items it
    /// took.
    ///
    /// # Back-pressure
    /// It takes nothing from the iterator once the flow is paused.
    /// An item too heavy for the room that is left waits here, and is written before the producer
    /// is called again.
    #[inline]
    pub fn extend(&mut self, items: impl IntoIterator<Item = T>) -> u64 {
        let before = self.target.given();
        if !self.is_paused() {
            match &mut self.target {
                Target::Link { outlet, .. } => {
                    let result = outlet.write_all(items);
                    result.map_or_else(|refused| self.keep(refused), drop);
                }
                Target::Buffer { items: buffer, most } => {
                    let left = most.saturating_sub(buffer.len() as u64);
                    let left = usize::try_from(left).unwrap_or(usize::MAX);
                    buffer.extend(items.into_iter().take(left));
                }
            }
        }
        self.target.given() - before
    }

    /// Writes this item, or hands it back while the flow is paused.
    #[inline(always)]
    pub(crate) fn offer(&mut self, item: T) -> Option<T> {
        if self.is_paused() {
            return Some(item);
        }
        if let Err(refused) = self.write(item) {
            self.keep(refused);
        }
        None
    }

    /// Keeps an item that the link has no room for; after the end there is nobody to keep it for.
    #[cold]
    fn keep(&mut self, refused: WriteError<T>) {
        if let (Target::Link { waiting, .. }, WriteError::Full(item)) = (&mut self.target, refused)
        {
            **waiting = Some(item);
        }
    }

    /// Returns whether it is time to write no more.
    #[inline]
    pub fn is_paused(&self) -> bool {
        match &self.target {
            Target::Link { outlet, waiting } => {
                waiting.is_some() || !outlet.reasons().is_empty() || outlet.is_closed()
            }
            Target::Buffer { items, most } => items.len() as u64 >= *most,
        }
    }

    /// How many items were written this turn.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.target.given() - self.before
    }
}

impl<T> fmt::Debug for Outbox<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Outbox").field("written", &self.written()).finish_non_exhaustive()
    }
}

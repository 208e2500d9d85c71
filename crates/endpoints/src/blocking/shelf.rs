//! A place for the one reader of stdin, or writer of stdout, between two of its lives.

use std::sync::{Mutex, PoisonError};

/// Holds what the last owner left, so that a chunk it had in flight is not lost to the next one.
#[derive(Debug)]
pub(crate) struct Shelf<T>(Mutex<Place<T>>);

#[derive(Debug)]
enum Place<T> {
    Untouched,
    Taken,
    Parked(T),
}

impl<T> Shelf<T> {
    pub(crate) const fn new() -> Self {
        Self(Mutex::new(Place::Untouched))
    }

    /// Takes what is parked, or makes the first one; `None` while somebody has it.
    pub(crate) fn take<E>(&self, make: impl FnOnce() -> Result<T, E>) -> Result<Option<T>, E> {
        let mut place = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(match std::mem::replace(&mut *place, Place::Taken) {
            Place::Taken => None,
            Place::Parked(value) => Some(value),
            Place::Untouched => {
                let made = make();
                if made.is_err() {
                    *place = Place::Untouched;
                }
                Some(made?)
            }
        })
    }

    pub(crate) fn park(&self, value: T) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Place::Parked(value);
    }
}

//! One key: what it takes, and whether it must be there.

use serde_json::Value;

use super::{Findings, Found, KeySpec, Keys, Need};
use crate::{secrets::Env, units::Fault};

/// Reads a value, or says why it cannot.
pub(super) type Read<T> = fn(&mut Ask<'_, '_>, &Found<'_>) -> Option<T>;

/// A key whose value is read: what it is, and where what comes up goes to.
pub(super) struct Ask<'s, 'e> {
    pub(super) spec: &'s KeySpec,
    pub(super) env: Option<Env<'e>>,
    pub(super) found: &'s mut Findings,
}

/// A key about which is still to be said whether it must be there.
#[must_use = "it is read by `or`, `required` or `optional`"]
pub struct Key<'k, 'a, T> {
    keys: &'k mut Keys<'a>,
    spec: KeySpec,
    read: Read<T>,
    json: fn(&T) -> Value,
    check: Check<T>,
}

/// Says what is wrong with a value, and what to write instead.
type Check<T> = fn(&T) -> Result<(), (&'static str, &'static str)>;

impl<'k, 'a, T> Key<'k, 'a, T> {
    pub(super) fn new(
        keys: &'k mut Keys<'a>,
        spec: KeySpec,
        read: Read<T>,
        json: fn(&T) -> Value,
    ) -> Self {
        Self { keys, spec, read, json, check: |_| Ok(()) }
    }

    /// Looks at a value that is there: the error is what is wrong with it, and what to write
    /// instead.
    pub fn check(mut self, check: Check<T>) -> Self {
        self.check = check;
        self
    }

    /// Returns its value, or this one where it is left out.
    pub fn or(mut self, default: T) -> T {
        self.spec.need = Need::Default((self.json)(&default));
        self.read().unwrap_or(default)
    }

    /// Returns its value if it is there.
    pub fn optional(self) -> Option<T> {
        self.read()
    }

    fn read(self) -> Option<T> {
        let Keys { specs, found, env, table, .. } = &mut *self.keys;
        let mut ask = Ask { spec: &self.spec, env: *env, found };
        let value = table.and_then(|table| table.get(self.spec.name));
        let read = value.and_then(|value| {
            let read = (self.read)(&mut ask, value)?;
            match (self.check)(&read) {
                Ok(()) => Some(read),
                Err((message, help)) => {
                    ask.fault(value, Fault::new(message, help));
                    None
                }
            }
        });
        specs.push(self.spec);
        read
    }
}

impl<T: Default> Key<'_, '_, T> {
    /// Returns its value, which must be there; without one, or when keys are only described, an
    /// empty value stands for it.
    pub fn required(mut self) -> T {
        self.spec.need = Need::Required;
        if self.keys.table.is_some() && self.keys.get(self.spec.name).is_none() {
            self.keys.missing.push(self.spec.name);
        }
        self.read().unwrap_or_default()
    }
}

impl<T> std::fmt::Debug for Key<'_, '_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("spec", &self.spec).finish_non_exhaustive()
    }
}

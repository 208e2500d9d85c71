//! What a step asks its caller to do: a small set, in the order in which its members are declared.

use std::{fmt, marker::PhantomData};

/// An effect that can be a member of [`Effects`].
pub trait Listed: Copy + fmt::Debug + 'static {
    /// All effects, in the order in which they are to be carried out.
    const ALL: &'static [Self];

    /// This effect's own bit.
    fn bit(self) -> u16;
}

/// The effects of one step.
///
/// A set is enough, since no step has an effect twice; its order is that of [`Listed::ALL`].
#[must_use = "effects that nobody carries out are lost signals"]
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Effects<E>(u16, PhantomData<E>);

impl<E: Listed> Effects<E> {
    /// No effect.
    pub const fn none() -> Self {
        Self(0, PhantomData)
    }

    /// Just this effect.
    #[inline]
    pub fn of(effect: E) -> Self {
        Self(effect.bit(), PhantomData)
    }

    /// These effects and this one.
    #[inline]
    pub fn and(self, effect: E) -> Self {
        Self(self.0 | effect.bit(), PhantomData)
    }

    /// These effects, and this one if `condition` holds.
    #[inline]
    pub fn and_if(self, condition: bool, effect: E) -> Self {
        if condition { self.and(effect) } else { self }
    }

    /// Returns whether this effect is among them.
    #[inline]
    #[must_use]
    pub fn contains(self, effect: E) -> bool {
        self.0 & effect.bit() != 0
    }

    /// Returns whether there is none.
    #[inline]
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Lists them in order.
    pub fn iter(self) -> impl Iterator<Item = E> {
        E::ALL.iter().copied().filter(move |effect| self.contains(*effect))
    }
}

impl<E: Listed> fmt::Debug for Effects<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

/// Declares an effect enum and its order.
macro_rules! effects {
    ($(#[$outer:meta])* $name:ident { $($(#[$inner:meta])* $member:ident,)+ }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$inner])* $member,)+ }

        impl $crate::Listed for $name {
            const ALL: &'static [Self] = &[$(Self::$member),+];

            #[inline]
            fn bit(self) -> u16 {
                1 << (self as u16)
            }
        }
    };
}
pub(crate) use effects;

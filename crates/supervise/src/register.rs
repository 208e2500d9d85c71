//! Registering by name, and by message.

use std::{fmt, marker::PhantomData};

use actix::{Actor, Context, Handler, Message};
use aqueduct_link::{Name, Outlet, RuntimeError};

use crate::Supervisor;

/// Asks a supervisor to register a producer with one of its consumers.
pub struct RegisterAt<T> {
    /// The consumer's name.
    pub consumer: Name,
    /// Who asks.
    pub producer: Name,
    item: PhantomData<fn() -> T>,
}

impl<T> RegisterAt<T> {
    /// Returns the request to register this producer with this consumer.
    pub fn new(consumer: impl Into<Name>, producer: impl Into<Name>) -> Self {
        Self { consumer: consumer.into(), producer: producer.into(), item: PhantomData }
    }
}

impl<T: 'static> Message for RegisterAt<T> {
    type Result = Result<Outlet<T>, RegisterError>;
}

impl<T> fmt::Debug for RegisterAt<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RegisterAt")
            .field("consumer", &self.consumer)
            .field("producer", &self.producer)
            .finish()
    }
}

/// A producer could not be registered by name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RegisterError {
    /// The consumer has a producer.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// There is no consumer of this name.
    #[error("there is no consumer {consumer}: make its slot before producers register")]
    NoSuchConsumer {
        /// The name.
        consumer: Name,
    },
    /// The consumer takes items of another type.
    #[error("consumer {consumer} takes items of another type")]
    OtherItems {
        /// The name.
        consumer: Name,
    },
}

impl Actor for Supervisor {
    type Context = Context<Self>;
}

impl<T: 'static> Handler<RegisterAt<T>> for Supervisor {
    type Result = Result<Outlet<T>, RegisterError>;

    fn handle(&mut self, register: RegisterAt<T>, _: &mut Context<Self>) -> Self::Result {
        self.register(register.producer, &register.consumer)
    }
}

//! A consumer that makes one value of all items.

use std::{
    convert::Infallible,
    marker::PhantomData,
    sync::{Arc, Mutex, PoisonError},
};

use aqueduct_actors::{Batch, Consumed, Consumer, Ctx};

/// All lives of the consumer add to one value.
pub(crate) struct Sum<T, A, F> {
    value: Arc<Mutex<Option<A>>>,
    add: Arc<Mutex<F>>,
    item: PhantomData<fn(T)>,
}

impl<T, A, F: FnMut(&mut A, T)> Sum<T, A, F> {
    pub(crate) fn new(start: A, add: F) -> Self {
        Self {
            value: Arc::new(Mutex::new(Some(start))),
            add: Arc::new(Mutex::new(add)),
            item: PhantomData,
        }
    }

    /// Where the value is.
    pub(crate) fn value(&self) -> Arc<Mutex<Option<A>>> {
        self.value.clone()
    }
}

impl<T, A, F> Clone for Sum<T, A, F> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), add: self.add.clone(), item: PhantomData }
    }
}

impl<T, A, F> Consumer for Sum<T, A, F>
where
    T: 'static,
    A: 'static,
    F: FnMut(&mut A, T) + 'static,
{
    type Item = T;
    type Error = Infallible;

    fn consume(
        &mut self,
        batch: &mut Batch<'_, T>,
        _: &mut Ctx<'_, Self>,
    ) -> Result<Consumed<Self>, Infallible> {
        let mut value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        let mut add = self.add.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = &mut *value {
            while let Some(item) = batch.take() {
                add(value, item);
            }
        }
        Ok(Consumed::Done)
    }
}

//! The ring under a link: `rtrb`, or a stand-in of the same meaning when loom checks the protocol
//! around it.

#[cfg(not(loom))]
pub(crate) use real::{Reader, Writer, ring};

#[cfg(loom)]
pub(crate) use model::{Reader, Writer, ring};

#[cfg(not(loom))]
mod real {
    use rtrb::{Consumer, Producer, PushError, RingBuffer};

    #[derive(Debug)]
    pub(crate) struct Writer<T>(Producer<T>);

    #[derive(Debug)]
    pub(crate) struct Reader<T>(Consumer<T>);

    pub(crate) fn ring<T>(slots: usize) -> (Writer<T>, Reader<T>) {
        let (writer, reader) = RingBuffer::new(slots);
        (Writer(writer), Reader(reader))
    }

    impl<T> Writer<T> {
        #[inline]
        pub(crate) fn push(&mut self, item: T) -> Result<(), T> {
            self.0.push(item).map_err(|PushError::Full(item)| item)
        }

        /// Pushes what fits and publishes it once; what does not fit stays in `items`.
        pub(crate) fn push_all(&mut self, items: &mut Vec<T>) {
            let fitting = items.len().min(self.0.slots());
            if let Ok(chunk) = self.0.write_chunk_uninit(fitting) {
                chunk.fill_from_iter(items.drain(..fitting));
            }
        }
    }

    impl<T> Reader<T> {
        #[inline]
        pub(crate) fn len(&self) -> usize {
            self.0.slots()
        }

        #[inline]
        pub(crate) fn peek(&mut self) -> Option<&T> {
            self.0.peek().ok()
        }

        #[inline]
        pub(crate) fn pop(&mut self) -> Option<T> {
            self.0.pop().ok()
        }

        /// Shows up to `most` items from the front, in at most two pieces.
        pub(crate) fn show<R>(&mut self, most: usize, look: impl FnOnce(&[T], &[T]) -> R) -> R {
            match self.0.read_chunk(most.min(self.0.slots())) {
                Ok(chunk) => {
                    let (first, second) = chunk.as_slices();
                    look(first, second)
                }
                Err(_) => look(&[], &[]),
            }
        }
    }
}

/// A ring whose indices are loom's atomics, so that loom tries every order in which they can be
/// seen; it is not lock-free, and need not be.
#[cfg(loom)]
mod model {
    use std::{
        collections::VecDeque,
        sync::{Mutex, MutexGuard, PoisonError},
    };

    use crate::sync::{Arc, AtomicUsize, Ordering};

    #[derive(Debug)]
    struct Inner<T> {
        /// Behind the standard mutex, which loom does not see: it would order what the indices
        /// alone must order.
        cells: Vec<Mutex<Option<T>>>,
        head: AtomicUsize,
        tail: AtomicUsize,
    }

    #[derive(Debug)]
    pub(crate) struct Writer<T>(Arc<Inner<T>>);

    #[derive(Debug)]
    pub(crate) struct Reader<T> {
        inner: Arc<Inner<T>>,
        /// Taken from the cells to be lent, and still counted as being in the ring.
        lent: VecDeque<T>,
    }

    pub(crate) fn ring<T>(slots: usize) -> (Writer<T>, Reader<T>) {
        let inner = Arc::new(Inner {
            cells: (0..slots).map(|_| Mutex::new(None)).collect(),
            head: AtomicUsize::new(0),
            tail: AtomicUsize::new(0),
        });
        (Writer(inner.clone()), Reader { inner, lent: VecDeque::new() })
    }

    fn lock<T>(cell: &Mutex<T>) -> MutexGuard<'_, T> {
        cell.lock().unwrap_or_else(PoisonError::into_inner)
    }

    impl<T> Writer<T> {
        pub(crate) fn push(&mut self, item: T) -> Result<(), T> {
            let tail = self.0.tail.load(Ordering::Relaxed);
            if tail - self.0.head.load(Ordering::Acquire) == self.0.cells.len() {
                return Err(item);
            }
            *lock(&self.0.cells[tail % self.0.cells.len()]) = Some(item);
            self.0.tail.store(tail + 1, Ordering::Release);
            Ok(())
        }

        pub(crate) fn push_all(&mut self, items: &mut Vec<T>) {
            while !items.is_empty() {
                if let Err(item) = self.push(items.remove(0)) {
                    items.insert(0, item);
                    return;
                }
            }
        }
    }

    impl<T> Reader<T> {
        pub(crate) fn len(&self) -> usize {
            self.inner.tail.load(Ordering::Acquire) - self.inner.head.load(Ordering::Relaxed)
        }

        fn fetch(&mut self) {
            if self.lent.is_empty() && self.len() > 0 {
                let head = self.inner.head.load(Ordering::Relaxed);
                let cell = &self.inner.cells[head % self.inner.cells.len()];
                self.lent.extend(lock(cell).take());
            }
        }

        pub(crate) fn peek(&mut self) -> Option<&T> {
            self.fetch();
            self.lent.front()
        }

        pub(crate) fn pop(&mut self) -> Option<T> {
            self.fetch();
            let item = self.lent.pop_front()?;
            let head = self.inner.head.load(Ordering::Relaxed);
            self.inner.head.store(head + 1, Ordering::Release);
            Some(item)
        }

        pub(crate) fn show<R>(&mut self, _: usize, look: impl FnOnce(&[T], &[T]) -> R) -> R {
            self.fetch();
            look(self.lent.as_slices().0, &[])
        }
    }
}

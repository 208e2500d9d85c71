//! The ring under a link: `rtrb`, or a stand-in of the same meaning when loom checks the protocol
//! around it.

#[cfg(not(loom))]
pub(crate) use real::{Reader, Writer, ring};

#[cfg(loom)]
pub(crate) use model::{Reader, Writer, ring};

/// Whether items of a type may be forgotten, as numbers and the like may.
///
/// These have ways of their own through a link. Others do without, and are not even compiled for
/// them: twice the code for one item is not inlined any more, and costs more than it saves.
pub(crate) struct Plain<T>(std::marker::PhantomData<T>);

impl<T> Plain<T> {
    pub(crate) const IS: bool = !std::mem::needs_drop::<T>();
}

#[cfg(not(loom))]
mod real {
    use std::collections::VecDeque;

    use rtrb::{
        Consumer, Producer, PushError, RingBuffer,
        chunks::{ChunkError, ReadChunk},
    };

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
            let fitting = match self.0.write_chunk_uninit(items.len()) {
                Ok(chunk) => {
                    chunk.fill_from_iter(items.drain(..));
                    return;
                }
                Err(ChunkError::TooFewSlots(fitting)) => fitting,
            };
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

        /// Moves up to `most` items to the back of `items`.
        pub(crate) fn pop_into(&mut self, items: &mut VecDeque<T>, most: usize) {
            if let Ok(chunk) = self.0.read_chunk(most.min(self.0.slots())) {
                items.extend(chunk);
            }
        }

        #[inline(always)]
        pub(crate) fn peek(&mut self) -> Option<&T> {
            self.0.peek().ok()
        }

        #[inline(always)]
        pub(crate) fn pop(&mut self) -> Option<T> {
            self.0.pop().ok()
        }

        /// Hands up to `most` items to `take` until it answers `false`, drops those for which it
        /// did not, also if it panics, and returns how many there were to take.
        #[inline]
        pub(crate) fn each(&mut self, most: usize, take: impl FnMut(&T) -> bool) -> usize {
            let waiting = most.min(self.0.slots());
            if let Ok(chunk) = self.0.read_chunk(waiting) {
                Taken { chunk: Some(chunk), taken: 0 }.each(take);
            }
            waiting
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

    /// Items of which some are taken: those are gone when it is dropped.
    struct Taken<'a, T> {
        chunk: Option<ReadChunk<'a, T>>,
        taken: usize,
    }

    impl<T> Taken<'_, T> {
        #[inline]
        fn each(mut self, mut take: impl FnMut(&T) -> bool) {
            let Some(chunk) = &self.chunk else { return };
            let (first, second) = chunk.as_slices();
            for items in [first, second] {
                for item in items {
                    if !take(item) {
                        return;
                    }
                    self.taken += 1;
                }
            }
        }
    }

    impl<T> Drop for Taken<'_, T> {
        fn drop(&mut self) {
            if let Some(chunk) = self.chunk.take() {
                chunk.commit(self.taken);
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

        pub(crate) fn pop_into(&mut self, items: &mut VecDeque<T>, most: usize) {
            let waiting = self.len().min(most);
            items.extend((0..waiting).map_while(|_| self.pop()));
        }

        pub(crate) fn pop(&mut self) -> Option<T> {
            self.fetch();
            let item = self.lent.pop_front()?;
            let head = self.inner.head.load(Ordering::Relaxed);
            self.inner.head.store(head + 1, Ordering::Release);
            Some(item)
        }

        pub(crate) fn peek(&mut self) -> Option<&T> {
            self.fetch();
            self.lent.front()
        }

        pub(crate) fn each(&mut self, most: usize, mut take: impl FnMut(&T) -> bool) -> usize {
            let waiting = self.len().min(most);
            for _ in 0..waiting {
                self.fetch();
                if !self.lent.front().is_some_and(&mut take) {
                    break;
                }
                drop(self.pop());
            }
            waiting
        }

        pub(crate) fn show<R>(&mut self, _: usize, look: impl FnOnce(&[T], &[T]) -> R) -> R {
            self.fetch();
            look(self.lent.as_slices().0, &[])
        }
    }
}

//! A sink of bytes that is written by blocking calls.

use std::{
    collections::VecDeque,
    fs::File,
    future::Future,
    io::{self, IoSlice, Write},
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use aqueduct_actors::{Batch, Consumed, Consumer};
use aqueduct_link::Name;
use bytes::Bytes;

use super::{Crew, Flight};
use crate::{Action, EndpointError, taken::Taken};

/// The most chunks that are written by one call: what Linux takes (`IOV_MAX`), and what a link with
/// byte marks holds unless told otherwise.
const SLICES: usize = 1024;

/// What a turn of writing came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Progress {
    /// All that was lent is committed.
    Done,
    /// A write is in flight.
    Wait,
}

impl<C: Consumer> From<Progress> for Consumed<C> {
    fn from(progress: Progress) -> Self {
        match progress {
            Progress::Done => Self::Done,
            Progress::Wait => Self::Wait,
        }
    }
}

/// One write in flight at most; what it writes stays in the link until the kernel has taken it.
#[derive(Debug)]
pub(crate) struct Writing {
    name: Name,
    crew: Crew,
    file: Arc<File>,
    /// The most bytes of one call, not counting the chunk that passes it.
    most: usize,
    flight: Option<Flight<Landed>>,
    taken: Taken<Bytes>,
    offset: u64,
}

/// What came of a write.
#[derive(Debug)]
struct Landed {
    chunks: VecDeque<Bytes>,
    result: io::Result<usize>,
}

impl Writing {
    pub(crate) fn new(name: Name, crew: Crew, file: File, most: usize, offset: u64) -> Self {
        Self {
            name,
            crew,
            file: Arc::new(file),
            most,
            flight: None,
            taken: Taken::default(),
            offset,
        }
    }

    pub(crate) const fn name(&self) -> &Name {
        &self.name
    }

    pub(crate) const fn crew(&self) -> &Crew {
        &self.crew
    }

    pub(crate) const fn file(&self) -> &Arc<File> {
        &self.file
    }

    /// How far it has written.
    pub(crate) const fn offset(&self) -> u64 {
        self.offset
    }

    /// The kernel took this much more.
    pub(crate) const fn took(&mut self, bytes: usize) {
        self.offset += bytes as u64;
    }

    /// Commits what the kernel took, and has it take more.
    pub(crate) fn consume(
        &mut self,
        batch: &mut Batch<'_, Bytes>,
        task: &mut Context<'_>,
    ) -> Result<Progress, EndpointError> {
        loop {
            if let Some(flight) = &mut self.flight {
                let Poll::Ready(landed) = Pin::new(flight).poll(task) else {
                    return Ok(Progress::Wait);
                };
                self.flight = None;
                self.landed(landed)?;
            }
            self.taken.settle(batch);
            if batch.is_empty() {
                return Ok(Progress::Done);
            }
            self.start(batch);
        }
    }

    fn start(&mut self, batch: &mut Batch<'_, Bytes>) {
        let most = self.most;
        // Many small chunks make one call, also more of them than are committed in one turn.
        let chunks = batch.show_all(|first, second| gather(first.iter().chain(second), most));
        let skip = self.taken.show(chunks.front());
        if chunks.iter().all(Bytes::is_empty) {
            self.taken.pieces = chunks;
            return;
        }
        let file = self.file.clone();
        self.flight = Some(self.crew.start(move || write(&file, chunks, skip)));
    }

    fn landed(&mut self, landed: io::Result<Landed>) -> Result<(), EndpointError> {
        let result = landed.and_then(|Landed { chunks, result }| {
            self.taken.pieces = chunks;
            match result? {
                0 => Err(io::ErrorKind::WriteZero.into()),
                bytes => Ok(bytes),
            }
        });
        match result {
            Ok(bytes) => {
                self.taken.bytes += bytes;
                self.took(bytes);
                Ok(())
            }
            Err(error) => Err(EndpointError::new(&*self.name, Action::Write, self.offset, error)),
        }
    }
}

/// Clones handles from the front, until they are `most` bytes or more.
fn gather<'a>(chunks: impl Iterator<Item = &'a Bytes>, most: usize) -> VecDeque<Bytes> {
    let mut bytes = 0;
    let fits = |chunk: &&Bytes| {
        let go = bytes < most;
        bytes += chunk.len();
        go
    };
    chunks.take(SLICES).take_while(fits).cloned().collect()
}

/// Writes once, from `skip` bytes into the first chunk.
fn write(mut file: &File, chunks: VecDeque<Bytes>, skip: usize) -> Landed {
    let mut slices: Vec<IoSlice<'_>> = chunks.iter().map(|chunk| IoSlice::new(chunk)).collect();
    if let Some(first) = slices.first_mut() {
        first.advance(skip);
    }
    let result = loop {
        match file.write_vectored(&slices) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => break result,
        }
    };
    drop(slices);
    Landed { chunks, result }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Seek},
        task::Waker,
    };

    use aqueduct_link::{Slot, Watermarks, kib};

    use super::*;

    #[test]
    fn a_chunk_that_was_taken_in_part_goes_on_where_it_was_left() {
        let marks = Watermarks::bytes(kib(1), kib(2)).unwrap();
        let mut slot = Slot::new("file", marks);
        let mut outlet = slot.register("test").unwrap();
        let chunks = ["abc", "defg", "", "hi"].map(Bytes::from);
        outlet.write_all(chunks).unwrap();
        let mut inlet = slot.inlet().unwrap();
        let mut task = Context::from_waker(Waker::noop());
        assert!(inlet.poll_turn(&mut task).is_ready());

        let mut file = tempfile::tempfile().unwrap();
        let crew = Crew::thread("test").unwrap();
        let mut writing = Writing::new("test".into(), crew, file.try_clone().unwrap(), 1000, 0);
        file.write_all(b"abcde").unwrap();
        let chunks = inlet.batch(9).show(|first, _| gather(first.iter(), 1000));
        writing.landed(Ok(Landed { chunks, result: Ok(5) })).unwrap();

        while writing.consume(&mut inlet.batch(9), &mut task).unwrap() == Progress::Wait {
            std::thread::yield_now();
        }
        let mut written = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut written).unwrap();
        assert_eq!((written.as_str(), writing.offset()), ("abcdefghi", 9));
        assert!(inlet.batch(9).is_empty(), "all is committed");
    }

    #[test]
    fn what_one_call_wrote_is_committed_over_several_turns() {
        let marks = Watermarks::bytes(kib(1), kib(32)).unwrap();
        let mut slot = Slot::new("file", marks);
        let mut outlet = slot.register("test").unwrap();
        let words: Vec<String> = (0..100).map(|n| format!("{n} ")).collect();
        outlet.write_all(words.iter().cloned().map(Bytes::from)).unwrap();
        let mut inlet = slot.inlet().unwrap();
        let mut task = Context::from_waker(Waker::noop());
        assert!(inlet.poll_turn(&mut task).is_ready());

        let mut file = tempfile::tempfile().unwrap();
        let crew = Crew::thread("test").unwrap();
        let mut writing = Writing::new("test".into(), crew, file.try_clone().unwrap(), 1000, 0);
        let mut turns = 0;
        while !inlet.batch(9).is_empty() {
            match writing.consume(&mut inlet.batch(9), &mut task).unwrap() {
                Progress::Done => turns += 1,
                Progress::Wait => std::thread::yield_now(),
            }
        }
        let mut written = String::new();
        file.rewind().unwrap();
        file.read_to_string(&mut written).unwrap();
        assert_eq!((written, turns), (words.concat(), 100_usize.div_ceil(9)));
    }

    #[test]
    fn a_write_takes_no_more_chunks_than_it_needs() {
        let chunks = [3, 0, 4, 5].map(|bytes| Bytes::from(vec![0; bytes]));
        assert_eq!(gather(chunks.iter(), 1).len(), 1);
        assert_eq!(gather(chunks.iter(), 4).len(), 3);
        assert_eq!(gather(chunks.iter(), 100).len(), 4);
        let many = vec![Bytes::from_static(b"x"); 2 * SLICES];
        assert_eq!(gather(many.iter(), 2 * SLICES).len(), SLICES);
    }
}

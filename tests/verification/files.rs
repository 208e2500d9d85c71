//! Files.

use std::{
    cell::RefCell,
    path::{Path, PathBuf},
    rc::Rc,
    sync::{
        LazyLock,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
};

use aqueduct::endpoints::File;
use aqueduct_testkit::{
    ConsumerVerification, ProducerVerification, verify_consumer, verify_producer,
};
use tempfile::TempDir;

use crate::{bytes, chunk};

static FOLDER: LazyLock<TempDir> = LazyLock::new(|| TempDir::new().unwrap());

/// A file of a megabyte.
static FULL: LazyLock<PathBuf> = LazyLock::new(|| {
    let path = FOLDER.path().join("full");
    std::fs::write(&path, (0..1500).flat_map(chunk).collect::<Vec<_>>()).unwrap();
    path
});

/// A name that nobody has.
fn fresh() -> PathBuf {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    FOLDER.path().join(NUMBER.fetch_add(1, Relaxed).to_string())
}

/// The numbers of the chunks in this file, as far as it has what it should have.
fn chunks_in(path: &Path) -> Vec<u64> {
    let content = std::fs::read(path).unwrap();
    let (mut rest, mut numbers) = (&*content, Vec::new());
    while let Some(behind) = rest.strip_prefix(&*chunk(numbers.len() as u64)) {
        numbers.push(numbers.len() as u64);
        rest = behind;
    }
    assert!(rest.is_empty(), "what is behind chunk {} is none", numbers.len());
    numbers
}

verify_producer!(
    a_file_that_is_read,
    ProducerVerification::pull(|| File::open(&*FULL).chunk(4096), bytes)
);
verify_consumer!(
    a_file_that_is_written,
    ConsumerVerification::new(|| File::create(fresh()), chunk)
);
verify_consumer!(a_file_that_is_appended_to, {
    let written = Rc::<RefCell<PathBuf>>::default();
    let path = written.clone();
    let make = move || {
        *path.borrow_mut() = fresh();
        File::append(&*path.borrow())
    };
    ConsumerVerification::new(make, chunk).handled_by(move || chunks_in(&written.borrow()))
});

//! Files.

use std::{
    path::PathBuf,
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

verify_producer!(
    a_file_that_is_read,
    ProducerVerification::pull(|| File::open(&*FULL).chunk(4096), bytes)
);
verify_consumer!(
    a_file_that_is_written,
    ConsumerVerification::new(|| File::create(fresh()), chunk)
);
verify_consumer!(
    a_file_that_is_appended_to,
    ConsumerVerification::new(|| File::append(fresh()), chunk)
);

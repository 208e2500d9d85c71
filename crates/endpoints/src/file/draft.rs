//! A file that has not got its final name yet.

use std::{
    collections::hash_map::RandomState,
    ffi::OsString,
    fs::{self, File, OpenOptions},
    hash::{BuildHasher, Hasher},
    io,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU64, Ordering},
};

use crate::Action;

/// How many names are tried before giving up; more than one only if somebody makes such names.
const TRIES: usize = 16;

/// A temporary file beside its final name; dropping it removes it.
#[derive(Debug)]
pub(super) struct Draft {
    temporary: PathBuf,
    target: PathBuf,
    published: bool,
}

impl Draft {
    /// Makes a temporary file in the directory of `target`, with the permissions that any new
    /// file gets, or those of the file that it will replace.
    pub(super) fn create(target: PathBuf) -> io::Result<(Self, File)> {
        let mut tries = 0;
        let (temporary, file) = loop {
            let temporary = target.with_file_name(temporary_name());
            let made = OpenOptions::new().write(true).create_new(true).open(&temporary);
            match made {
                Ok(file) => break (temporary, file),
                Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
                Err(error) if tries == TRIES => return Err(error),
                Err(_) => tries += 1,
            }
        };
        let draft = Self { temporary, target, published: false };
        if let Ok(replaced) = fs::metadata(&draft.target) {
            file.set_permissions(replaced.permissions())?;
        }
        Ok((draft, file))
    }

    /// Gives it its final name, for good: what was written is synced before, the name after.
    pub(super) fn publish(mut self, file: &File) -> Result<(), (Action, io::Error)> {
        file.sync_all().map_err(|error| (Action::Sync, error))?;
        fs::rename(&self.temporary, &self.target).map_err(|error| (Action::Publish, error))?;
        self.published = true;
        sync_directory(&self.target).map_err(|error| (Action::Sync, error))
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        if self.published {
            return;
        }
        if let Err(error) = fs::remove_file(&self.temporary) {
            tracing::warn!(file = %self.temporary.display(), %error, "a temporary file is left");
        }
    }
}

/// A name that no other process takes, short enough for every file system.
fn temporary_name() -> OsString {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let random = RandomState::new().build_hasher().finish();
    format!(".aqueduct-{}-{count}-{random:016x}.part", std::process::id()).into()
}

fn sync_directory(of: &Path) -> io::Result<()> {
    let parent = match of.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    match File::open(parent)?.sync_all() {
        // Some file systems have nothing to sync there, and say so.
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Ok(()),
        result => result,
    }
}

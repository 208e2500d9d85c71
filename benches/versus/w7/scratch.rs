//! A folder in memory, gone with whoever holds it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
};

use rustix::fs::statvfs;
use tempfile::TempDir;

/// Where a folder in memory can be made.
const MEMORY: &str = "/dev/shm";

/// A folder for one run.
#[derive(Debug)]
pub(crate) struct Scratch(TempDir);

impl Scratch {
    /// Makes a folder with room for so many bytes: in memory if it fits there twice, so that it
    /// does not press on what else is there, and otherwise where temporary files are.
    pub(crate) fn with_room(bytes: u64) -> io::Result<Self> {
        let free = statvfs(MEMORY).map_or(0, |there| there.f_bavail * there.f_frsize);
        let named = tempfile::Builder::new().prefix("aqueduct-versus-").to_owned();
        let folder = if free > 2 * bytes { named.tempdir_in(MEMORY) } else { named.tempdir() };
        Ok(Self(folder?))
    }

    /// Returns where something of this name is, or will be.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// The folder itself.
    pub(crate) fn folder(&self) -> &Path {
        self.0.path()
    }

    /// Makes a file.
    pub(crate) fn file(&self, name: &str) -> io::Result<File> {
        File::create(self.path(name))
    }

    /// Makes a file with this text, and returns where it is.
    pub(crate) fn text(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.path(name);
        fs::write(&path, text)?;
        Ok(path)
    }
}

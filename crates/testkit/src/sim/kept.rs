//! Seeds that failed once are run first ever after.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use crate::dice::parse;

/// The folder beside `Cargo.toml` that has a file for each simulation.
const FOLDER: &str = "sim-regressions";

const HEAD: &str =
    "# Seeds with which this simulation failed; they are run first. Keep this file.\n";

/// The file of this simulation, in the package whose tests run.
pub(super) fn file_of(name: &str) -> PathBuf {
    let package = std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(PathBuf::new, PathBuf::from);
    package.join(FOLDER).join(format!("{name}.txt"))
}

/// The seeds in it; none if there is no such file.
pub(super) fn read(file: &Path) -> io::Result<Vec<u64>> {
    let text = match fs::read_to_string(file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        text => text?,
    };
    let lines =
        text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|line| parse(line).ok_or_else(|| io::Error::other(format!("{line:?} is no seed"))))
        .collect()
}

/// Adds a seed, if it is not there.
pub(super) fn keep(file: &Path, seed: u64) -> io::Result<()> {
    if read(file)?.contains(&seed) {
        return Ok(());
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    let is_new = !file.exists();
    let mut file = fs::File::options().create(true).append(true).open(file)?;
    let head = if is_new { HEAD } else { "" };
    writeln!(file, "{head}{seed:#x}")
}

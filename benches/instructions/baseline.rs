//! The counts that were there before: a text file beside this one.

use std::{fs, io, path::PathBuf, process::Command};

/// Counts, and the compiler that made the code.
#[derive(Debug, Default)]
pub(crate) struct Baseline {
    pub(crate) rustc: String,
    counts: Vec<(String, f64)>,
}

impl Baseline {
    pub(crate) fn of(&self, name: &str) -> Option<f64> {
        self.counts.iter().find(|(known, _)| known == name).map(|(_, count)| *count)
    }
}

fn file() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("baseline.txt")
}

/// Reads the file; without one, nothing is known.
pub(crate) fn read() -> Baseline {
    let text = fs::read_to_string(file()).unwrap_or_default();
    let mut lines = text.lines();
    let rustc = lines.next().unwrap_or_default().to_owned();
    let counts = lines.filter_map(|line| {
        let (name, count) = line.split_once(' ')?;
        Some((name.to_owned(), count.trim().parse().ok()?))
    });
    Baseline { rustc, counts: counts.collect() }
}

/// Writes the file anew.
pub(crate) fn write(rustc: &str, counts: &[(&str, f64)]) -> io::Result<()> {
    let lines = counts.iter().map(|(name, count)| format!("{name} {count:.1}\n"));
    fs::write(file(), format!("{rustc}\n{}", lines.collect::<String>()))
}

/// The compiler that is on the path now.
pub(crate) fn rustc() -> String {
    let output = Command::new("rustc").arg("-V").output();
    let told = output.map(|output| String::from_utf8_lossy(&output.stdout).trim().to_owned());
    told.unwrap_or_else(|_| "an unknown compiler".into())
}

//! A file of pipelines as it is typed: a path, or `-` for stdin.

use std::{
    fs,
    io::{self, IsTerminal, Read},
    path::Path,
};

use aqueduct_config::{Look, Mistakes};

use crate::failure::Failure;

/// The longest file that is read, in bytes; a hundred times the longest that people write.
const LONGEST: u64 = 16 << 20;

/// The text of a file, and what it is called.
pub(crate) struct Source {
    pub(crate) name: String,
    pub(crate) text: String,
}

impl Source {
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let is_stdin = path.as_os_str() == "-";
        let name = if is_stdin { "stdin".into() } else { path.display().to_string() };
        let text = if is_stdin { read(io::stdin()) } else { fs::File::open(path).and_then(read) };
        let text = text.map_err(|error| {
            Failure::Failed(format!("cannot read {name}: {error}; check the path"))
        })?;
        Ok(Self { name, text })
    }

    /// The failure of a file with mistakes.
    pub(crate) fn mistaken(&self, mistakes: &Mistakes) -> Failure {
        let is_unwanted = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_coloured = io::stderr().is_terminal() && !is_unwanted;
        let look = if is_coloured { Look::Coloured } else { Look::Plain };
        Failure::Mistaken(mistakes.render(&self.name, &self.text, look))
    }
}

fn read(from: impl Read) -> io::Result<String> {
    let mut text = String::new();
    from.take(LONGEST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > LONGEST {
        return Err(io::Error::other("it is longer than 16 MiB, and so no configuration"));
    }
    Ok(text)
}

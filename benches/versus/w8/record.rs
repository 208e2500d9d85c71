//! The lines that are read: requests to a server, some of which went wrong.

use std::{
    fs,
    io::{self, BufWriter, Write},
    path::Path,
};

use serde::{Deserialize, Serialize};

use super::Job;
use crate::w7::scratch::Scratch;

/// About the length of a line, in bytes.
const LINE: u64 = 210;

/// Of so many lines one is kept.
const ONE_OF: u64 = 10;

/// What is looked for.
const KEPT: &str = "error";

/// The same as a text that is in no other place of a line.
pub(super) const KEPT_TEXT: &str = r#""level":"error""#;

/// A line, with its keys in the order in which JSON without a type is written too.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Request {
    agent: String,
    bytes: u64,
    client: String,
    id: u64,
    level: String,
    method: String,
    micros: u32,
    path: String,
    status: u16,
}

impl Request {
    fn number(id: u64) -> Self {
        // A factor that makes neighbours differ, as they do in a log.
        let mixed = id.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let [a, b, c, d, ..] = mixed.to_be_bytes();
        let went_wrong = id % ONE_OF == 3;
        Self {
            agent: "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/140.0".into(),
            bytes: mixed % 100_000,
            client: format!("10.{a}.{b}.{c}"),
            id,
            level: if went_wrong { KEPT } else { "info" }.into(),
            method: if d < 200 { "GET" } else { "POST" }.into(),
            micros: (mixed >> 40) as u32,
            path: format!("/shop/items/{}/reviews", mixed % 10_000),
            status: if went_wrong { 503 } else { 200 },
        }
    }

    /// Whether it is one of those that are kept.
    pub(super) fn is_kept(&self) -> bool {
        self.level == KEPT
    }
}

/// Whether a request is kept that was read without a type.
pub(super) fn is_value_kept(value: &serde_json::Value) -> bool {
    value.get("level").and_then(|level| level.as_str()) == Some(KEPT)
}

/// A file of lines, and what is to be made of it.
#[derive(Debug)]
pub(super) struct Lines {
    scratch: Scratch,
    /// How long the file is.
    pub(super) bytes: u64,
    kept: Vec<u8>,
}

impl Lines {
    /// Writes so many lines.
    pub(super) fn write(count: u64) -> io::Result<Self> {
        let scratch = Scratch::with_room(count * (LINE + LINE / ONE_OF))?;
        let mut file = BufWriter::with_capacity(1 << 20, scratch.file("lines")?);
        let (mut bytes, mut kept) = (0, Vec::new());
        for request in (0..count).map(Request::number) {
            let mut line = serde_json::to_vec(&request)?;
            line.push(b'\n');
            file.write_all(&line)?;
            bytes += line.len() as u64;
            if request.is_kept() {
                kept.append(&mut line);
            }
        }
        file.flush()?;
        Ok(Self { scratch, bytes, kept })
    }

    /// Where they are, and where those that are kept are to be written.
    pub(super) fn job(&self) -> Job<'_> {
        Job {
            from: self.scratch.path("lines"),
            to: self.scratch.path("kept"),
            scratch: &self.scratch,
        }
    }

    /// Says what is wrong, unless exactly what is kept was written.
    pub(super) fn verify(&self, to: &Path) -> Result<(), String> {
        let written = fs::read(to).map_err(|error| error.to_string())?;
        if written == self.kept {
            return Ok(());
        }
        let count = |text: &[u8]| memchr::memchr_iter(b'\n', text).count();
        let (came, all) = (count(&written), count(&self.kept));
        Err(format!("{came} lines of {all} came, or other ones"))
    }
}

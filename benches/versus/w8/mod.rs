//! W8: one pipeline from end to end: lines of a file are parsed as JSON, one of ten is kept, and
//! what is kept is written in batches to another file.
//!
//! A line has 210 bytes, more or less, and an item is a line. Both files are in memory.
//! All contenders write the same bytes, and these are compared with what is to be written.
//!
//! | contender | |
//! |---|---|
//! | `aqueduct`, `rust` | the typed builder; each line is read as a type |
//! | `aqueduct`, `toml` | the same from a file, where a line is whatever JSON it is; there is no stage `batch` in files, and the last stage writes at once what has come |
//! | `aqueduct-plain`, `rust` | the same with a reader of a few lines, into a file that has its name at once |
//! | `aqueduct-acked`, `rust` | that, with a reader that is told which of its chunks are written |
//! | `vector-by-hand` | the same as `rust` by hand: three tokio tasks, which pass batches |
//! | `untyped-by-hand` | the same as `toml` by hand |
//! | `grep` | finds the lines without parsing them: a floor, and a process of its own |
//!
//! Each has one thread, and what it wants for files: tokio's pool, for all but `grep`.
//! The clock runs from before the files are opened until the written one is closed and synced, which
//! costs nothing in memory.
//!
//! The goal, set before the first run: 0.9 of `vector-by-hand` in Rust, and 0.7 in a file.

mod by_hand;
mod pipeline;
mod record;

use std::{
    fs::File,
    path::PathBuf,
    time::{Duration, Instant},
};

use crate::{
    bed::{Mode, Places},
    contest::{ANY, Api, Better, Contender, Failed, Measure, OURS, Run, Workload},
    w7::{
        child::{Child, Work, installed, on_a_thread},
        scratch::Scratch,
    },
};
use record::{KEPT_TEXT, Lines};

/// Records of a batch.
const BATCH: usize = 500;

/// The longest line that is let through, in bytes.
const LONGEST: usize = 64 * 1024;

/// How long `grep` may take.
const PATIENCE: Duration = Duration::from_secs(60);

const MEASURES: &[Measure] = &[
    Measure { unit: "MB/s", better: Better::More },
    Measure { unit: "ns/line", better: Better::Less },
];

pub(crate) const W8: Workload = Workload {
    name: "W8",
    measures: MEASURES,
    items: 1_000_000,
    alone: false,
    modes: &[Mode::Same],
    contenders: &[
        contender(OURS, "rust", |_, lines| run(pipeline::typed, lines)),
        contender("aqueduct-plain", "rust", |_, lines| run(pipeline::plain, lines)),
        contender("aqueduct-acked", "rust", |_, lines| run(pipeline::acknowledged, lines)),
        contender(OURS, "toml", |_, lines| run(pipeline::from_toml, lines)),
        contender("vector-by-hand", ANY, |_, lines| run(by_hand::typed, lines)),
        contender("untyped-by-hand", ANY, |_, lines| run(by_hand::untyped, lines)),
        contender("grep", ANY, |_, lines| run(grep, lines)),
    ],
};

const fn contender(name: &'static str, api: Api, run: fn(Places, u64) -> Run) -> Contender {
    Contender { name, api, run }
}

/// Where lines are, and where those that are kept are to be written.
#[derive(Clone, Debug)]
struct Job<'a> {
    from: PathBuf,
    to: PathBuf,
    scratch: &'a Scratch,
}

fn run(by: fn(&Job<'_>) -> Result<(), Failed>, count: u64) -> Run {
    on_a_thread(move || {
        let lines = Lines::write(count)?;
        let job = lines.job();
        let began = Instant::now();
        by(&job)?;
        let took = began.elapsed().as_secs_f64();
        lines.verify(&job.to)?;
        Ok(vec![lines.bytes as f64 / 1e6 / took, took * 1e9 / count as f64])
    })
}

fn grep(job: &Job<'_>) -> Result<(), Failed> {
    let grep = installed("grep", "grep")?;
    let work = Work::program(grep).and("-F").and(KEPT_TEXT).and(&job.from);
    let child = Child::start(work.into_file(File::create(&job.to)?), job.scratch)?;
    child.finish(PATIENCE)
}

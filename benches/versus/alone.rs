//! Runs in a process of their own: this program calls itself for one entry.
//!
//! What the memory of a process grows by can be read off only where nothing else ran before: an
//! allocator keeps what earlier runs have freed, and gives it to the next one.

use std::{env, fs, io, process::Stdio};

use tokio::process::Command;

use crate::{
    args::Args,
    contest::{self, Entry, Failed},
};

/// Asks this program to run one entry once, and to print its figures.
pub(crate) const FLAG: &str = "--alone";

/// What the answer begins with where there are no figures.
const SKIPPED: &str = "skipped: ";
const WRONG: &str = "wrong: ";

/// Runs an entry once, in a process that is gone with this future.
pub(crate) async fn run(entry: &Entry, items: u64) -> Result<Vec<f64>, Failed> {
    let program = env::current_exe().map_err(|error| error.to_string())?;
    let child = Command::new(program)
        .args([FLAG, "--only", &entry.path(), "--items", &items.to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(|error| error.to_string())?;
    let Ok(output) = tokio::time::timeout(contest::PATIENCE, child.wait_with_output()).await else {
        return Err(format!("no end after {:?}", contest::PATIENCE).into());
    };
    read(&String::from_utf8_lossy(&output.map_err(|error| error.to_string())?.stdout))
}

fn read(answer: &str) -> Result<Vec<f64>, Failed> {
    let answer = answer.trim();
    if let Some(why) = answer.strip_prefix(SKIPPED) {
        return Err(Failed::Skipped(why.into()));
    }
    if let Some(why) = answer.strip_prefix(WRONG) {
        return Err(why.into());
    }
    let figures: Result<Vec<_>, _> = answer.split_whitespace().map(str::parse).collect();
    match figures {
        Ok(figures) if !figures.is_empty() => Ok(figures),
        _ => Err("its process died".into()),
    }
}

/// The other side: runs the entry, and prints what [`run`] reads.
pub(crate) fn answer(entries: &[Entry], args: &Args) -> Result<(), io::Error> {
    let [entry] = entries else { return Err(io::Error::other("one entry runs alone")) };
    let items = args.items.unwrap_or(entry.workload.items);
    match actix::System::new().block_on(contest::here(entry, items)) {
        Ok(figures) => {
            let words: Vec<_> = figures.iter().map(f64::to_string).collect();
            println!("{}", words.join(" "));
        }
        Err(Failed::Skipped(why)) => println!("{SKIPPED}{why}"),
        Err(Failed::Wrong(why)) => println!("{WRONG}{why}"),
    }
    Ok(())
}

/// The bytes of memory that this process has at this moment.
pub(crate) fn resident() -> Result<f64, String> {
    status("VmRSS:")
}

/// The most bytes of memory that this process ever had.
pub(crate) fn resident_peak() -> Result<f64, String> {
    status("VmHWM:")
}

fn status(key: &str) -> Result<f64, String> {
    let text = fs::read_to_string("/proc/self/status").map_err(|error| error.to_string())?;
    let kib = text.lines().find_map(|line| line.strip_prefix(key)?.trim().strip_suffix(" kB"));
    let kib: Option<f64> = kib.and_then(|number| number.parse().ok());
    Ok(kib.ok_or_else(|| format!("/proc/self/status has no {key}"))? * 1024.0)
}

//! Instructions an item on the hot paths, counted by callgrind.
//!
//! ```text
//! cargo bench --bench instructions              # a table, beside the baseline
//! cargo bench --bench instructions -- --check   # fails where a path costs more than before
//! cargo bench --bench instructions -- --update  # writes the baseline
//! ```
//!
//! Each path runs in a process of its own under `valgrind --tool=callgrind`, with some items and
//! with twice as many; the difference is what the items cost, without the start.
//! The count does not depend on what else the machine does. It depends on the compiler: a baseline
//! that another one wrote is told, and not held against anybody.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench tells its results on stdout, and where it is on stderr"
)]

mod baseline;
mod count;
mod paths;

use std::process::ExitCode;

/// How many more instructions than the baseline are an error: what a change of code placement may
/// cost is less, one check more in a loop of 50 is more.
const TOLERANCE: f64 = 1.03;

const HELP: &str = "\
Counts the instructions that an item costs on the hot paths (wants valgrind).

  --check        fail where a path costs over 3 % more than the baseline
  --update       write the baseline
  --only NAME    only the paths whose name begins so
  --help         this text";

#[derive(Clone, Copy, PartialEq, Eq)]
enum Wish {
    Show,
    Check,
    Update,
}

fn main() -> ExitCode {
    let (mut wish, mut only) = (Wish::Show, String::new());
    let mut words = std::env::args().skip(1);
    while let Some(word) = words.next() {
        match word.as_str() {
            // Cargo passes it to every bench.
            "--bench" => {}
            "--check" => wish = Wish::Check,
            "--update" => wish = Wish::Update,
            "--only" => only = words.next().unwrap_or_default(),
            "--help" | "-h" => {
                println!("{HELP}");
                return ExitCode::SUCCESS;
            }
            // What a counted child is told.
            "--run" => {
                let items = words.next().and_then(|items| items.parse().ok());
                return paths::run(&words.next().unwrap_or_default(), items.unwrap_or(0));
            }
            other => {
                eprintln!("{other} is not known\n\n{HELP}");
                return ExitCode::FAILURE;
            }
        }
    }
    match compare(wish, &only) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("instructions: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Counts all paths; false if one costs too much.
fn compare(wish: Wish, only: &str) -> Result<bool, String> {
    let known = baseline::read();
    let rustc = baseline::rustc();
    let same_compiler = known.rustc == rustc;
    if !same_compiler && wish != Wish::Update {
        println!("the baseline is of {}; this is {rustc}: nothing is held against it", known.rustc);
    }
    println!("{:<22}{:>14}{:>11}", "path", "instructions", "baseline");
    let mut counted = Vec::new();
    let mut fine = true;
    for path in paths::PATHS.iter().filter(|path| path.name.starts_with(only)) {
        let each = count::an_item(path)?;
        let before = known.of(path.name);
        let told = before.map_or("-".into(), |before| format!("{before:.1}"));
        let too_much = before.is_some_and(|before| each > before * TOLERANCE);
        let remark = if too_much { "  more than before" } else { "" };
        println!("{:<22}{each:>14.1}{told:>11}{remark}", path.name);
        fine &= !(too_much && same_compiler && wish == Wish::Check);
        counted.push((path.name, each));
    }
    if wish == Wish::Update {
        baseline::write(&rustc, &counted).map_err(|error| error.to_string())?;
    }
    Ok(fine)
}

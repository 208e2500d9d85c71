//! Aqueduct beside its peers: one program, one run, contenders interleaved.
//!
//! ```text
//! cargo bench --bench versus -- --rounds 5 --only W1/cross --json versus.json
//! ```
//!
//! Each round runs every contender once, in a new order; the first round only warms up.
//! A ratio is taken round by round, Aqueduct against the peer that ran in the same minute, and then
//! its median: on a machine that others use too, that is steadier than a ratio of medians.
//! A contender whose consumer did not get every item, once and in order, has no ratio.
//!
//! A workload is a module with one [`Workload`](contest::Workload): its name, its unit and its
//! contenders. To add a contender is to add a line to its table.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench tells its results on stdout, and where it is on stderr"
)]

mod args;
mod bed;
mod contest;
mod erasure;
mod machine;
mod report;
mod shuffle;
mod stats;
mod tally;
mod w1;

use std::{error::Error, process::ExitCode};

use args::{Asked, HELP};

/// All there is to run; several may share a name, where only their places differ.
const WORKLOADS: &[&contest::Workload] = &[&w1::W1, &erasure::ERASURE];

fn main() -> ExitCode {
    let args = match args::parse(std::env::args().skip(1)) {
        Ok(Asked::Run(args)) => args,
        Ok(Asked::Help) => {
            println!("{HELP}");
            return ExitCode::SUCCESS;
        }
        Err(wrong) => {
            eprintln!("{wrong}\n\n{HELP}");
            return ExitCode::FAILURE;
        }
    };
    match run(&args) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("versus: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: &args::Args) -> Result<(), Box<dyn Error>> {
    let entries = contest::entries(WORKLOADS, &args.only);
    if entries.is_empty() {
        return Err(format!("nothing is called {}", args.only.join(" or ")).into());
    }
    let machine = machine::describe();
    report::head(&machine, args);
    let results = actix::System::new().block_on(contest::run(&entries, args))?;
    let rows = stats::rows(&results);
    let ratios = stats::ratios(&results);
    report::table(&rows, &ratios);
    if let Some(file) = &args.json {
        std::fs::write(file, report::json(&machine, args, &rows, &ratios)?)?;
    }
    Ok(())
}

//! Aqueduct beside its peers: one program, one run, contenders interleaved.
//!
//! ```text
//! cargo bench --bench versus -- --rounds 5 --only W1/cross --json versus.json
//! cargo bench --bench versus -- --from versus.json --plots plots --markdown versus.md
//! ```
//!
//! Each round runs every contender once, in a new order; the first round only warms up.
//! A ratio is taken round by round, Aqueduct against the peer that ran in the same minute, and then
//! its median: on a machine that others use too, that is steadier than a ratio of medians.
//! A contender whose consumer did not get every item, once and in order, has no ratio; neither has a
//! peer that is much slower than it once was (see [`expected`]).
//!
//! A workload is a module with one [`Workload`](contest::Workload): its name, its unit and its
//! contenders. To add a contender is to add a line to its table.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a bench tells its results on stdout, and where it is on stderr"
)]

mod alone;
mod args;
mod bed;
mod contest;
mod erasure;
mod expected;
mod fairness;
mod machine;
mod markdown;
mod oneway;
mod plot;
mod progress;
mod record;
mod report;
mod shuffle;
mod stats;
mod tally;
mod w1;
mod w2;
mod w3;
mod w4;
mod w5;
mod w6;
mod w7;
mod w8;

use std::{error::Error, process::ExitCode};

use args::{Args, Asked, HELP};
use record::Record;

/// All there is to run; several may share a name, where only their places differ.
const WORKLOADS: &[&contest::Workload] = &[
    &w1::W1,
    &w1::W1_SAME,
    &w1::W1_CROSS,
    &w2::W2_64B,
    &w2::W2_1KIB,
    &w2::W2_16KIB,
    &w2::W2_64KIB,
    &w3::W3_SAME,
    &w3::W3_CROSS,
    &w4::W4,
    &w5::W5,
    &w5::W5_CROSS,
    &w6::W6,
    &erasure::ERASURE,
    &w7::PROCESS,
    &w7::FILE_TCP,
    &w7::FILE_FILE,
    &w8::W8,
    &fairness::FAIRNESS,
];

fn main() -> ExitCode {
    if let Some(code) = w7::child::play() {
        return code;
    }
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

fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    if let Some(file) = &args.from {
        let record = serde_json::from_slice(&std::fs::read(file)?)?;
        return tell(&record, args);
    }
    let entries = contest::entries(WORKLOADS, &args.only);
    if entries.is_empty() {
        return Err(format!("nothing is called {}", args.only.join(" or ")).into());
    }
    if args.list {
        entries.iter().for_each(|entry| println!("{}", entry.path()));
        return Ok(());
    }
    if args.alone {
        return Ok(alone::answer(&entries, args)?);
    }
    let machine = machine::describe(args.seed);
    report::head(&machine);
    let results = actix::System::new().block_on(contest::run(&entries, args))?;
    let (rows, ratios) = (stats::rows(&results), stats::ratios(&results));
    let mut record = Record { machine, rows, ratios };
    expected::judge(&mut record);
    tell(&record, args)?;
    let wrong = record.rows.iter().filter(|row| !row.verified && row.skipped.is_none()).count();
    if wrong > 0 {
        return Err(format!("{wrong} rows are not verified").into());
    }
    Ok(())
}

/// Prints a record, and writes the files that are asked for.
fn tell(record: &Record, args: &Args) -> Result<(), Box<dyn Error>> {
    report::table(record);
    if let Some(file) = &args.json {
        std::fs::write(file, serde_json::to_string_pretty(record)? + "\n")?;
    }
    if let Some(file) = &args.markdown {
        std::fs::write(file, markdown::tables(record)?)?;
    }
    if let Some(folder) = &args.plots {
        plot::write(record, folder)?;
    }
    Ok(())
}
